"""What the NetworkPolicies of a release let through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any, Literal

Policy = dict[str, Any]
Direction = Literal["ingress", "egress"]


@dataclass(frozen=True)
class Pod:
    """A pod that calls, or is called."""

    namespace: str
    labels: dict[str, str] = field(default_factory=dict)


def passes(
    policies: Iterable[Policy], direction: Direction, pod: Pod, port: int, other: Pod | str, protocol: str = "TCP"
) -> bool:
    """Whether traffic passes between a pod that is selected and another one, or an address outside the cluster."""
    selecting = [one["spec"] for one in policies if _selects(one["spec"]["podSelector"], pod.labels)]
    its = [spec for spec in selecting if direction.capitalize() in spec["policyTypes"]]
    assert its, "no policy selects the pod: everybody is let through"
    side = {"ingress": "from", "egress": "to"}[direction]
    return any(
        any(_opens(allowed, port) and allowed.get("protocol", "TCP") == protocol for allowed in rule["ports"])
        and (side not in rule or any(_means(peer, pod.namespace, other) for peer in rule[side]))
        for rule in rules(its, direction)
    )


def _opens(allowed: dict[str, Any], port: int) -> bool:
    """A name of a port is the port of the pod that is called so, which is asked for by the name."""
    if "endPort" in allowed:
        return bool(allowed["port"] <= port <= allowed["endPort"])
    return bool(allowed["port"] == port)


def rules(specs: Iterable[dict[str, Any]], direction: Direction) -> Iterator[dict[str, Any]]:
    for spec in specs:
        yield from spec.get(direction, [])


def _selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    wanted: dict[str, str] = selector.get("matchLabels", {})
    expressions = selector.get("matchExpressions", [])
    assert all(one["operator"] == "In" for one in expressions)
    return wanted.items() <= labels.items() and all(labels.get(one["key"]) in one["values"] for one in expressions)


def _means(peer: dict[str, Any], own_namespace: str, other: Pod | str) -> bool:
    """Whether a peer of a rule is this pod or address. An ipBlock never means a pod (Cilium)."""
    if isinstance(other, str):
        return "ipBlock" in peer and _holds(peer["ipBlock"], other)
    if "ipBlock" in peer:
        return False
    own = {"matchLabels": {"kubernetes.io/metadata.name": own_namespace}}
    in_namespace = _selects(peer.get("namespaceSelector", own), {"kubernetes.io/metadata.name": other.namespace})
    return in_namespace and _selects(peer.get("podSelector", {}), other.labels)


def _holds(block: dict[str, Any], address: str) -> bool:
    at = ip_address(address)
    return at in ip_network(block["cidr"]) and not any(at in ip_network(cidr) for cidr in block.get("except", []))
