"""EKS: its managed node groups, and the AWS provider of the Secrets Store CSI driver with Secrets Manager behind it."""

from sandbox.simulation.world import Object, World

from .. import Cluster, text
from .nodes import pools
from .secrets import mounted

__all__ = ["CLOUD", "CLUSTER", "PROVIDER", "cluster", "ingress", "mounted", "pools", "volume_problem"]

CLOUD = "aws"
CLUSTER = "aws:eks/cluster:Cluster"
PROVIDER = "aws"
VOLUME = "aws:ebs/volume:Volume"


def cluster(item: Object) -> Cluster:
    name = item.name or item.id
    return Cluster(CLOUD, name, text(item, "region"), text(item, "endpoint"), text(item, "version"), item.key or 0)


def ingress(cluster: Cluster, service: str) -> dict[str, str]:
    return {"hostname": f"k8s-{service[:8]}.elb.{cluster.region}.amazonaws.com"}


def volume_problem(world: World, handle: str, zone: str) -> str:
    volumes = [item for item in world.identified(handle) if item.type == VOLUME]
    if not volumes:
        return f"InvalidVolume.NotFound: The volume '{handle}' does not exist."
    there = text(volumes[0], "availabilityZone")
    mismatch = f"The volume '{handle}' is in {there}, not in the instance's zone {zone}"
    return "" if there == zone else f"InvalidVolume.ZoneMismatch: {mismatch}"
