"""Which control planes there should be: one for each cluster of the world, while the cluster is on."""

from pathlib import Path

from sandbox.bootstrap import say
from sandbox.simulation.world import World

from . import clouds
from .clouds import Cluster
from .control_plane import ControlPlane, binaries_in_use, control_planes, one_at_a_time


def start_all(home: Path) -> list[ControlPlane]:
    """Starts what does not run, and ends what has no cluster any more."""
    wanted = clouds.clusters(World(home / "world.sqlite"))
    with one_at_a_time(home):
        for plane in control_planes(home):
            if not any(plane.serves(cluster) for cluster in wanted):
                plane.stop()
    return [plane for cluster in wanted if (plane := ensured(home, cluster))]


def stop_all(home: Path) -> list[ControlPlane]:
    with one_at_a_time(home):
        planes = control_planes(home)
        for plane in planes:
            plane.stop()
    return planes


def ensured(home: Path, cluster: Cluster) -> ControlPlane | None:
    """The control plane of a cluster, started if need be; None while the cluster is off."""
    binaries = binaries_in_use(home)
    if binaries is None:
        return None
    plane = ControlPlane(home, cluster.name)
    if not plane.serves(cluster):
        with one_at_a_time(home):
            if not plane.serves(cluster):
                say(f"starting a control plane for {cluster.name}")
                plane.start(cluster, binaries)
                serving = ".".join(plane.client.request("GET", "/version")["gitVersion"].lstrip("v").split(".")[:2])
                if serving != cluster.minor:
                    say(f"{cluster.name} asks for Kubernetes {cluster.minor}; its control plane here is {serving}")
    return plane


def cluster_at(world: World, server: str) -> Cluster | None:
    return next((cluster for cluster in clouds.clusters(world) if cluster.server == server), None)
