"""Which task is where: as upstream's `templates/map.tmpl` told it, read from the API server at that moment."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from ..errors import Unreachable
from ..output import Told
from ..reach import kubectl
from ..stacks import MantisNetwork
from ..workloads.cluster import Cluster
from ..workloads.tasks import Release, Task


class Place(Told):
    """Where a pod is. What is not known, or not there, is None."""

    task: str
    role: str
    pod: str | None
    node: str | None
    internal_ip: str | None
    """The pod's, by which the other nodes reach it."""
    public_ip: str | None
    """By which the world reaches it; else the machine's own."""
    ready: bool


class Map(BaseModel):
    places: list[Place]
    notes: list[str]


async def read(cluster: Cluster, network: MantisNetwork) -> Map:
    """Raises `Unreachable`. Whoever may not look at machines gets a note."""
    release = cluster.releases[0]
    tasks, balanced, machines = await asyncio.gather(cluster.look(), _balanced(release), _machines())
    notes = [] if isinstance(machines, dict) else [machines]
    outside = machines if isinstance(machines, dict) else {}
    places = [place for task in tasks for place in _places(task, network, balanced, outside)]
    return Map(places=places, notes=notes)


def _places(
    task: Task, network: MantisNetwork, balanced: Mapping[str, str], machines: Mapping[str, str]
) -> Sequence[Place]:
    told = network.tasks.get(task.name)
    role = task.labels.get("nodeyard.io/role", "") or (told.role if told else "")
    known = balanced.get(task.component, "") or (told.public_address if told else "")
    if not task.pods:
        return [_place(task.name, role, public_ip=known)]
    return [
        _place(task.name, role, pod.name, pod.node, pod.address, known or machines.get(pod.node, ""), pod.is_ready)
        for pod in task.pods
    ]


def _place(
    task: str,
    role: str,
    pod: str = "",
    node: str = "",
    internal_ip: str = "",
    public_ip: str = "",
    ready: bool = False,
) -> Place:
    return Place(
        task=task,
        role=role,
        pod=pod or None,
        node=node or None,
        internal_ip=internal_ip or None,
        public_ip=public_ip or None,
        ready=ready,
    )


async def _balanced(release: Release) -> dict[str, str]:
    """The public address of each task that has a load balancer of its own."""
    place = ["--namespace", release.namespace, "--selector", f"app.kubernetes.io/instance={release.name}"]
    found = await kubectl.get("services", *place)
    try:
        return {
            service["metadata"]["labels"]["app.kubernetes.io/component"].removesuffix("-p2p"): address
            for service in found
            if service["spec"].get("type") == "LoadBalancer" and (address := _ingress(service))
        }
    except (LookupError, TypeError, AttributeError):
        raise kubectl.undocumented() from None


def _ingress(service: Mapping[str, Any]) -> str:
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return str(ingress[0].get("ip") or ingress[0].get("hostname") or "")


async def _machines() -> dict[str, str] | str:
    """The public address of each machine that has one, or why that is not known."""
    try:
        found = await kubectl.get("nodes")
    except Unreachable as problem:
        return f"nodes: {problem}"
    return {
        node["metadata"]["name"]: each["address"]
        for node in found
        for each in (node.get("status") or {}).get("addresses") or []
        if each.get("type") == "ExternalIP"
    }
