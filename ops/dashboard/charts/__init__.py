"""The Grafana dashboard of each chart: the module that has the chart's name makes it, with hyphens for underscores.

`charts/common` ships it with every release (`common.dashboard`), and gives its variables `namespace` and `release`
their values.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from ..board import Board, as_json


def charts() -> list[str]:
    """Those that have a dashboard."""
    return sorted(file.stem.replace("_", "-") for file in Path(__file__).parent.glob("[!_]*.py"))


def dashboard(chart: str) -> dict[str, Any]:
    """As Grafana imports it."""
    board: Board = import_module(f".{chart.replace('-', '_')}", __package__).BOARD
    return as_json(board)
