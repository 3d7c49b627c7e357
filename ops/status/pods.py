"""What pods tell of themselves: the parts of a stack in a cluster, before anybody asks what runs in them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ..errors import Unreachable
from ..reach import df, processes
from ..reach.df import Disk
from ..workloads.cluster import Cluster
from ..workloads.tasks import Kind, Pod, Task
from .asked import Asked
from .facts import NOT_READY, Facts, Part, Where

AT_ONCE = 8
"""Parts that are asked at a time: each takes a process of kubectl, which is not small."""


@dataclass(frozen=True)
class Seen:
    """A part, and where it comes from."""

    part: Part
    task: Task
    pod: Pod | None

    @property
    def runs(self) -> bool:
        """Whether something in it can be asked."""
        return self.pod is not None and self.pod.is_running and not self.pod.is_deleting

    @property
    def running(self) -> Pod:
        """Only of one that runs."""
        assert self.pod is not None  # noqa: S101 - whoever asks has asked `runs`
        return self.pod


async def look(asked: Asked) -> list[Seen]:
    """Every pod of the stack, and every task without one. Raises what `Cluster.look` raises, and `BadInput` for a part
    that is not there."""
    tasks = await Cluster(asked.deployed()).look()
    wanted = asked.only([task.name for task in tasks])
    return [seen for task in tasks if task.name in wanted for seen in _of(task)]


async def facts(asked: Asked) -> Facts:
    """All that is known of a component without a reader: its pods and their disks."""
    seen = await look(asked)
    await ask(seen, nothing, asked.timeout)
    return Facts(parts=[each.part for each in seen])


async def ask(seen: Sequence[Seen], question: Callable[[Seen], Awaitable[None]], limit: float) -> None:
    """Asks everything that runs the question of a component, and how full its disk is, which gets `limit` seconds: a
    disk that hangs never says. What cannot be reached is told as such."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(each: Seen) -> None:
        async with places:
            try:
                await question(each)
            except Unreachable as problem:
                each.part.say("unreachable", str(problem))

    async def disk(each: Seen) -> None:
        async with places:
            try:
                each.part.disk = await _disk(each.running, limit)
            except Unreachable as problem:
                each.part.notes.append(f"disk: {problem}")

    running = [each for each in seen if each.runs]
    await asyncio.gather(*map(one, running), *(disk(each) for each in running if each.running.disks))


async def nothing(_seen: Seen) -> None:
    """Of what is told by its pod alone."""


def _of(task: Task) -> list[Seen]:
    """A task that runs by a schedule is its newest run."""
    pods = task.pods[-1:] if task.kind is Kind.CRON_JOB else task.pods
    if not pods:
        part = Part(part=task.name)
        if task.kind.scales:
            part.say("unhealthy", task.state)
        return [Seen(part, task, None)]
    found = [Seen(_part(task, pod), task, pod) for pod in pods]
    if task.kind.scales and len(pods) < task.replicas:
        found[0].part.say("unhealthy", f"{task.replicas - len(pods)} of its {task.replicas} pods are not there")
    return found


def _part(task: Task, pod: Pod) -> Part:
    where = Where(pod=pod.name, machine=pod.node or None, address=pod.address or None)
    part = Part(part=task.name, where=where, runs=pod.image or None)
    if task.kind is Kind.CRON_JOB:
        if pod.phase == "Failed":
            part.say("unhealthy", "its last run failed")
        return part
    if pod.is_deleting or not pod.is_running:
        part.say("unhealthy", f"its pod is {pod.phase}")
    elif not pod.is_ready:
        part.say("unhealthy", NOT_READY)
    if pod.is_outdated:
        part.notes.append("a restart is pending: another template made its pod")
    return part


async def _disk(pod: Pod, limit: float) -> Disk:
    """Of several the first, which has the data."""
    printed = await processes.capture(pod.exec(*df.command(pod.disks[0])), limit_seconds=limit)
    found = df.read(printed.splitlines())
    if found is None:
        raise Unreachable("df did not print what POSIX says.")
    return found
