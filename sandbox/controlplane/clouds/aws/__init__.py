"""EKS: its managed node groups, and the AWS provider of the Secrets Store CSI driver with Secrets Manager behind it."""

from collections.abc import Mapping
from typing import Any

from sandbox.simulation.world import Object

from .. import Cluster, SecretsStore, View, releases, text
from .nodes import pools
from .secrets import SECRET, asked, mounted, reader, within_reach

__all__ = [
    "CLOUD",
    "CLUSTER",
    "DISK_DRIVER",
    "PROVIDER",
    "SECRET",
    "asked",
    "cluster",
    "ingress",
    "mounted",
    "pools",
    "reader",
    "secrets_store",
    "volume_problem",
    "within_reach",
]

CLOUD = "aws"
CLUSTER = "aws:eks/cluster:Cluster"
PROVIDER = "aws"
DISK_DRIVER = "ebs.csi.aws.com"
VOLUME = "aws:ebs/volume:Volume"


def cluster(item: Object) -> Cluster:
    name = item.name or item.id
    return Cluster(CLOUD, name, text(item, "region"), text(item, "endpoint"), text(item, "version"), item.key or 0)


def secrets_store(view: View, cluster: Cluster) -> SecretsStore:
    return releases.secrets_store(view, cluster, PROVIDER)


def ingress(view: View, cluster: Cluster, service: Mapping[str, Any]) -> dict[str, str]:
    return {"hostname": f"k8s-{service['metadata']['uid'][:8]}.elb.{cluster.region}.amazonaws.com"}


def volume_problem(view: View, handle: str, zone: str) -> str:
    volumes = [item for item in view.identified(handle) if item.type == VOLUME]
    if not volumes:
        return f"InvalidVolume.NotFound: The volume '{handle}' does not exist."
    there = text(volumes[0], "availabilityZone")
    mismatch = f"The volume '{handle}' is in {there}, not in the instance's zone {zone}"
    return "" if there == zone else f"InvalidVolume.ZoneMismatch: {mismatch}"
