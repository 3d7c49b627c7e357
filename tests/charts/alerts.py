"""Rules of a release, run by promtool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

Series = dict[str, str]
"""Names with labels, and values every 15 s (promtool's notation)."""


def checked(promtool: Path, *arguments: str, directory: Path) -> None:
    result = subprocess.run([promtool, *arguments], cwd=directory, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def tried(
    promtool: Path,
    spec: dict[str, Any],
    alert: str,
    series: Series,
    minute: int,
    fires: list[dict[str, Any]],
    directory: Path,
) -> None:
    """Asks whether exactly these alerts fire then."""
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": fires}],
    }
    (directory / "rules.yaml").write_text(yaml.safe_dump(spec))
    (directory / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": [test]}))
    checked(promtool, "test", "rules", "test.yaml", directory=directory)


def linted(promtool: Path, spec: dict[str, Any], directory: Path) -> None:
    """Asks whether promtool finds nothing in the rules."""
    (directory / "rules.yaml").write_text(yaml.safe_dump(spec))
    checked(promtool, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml", directory=directory)


def fired(spec: dict[str, Any], alert: str, labels: dict[str, str], value: str) -> dict[str, Any]:
    """The alert as it fires on a series with these labels. `value` is what its summary shows as `$value`."""
    [rule] = [rule for rule in spec["groups"][0]["rules"] if rule.get("alert") == alert]
    summary: str = rule["annotations"]["summary"]
    for name, label in labels.items():
        summary = summary.replace("{{ $labels.%s }}" % name, label)  # noqa: UP031
    summary = re.sub(r"\{\{ \$value( \| \w+)? \}\}", value, summary)
    assert "{{" not in summary, "a summary may only name labels that the series has"
    return {"exp_labels": {**labels, **rule["labels"]}, "exp_annotations": {"summary": summary}}


def of_the_series(name: str) -> dict[str, str]:
    inside = name.partition("{")[2].rstrip("}").replace('"', "")
    return dict(part.split("=") for part in inside.split(", "))
