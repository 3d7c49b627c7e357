"""Prometheus's own rule tester, built from tests/tools/go.mod."""

from pathlib import Path

from tests.go_tool import go_tool

TOOLS = Path(__file__).parent / "tools"


def promtool() -> Path:
    """Where it is, once it is built."""
    # Service discovery is most of Prometheus's code, and a rule tester has no use for it.
    package = "github.com/prometheus/prometheus/cmd/promtool"
    return go_tool("promtool", TOOLS, package, "-tags", "remove_all_sd", usual="about 2 to 4 minutes on two cores")
