"""Helm, the charts and what they render, and stand-in programs for the scripts: what the tests of all charts share."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.simulation.helm import binary

REPO = Path(__file__).parents[2]
CHARTS = REPO / "charts"
COMMON = CHARTS / "common"
COMMON_FILES = COMMON / "files"
METIS_FILES = CHARTS / "metis-common/files"
SAMPLES = sorted(CHARTS.glob("*/ci/*-values.yaml"))
"""Of every chart."""

Values = dict[str, Any]


def helm(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([binary(), *map(str, args)], capture_output=True, text=True, check=False)


def sample_name(sample: Path) -> str:
    return sample.name.removesuffix("-values.yaml")


of_every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda file: f"{file.parts[-3]}-{sample_name(file)}")


@dataclass(frozen=True)
class Chart:
    """A chart, and the release of it that the tests render."""

    name: str
    release: str
    namespace: str
    usual: str
    """The sample that is meant where none is named."""

    @property
    def directory(self) -> Path:
        return CHARTS / self.name

    @property
    def samples(self) -> dict[str, Path]:
        return {sample_name(file): file for file in SAMPLES if file.is_relative_to(self.directory)}

    def sample(self, name: str = "") -> Values:
        values: Values = yaml.load(self.samples[name or self.usual].read_text(), yaml.CSafeLoader)
        return values

    def changed(self, path: str, value: Any, name: str = "") -> Values:
        """A sample's values with one key set, or taken out when value is None."""
        values = where = self.sample(name)
        *parents, last = path.split(".")
        for key in parents:
            where = where.setdefault(key, {})
        if value is None:
            del where[last]
        else:
            where[last] = value
        return values

    def template(self, values: Values, release: str = "") -> subprocess.CompletedProcess[str]:
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            json.dump(values, file, ensure_ascii=False)  # which is YAML
            file.flush()
            place = ("--namespace", self.namespace, "--values", file.name)
            return helm("template", release or self.release, self.directory, *place)

    def objects(self, values: Values | None = None) -> tuple[dict[str, Any], ...]:
        """What Helm renders for some values, or for the usual sample."""
        return _objects(self, json.dumps(self.sample() if values is None else values))

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / "values.schema.json").read_text())
        return found


@functools.cache
def _objects(chart: Chart, values: str) -> tuple[dict[str, Any], ...]:
    result = chart.template(json.loads(values))
    assert result.returncode == 0, result.stderr
    return parsed(result.stdout)


def parsed(manifests: str) -> tuple[dict[str, Any], ...]:
    return tuple(item for item in yaml.load_all(manifests, yaml.CSafeLoader) if item)


@dataclass(frozen=True)
class Rendered:
    """What Helm renders for some values."""

    objects: tuple[dict[str, Any], ...]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        return {item["metadata"]["name"]: item for item in self.objects if item["kind"] == kind}


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
