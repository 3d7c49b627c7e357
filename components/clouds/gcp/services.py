"""The Google Cloud services that a project has to have switched on. Two must be on before the first `up`, which asks
about the project and switches on the others by them: cloudresourcemanager.googleapis.com and
serviceusage.googleapis.com."""

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp
from pulumi import ResourceOptions

NETWORK = ("compute", "logging")
MACHINES = ("iam", "iap", "monitoring", "oslogin", "secretmanager")
CLUSTER = (
    *("cloudkms", "container", "dns", "iam", "iamcredentials", "iap", "monitoring", "oslogin", "secretmanager"),
    *("sqladmin", "storage", "sts"),
)
"""With what machines, databases and buckets beside the cluster need."""


def switch_on(services: Sequence[str], opts: ResourceOptions) -> list[pulumi.Resource]:
    """Makes: `gcp:projects:Service` for each. They stay on when the stack goes: others may use them, and a service that
    is switched off takes what it holds along."""
    return [
        gcp.projects.Service(
            service,
            service=f"{service}.googleapis.com",
            disable_on_destroy=False,
            disable_dependent_services=False,
            opts=opts,
        )
        for service in services
    ]
