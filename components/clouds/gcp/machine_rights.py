"""What a machine may do on Google Cloud."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp
from pulumi import ResourceOptions

from ..contract import secret as contract
from ..naming import GCP_SERVICE_ACCOUNT

PROJECT_ROLES = {"metrics": "roles/monitoring.metricWriter", "logs": "roles/logging.logWriter"}


class MachineRights(pulumi.ComponentResource):
    """A machine's own identity: it reads its secrets, and writes metrics and logs.

    Makes: `gcp:serviceaccount:Account`, `gcp:secretmanager:SecretIamMember` for each secret, and two
    `gcp:projects:IAMMember`s with the roles that Google's agent asks for ("Authorize the Ops Agent").

    What cannot be narrowed: neither a metric nor a log is a resource that IAM's conditions know ("Resource attributes
    for IAM Conditions"), so that it could write to every custom metric and every log of the project. It reads none.
    A disk needs no right: the group attaches it.
    """

    def __init__(self, name: str, project: str, secrets: Sequence[contract.Secret], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:MachineRights", name, None, opts)
        child = ResourceOptions(parent=self)
        account = gcp.serviceaccount.Account(
            name, account_id=GCP_SERVICE_ACCOUNT.fit(name), display_name=f"Machine {name}"[:100], opts=child
        )
        for secret in secrets:
            gcp.secretmanager.SecretIamMember(
                f"{name}-{secret.secret_name.replace('/', '-')}",
                secret_id=secret.secret_id,
                role="roles/secretmanager.secretAccessor",
                member=account.member,
                opts=child,
            )
        for what, role in PROJECT_ROLES.items():
            gcp.projects.IAMMember(f"{name}-{what}", project=project, role=role, member=account.member, opts=child)
        self.email = account.email
        self.register_outputs({"email": self.email})
