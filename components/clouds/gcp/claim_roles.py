"""The roles by which pods claim their addresses. Google has none that is as narrow."""

import pulumi
import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ..contract.platform import GcpClaimRoles
from ..naming import GCP_ROLE

ON_NODES = ("compute.instances.get", "compute.instances.addAccessConfig", "compute.instances.deleteAccessConfig")
ON_SUBNET = ("compute.subnetworks.useExternalIp",)
ON_ADDRESSES = ("compute.addresses.get", "compute.addresses.use", "compute.zoneOperations.get")


class ClaimRoles(pulumi.ComponentResource):
    """Three custom roles of the project, for every team's pods.

    Makes: three `gcp:projects:IAMCustomRole`s, protected. Within a week of its deletion a role can be had back, and the
    provider does that; then its id is taken for 30 days, and nothing can be done about it ("Delete and restore custom
    roles"). Roles that came and went with a team's stack would stop the stack's next `up` for that month.
    """

    names: Output[GcpClaimRoles]
    """What the platform's contract says of them."""

    def __init__(self, name: str, project: str, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:ClaimRoles", name, None, opts)
        self._project = project
        self.names = Output.all(
            self._role(f"{name}-claim-node", "Put addresses on nodes", ON_NODES),
            self._role(f"{name}-claim-subnet", "Use external addresses", ON_SUBNET),
            self._role(f"{name}-claim-address", "Use addresses", ON_ADDRESSES),
        ).apply(lambda made: GcpClaimRoles(on_nodes=made[0], on_subnet=made[1], on_addresses=made[2]))
        self.register_outputs({"names": self.names})

    def _role(self, name: str, title: str, permissions: tuple[str, ...]) -> Output[str]:
        role = gcp.projects.IAMCustomRole(
            name,
            project=self._project,
            role_id=GCP_ROLE.fit(name),
            title=f"{title}: {name}"[:100],
            permissions=list(permissions),
            opts=ResourceOptions(parent=self, protect=True),
        )
        return role.name
