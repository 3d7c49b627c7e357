"""Releases of the chart metis-sequencer."""

from __future__ import annotations

from typing import Any, Literal

from tests.charts.harness import Chart, Rendered, Values

METIS = Chart("metis-sequencer", release="metis", namespace="metis", usual="aws")
CHART = METIS.directory
FILES = CHART / "files"

Cloud = Literal["aws", "gcp", "azure"]
CLOUDS: tuple[Cloud, ...] = ("aws", "gcp", "azure")
"""Each has a sample."""

sample, changed, template = METIS.sample, METIS.changed, METIS.template


class Release(Rendered):
    @property
    def pods(self) -> dict[str, dict[str, Any]]:
        """Pod specs by component."""
        workloads = {**self.of("StatefulSet"), **self.of("Deployment")}
        return {name.removeprefix("metis-"): o["spec"]["template"]["spec"] for name, o in workloads.items()}

    def containers(self) -> dict[str, dict[str, Any]]:
        """Every container and init container, as pod/container."""
        return {
            f"{pod}/{c['name']}": c
            for pod, spec in self.pods.items()
            for c in [*spec.get("initContainers", []), *spec["containers"]]
        }

    def config_file(self, pod: str, name: str) -> str:
        return self.of("ConfigMap")[f"metis-{pod}"]["data"][name]


def rendered(values: Values | None = None) -> Release:
    return Release(METIS.objects(values))
