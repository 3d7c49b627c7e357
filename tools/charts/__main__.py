"""Writes what is derived in `charts/`, or with `--check` says what is out of date: `make charts`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from . import CHARTS, every_chart, libraries, values_table, versions


def write(chart: Path) -> None:
    libraries.include(chart)
    if values_table.has_values(chart):
        (chart / "README.md").write_text(values_table.filled(chart))
    versions.write(chart)


def problems(chart: Path) -> Iterator[str]:
    for file in libraries.differing(chart):
        yield f"{file.relative_to(chart)} is not as in the library: run make charts"
    if values_table.has_values(chart) and (chart / "README.md").read_text() != values_table.filled(chart):
        yield "README.md is out of date: run make charts"
    yield from versions.problems(chart)


def main(check: bool) -> int:
    """How much is wrong."""
    found = 0
    for chart in every_chart():
        if not check:
            write(chart)
        for problem in problems(chart):
            print(f"{chart.relative_to(CHARTS.parent)}/{problem}", file=sys.stderr)
            found += 1
    return found


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
