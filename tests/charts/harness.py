"""Helm, rendered releases, and stand-in programs for the scripts: what the tests of the charts are made with."""

from __future__ import annotations

import copy
import functools
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

REPO = Path(__file__).parents[2]
CHART = REPO / "charts" / "metis-sequencer"
FILES = CHART / "files"
COMMON = CHART.parent / "common"
COMMON_FILES = COMMON / "files"
SAMPLE = CHART / "ci" / "mainnet-values.yaml"

Cloud = Literal["aws", "gcp", "azure"]
SAMPLES: dict[Cloud, Path] = {
    "aws": SAMPLE,
    "gcp": CHART / "ci" / "gcp-values.yaml",
    "azure": CHART / "ci" / "azure-values.yaml",
}

Values = dict[str, Any]


def sample_values(cloud: Cloud = "aws") -> Values:
    return yaml.safe_load(SAMPLES[cloud].read_text())


def with_change(path: str, value: Any, cloud: Cloud = "aws") -> Values:
    """A sample's values with one key set, or taken out when value is None."""
    values = copy.deepcopy(sample_values(cloud))
    *parents, last = path.split(".")
    where = values
    for key in parents:
        where = where.setdefault(key, {})
    if value is None:
        del where[last]
    else:
        where[last] = value
    return values


def helm(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([REPO / "sandbox/helm", *map(str, args)], capture_output=True, text=True, check=False)


def template(values: Values, release: str = "metis") -> subprocess.CompletedProcess[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        return helm("template", release, CHART, "--namespace", "metis", "--values", file.name)


@dataclass(frozen=True)
class Release:
    """The objects that Helm renders for some values."""

    objects: tuple[dict[str, Any], ...]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return {o["metadata"]["name"]: o for o in self.objects if o["kind"] == kind}

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


@functools.cache
def _rendered(values: str) -> Release:
    result = template(json.loads(values))
    assert result.returncode == 0, result.stderr
    return Release(tuple(o for o in yaml.safe_load_all(result.stdout) if o))


def rendered(values: Values | None = None) -> Release:
    return _rendered(json.dumps(sample_values() if values is None else values))


@dataclass
class Stubs:
    """Programs that stand in for real ones on a script's PATH."""

    directory: Path

    def add(self, name: str, script: str) -> None:
        file = self.directory / name
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(0o755)

    def remove(self, name: str) -> None:
        (self.directory / name).unlink(missing_ok=True)

    def run(self, script: Path, **env: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.directory}:/usr/local/bin:/usr/bin:/bin"
        return subprocess.run(
            ["sh", str(script)],
            env={"PATH": path, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            start_new_session=True,  # a stub may stop the whole script: kill -9 0
        )
