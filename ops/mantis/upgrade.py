"""Nodes that run an older template are replaced one at a time, at upstream's pace.

The pace is that of input-output-hk/mantis-ops, `jobs/mantis.cue`: one at a time, healthy for a minute, which a miner
needs for its DAG, in fifteen minutes at most, and twenty minutes from one to the next. Nothing is remembered: which
nodes are old, the API server says. So the same command goes on where another one ended.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from .. import output
from ..workloads.cluster import Cluster
from ..workloads.rolling import Pace, replace, settle
from ..workloads.tasks import Kind, Task


@dataclass(frozen=True)
class Rollout:
    pace: Pace
    stagger: float
    """Seconds from one node to the next."""


def outdated(tasks: Sequence[Task]) -> list[Task]:
    """Those with a pod of an older template. Passive nodes first: where the new one fails, the chain goes on."""
    old = [task for task in _nodes(tasks) if any(pod.is_outdated and not pod.is_deleting for pod in task.pods)]
    return sorted(old, key=lambda task: task.component.startswith("miner"))


async def roll(cluster: Cluster, rollout: Rollout) -> int:
    """Returns how many were replaced. Raises `Unhealthy` at the first that does not become healthy."""
    await _wait_for_all(cluster, rollout.pace)
    count = 0
    while old := outdated(await cluster.look()):
        if count:
            output.note(f"  The next one is {old[0].name}, in {rollout.stagger:g} seconds.")
            await asyncio.sleep(rollout.stagger)
        await replace(cluster, old[0], next(pod for pod in old[0].pods if pod.is_outdated), rollout.pace)
        count += 1
    return count


async def _wait_for_all(cluster: Cluster, pace: Pace) -> None:
    """A node that another command replaced a moment ago is waited for: never are two away because of us. One that is
    old, and is not well, is what an upgrade may mend."""
    for task in _nodes(await cluster.look()):
        if task.replicas and not any(pod.is_outdated for pod in task.pods):
            await settle(cluster, task.name, Pace(0.0, pace.deadline))


def _nodes(tasks: Sequence[Task]) -> list[Task]:
    return [task for task in tasks if task.kind is Kind.STATEFUL_SET]
