"""By which addresses the world reaches a network's tasks: as upstream's `templates/map.tmpl` told it, read from the API
server at that moment."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Unreachable
from ..reach import kubectl
from ..stacks import MantisNetwork
from ..status.facts import Part
from ..workloads.tasks import Release, Task


@dataclass(frozen=True)
class Addresses:
    """By which the world reaches a network's tasks, and roles."""

    balanced: Mapping[str, str]
    """Of each task that has a load balancer of its own."""
    machines: Mapping[str, str]
    """Of each machine that has one."""
    notes: Sequence[str]

    def tell(self, part: Part, task: Task, network: MantisNetwork) -> None:
        """Adds the public address: the task's own, the one that the stack gave it, else its machine's."""
        told = network.tasks.get(task.name)
        known = self.balanced.get(task.component, "") or (told.public_address if told else "")
        part.where.public_address = known or self.machines.get(part.where.machine or "") or None
        role = task.labels.get("nodeyard.io/role", "") or (told.role if told else "")
        part.details["role"] = part.shown["role"] = role


async def read(release: Release) -> Addresses:
    """Raises `Unreachable`. Whoever may not look at machines gets a note."""
    balanced, machines = await asyncio.gather(_balanced(release), _machines())
    if isinstance(machines, str):
        return Addresses(balanced, {}, [machines])
    return Addresses(balanced, machines, [])


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
