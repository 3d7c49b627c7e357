"""Writes the charts' dashboards, or with `--check` names those that differ from what is written."""

import json
import sys
from pathlib import Path

from ... import output
from . import charts, dashboard

CHARTS = Path(__file__).parents[3] / "charts"


def main(check: bool) -> int:
    """How many differ."""
    differ = 0
    for chart in charts():
        file = CHARTS / chart / "dashboards" / f"{chart}.json"
        text = json.dumps(dashboard(chart), indent=2) + "\n"
        if not check:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            output.note(f"{file.relative_to(CHARTS.parent)} is out of date: run make dashboards")
            differ += 1
    return differ


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
