"""What is the same for the nodes of every cloud."""

import hashlib
import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from . import Cluster

CPU_SHARES = (60, 10, 5, 5)
"""Millicores that Google Cloud and AWS reserve of the first four cores; of every other one 2.5."""

GPU = "nvidia.com/gpu"


def fingerprint(*parts: object) -> str:
    """What tells one node from the next: a new one comes with every change of what it boots with."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def reserved_millicpu(cpus: int) -> int:
    return int(sum(CPU_SHARES[:cpus]) + max(0, cpus - len(CPU_SHARES)) * 2.5)


def address_in(network: str, identity: str) -> str:
    """An address of a subnet. The clouds keep its first four and the last."""
    addresses = ipaddress.ip_network(network)
    return str(addresses[4 + int(identity, 16) % (addresses.num_addresses - 5)])


def standard_labels(cluster: Cluster, name: str, zone: str, instance_type: str) -> dict[str, str]:
    """The labels that every cloud's kubelets and controllers give a node."""
    return {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": instance_type,
        "topology.kubernetes.io/region": cluster.region,
        "topology.kubernetes.io/zone": zone,
    }


def node_addresses(name: str, internal: str, external: str = "") -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = [
        {"type": "InternalIP", "address": internal},
        {"type": "Hostname", "address": name},
    ]
    return found + ([{"type": "ExternalIP", "address": external}] if external else [])


def with_gpus(sizes: tuple[Mapping[str, str], Mapping[str, str]], count: int) -> list[dict[str, str]]:
    """Capacity and allocatable of a node whose device plugin tells of so many GPUs; without one it tells of none."""
    return [{**size, **({GPU: str(count)} if count else {})} for size in sizes]


def reaches(tolerations: Sequence[Mapping[str, Any]], taints: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a DaemonSet with these tolerations, and those that Kubernetes gives every one, has a pod on a node."""
    given = [taint for taint in taints if not taint["key"].startswith("node.kubernetes.io/")]
    hard = [taint for taint in given if taint["effect"] != "PreferNoSchedule"]
    return all(any(tolerates(toleration, taint) for toleration in tolerations) for taint in hard)


def tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    same = toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")
    return toleration["key"] == taint["key"] and same
