"""What is the same for the nodes of every cloud."""

import hashlib
import ipaddress
from collections.abc import Mapping

from . import Cluster

CPU_SHARES = (60, 10, 5, 5)
"""Millicores that Google Cloud and AWS reserve of the first four cores; of every other one 2.5."""


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
    found = [{"type": "InternalIP", "address": internal}, {"type": "Hostname", "address": name}]
    return found + ([{"type": "ExternalIP", "address": external}] if external else [])
