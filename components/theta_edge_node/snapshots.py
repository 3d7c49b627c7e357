"""One identity, one disk: a disk is made from a snapshot only when the disk is gone that the snapshot was taken of."""

from pulumi import InvokeOptions

from .. import clouds
from ..errors import InputError, Problem
from .settings import EdgeNode, Settings


def check_snapshots(settings: Settings, asked: InvokeOptions) -> None:
    """Raises `InputError` for every snapshot whose disk lives, or may live for all that the cloud can tell.

    A program does not see what it has made, so that the cloud is asked at every run, and not only before the disk is
    made. Later runs go on all the same: what is asked after is the disk before. A snapshot that is gone stops nobody,
    since either the disk has been made from it or the cloud will refuse to make one.
    """
    problems: list[Problem] = [
        (("nodes", node.key, "seed_from"), problem)
        for node in settings.nodes
        if node.seed_from and (problem := _problem(node.seed_from, node, settings, asked))
    ]
    if problems:
        raise InputError(f"ThetaEdgeNode {settings.name!r} would put one identity on two disks.", problems)


def _problem(snapshot: str, node: EdgeNode, settings: Settings, asked: InvokeOptions) -> str:
    source = clouds.named(settings.cloud).snapshot_source(snapshot, settings.account, asked)
    if source and source.lives:
        return (
            f"{snapshot} was taken of {source.disk}, which lives: delete that disk first. Where this node's own was "
            "made long ago, take `seed_from` out: it has done its work"
        )
    if source and not source.disk and not node.args["old_disk_is_gone"]:
        return (
            f"{snapshot}: the cloud does not tell which disk it was taken of, as of a copy or in another account. Make "
            "sure that the disk is deleted, and say so with `old_disk_is_gone`"
        )
    return ""
