"""The counts of all runs, by stack: what each test tells of its run is added up."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.worlds import Worlds

# Runs, those whose command was still at work when it was killed, and those that ended as nobody's had disturbed them;
# then things: left over and named by `recover`, left over as docs/ops/stuck.md says it, left over and named by nobody.
COUNTS = (
    "runs",
    "at work",
    "recovered",
    "stuck",
    "doubled",
    "left over, named",
    "by the page",
    "not named",
    "lost",
)


@pytest.fixture(scope="session", autouse=True)
def started_warm(warm: None) -> None:
    """Programs start in forks of a process that has the SDKs already."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """For the worlds of one run. The servers that answer for their clouds end with them."""
    yield tmp_path
    shutil.rmtree(tmp_path)


@pytest.fixture(scope="session")
def worlds(worlds: Worlds) -> Worlds:
    """Those of a directory that keeps them for the next run of the same code, if `WORLDS` names one."""
    kept = os.environ.get("WORLDS")
    return Worlds(Path(kept)) if kept else worlds


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    totals: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for stack, counted in report.user_properties:
            if isinstance(counted, dict):
                totals.setdefault(stack, Counter()).update(counted)
                totals.setdefault("total", Counter()).update(counted)
    if not totals:
        return
    rows = sorted((stack, counts) for stack, counts in totals.items() if stack != "total")
    terminalreporter.section("killed in the middle")
    terminalreporter.write_line(f"{'stack':<24}" + "".join(f"  {name}" for name in COUNTS))
    for stack, counts in [*rows, ("total", totals["total"])]:
        numbers = "".join(f"{counts[name]:>{len(name) + 2}}" for name in COUNTS)
        terminalreporter.write_line(f"{stack:<24}{numbers}")
