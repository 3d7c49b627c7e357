"""Each chart's Grafana dashboard: what it asks, and how a release ships it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.dashboard.charts import charts, dashboard
from ops.dashboard.charts.__main__ import main
from tests.charts.alerts import checked
from tests.charts.harness import CHARTS, SAMPLES, Chart, Rendered
from tests.charts.known_metrics import OF_CHART, named

ON = {"enabled": True, "labels": {"monitoring": "nodeyard"}}
MOST = 200_000
"""Bytes of a dashboard. A ConfigMap takes 1 MiB; so does the Secret in which Helm keeps a release and its chart."""

SELECTED = re.compile(r'\b(service|deployment|job_name|pod)=~?"([^"]*)"')

of_every_chart = pytest.mark.parametrize("chart", charts())


def usual(name: str) -> str:
    """The chart's longest sample: it has the most parts on."""
    samples = [file for file in SAMPLES if file.parts[-3] == name]
    return max(samples, key=lambda file: file.stat().st_size).name.removesuffix("-values.yaml")


def released(name: str, monitoring: dict[str, Any] = ON, release: str = "ours", namespace: str = "team") -> Rendered:
    chart = Chart(name, release, namespace, usual(name))
    monitoring = {**chart.sample().get("monitoring", {}), **monitoring}
    return Rendered(chart.objects({**chart.sample(), "monitoring": monitoring}))


def shipped(name: str, **release: str) -> dict[str, Any]:
    """The dashboard in a release's ConfigMap."""
    [text] = config_map(name, **release)["data"].values()
    board: dict[str, Any] = json.loads(text)
    return board


def config_map(name: str, **release: str) -> dict[str, Any]:
    [found] = [item for item in released(name, **release).of("ConfigMap").values()
               if "grafana_dashboard" in item["metadata"]["labels"]]  # fmt: skip
    return dict(found)


def queries(board: dict[str, Any], source: str = "prometheus") -> Iterator[tuple[str, str]]:
    """Titles of panels with their expressions."""
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            if target["datasource"]["type"] == source:
                yield panel["title"], target["expr"]


def alerts(name: str) -> list[str]:
    found = released(name).of("PrometheusRule").values()
    return [rule["expr"] for item in found for group in item["spec"]["groups"] for rule in group["rules"]]


def test_every_chart_but_the_library_has_one() -> None:
    assert set(charts()) == {chart.name for chart in CHARTS.iterdir()} - {"common", "metis-common"}


def test_what_is_written_is_what_the_modules_make() -> None:
    assert main(check=True) == 0


def test_a_dashboard_that_differs_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("ops.dashboard.charts.__main__.dashboard", lambda _: {})
    assert main(check=True) == len(charts())
    assert "charts/metis-sequencer/dashboards/metis-sequencer.json is out of date" in capsys.readouterr().err


# --- what it asks -----------------------------------------------------------------------------------------------------


@of_every_chart
def test_it_names_only_metrics_that_are_known_of_the_charts_processes(chart: str) -> None:
    asked = named(expression for _, expression in queries(dashboard(chart)))
    assert asked
    assert asked - OF_CHART[chart] == set()


@of_every_chart
def test_so_do_the_charts_alerts(chart: str) -> None:
    assert named(alerts(chart)) - OF_CHART[chart] == set()


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('sum by (pod) (rate(a_total{b="c", d=~"e|f"}[5m])) * 60', {"a_total"}),
        ("a:b:c / on (x) group_left (y) d and e unless f offset 5m", {"a:b:c", "d", "e", "f"}),
        ('(count(a == 0) or vector(0)) < 1e3 + Inf and label_replace(b, "c", "$1", "d", "e")', {"a", "b"}),
    ],
)
def test_metrics_are_told_from_functions_labels_and_keywords(expression: str, names: set[str]) -> None:
    assert named([expression]) == names


@of_every_chart
def test_promtool_can_read_every_expression(promtool: Path, tmp_path: Path, chart: str) -> None:
    asked = [expression.replace("$__rate_interval", "5m") for _, expression in queries(dashboard(chart))]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(asked)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": chart, "rules": rules}]}))
    checked(promtool, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml", directory=tmp_path)


@of_every_chart
def test_every_expression_asks_for_the_releases_namespace_or_for_the_nodes_of_its_pods(chart: str) -> None:
    for source in ("prometheus", "loki"):
        for title, expression in queries(dashboard(chart), source):
            for selector in re.findall(r"\{([^}]*)\}", re.sub(r'"[^"]*"', '"…"', expression)):
                assert "namespace=" in selector or "status=" in selector, title
            assert 'namespace="$namespace"' in expression, title


@of_every_chart
def test_what_it_selects_by_name_is_in_the_release(chart: str) -> None:
    objects = released(chart)
    there = {
        "service": set(objects.of("Service")),
        "deployment": set(objects.of("Deployment")),
        "job_name": {*objects.of("Job"), *(f"{name}-29400000" for name in objects.of("CronJob"))},
        "pod": {f"{name}-0" for name in objects.of("StatefulSet")}
        | {f"{name}-1a2b" for kind in ("Deployment", "Job") for name in objects.of(kind)},
    }
    asked = {found for _, expression in queries(dashboard(chart)) for found in SELECTED.findall(expression)}
    assert {label for label, _ in asked} & {"service", "pod"}
    for label, pattern in asked:
        pattern = pattern.replace("$release", "ours")
        assert any(re.fullmatch(pattern, name) for name in there[label]), (label, pattern)


@of_every_chart
def test_an_alert_that_a_panel_names_is_one_of_the_charts(chart: str) -> None:
    found = released(chart).of("PrometheusRule").values()
    rules = [rule for item in found for group in item["spec"]["groups"] for rule in group["rules"]]
    known = {rule["alert"] for rule in rules if "alert" in rule}
    text = " ".join(panel.get("description", "") for panel in dashboard(chart)["panels"])
    told = re.findall(r"\bAlerts? ((?:[A-Z]\w+(?:, | and )?)+)", text)
    assert {name for names in told for name in re.split(r", | and ", names) if name} <= known


@of_every_chart
def test_panels_have_ids_of_their_own_and_a_word_of_explanation(chart: str) -> None:
    panels = dashboard(chart)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["description"] for panel in panels if panel["type"] != "row")


# --- how it is shipped ------------------------------------------------------------------------------------------------


@of_every_chart
def test_grafana_finds_it_by_the_label_and_the_platforms_labels(chart: str) -> None:
    found = config_map(chart)
    assert found["metadata"]["name"] == "ours-dashboard"
    assert {"grafana_dashboard": "1", "monitoring": "nodeyard"}.items() <= found["metadata"]["labels"].items()
    assert found["metadata"]["annotations"] == {"grafana_folder": "Nodeyard"}


@of_every_chart
def test_it_shows_the_release_that_ships_it(chart: str) -> None:
    board = shipped(chart)
    current = {variable["name"]: variable.get("current", {}).get("value") for variable in board["templating"]["list"]}
    assert (current["namespace"], current["release"]) == ("team", "ours")
    # Nothing else of it is changed: Helm takes no {{legend}} for its own.
    made = dashboard(chart)
    assert list(queries(board)) == list(queries(made))
    assert [panel.get("targets") for panel in board["panels"]] == [panel.get("targets") for panel in made["panels"]]
    assert "{{" in json.dumps(board)


def test_no_two_releases_share_a_uid_a_title_or_a_file() -> None:
    places = [{}, {"release": "another"}, {"namespace": "elsewhere"}]
    maps = [config_map("metis-sequencer", **place) for place in places] + [config_map("tsm-node")]
    boards = [json.loads(text) for found in maps for text in found["data"].values()]
    assert len({board["uid"] for board in boards}) == len({board["title"] for board in boards}) == len(maps)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", board["uid"]) for board in boards)
    assert len({file for found in maps[:3] for file in found["data"]}) == 3


@of_every_chart
def test_it_is_small_enough_for_a_config_map_and_for_helms_own_secret(chart: str) -> None:
    assert len((CHARTS / chart / "dashboards" / f"{chart}.json").read_bytes()) < MOST


@of_every_chart
def test_without_monitoring_there_is_none(chart: str) -> None:
    release = Chart(chart, "ours", "team", usual(chart))
    maps = Rendered(release.objects({**release.sample(), "monitoring": {"enabled": False}})).of("ConfigMap").values()
    assert not [item for item in maps if "grafana_dashboard" in item["metadata"]["labels"]]
