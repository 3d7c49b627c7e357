"""Alerts, run by promtool on series that fire them and on series that do not."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Series = dict[str, str]
"""Names with labels, and values every 15 s (promtool's notation)."""


@dataclass(frozen=True)
class Case:
    """One alert, tried once."""

    name: str
    alert: str
    series: Series
    minute: int
    """That is asked about."""
    value: str | None
    """What `$value` shows when it fires; None when it does not."""
    labels: tuple[str, ...] | None = None
    """Of the first series, those that the alert has. All unless given."""


def rules(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Of a PrometheusRule with one group, by the alerts' names."""
    (group,) = spec["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def tried_both_ways(spec: dict[str, Any], cases: list[Case]) -> bool:
    return all({case.value is None for case in cases if case.alert == alert} == {True, False} for alert in rules(spec))


def run(promtool: Path, spec: dict[str, Any], case: Case, directory: Path) -> None:
    """Fails unless the alert does what the case says."""
    expected = {
        "eval_time": f"{case.minute}m",
        "alertname": case.alert,
        "exp_alerts": [] if case.value is None else [_fired(rules(spec)[case.alert], case)],
    }
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
        "alert_rule_test": [expected],
    }
    (directory / "rules.yaml").write_text(yaml.safe_dump(spec))
    (directory / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": [test]}))
    checked(promtool, "test", "rules", "test.yaml", directory=directory)


def lint(promtool: Path, spec: dict[str, Any], directory: Path) -> None:
    (directory / "rules.yaml").write_text(yaml.safe_dump(spec))
    checked(promtool, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml", directory=directory)


def checked(promtool: Path, *arguments: str, directory: Path) -> None:
    result = subprocess.run([promtool, *arguments], cwd=directory, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def _fired(rule: dict[str, Any], case: Case) -> dict[str, Any]:
    """The alert as it fires on the first of the series."""
    inside = next(iter(case.series)).partition("{")[2].rstrip("}").replace('"', "")
    labels = dict(part.split("=", 1) for part in inside.split(", "))
    labels = {name: value for name, value in labels.items() if case.labels is None or name in case.labels}
    summary: str = rule["annotations"]["summary"]
    for name, value in labels.items():
        summary = summary.replace("{{ $labels.%s }}" % name, value)  # noqa: UP031
    summary = re.sub(r"\{\{ \$value( \| \w+)? \}\}", case.value or "", summary)
    assert "{{" not in summary, "a summary may only name labels that the alert has"
    return {"exp_labels": {**labels, **rule["labels"]}, "exp_annotations": {"summary": summary}}


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
    lint(promtool, spec, directory)


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
