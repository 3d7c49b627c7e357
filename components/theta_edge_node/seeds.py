"""One identity, one disk: a disk is made from a snapshot only when the disk that it was taken of is gone."""

from pulumi import InvokeOptions

from ..clouds.contract.cloud import Cloud
from ..errors import InputError, Problem
from .args import EdgeNodeArgs, ThetaEdgeNodeArgs


def check_seeds(name: str, args: ThetaEdgeNodeArgs, cloud: Cloud, asked: InvokeOptions) -> None:
    """Raises `InputError` for every snapshot whose disk lives, or may live for all that the cloud can tell.

    A program does not see what it has made, so that the cloud is asked at every run, and not only before the disk is
    made. Later runs go on all the same: what is asked after is the disk before, and a snapshot that is gone is none of
    our business, since either the disk has been made from it or the cloud will refuse to.
    """
    account = (args["platform"] if "platform" in args else args["site"]).get("account")
    problems: list[Problem] = []
    for key, node in args["nodes"].items():
        if (seed := node.get("seed_from")) and (problem := _problem(seed, node, account, cloud, asked)):
            problems.append((f"nodes.{key}.seed_from", problem))
    if problems:
        raise InputError(f"ThetaEdgeNode {name!r} would put one identity on two disks.", problems)


def _problem(seed: str, node: EdgeNodeArgs, account: str | None, cloud: Cloud, asked: InvokeOptions) -> str:
    source = cloud.snapshot_source(seed, account, asked)
    if source and source.lives:
        advice = (
            "delete that disk first. Where this node's own was made long ago, take seed_from out: it has done its work"
        )
        return f"{seed} was taken of {source.disk}, which lives: {advice}"
    if source and not source.disk and not node.get("old_disk_is_gone"):
        reason = "the cloud does not tell which disk it was taken of, as of a copy or in another account"
        return f"{seed}: {reason}. Make sure that the disk is deleted, and say so with old_disk_is_gone"
    return ""
