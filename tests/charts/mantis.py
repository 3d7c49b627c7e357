"""Releases of the chart mantis, and what their policies let through."""

from __future__ import annotations

from typing import Any

from tests.charts.harness import Chart, Rendered, Values
from tests.charts.policies import Direction, Pod, passes

NETWORK = "mantis-testnet"
MANTIS = Chart("mantis", release=NETWORK, namespace=NETWORK, usual="testnet")
CHART, SAMPLES = MANTIS.directory, MANTIS.samples
sample, changed, template = MANTIS.sample, MANTIS.changed, MANTIS.template
USER = 10001
P2P, DISCOVERY, RPC, METRICS = 9076, 30303, 8546, 13798

PodTemplate = dict[str, Any]


class Mantis(Rendered):
    @property
    def templates(self) -> dict[str, PodTemplate]:
        """Of every pod, by its task."""
        found = {
            name: item["spec"]["template"]
            for kind in ("StatefulSet", "Deployment")
            for name, item in self.of(kind).items()
        }
        jobs = {name: item["spec"]["jobTemplate"]["spec"]["template"] for name, item in self.of("CronJob").items()}
        return {**found, **jobs}

    def pod(self, task: str) -> dict[str, Any]:
        spec: dict[str, Any] = self.templates[task]["spec"]
        return spec

    def containers(self, task: str) -> dict[str, dict[str, Any]]:
        """Those that run, and those that run before them."""
        pod = self.pod(task)
        return {container["name"]: container for container in [*pod.get("initContainers", []), *pod["containers"]]}

    def environment(self, task: str, container: str) -> dict[str, str]:
        return {each["name"]: each.get("value", "") for each in self.containers(task)[container]["env"]}

    def labelled(self, task: str) -> Pod:
        return Pod(NETWORK, self.templates[task]["metadata"]["labels"])

    def secret_class(self, task: str) -> str:
        """Of the SecretProviderClass that a pod mounts; empty for one without a secret."""
        classes = [
            volume["csi"]["volumeAttributes"]["secretProviderClass"]
            for volume in self.pod(task)["volumes"]
            if "csi" in volume
        ]
        assert len(classes) < 2
        return classes[0] if classes else ""

    # --- policies

    def comes_in(self, task: str, port: int, caller: str | Pod, protocol: str = "TCP") -> bool:
        """Whether a task's pod is reached by another task's, by a pod of another namespace, or from an address."""
        return self._passes("ingress", task, port, caller, protocol)

    def gets_out(self, task: str, port: int, to: str | Pod, protocol: str = "TCP") -> bool:
        return self._passes("egress", task, port, to, protocol)

    def reaches(self, task: str, port: int, other: str, protocol: str = "TCP") -> bool:
        """Whether one task's pod reaches another's: both sides must let it through."""
        return self.gets_out(task, port, other, protocol) and self.comes_in(other, port, task, protocol)

    def _passes(self, direction: Direction, task: str, port: int, other: str | Pod, protocol: str) -> bool:
        if isinstance(other, str) and other in self.templates:
            other = self.labelled(other)
        return passes(self.of("NetworkPolicy").values(), direction, self.labelled(task), port, other, protocol)


def rendered(values: Values | None = None) -> Mantis:
    return Mantis(MANTIS.objects(values))
