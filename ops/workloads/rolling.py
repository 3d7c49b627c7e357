"""Pods that are replaced one at a time."""

import asyncio
import time
from dataclasses import dataclass

from .. import output
from ..errors import Unhealthy, Unreachable
from .cluster import Cluster
from .tasks import Pod, Task

LOOK_SECONDS = 3.0
"""Between two looks while something is waited for."""


@dataclass(frozen=True)
class Pace:
    """In seconds."""

    healthy_for: float = 0.0
    """A new pod has to be ready for so long before it counts."""
    deadline: float = 900.0
    """In which it has to count."""


async def replace(cluster: Cluster, task: Task, pod: Pod, pace: Pace) -> None:
    """Deletes a pod, and waits until another one is in its place. Raises what `settle` raises."""
    output.note(f"- {task.name}: its pod {pod.name} is deleted, so that another one is made.")
    await cluster.delete(pod)
    await settle(cluster, task.name, pace, without=pod.uid)
    output.note(f"  {task.name} is ready.")


async def settle(cluster: Cluster, name: str, pace: Pace, without: str = "") -> None:
    """Waits until a task has all its pods, and has had them ready for as long as the pace says. `without`: the uid of
    the pod that is to be gone. A look that fails is repeated: what is to happen, happens without us. Raises `Unhealthy`
    at the deadline."""
    began = time.monotonic()
    ready_since: float | None = None
    told = ""
    while True:
        waits = await _waits(cluster, name, without)
        now = time.monotonic()
        ready_since = None if waits else now if ready_since is None else ready_since
        if ready_since is not None and now - ready_since >= pace.healthy_for:
            return
        if now - began >= pace.deadline:
            raise Unhealthy(f"{name} is not healthy after {pace.deadline:g} seconds: {waits or 'only since a moment'}.")
        if waits and waits != told:
            output.note(f"  {waits}.")
        told = waits
        await asyncio.sleep(LOOK_SECONDS)


async def _waits(cluster: Cluster, name: str, without: str) -> str:
    """Why a task is not ready; empty when it is."""
    try:
        task = await cluster.task(name)
    except Unreachable as problem:
        return str(problem).rstrip(".")
    if any(each.uid == without for each in task.pods):
        return f"the old pod of {name} is still there"
    ready = sum(each.is_ready and not each.is_deleting for each in task.pods)
    return "" if ready >= task.replicas else f"{name} is not ready: {task.state}"
