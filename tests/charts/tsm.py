"""Releases of the chart tsm-node, and what their policies let through."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

from tests.charts.harness import Chart, Rendered, Values

TSM = Chart("tsm-node", release="tsm-0", namespace="tsm", usual="aws")
CHART, SAMPLES = TSM.directory, TSM.samples
sample, changed, template = TSM.sample, TSM.changed, TSM.template
NODE = 2000
"""The user of the node."""

PodPeer = tuple[str | None, dict[str, str]]
"""Pods: their namespace, or None for the release's own, and their labels."""


class Tsm(Rendered):
    @property
    def deployment(self) -> dict[str, Any]:
        return self.of("Deployment")["tsm-0-node"]

    @property
    def job(self) -> dict[str, Any]:
        [job] = self.of("Job").values()
        return job

    @property
    def pod(self) -> dict[str, Any]:
        """Of a node."""
        spec: dict[str, Any] = self.deployment["spec"]["template"]["spec"]
        return spec

    @property
    def role_pod(self) -> dict[str, Any]:
        spec: dict[str, Any] = self.job["spec"]["template"]["spec"]
        return spec

    @property
    def node(self) -> dict[str, Any]:
        """The node's container."""
        [container] = self.pod["containers"]
        found: dict[str, Any] = container
        return found

    @property
    def volumes(self) -> dict[str, dict[str, Any]]:
        return {volume["name"]: volume for volume in self.pod["volumes"]}

    @property
    def pod_labels(self) -> list[dict[str, str]]:
        workloads = [*self.of("Deployment").values(), *self.of("Job").values()]
        return [item["spec"]["template"]["metadata"]["labels"] for item in workloads]

    @staticmethod
    def mounts(container: dict[str, Any]) -> dict[str, str]:
        return {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}

    def admits(self, port: int, address: str) -> bool:
        """Whether the nodes let in a caller from an address outside the cluster."""
        return any(_holds(peer, address) for peer in self._peers("node", "ingress", "from", port))

    def reaches(self, component: str, port: int, address: str) -> bool:
        """Whether pods of a component get out to an address outside the cluster."""
        return any(_holds(peer, address) for peer in self._peers(component, "egress", "to", port))

    def admits_pods(self, port: int) -> list[PodPeer]:
        return _pods(self._peers("node", "ingress", "from", port))

    def reaches_pods(self, port: int) -> list[PodPeer]:
        return _pods(self._peers("node", "egress", "to", port))

    def _peers(self, component: str, direction: str, side: str, port: int) -> Iterator[dict[str, Any]]:
        for rule in self.of("NetworkPolicy")[f"tsm-0-{component}"]["spec"][direction]:
            if port in {allowed["port"] for allowed in rule["ports"]}:
                yield from rule.get(side, [])


def _holds(peer: dict[str, Any], address: str) -> bool:
    block = peer.get("ipBlock", {"cidr": "255.255.255.255/32"})
    at = ip_address(address)
    return at in ip_network(block["cidr"]) and not any(at in ip_network(cidr) for cidr in block.get("except", []))


def _pods(peers: Iterator[dict[str, Any]]) -> list[PodPeer]:
    found: list[PodPeer] = []
    for peer in peers:
        if "ipBlock" not in peer:
            namespace = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
            found.append((namespace, peer.get("podSelector", {}).get("matchLabels", {})))
    return sorted(found, key=lambda one: (one[0] is None, one[0] or ""))


def rendered(values: Values | None = None) -> Tsm:
    return Tsm(TSM.objects(values))
