"""Alerts, run by promtool on series that fire them and on series that do not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_LABEL_OR = re.compile(r"\{\{ with \$labels\.(\w+) \}\}\{\{ \. \}\}\{\{ else \}\}(.*?)\{\{ end \}\}")

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
    labels: Mapping[str, str] | None = None
    """That its expression leaves to the alert. Those of the first series unless given."""


def rules(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The alerts of a PrometheusRule with one group, by their names."""
    (group,) = spec["groups"]
    return {rule["alert"]: rule for rule in group["rules"] if "alert" in rule}


def severities(spec: dict[str, Any]) -> dict[str, str]:
    return {name: rule["labels"]["severity"] for name, rule in rules(spec).items()}


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


def machine(is_ready: int, namespace: str, pod: str) -> Series:
    """A machine and a pod on it, for NodeAway."""
    return {
        'kube_node_status_condition{node="ip-1", condition="Ready", status="true"}': f"{is_ready}x60",
        f'kube_pod_info{{namespace="{namespace}", pod="{pod}", node="ip-1"}}': "1x60",
    }


def unscheduled(values: str, namespace: str, pod: str) -> Series:
    """A pod that has no machine, for PodWithoutNode."""
    return {f'kube_pod_status_scheduled{{namespace="{namespace}", pod="{pod}", condition="false"}}': values}


def volume(available: str, namespace: str, claim: str) -> Series:
    """A disk of 1000 bytes, for DiskFillsUp."""
    of = f'namespace="{namespace}", persistentvolumeclaim="{claim}"'
    kinds = {"available": available, "capacity": "1000x2000"}
    return {f"kubelet_volume_stats_{kind}_bytes{{{of}}}": values for kind, values in kinds.items()}


def _fired(rule: dict[str, Any], case: Case) -> dict[str, Any]:
    """The alert as it fires."""
    own = _of(next(iter(case.series))) if case.labels is None else case.labels
    labels = {**own, **rule["labels"]}
    # Alertmanager tells two alerts apart by their labels, and a receiver hears of each namespace by itself.
    assert "namespace" in labels, f"{case.alert} of one release would be that of any other one"
    return {"exp_labels": labels, "exp_annotations": {"summary": _summary(rule, labels, case.value or "")}}


def _of(series: str) -> dict[str, str]:
    inside = series.partition("{")[2].rstrip("}").replace('"', "")
    return dict(part.split("=", 1) for part in inside.split(", "))


def _summary(rule: dict[str, Any], labels: Mapping[str, str], value: str) -> str:
    summary: str = rule["annotations"]["summary"]
    summary = _LABEL_OR.sub(lambda found: labels.get(found[1]) or found[2], summary)
    for name, label in labels.items():
        summary = summary.replace("{{ $labels.%s }}" % name, label)  # noqa: UP031
    summary = re.sub(r"\{\{ \$value( \| \w+)? \}\}", value, summary)
    assert "{{" not in summary, "a summary may only name labels that the alert has"
    return summary
