"""The rendered PrometheusRule, run by promtool against series that fire each alert and series that do not."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.metis import Release

OURS = 'namespace="metis", service="metis-exporter"'
ANOTHER = 'namespace="other", service="metis-exporter"'
HEIGHT = 'metis:sequencer:height{%s, svc_name="l2geth", seq_name="metis"}'
THEMIS = HEIGHT.replace("l2geth", "themis")
LOW = "MPCAddressBalanceInsufficient"
BALANCE = 'metis:sequencer:wallet:balance{%s, chain="%s", addr="0x01", alias="%s"}'
MPC = BALANCE % (OURS, "metis", "CommonMpcAddr")
FAILURES = 'metis_sequencer_exporter_failures{%s, svc_name="seq-metis-themis"}'

# name of the case, alert, series, its values every 15 s (promtool's notation), the minute asked about, does it fire
CASES = [
    ("a height that stands still", "ChainStalled", HEIGHT % OURS, "100x40", 5, True),
    ("a height that stops later", "ChainStalled", HEIGHT % OURS, "100+1x20 120x40", 9, True),
    ("a height that grows", "ChainStalled", HEIGHT % OURS, "100+1x40", 5, False),
    ("a height that grows once a minute, as l1dtl's", "ChainStalled", HEIGHT % OURS, "1x3 2x3 3x3 4x3 5x3", 4, False),
    ("themis whose own height stands, as after a failure", "ChainStalled", THEMIS % OURS, "9+1x8 17x40", 5, True),
    ("themis that makes a block every five seconds", "ChainStalled", THEMIS % OURS, "9+3x40", 5, False),
    ("another release that stands still", "ChainStalled", HEIGHT % ANOTHER, "100x40", 5, False),
    ("a low balance", LOW, MPC, "2.9x40", 5, True),
    ("a balance of three", LOW, MPC, "3x40", 5, False),
    ("a low balance on L1", LOW, BALANCE % (OURS, "eth", "CommonMpcAddr"), "0x40", 5, False),
    ("failures that go on", "ScrapeFailures", FAILURES % OURS, "0+1x60", 10, True),
    ("failures for less than three minutes", "ScrapeFailures", FAILURES % OURS, "0x20 0+1x8 8x40", 7, False),
    ("one failure now and then", "ScrapeFailures", FAILURES % OURS, "0x8 1x8 2x8 3x8 4x8 5x8", 10, False),
]  # fmt: skip
SEVERITY = {"ChainStalled": "critical", LOW: "high", "ScrapeFailures": "high"}


@pytest.fixture(scope="session")
def spec(release: Release) -> dict[str, Any]:
    return release.of("PrometheusRule")["metis-exporter"]["spec"]


def test_there_are_upstreams_three_alerts_and_each_is_tried_both_ways(spec: dict[str, Any]) -> None:
    (group,) = spec["groups"]
    assert {r["alert"]: r["labels"]["severity"] for r in group["rules"]} == SEVERITY
    for alert in SEVERITY:
        assert {fires for _, a, _, _, _, fires in CASES if a == alert} == {True, False}


@pytest.mark.parametrize(
    ("alert", "series", "values", "minute", "fires"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_an_alert_fires_when_it_should_and_only_then(
    promtool: Path,
    spec: dict[str, Any],
    tmp_path: Path,
    alert: str,
    series: str,
    values: str,
    minute: int,
    fires: bool,
) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(spec))
    expected: dict[str, Any] = {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": []}
    if fires:
        labels = dict(part.split("=") for part in series.partition("{")[2].rstrip("}").replace('"', "").split(", "))
        (rule,) = [r for r in spec["groups"][0]["rules"] if r["alert"] == alert]
        summary = rule["annotations"]["summary"].replace("{{ $value }}", values.split("x")[0])
        for name, value in labels.items():
            summary = summary.replace("{{ $labels.%s }}" % name, value)  # noqa: UP031
        assert "{{" not in summary, "a summary may only name labels that the series has"
        expected["exp_alerts"] = [{"exp_labels": {**labels, **rule["labels"]}, "exp_annotations": {"summary": summary}}]
    test = {
        "rule_files": ["rules.yaml"],
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": series, "values": values}],
                "alert_rule_test": [expected],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    result = subprocess.run(
        [promtool, "test", "rules", "test.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_promtool_finds_nothing_in_the_rules(promtool: Path, spec: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(spec))
    result = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
