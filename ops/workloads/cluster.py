"""The cluster that a stack's tasks run in, by kubectl with its current context, which has to be the platform's."""

import asyncio
from collections.abc import Sequence

from ..errors import Unhealthy
from ..reach import kubectl, processes
from ..stacks import Stack
from .tasks import Pod, Release, Task, find, read

_KINDS = "statefulsets.apps,deployments.apps,cronjobs.batch,pods"


class Cluster:
    """Needs what an operator of the namespace has: to look at these kinds, to delete pods, and to scale."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.releases = [Release(name, namespace) for name, namespace in stack.releases().items()]

    async def look(self) -> list[Task]:
        """Every task of the stack. Raises `Unreachable`; `Unhealthy` where there is none."""
        found = await asyncio.gather(*(self._tasks(release) for release in self.releases))
        tasks = [task for each in found for task in each]
        if not tasks:
            places = ", ".join(f"{each.name} in namespace {each.namespace}" for each in self.releases)
            raise Unhealthy(f"Nothing is there of stack {self.stack.name}: {places}. Is kubectl's context another one?")
        return tasks

    async def task(self, name: str) -> Task:
        """Raises `BadInput` for one that is not there, and what `look` raises."""
        return find(self.stack.name, await self.look(), self.stack.object_of(name))

    async def delete(self, pod: Pod) -> None:
        """Asks for it, and does not wait: the pod ends by its grace."""
        await processes.capture(pod.kubectl("delete", "--wait=false", "--ignore-not-found"))

    async def scale(self, task: Task, replicas: int) -> None:
        object_ = f"{task.kind.lower()}/{task.object}"
        place = ["--namespace", task.release.namespace, "--replicas", str(replicas)]
        await processes.capture(["kubectl", "scale", object_, *place])

    async def run(
        self,
        pod: Pod,
        command: Sequence[str],
        container: str | None = None,
        limit_seconds: float = processes.COMMAND_LIMIT_SECONDS,
    ) -> str:
        """What a command prints in a container, which is the pod's own unless it is named."""
        return await processes.capture(pod.exec(*command, container=container), limit_seconds=limit_seconds)

    async def _tasks(self, release: Release) -> list[Task]:
        place = ["--namespace", release.namespace, "--selector", f"app.kubernetes.io/instance={release.name}"]
        items = await kubectl.get(_KINDS, *place)
        try:
            return read(release, items, by_object=len(self.releases) > 1)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise kubectl.undocumented() from None
