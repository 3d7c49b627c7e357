"""What Kubernetes says of a cluster of producers, by kubectl with its current context."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import Unhealthy, Unreachable
from ..reach import kubectl, processes
from .sight import Lease, Node, Ordinal, Pod
from .volumes import Volumes

CONTAINER = "nodeos-bp"
_TAKES_PART = "--bp-mode"
#: Phases in which no container of a pod runs. `Unknown` is none of them: nobody hears of the machine.
_STILL = ("Pending", "Succeeded", "Failed")
#: Kubernetes' own taints, and those of the clouds' controllers: a machine that is gone, or is to be.
_TAINTS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
_CORDONED = "node.kubernetes.io/unschedulable"
_KINDS = "pods,statefulsets.apps,persistentvolumeclaims,leases.coordination.k8s.io"


@dataclass(frozen=True)
class Seen:
    """The ordinals without what their managers say."""

    ordinals: Mapping[str, Ordinal]
    lease: Lease | None
    notes: list[str] = field(default_factory=list)


class Kubernetes(Protocol):
    """What is asked of the API server. Every method raises `Unreachable`."""

    async def look(self) -> Seen: ...

    async def delete_pod(self, pod: str) -> None:
        """Asks for it, and does not wait."""
        ...

    async def free(self, lease: Lease) -> None:
        """Writes that nobody holds the right, where the Lease is still this one. Raises `Unhealthy` where it is not."""
        ...


class Kubectl:
    """Needs to look at pods, stateful sets, claims, leases and events of the namespace, and to delete its pods; for
    what it says of machines, to look at nodes and volume attachments."""

    def __init__(
        self, namespace: str, pods: Mapping[str, str], lease: str, run: kubectl.Run = processes.capture
    ) -> None:
        self._run = run
        self._namespace = namespace
        self._pods = pods
        self._lease = lease

    async def look(self) -> Seen:
        things, nodes, attachments = await asyncio.gather(
            self._get(_KINDS, "--namespace", self._namespace), self._try("nodes"), self._try("volumeattachments")
        )
        found = kubectl.by_kind(things)
        pods = found.get("Pod", {})
        ours = {ordinal: pods.get(pod) for ordinal, pod in self._pods.items()}
        events = None
        if any(pod and pod["status"].get("phase") == "Pending" for pod in ours.values()):
            events = await self._try("events", "--namespace", self._namespace)
        notes = [said for said in (nodes, attachments, events) if isinstance(said, str)]
        machines = kubectl.by_kind(nodes).get("Node", {}) if not isinstance(nodes, str) else None
        volumes = Volumes(found.get("PersistentVolumeClaim", {}), _items(attachments), _items(events))
        try:
            ordinals = {
                name: _ordinal(name, pod, found.get("StatefulSet", {}).get(name), machines, volumes)
                for name, pod in ours.items()
            }
        except (LookupError, TypeError, AttributeError):
            raise kubectl.undocumented() from None
        return Seen(ordinals, _lease(found.get("Lease", {}).get(self._lease)), notes)

    async def delete_pod(self, pod: str) -> None:
        # By its grace: the manager pauses, and nodeos writes its state.
        await self._run(
            ["kubectl", "delete", f"pod/{pod}", "--namespace", self._namespace, "--wait=false", "--ignore-not-found"]
        )

    async def free(self, lease: Lease) -> None:
        patch = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": lease.version},
            {"op": "test", "path": "/spec/holderIdentity", "value": lease.holder},
            {"op": "replace", "path": "/spec/holderIdentity", "value": ""},
        ]
        place = ["kubectl", "patch", f"lease/{self._lease}", "--namespace", self._namespace]
        try:
            await self._run([*place, "--type", "json", "--patch", json.dumps(patch)])
        except Unreachable as refused:
            raise Unhealthy(f"The right was not freed, so another one may have it: {refused}") from None

    async def _try(self, kind: str, *options: str) -> Any:
        """The items, or why there are none to see: an operator of a namespace may not look at machines."""
        try:
            return await self._get(kind, *options)
        except Unreachable as problem:
            return f"{kind}: {problem}"

    async def _get(self, kind: str, *options: str) -> list[dict[str, Any]]:
        return await kubectl.get(kind, *options, run=self._run)


def _items(found: Any) -> list[dict[str, Any]]:
    return found if isinstance(found, list) else []


def _ordinal(
    name: str,
    pod: dict[str, Any] | None,
    owner: dict[str, Any] | None,
    machines: Mapping[str, Any] | None,
    volumes: Volumes,
) -> Ordinal:
    if owner is None:
        return Ordinal(name, problems=(f"there is no StatefulSet {name}",))
    template = owner["spec"]["template"]["spec"]
    image, is_spare = _image(template), _is_spare(template)
    if pod is None:
        return Ordinal(name, image=image, is_spare=is_spare, problems=("it has no pod",))
    seen = _pod(pod)
    node, problems = _machine(seen, machines)
    if seen.phase not in ("Running", "Terminating"):
        problems += volumes.problems(pod, seen.node)
    is_outdated = seen.image != image or kubectl.is_older(pod, owner)
    if is_outdated:
        problems.append(
            f"a restart is pending: it runs {seen.image}, the template has {image}"
            if seen.image != image
            else "a restart is pending: the template of its pod has changed"
        )
    return Ordinal(name, seen, node, image, is_outdated, is_spare, problems=tuple(problems))


def _pod(pod: dict[str, Any]) -> Pod:
    status, metadata = pod["status"], pod["metadata"]
    return Pod(
        metadata["name"],
        metadata["uid"],
        kubectl.phase(pod),
        pod["spec"].get("nodeName", ""),
        _image(pod["spec"]),
        kubectl.is_deleting(pod),
        status.get("phase") not in _STILL,
        _is_spare(pod["spec"]),
    )


def _image(spec: Mapping[str, Any]) -> str:
    return str(_container(spec)["image"])


def _is_spare(spec: Mapping[str, Any]) -> bool:
    """A command line that nobody sees proves nothing."""
    arguments = _container(spec).get("args") or []
    return bool(arguments) and not any(each.startswith(_TAKES_PART) for each in arguments)


def _container(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(each for each in spec["containers"] if each["name"] == CONTAINER)
    return found


def _machine(pod: Pod, machines: Mapping[str, Any] | None) -> tuple[Node | None, list[str]]:
    if not pod.node:
        return None, []
    if machines is None:
        return Node(pod.node, is_ready=None), []
    if pod.node not in machines:
        return None, [f"its node {pod.node} is gone"]
    node = _node(machines[pod.node])
    problems = [] if node.is_ready else [f"node {node.name} is not ready: nobody knows what runs on it"]
    problems += [f"node {node.name} is tainted {taint}" for taint in node.taints]
    return node, problems


def _node(node: dict[str, Any]) -> Node:
    spec = node.get("spec") or {}
    taints = [each["key"] for each in spec.get("taints") or [] if each["key"].startswith(_TAINTS)]
    if spec.get("unschedulable") and _CORDONED not in taints:
        taints.append(_CORDONED)
    conditions = {each["type"]: each["status"] for each in (node.get("status") or {}).get("conditions") or []}
    name = node["metadata"]["name"]
    return Node(name, conditions.get("Ready") == "True", tuple(taints), spec.get("providerID", ""))


def _lease(lease: dict[str, Any] | None) -> Lease | None:
    if lease is None:
        return None
    spec = lease.get("spec") or {}
    return Lease(spec.get("holderIdentity") or "", lease["metadata"].get("resourceVersion", ""))
