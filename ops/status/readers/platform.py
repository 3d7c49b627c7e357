"""A platform: the cluster's machines, and what the cloud and we run on them for everybody."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nodeyard.clouds.contract.platform import MONITORING_NAMESPACE

from ...reach import kubectl
from ..asked import Asked
from ..facts import Facts, Part, Where

PLACES: Final[Mapping[str, int]] = {}
_NAMESPACES: Final = ("kube-system", MONITORING_NAMESPACE)
_KINDS: Final = "deployments.apps,daemonsets.apps,statefulsets.apps"
_ZONE, _TYPE = "topology.kubernetes.io/zone", "node.kubernetes.io/instance-type"
_TAINTS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


async def read(asked: Asked) -> Facts:
    """Raises `Unreachable`: only the platform's own people may look."""
    machines, *owners = await asyncio.gather(
        kubectl.get("nodes"), *(kubectl.get(_KINDS, "--namespace", name) for name in _NAMESPACES)
    )
    try:
        parts = [*map(_machine, machines), *(_owner(each) for found in owners for each in found)]
    except (LookupError, TypeError, AttributeError):
        raise kubectl.undocumented() from None
    wanted = asked.only([part.part for part in parts])
    return Facts(parts=[part for part in parts if part.part in wanted])


def _machine(node: Mapping[str, Any]) -> Part:
    metadata, status = node["metadata"], node["status"]
    labels = metadata.get("labels") or {}
    part = Part(
        part=metadata["name"],
        where=Where(
            machine=metadata["name"],
            address=_address(status, "InternalIP"),
            public_address=_address(status, "ExternalIP"),
        ),
        runs=(status.get("nodeInfo") or {}).get("kubeletVersion"),
        details={"kind": "Node", "zone": labels.get(_ZONE), "type": labels.get(_TYPE)},
        shown={"zone": labels.get(_ZONE), "type": labels.get(_TYPE)},
    )
    if next((each["status"] for each in status.get("conditions") or [] if each["type"] == "Ready"), "") != "True":
        part.say("unhealthy", "it is not ready")
    taints = [each["key"] for each in node["spec"].get("taints") or []]
    part.say("unhealthy", *(f"it is tainted {key}" for key in taints if key.startswith(_TAINTS)))
    return part


def _address(status: Mapping[str, Any], kind: str) -> str | None:
    found: Sequence[Mapping[str, Any]] = status.get("addresses") or []
    return next((each["address"] for each in found if each["type"] == kind), None)


def _owner(owner: Mapping[str, Any]) -> Part:
    """A DaemonSet says in its status how many pods it is to have, the others in their spec."""
    metadata, status = owner["metadata"], owner.get("status") or {}
    if owner["kind"] == "DaemonSet":
        wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberReady", 0)
    else:
        wanted, ready = owner["spec"].get("replicas", 1), status.get("readyReplicas", 0)
    part = Part(
        part=f"{metadata['namespace']}/{metadata['name']}",
        runs=owner["spec"]["template"]["spec"]["containers"][0].get("image"),
        details={"kind": owner["kind"], "pods": wanted, "ready": ready},
        shown={"ready": f"{ready} of {wanted}"},
    )
    if ready < wanted:
        part.say("unhealthy", f"{wanted - ready} of its {wanted} pods are not ready")
    return part
