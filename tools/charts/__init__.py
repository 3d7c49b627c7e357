"""What is derived in `charts/`, so that nobody writes it by hand."""

from pathlib import Path

from .libraries import described

CHARTS = Path(__file__).parents[2] / "charts"


def every_chart() -> list[Path]:
    """Libraries first, since the others include them."""
    charts = [file.parent for file in CHARTS.glob("*/Chart.yaml")]
    return sorted(charts, key=lambda chart: (described(chart)["type"] != "library", chart.name))
