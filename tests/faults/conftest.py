"""The counts of all runs, by stack: what each test tells of its run is added up."""

from collections import Counter

import pytest

COUNTS = (
    "runs",
    "killed in the middle",
    "recovered",
    "stuck",
    "doubled",
    "left over and named",
    "left over, by the page",
    "left over, not named",
    "lost",
)


@pytest.fixture(scope="session", autouse=True)
def started_warm(warm: None) -> None:
    """Programs start in forks of a process that has the SDKs already."""


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
    terminalreporter.write_line(f"{'stack':<24}" + "".join(f"{name:>22}" for name in COUNTS))
    for stack, counts in [*rows, ("total", totals["total"])]:
        terminalreporter.write_line(f"{stack:<24}" + "".join(f"{counts[name]:>22}" for name in COUNTS))
