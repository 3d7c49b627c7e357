"""The lines of a stack's containers, by kubectl."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .. import output
from ..errors import BadInput, Unhealthy
from ..reach import processes
from .tasks import Kind, Pod, Release, Task

_AT_ONCE = 200
"""So many pods of a release are followed. kubectl's own limit is five."""


@dataclass(frozen=True)
class Wish:
    """Which lines."""

    follow: bool
    since: str | None
    tail: int | None
    grep: re.Pattern[str] | None
    previous: bool
    container: str | None

    def takes(self, line: str) -> bool:
        return self.grep is None or self.grep.search(line) is not None

    def options(self) -> list[str]:
        """kubectl's words for it."""
        tail = self.tail if self.tail is not None else -1 if self.since else 200
        given = ["--tail", str(tail), *(["--since", self.since] if self.since else [])]
        return [*given, *(["--follow"] if self.follow else []), *(["--previous"] if self.previous else [])]


async def show(tasks: Sequence[Task], wish: Wish) -> None:
    """Prints the lines of all pods of these tasks, which are all of a stack's or one. With `follow` until interrupted.
    Raises `Unhealthy` where there is no pod, `BadInput` for a container that is not there, and `Unreachable`."""
    pods = [pod for task in tasks for pod in _worth(task)]
    if not pods:
        raise Unhealthy("; ".join(f"{task.name} has no log: {task.state}" for task in tasks) + ".")
    if wish.container and not any(wish.container in pod.containers for pod in pods):
        known = ", ".join(dict.fromkeys(name for pod in pods for name in pod.containers))
        raise BadInput(f"There is no container {wish.container}. There are: {known}.")

    def take(line: str) -> None:
        if wish.takes(line):
            output.text(line)

    commands = [_of_pod(pods[0], wish)] if len(pods) == 1 else _of_releases(tasks, wish)
    if wish.follow:
        # Not a TaskGroup, which would wrap the first failure. The others end with the command.
        await asyncio.gather(*(processes.followed(command, take) for command in commands))
    else:
        for command in commands:
            await processes.followed(command, take)


def _worth(task: Task) -> Sequence[Pod]:
    """Of what runs by a schedule, the newest run."""
    return task.pods[-1:] if task.kind is Kind.CRON_JOB else task.pods


def _of_pod(pod: Pod, wish: Wish) -> list[str]:
    return pod.kubectl("logs", "--container", wish.container or pod.container, *wish.options())


def _of_releases(tasks: Sequence[Task], wish: Wish) -> list[list[str]]:
    """One kubectl for each release, and not for each pod: each is some tens of megabytes. It says which pod said
    a line. A container that has not started holds up no other one."""
    releases: dict[Release, list[str]] = {}
    for task in tasks:
        releases.setdefault(task.release, []).append(task.component)
    many = ["--prefix", "--ignore-errors", "--max-log-requests", str(_AT_ONCE)]
    container = ["--container", wish.container] if wish.container else []
    options = [*container, *many, *wish.options()]
    return [
        ["kubectl", "logs", "--selector", _selector(release, parts), "--namespace", release.namespace, *options]
        for release, parts in releases.items()
    ]


def _selector(release: Release, components: Sequence[str]) -> str:
    of_task = f",app.kubernetes.io/component={components[0]}" if len(components) == 1 else ""
    return f"app.kubernetes.io/instance={release.name}{of_task}"
