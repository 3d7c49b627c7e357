"""The library charts below the charts that include them. They are copies, since Helm warns of a link: a chart is whole
wherever it lies, in a checkout and in the installed package."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from nodeyard.workload import rendered_from


def described(chart: Path) -> dict[str, Any]:
    """Chart.yaml."""
    found: dict[str, Any] = yaml.safe_load((chart / "Chart.yaml").read_text())
    return found


def libraries(chart: Path) -> Iterator[Path]:
    """Those that a chart includes: its dependencies by `file://`."""
    for dependency in described(chart).get("dependencies", []):
        yield (chart / dependency["repository"].removeprefix("file://")).resolve()


def include(chart: Path) -> None:
    """Copies the libraries into a chart, and names their versions of today in its Chart.yaml."""
    shutil.rmtree(chart / "charts", ignore_errors=True)
    for library in libraries(chart):
        for file in rendered_from(library):
            copy = _copy(file, library, chart)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        _name_version(chart, library)


def differing(chart: Path) -> Iterator[Path]:
    """The files below a chart that are no copies of a library's, and those that are missing."""
    expected = {_copy(file, library, chart): file for library in libraries(chart) for file in rendered_from(library)}
    found = {file for file in (chart / "charts").rglob("*") if file.is_symlink() or file.is_file()}
    for copy in sorted(found | expected.keys()):
        if copy.is_symlink() or copy not in found & expected.keys() or copy.read_bytes() != expected[copy].read_bytes():
            yield copy


def _copy(file: Path, library: Path, chart: Path) -> Path:
    return chart / "charts" / library.name / file.relative_to(library)


def _name_version(chart: Path, library: Path) -> None:
    file = chart / "Chart.yaml"
    version = described(library)["version"]
    named = re.compile(rf"(- name: {re.escape(library.name)}\n +version: ).*")
    file.write_text(named.sub(rf"\g<1>{version}", file.read_text()))
