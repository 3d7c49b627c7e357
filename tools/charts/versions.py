"""A chart's versions, which move with its content: `ci/versions.txt` has a line for each, with the digest of what the
chart renders from, its libraries included. A line that stands is never changed."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from nodeyard.workload import digest

from .libraries import described, libraries


def written(chart: Path) -> list[tuple[str, str]]:
    """(version, digest) of each, the newest last."""
    file = chart / "ci/versions.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(version, content) for version, content in map(str.split, lines)]


def write(chart: Path) -> None:
    """Gives new content a new version: the one that Chart.yaml names, or where it is taken the next one."""
    version, versions = described(chart)["version"], written(chart)
    if (version, digest(chart)) in versions:
        return
    if version in dict(versions):
        major, minor, patch = _number(versions[-1][0])
        version = f"{major}.{minor}.{patch + 1}"
        file = chart / "Chart.yaml"
        file.write_text(re.sub(r"(?m)^version: .*$", f"version: {version}", file.read_text()))
    (chart / "ci").mkdir(exist_ok=True)
    with (chart / "ci/versions.txt").open("a") as lines:
        lines.write(f"{version} {digest(chart)}\n")


def problems(chart: Path) -> Iterator[str]:
    version, versions = described(chart)["version"], written(chart)
    if not all(_number(older) < _number(newer) for (older, _), (newer, _) in pairwise(versions)):
        yield "ci/versions.txt: each version is to be above the one before it"
    if not versions or versions[-1][0] != version:
        yield f"Chart.yaml: version {version} is not the newest of ci/versions.txt"
    elif versions[-1][1] != digest(chart):
        yield f"Chart.yaml: version {version} was of other content: run make charts, which gives the next one"
    named = {dependency["name"]: dependency["version"] for dependency in described(chart).get("dependencies", [])}
    for library in libraries(chart):
        if named[library.name] != (today := described(library)["version"]):
            yield f"Chart.yaml: {library.name} {named[library.name]} is not the library's version of today, {today}"


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
