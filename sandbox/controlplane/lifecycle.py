"""Which control planes there should be: one for each cluster of the world, while the cluster is on.

A plugin asks here which control plane serves a cluster, and starts it by asking.
"""

from pathlib import Path

from sandbox.progress import say
from sandbox.simulation.resource import CloudError
from sandbox.simulation.world import World

from . import clouds
from .binaries import kubernetes_version
from .clouds import Cluster
from .control_plane import ControlPlane, NotStarted, binaries_in_use, control_planes, one_at_a_time
from .restore import restore


def start_all(home: Path) -> list[ControlPlane]:
    """Starts what does not run, and ends what has no cluster any more."""
    world = World(home / "world.sqlite")
    wanted = clouds.clusters(world)
    with one_at_a_time(home):
        for present in control_planes(home):
            if not any(present.serves(cluster) for cluster in wanted):
                present.stop()
    return [plane for cluster in wanted if (plane := ensured(world, cluster))]


def stop_all(home: Path) -> list[ControlPlane]:
    with one_at_a_time(home):
        planes = control_planes(home)
        for plane in planes:
            plane.stop()
    return planes


def ensured(world: World, cluster: Cluster) -> ControlPlane | None:
    """The control plane of a cluster, started if need be; None while the cluster is off."""
    home = world.file.parent
    binaries = binaries_in_use(home)
    if binaries is None:
        return None
    plane = ControlPlane(home, cluster.name)
    if not plane.serves(cluster):
        with one_at_a_time(home):
            if not plane.serves(cluster):
                begin(plane, cluster, binaries, world)
    return plane


def begin(plane: ControlPlane, cluster: Cluster, binaries: Path, world: World) -> None:
    say(f"starting a control plane for {cluster.name}")
    plane.start(cluster, binaries)
    if text := other_version(cluster):
        say(text)
    for refusal in restore(world, cluster.server, plane):
        say(f"{cluster.name}: not brought back: {refusal}")


def serving(world: World, server: str) -> ControlPlane | None:
    """The control plane behind the address that the world gave a cluster; None while it is off, or unknown."""
    cluster = cluster_at(world, server)
    try:
        return ensured(world, cluster) if cluster else None
    except NotStarted as failed:
        raise CloudError("", str(failed)) from None


def warning(world: World, server: str) -> str:
    """What a user should know of a cluster's API server before believing it."""
    cluster = cluster_at(world, server)
    return other_version(cluster) if cluster else ""


def other_version(cluster: Cluster) -> str:
    """A sentence, where the cluster asks for another minor version than ours."""
    ours = kubernetes_version()
    same = ours.removeprefix("v").rpartition(".")[0] == cluster.minor
    return "" if same else f"{cluster.name} asks for Kubernetes {cluster.minor}; its control plane here is {ours}"


def cluster_at(world: World, server: str) -> Cluster | None:
    """None while the cluster is off."""
    if binaries_in_use(world.file.parent) is None:
        return None
    return next((cluster for cluster in clouds.clusters(world) if cluster.server == server), None)
