"""Every alarm of an edge node, as each cloud is asked for it: a series that fires it and one that does not.

Prometheus's own evaluator runs Google's. CloudWatch's rules and the few operators of Kusto that ours use are rebuilt
here from their documentation, since nothing but the clouds runs them.
"""

import itertools
import json
import re
import subprocess
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

import tests.promtool
from nodeyard.clouds.contract.machine_boot import DIMENSION
from nodeyard.clouds.gcp.telemetry_queries import metric_type
from nodeyard.theta_edge_node import ThetaEdgeNode
from nodeyard.theta_edge_node.boot import metrics
from nodeyard.theta_edge_node.telemetry import alarms
from sandbox.mocks import SandboxMocks
from tests.unit.recording import Recording, record
from tests.unit.theta_fleet import CLOUDS, arguments

NODE = "theta-edge-1"
ALL = alarms(gpu=True, spot=True)
Series = Sequence[float | None]
"""What is sent in each minute, up to the one in which is asked; None where nothing is."""
MINUTES = 45

GROWS = [100 + minute for minute in range(MINUTES)]
SILENT_LATELY = [1] * 20 + [None] * 25
# alarm, what is sent, does it fire
CASES: list[tuple[str, str, Series, bool]] = [
    ("height stands still", "the same height for 25 minutes", GROWS[:20] + [119] * 25, True),
    ("height stands still", "no answer for 25 minutes", [*GROWS[:20], *[None] * 25], True),
    ("height stands still", "a block in each minute", GROWS, False),
    ("height stands still", "a last block ten minutes ago", GROWS[:35] + [134] * 10, False),
    ("no peers", "none for 25 minutes", [5] * 20 + [0] * 25, True),
    ("no peers", "no answer for 25 minutes", [5] * 20 + [None] * 25, True),
    ("no peers", "one now and then", [0, 0, 0, 0, 1] * 9, False),
    ("disk fills up", "81 % for 25 minutes", [70] * 20 + [81] * 25, True),
    ("disk fills up", "80 %", [80] * MINUTES, False),
    ("disk fills up", "81 % for five minutes", [80] * 40 + [81] * 5, False),
    ("root disk fills up", "81 % for 25 minutes", [60] * 20 + [81] * 25, True),
    ("root disk fills up", "two images for five minutes", [60] * 40 + [81] * 5, False),
    ("no GPU", "no answer of the driver for 25 minutes", [1] * 20 + [0] * 25, True),
    ("no GPU", "a start of the machine", [1] * 38 + [0] * 7, False),
    ("no data", "nothing for 25 minutes", SILENT_LATELY, True),
    ("no data", "not ready, and saying so", [0] * MINUTES, False),
    ("no data", "nothing for five minutes", [1] * 40 + [None] * 5, False),
    ("spot interruption", "a notice ten minutes ago, and nothing since", [0] * 34 + [1] + [None] * 10, True),
    ("spot interruption", "no notice", [0] * MINUTES, False),
]  # fmt: skip


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def spot(cloud: str, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A node that may be taken away, so that it has all of them."""

    def program() -> None:
        ThetaEdgeNode("theta", arguments(cloud, capacity="spot"), pulumi.ResourceOptions())

    return record(program, SandboxMocks(tmp_path_factory.mktemp(cloud), region=CLOUDS[cloud].site["region"]))


def test_each_alarm_is_tried_both_ways() -> None:
    assert {name for name, _, _, _ in CASES} == {alarm.name for alarm in ALL}
    for alarm in ALL:
        assert {fires for name, _, _, fires in CASES if name == alarm.name} == {True, False}


def test_every_alarm_asks_for_what_the_collector_sends() -> None:
    for gpu, spot in itertools.product((True, False), repeat=2):
        asked = {alarm.metric for alarm in alarms(gpu=gpu, spot=spot)}
        assert asked <= metrics.of_machine(gpu=gpu, spot=spot)


@pytest.mark.parametrize(
    ("alarm", "series", "fires"),
    [(name, series, fires) for name, _, series, fires in CASES],
    ids=[f"{name}: {what}" for name, what, _, _ in CASES],
)
def test_an_alarm_fires_when_it_should_and_only_then(
    spot: Recording, cloud: str, alarm: str, series: Series, fires: bool, tmp_path: Path
) -> None:
    assert len(series) == MINUTES
    asked = spot.one(CLOUDS[cloud].alarm, f"{NODE}-{alarm.replace(' ', '-')}").inputs
    [metric] = [each.metric for each in ALL if each.name == alarm]
    judge: dict[str, Callable[[dict[str, Any], str, Series, Path], bool]] = {
        "aws": cloudwatch,
        "azure": kusto,
        "gcp": prometheus,
    }
    assert judge[cloud](asked, metric, series, tmp_path) is fires


# --- CloudWatch (user guide: "Configuring how CloudWatch alarms treat missing data", "Using metric math")

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
}


def cloudwatch(alarm: dict[str, Any], metric: str, series: Series, _: Path) -> bool:
    first, *judged = alarm["metricQueries"]
    asked = first["metric"]
    assert (asked["namespace"], asked["metricName"], asked["period"]) == (metrics.NAMESPACE, metric, 60)
    assert asked["dimensions"] == {DIMENSION: NODE}
    if asked["stat"] == "SampleCount":
        series = [None if value is None else 1 for value in series]
    for query in judged:
        assert query["expression"] == f"DIFF({first['id']})"
        series = [None if None in pair else pair[1] - pair[0] for pair in pairwise(series)]  # type: ignore[operator]
    compare, missing = COMPARE[alarm["comparisonOperator"]], {"breaching": True, "notBreaching": False}
    looked_at = series[-int(alarm["evaluationPeriods"]) :]
    breaching = [
        missing[alarm["treatMissingData"]] if value is None else compare(value, alarm["threshold"])
        for value in looked_at
    ]
    return sum(breaching) >= alarm["datapointsToAlarm"]


# --- Log Analytics

QUERY = re.compile(
    r"NodeyardLog_CL\n"
    r'\| where Node == "(?P<node>[^"]+)" and TimeGenerated > ago\((?P<minutes>\d+)m\)'
    r' and RawData has "(?P<has>[^"]+)"\n'
    r'\| extend value = todouble\(parse_json\(extract\("(?P<line>[^"]+)", 1, RawData\)\)\["(?P<metric>\w+)"\]\)\n'
    r"\| where isnotnull\(value\)\n"
    r"\| sort by TimeGenerated asc\n"
    r"\| where (?P<good>true|value (?P<operator>[<>]=?) (?P<than>prev\(value\)|[\d.]+))"
)
OPERATORS: dict[str | None, Callable[[float, float], bool]] = {
    ">": lambda value, than: value > than,
    ">=": lambda value, than: value >= than,
    "<=": lambda value, than: value <= than,
}


def kusto(alarm: dict[str, Any], metric: str, series: Series, _: Path) -> bool:
    [criterion] = alarm["criteria"]["allOf"]
    asked = QUERY.fullmatch(criterion["query"])
    assert asked, criterion["query"]
    assert (asked["node"], asked["metric"]) == (NODE, metric)
    minutes, window = int(asked["minutes"]), int(alarm["windowSize"].removeprefix("PT").removesuffix("M"))
    assert minutes <= window
    lines = [(age, logged(metric, value)) for age, value in zip(range(MINUTES, 0, -1), series, strict=True)]
    values = [found for age, line in lines if age <= minutes and asked["has"] in line for found in read(line, asked)]
    count = sum(good(asked, before, value) for before, value in pairwise([None, *values]))
    assert (criterion["timeAggregation"], criterion["operator"]) == ("Count", "LessThan")
    return count < criterion["threshold"]


def logged(metric: str, value: float | None) -> str:
    """A line of the collector, as the journal writes it."""
    measured = json.dumps({"another": 1} if value is None else {"another": 1, metric: value})
    return f"2026-11-21T07:00:00+00:00 {NODE} python3[41]: metrics: measured {measured}"


def read(line: str, asked: re.Match[str]) -> list[float]:
    """Null where the line has no value of the metric."""
    found = re.search(asked["line"], line)
    assert found
    value = json.loads(found[1]).get(asked["metric"])
    return [] if value is None else [float(value)]


def good(asked: re.Match[str], before: float | None, value: float | None) -> bool:
    if asked["good"] == "true":
        return True
    than = before if asked["than"] == "prev(value)" else float(asked["than"])
    # What is compared with null is null, and `where` lets it not through.
    return value is not None and than is not None and OPERATORS[asked["operator"]](value, than)


# --- Cloud Monitoring


def prometheus(policy: dict[str, Any], metric: str, series: Series, home: Path) -> bool:
    [condition] = policy["conditions"]
    asked = condition["conditionPrometheusQueryLanguage"]
    assert asked["evaluationInterval"] == "60s"
    rule = {"alert": "asked", "expr": asked["query"], "for": asked["duration"]}
    (home / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "theta", "rules": [rule]}]}))
    spelled = re.sub(r"[^\w:]", "_", metric_type(metrics.NAMESPACE, metric).replace("/", ":", 1))
    labels = f'monitored_resource="gce_instance",{DIMENSION}="{NODE}",instance_id="1"'
    sent = {
        "series": f"{spelled}{{{labels}}}",
        "values": " ".join("_" if value is None else f"{value:g}" for value in series),
    }
    # The test says that it does not fire, and fails if it does.
    silent = {"eval_time": f"{MINUTES - 1}m", "alertname": "asked", "exp_alerts": []}
    case = {"interval": "1m", "input_series": [sent], "alert_rule_test": [silent]}
    (home / "test.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": [case]}))
    command = [tests.promtool.promtool(), "test", "rules", "test.yaml"]
    result = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    fired = "got:[\n" in result.stdout + result.stderr and "alertname" in result.stdout + result.stderr
    assert result.returncode == 0 or fired, result.stdout + result.stderr
    return fired
