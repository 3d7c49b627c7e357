"""What a Theta edge node answers, and what that says of its health.

Sources: docs.thetatoken.org/docs/edge-node-api (`edgelauncher.GetPastJobs`); AWS's Theta blueprint
(aws-samples/aws-blockchain-node-runners, branch v1: `edgecore.GetStatus`, `edgecore.GetPeers`);
thetatoken/theta-protocol-ledger `rpc/query.go`, whose results the edge core's resemble. No method of either process
says how long it has been up: `Way.machine` asks what runs it. Theta documents none that gives a version:
`edgecore.GetVersion` is known from users, so that its absence is no fault.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from .output import Told
from .reach import Answer, Call, Machine, NoAnswer
from .reach.answers import Shape, Wrong, json_of, result_of, shaped

EDGE_CORE_PORT = 17888
LAUNCHER_PORT = 15888
PORTS = (EDGE_CORE_PORT, LAUNCHER_PORT)
JOB_TYPES = ("lavita", "fedml")
_JOBS_ASKED = 10


class Status(BaseModel):
    """`edgecore.GetStatus`. Numbers come as text."""

    address: str
    chain_id: str
    peer_id: str
    current_height: int
    current_time: int
    """The node's own clock, in seconds: not the time of a block."""


class Peers(BaseModel):
    """`edgecore.GetPeers`."""

    # Go writes an empty list as null.
    peers: list[str] | None


class Version(BaseModel):
    """`edgecore.GetVersion`."""

    version: str
    git_hash: str = ""


class Job(BaseModel):
    """One of `edgelauncher.GetPastJobs`. Times in milliseconds, the reward in wei of TFUEL."""

    id: str
    start_time: int
    end_time: int
    status: str
    """`completed`, `rewarded` or `errored`."""
    reward_amount: int
    error: str = ""


class PastJobs(BaseModel):
    """`edgelauncher.GetPastJobs`."""

    status: str
    body: list[Job] | None


class Jobs(Told):
    """The latest past jobs of every type, at most ten of each."""

    count: int
    errored: int
    last_end_time: float | None
    """Seconds since 1970."""


class Report(Told):
    """What is known of one node. What it did not say is None."""

    node: str
    state: Literal["healthy", "unhealthy", "unreachable"]
    problems: list[str] = Field(default_factory=list)
    height: int | None = None
    blocks: int | None = None
    """By how much the height grew while we watched."""
    peers: int | None = None
    chain_id: str | None = None
    address: str | None = None
    version: str | None = None
    uptime: int | None = None
    """Seconds since the container or its unit came up. The RPC does not say: the machine or the cluster does."""
    gpu_up: bool | None = None
    """Whether the machine's GPU answers. Only of machines with one."""
    clock: int | None = None
    """The node's own, in seconds since 1970."""
    jobs: Jobs | None = None


def questions(wait: float) -> list[Call]:
    """Everything at once, and the status again after `wait` seconds."""
    return [
        Call(EDGE_CORE_PORT, "edgecore.GetStatus"),
        Call(EDGE_CORE_PORT, "edgecore.GetStatus", after=wait),
        Call(EDGE_CORE_PORT, "edgecore.GetPeers"),
        Call(EDGE_CORE_PORT, "edgecore.GetVersion"),
        *(
            Call(LAUNCHER_PORT, "edgelauncher.GetPastJobs", ({"type": type_, "page": 0, "num": _JOBS_ASKED},))
            for type_ in JOB_TYPES
        ),
    ]


def report(node: str, answers: Sequence[Answer | NoAnswer], wait: float, machine: Machine) -> Report:
    """A node is healthy when edge core and launcher answer as documented, its height grew within `wait` seconds, it has
    a peer, and its machine's GPU answers."""
    first, then, peers, version, *jobs = answers
    made = Report(node=node, state="healthy", uptime=machine.uptime, gpu_up=machine.gpu_up)
    try:
        _status(made, _result(first, Status, "edgecore.GetStatus"), _result(then, Status, "edgecore.GetStatus"), wait)
    except Wrong as wrong:
        made.problems.append(str(wrong))
    try:
        made.peers = len(_result(peers, Peers, "edgecore.GetPeers").peers or [])
        if not made.peers:
            made.problems.append("it has no peers")
    except Wrong as wrong:
        made.problems.append(str(wrong))
    try:
        made.jobs = _jobs([_result(answer, PastJobs, "edgelauncher.GetPastJobs") for answer in jobs])
    except Wrong as wrong:
        made.problems.append(str(wrong))
    try:
        made.version = _result(version, Version, "edgecore.GetVersion").version
    except Wrong:
        made.version = None
    if machine.gpu_up is False:
        made.problems.append("its GPU does not answer: the node's log says why")
    # One silent process is one problem, however often it was asked.
    made.problems = list(dict.fromkeys(made.problems))
    made.state = "unhealthy" if made.problems else "healthy"
    return made


def _status(made: Report, first: Status, then: Status, wait: float) -> None:
    made.height, made.chain_id, made.address = then.current_height, then.chain_id, then.address
    made.clock = then.current_time
    made.blocks = then.current_height - first.current_height
    if made.blocks <= 0:
        made.problems.append(f"its height did not grow in {wait:g} seconds")


def _jobs(answers: Sequence[PastJobs]) -> Jobs:
    refused = [answer.status for answer in answers if answer.status != "success"]
    if refused:
        raise Wrong(f"edgelauncher.GetPastJobs: status is {refused[0]}")
    jobs = [job for answer in answers for job in answer.body or []]
    return Jobs(
        count=len(jobs),
        errored=sum(job.status == "errored" for job in jobs),
        last_end_time=max((job.end_time / 1000 for job in jobs), default=None),
    )


def _result(answer: Answer | NoAnswer, shape: type[Shape], method: str) -> Shape:
    message = json_of(answer, method.partition(".")[0], method)
    return shaped(result_of(message, method), shape, method)
