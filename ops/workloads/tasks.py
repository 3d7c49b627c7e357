"""Tasks and their pods, as they are seen at one moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import BadInput, Unhealthy
from ..reach import kubectl

CLEAN_START = "nodeyard.io/clean-start"
"""The annotation of a pod that can begin without its chain data: the file that asks for that."""
_CHART, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"


class Kind(StrEnum):
    """What makes a task's pods. The words are the API's."""

    STATEFUL_SET = "StatefulSet"
    DEPLOYMENT = "Deployment"
    CRON_JOB = "CronJob"

    @property
    def scales(self) -> bool:
        """Whether it has a number of pods that can be set."""
        return self is not Kind.CRON_JOB


@dataclass(frozen=True)
class Release:
    """A Helm release of a stack."""

    name: str
    namespace: str


@dataclass(frozen=True)
class Pod:
    name: str
    uid: str
    namespace: str
    phase: str
    """As kubectl shows it."""
    containers: tuple[str, ...]
    """The task's own first."""
    up: tuple[str, ...]
    """The containers that run."""
    is_ready: bool
    is_deleting: bool
    is_outdated: bool
    """Another template of its StatefulSet made it."""
    node: str = ""
    address: str = ""
    clean_start: str = ""
    """The file that asks for a start without chain data; empty where there is no such start."""
    image: str = ""
    """The task's own container's."""
    disks: tuple[str, ...] = ()
    """Where the task's own container has the disks that outlive the pod."""

    @property
    def container(self) -> str:
        return self.containers[0]

    @property
    def is_running(self) -> bool:
        """Whether the task's own container runs."""
        return self.container in self.up

    def kubectl(self, verb: str, *options: str) -> list[str]:
        """kubectl's command about this pod."""
        return ["kubectl", verb, f"pod/{self.name}", "--namespace", self.namespace, *options]

    def exec(self, *command: str, container: str | None = None) -> list[str]:
        """kubectl's command that runs another one in a container, which is the task's own unless it is named."""
        return self.kubectl("exec", "--container", container or self.container, "--", *command)


@dataclass(frozen=True)
class Task:
    """One part of a release that runs by itself."""

    name: str
    """As operators name it."""
    component: str
    """As the chart names it."""
    chart: str
    release: Release
    kind: Kind
    object: str
    """The name of its StatefulSet, Deployment or CronJob."""
    replicas: int
    """How many pods it is to have."""
    pods: tuple[Pod, ...]
    labels: Mapping[str, str]

    def running(self) -> Pod:
        """A pod of it whose container runs: one that is ready, where there is one. Raises `Unhealthy`."""
        able = [each for each in self.pods if each.is_running and not each.is_deleting]
        if not able:
            raise Unhealthy(f"{self.name} does not run: {self.state}.")
        return max(able, key=lambda each: each.is_ready)

    @property
    def state(self) -> str:
        """How its pods are, in words."""
        if self.pods:
            return ", ".join(f"pod {each.name} is {each.phase}" for each in self.pods)
        return "it is stopped" if self.kind.scales and not self.replicas else "it has no pod"


def read(release: Release, items: Sequence[dict[str, Any]], by_object: bool) -> list[Task]:
    """The tasks of a release. `by_object`: they are named as their objects, since another release has the same ones.
    Raises `LookupError`, `TypeError` or `ValueError` where the API would not have said that."""
    found = kubectl.by_kind(items)
    pods: dict[str, list[dict[str, Any]]] = {}
    for pod in found.get("Pod", {}).values():
        pods.setdefault(pod["metadata"]["labels"].get(_COMPONENT, ""), []).append(pod)
    owners = [owner for kind in Kind for owner in found.get(kind, {}).values()]
    return sorted((_task(release, owner, pods, by_object) for owner in owners), key=lambda task: _order(task.name))


def find(stack: str, tasks: Sequence[Task], name: str) -> Task:
    """Raises `BadInput` for one that is not there."""
    for task in tasks:
        if name in (task.name, task.object):
            return task
    raise BadInput(f"Stack {stack} has no part {name}. It has: {', '.join(task.name for task in tasks)}.")


def _task(release: Release, owner: dict[str, Any], pods: Mapping[str, list[dict[str, Any]]], by_object: bool) -> Task:
    metadata = owner["metadata"]
    labels = metadata["labels"]
    component, object_ = labels[_COMPONENT], metadata["name"]
    kind = Kind(owner["kind"])
    return Task(
        name=object_ if by_object else component,
        component=component,
        chart=labels.get(_CHART, ""),
        release=release,
        kind=kind,
        object=object_,
        replicas=int(owner["spec"].get("replicas", 1)) if kind.scales else 0,
        pods=tuple(_pod(each, owner) for each in sorted(pods.get(component, []), key=lambda pod: _order(_name(pod)))),
        labels=labels,
    )


def _pod(pod: dict[str, Any], owner: dict[str, Any]) -> Pod:
    metadata, spec, status = pod["metadata"], pod["spec"], pod["status"]
    containers = tuple(each["name"] for part in ("containers", "initContainers") for each in spec.get(part) or [])
    states = {each["name"]: each.get("state") or {} for each in status.get("containerStatuses") or []}
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or []}
    return Pod(
        name=metadata["name"],
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        phase=kubectl.phase(pod),
        containers=containers,
        up=tuple(name for name, state in states.items() if "running" in state),
        is_ready=conditions.get("Ready") == "True",
        is_deleting=kubectl.is_deleting(pod),
        is_outdated=owner["kind"] == Kind.STATEFUL_SET and kubectl.is_older(pod, owner),
        node=spec.get("nodeName", ""),
        address=status.get("podIP", ""),
        clean_start=(metadata.get("annotations") or {}).get(CLEAN_START, ""),
        image=spec["containers"][0].get("image", ""),
        disks=tuple(_disks(spec)),
    )


def _disks(spec: Mapping[str, Any]) -> Iterator[str]:
    claims = {each["name"] for each in spec.get("volumes") or [] if "persistentVolumeClaim" in each}
    for mount in spec["containers"][0].get("volumeMounts") or []:
        if mount["name"] in claims:
            yield mount["mountPath"]


def _name(pod: Mapping[str, Any]) -> str:
    return str(pod["metadata"]["name"])


def _order(name: str) -> tuple[tuple[bool, int, str], ...]:
    """`miner-10` comes after `miner-9`."""
    return tuple((part.isdigit(), int(part) if part.isdigit() else 0, part) for part in name.split("-"))
