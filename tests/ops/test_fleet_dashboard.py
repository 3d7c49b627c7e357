"""The fleet's Grafana dashboard, against what machines really send and where."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from nodeyard.clouds.azure import log_table, machine_logs
from nodeyard.clouds.contract.machine_boot import DIMENSION
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.gcp.telemetry_queries import metric_type
from nodeyard.theta_edge_node.boot import metrics
from nodeyard.theta_edge_node.telemetry import alarms, panels
from ops.dashboard import Scope, dashboard
from ops.dashboard.data_source import data_source
from tests.boot.harness import AWS
from tests.cloudwatch_agent import cloudwatch_metrics
from tests.ops.harness import CHECKOUT, Command, aws_stack, theta_node

EVERYWHERE = [Scope(cloud) for cloud in CloudName]
SENT = metrics.of_machine(gpu=True, spot=True)
EVERY_CLOUD = {"cloudwatch", "grafana-azure-monitor-datasource", "stackdriver"}

Asked = dict[str, Any]


@pytest.fixture(scope="module")
def whole() -> Asked:
    return dashboard(EVERYWHERE)


def targets(board: Asked, plugin: str = "") -> Iterator[tuple[str, Asked]]:
    for panel in board["panels"]:
        for target in panel["targets"]:
            if plugin in ("", target["datasource"]["type"]):
                yield panel["title"], target


def plugins(board: Asked) -> set[str]:
    variables = {found["query"] for found in board["templating"]["list"] if found["type"] == "datasource"}
    assert {target["datasource"]["type"] for _, target in targets(board)} == variables
    return variables


def searched(target: Asked) -> str:
    found = re.fullmatch(
        r"SEARCH\('\{\"Nodeyard/Theta\",\"Node\"\} MetricName=\"(\w+)\" \$\{node:raw\}', "
        r"'(?:Minimum|Maximum)', \$__period_auto\)",
        target["expression"],
    )
    assert found, target["expression"]
    return found[1]


def filters(target: Asked) -> dict[str, tuple[str, str]]:
    parts = target["timeSeriesList"]["filters"]
    assert all(word == "AND" for word in parts[3::4])
    return {parts[i]: (parts[i + 1], parts[i + 2]) for i in range(0, len(parts), 4)}


def test_the_committed_dashboard_is_what_the_command_prints(nodeyard: Command) -> None:
    printed = nodeyard("theta", "dashboard")
    assert printed.exit_code == 0, printed.output
    assert printed.stdout == (CHECKOUT / "dashboards/theta-fleet.json").read_text()


def test_cloudwatch_is_searched_for_what_the_collector_and_the_agent_send(whole: Asked) -> None:
    asked = {searched(target) for _, target in targets(whole, "cloudwatch")}
    assert asked <= SENT | cloudwatch_metrics(AWS.cloud.agent_config)
    assert asked & SENT == asked - {"cpu_usage_active", "mem_used_percent"}


def test_a_search_has_what_the_plugin_asks_of_every_query(whole: Asked) -> None:
    for title, target in targets(whole, "cloudwatch"):
        assert f"'{target['statistic']}'" in target["expression"], title
        assert (target["metricQueryType"], target["metricEditorMode"]) == (0, 1)
        assert re.fullmatch(r"[a-z][a-zA-Z0-9_]*", f"query{target['refId']}")


def test_cloud_monitoring_is_asked_for_what_the_collector_sends(whole: Asked) -> None:
    known = {metric_type(metrics.NAMESPACE, metric) for metric in SENT}
    for title, target in targets(whole, "stackdriver"):
        asked = filters(target)
        assert asked["metric.type"][1] in known, title
        assert asked["resource.type"] == ("=", "gce_instance")
        assert target["timeSeriesList"]["groupBys"] == [f"metric.label.{DIMENSION}"]


def test_log_analytics_is_asked_for_the_line_and_the_counters_that_machines_send(whole: Asked) -> None:
    counters = set()
    for title, target in targets(whole, "grafana-azure-monitor-datasource"):
        text = target["azureLogAnalytics"]["query"]
        if text.startswith("Perf"):
            kind, counter = re.findall(r'(?:ObjectName|CounterName) == "([^"]+)"', text)
            counters.add(f"\\{kind}(*)\\{counter}")
        else:
            assert text.startswith(log_table.TABLE)
            (metric,) = re.findall(r'RawData\)\)\["(\w+)"\]', text)
            assert metric in SENT, title
    assert counters == {"\\Processor(*)\\% Processor Time", "\\Memory(*)\\% Used Memory"}
    assert counters <= set(machine_logs.COUNTERS)


def test_every_cloud_answers_every_panel_of_the_collector(whole: Asked) -> None:
    """The machine's own CPU and memory are not among Google's: there they are not under the node's name."""
    for panel in whole["panels"]:
        asked = {target["datasource"]["type"] for target in panel["targets"]}
        assert asked == EVERY_CLOUD - ({"stackdriver"} if panel["title"] in ("CPU", "Memory") else set())


def test_what_a_node_is_watched_by_is_there_for_the_fleet(whole: Asked) -> None:
    shown = {searched(target) for _, target in targets(whole, "cloudwatch")}
    assert {metric for panel in panels(gpu=True) for metric in panel.metrics} <= shown
    described = "\n".join(panel["description"] for panel in whole["panels"])
    for alarm in alarms(gpu=True, spot=True):
        assert alarm.metric in shown
        assert alarm.description in described


def test_every_query_names_the_node_variable(whole: Asked) -> None:
    assert [found["type"] for found in whole["templating"]["list"] if found["name"] == "node"] == ["textbox"]
    for title, target in targets(whole):
        assert "${node:raw}" in json.dumps(target), title


@pytest.mark.parametrize(
    ("written", "node", "found"),
    [
        ("", "theta-mainnet-edge-1", True),
        ("edge-1", "theta-mainnet-edge-1", True),
        ("edge-1", "theta-mainnet-edge-12", False),
        ("theta-mainnet", "theta-mainnet-edge-1", True),
        ("theta-mainnet-edge-1", "theta-mainnet-edge-1", True),
        ("edge-2", "theta-mainnet-edge-1", False),
    ],
)
def test_a_filter_on_google_cloud_takes_whole_words(whole: Asked, written: str, node: str, found: bool) -> None:
    _, target = next(targets(whole, "stackdriver"))
    operator, pattern = filters(target)[f"metric.label.{DIMENSION}"]
    assert operator == "=~"
    # A string of Cloud Monitoring's filter: of two backslashes it takes one away.
    as_regex = pattern.replace("${node:raw}", written).replace("\\\\", "\\")
    assert bool(re.fullmatch(as_regex, node)) == found


def test_every_line_is_named_after_its_node(whole: Asked) -> None:
    assert {target["label"] for _, target in targets(whole, "cloudwatch")} == {"${PROP('Dim.Node')}"}
    assert {target["aliasBy"] for _, target in targets(whole, "stackdriver")} == {"{{metric.label.Node}}"}
    for panel in whole["panels"]:
        (override,) = panel["fieldConfig"]["overrides"]
        (azure,) = (t["refId"] for t in panel["targets"] if "azureLogAnalytics" in t)
        assert override["matcher"] == {"id": "byFrameRefID", "options": azure}
        assert override["properties"] == [{"id": "displayName", "value": "${__field.labels.Node}"}]


def test_panels_neither_overlap_nor_leave_the_grid(whole: Asked) -> None:
    places = [panel["gridPos"] for panel in whole["panels"]]
    assert len(places) > 10
    for a in places:
        assert a["x"] + a["w"] <= 24
    for a, b in combinations(places, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        assert beside or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]


def test_queries_of_one_panel_have_names_of_their_own() -> None:
    board = dashboard([Scope(CloudName.AWS, (region,)) for region in ("us-east-1", "eu-west-1")] + EVERYWHERE[1:])
    for panel in board["panels"]:
        names = [target["refId"] for target in panel["targets"]]
        assert len(names) == len(set(names))


def test_the_uid_is_the_same_whatever_the_clouds() -> None:
    assert {dashboard(scopes)["uid"] for scopes in (EVERYWHERE, EVERYWHERE[:1])} == {"nodeyard-theta-fleet"}


def test_one_cloud_needs_no_other_clouds_data_source(nodeyard: Command) -> None:
    for cloud in CloudName:
        shown = plugins(json.loads(nodeyard("theta", "dashboard", "--cloud", cloud).stdout))
        assert shown == {data_source(cloud).PLUGIN}


def test_stacks_say_which_clouds_regions_and_projects(nodeyard: Command) -> None:
    nodes = {"a": theta_node()}
    nodeyard.deploy("ohio", **aws_stack(nodes=nodes))
    nodeyard.deploy("more-ohio", **aws_stack(nodes=nodes))
    nodeyard.deploy("paris", cloud={"cloud": "aws", "account": "123456789012", "region": "eu-west-3"}, nodes=nodes)
    nodeyard.deploy("gcp", cloud={"cloud": "gcp", "account": "a-project", "region": "us-central1"}, nodes=nodes)
    board = json.loads(nodeyard("theta", "dashboard", "ohio", "more-ohio", "paris", "gcp").stdout)
    assert plugins(board) == {"cloudwatch", "stackdriver"}
    for panel in board["panels"]:
        regions = [target["region"] for target in panel["targets"] if "region" in target]
        assert regions == ["us-east-2", "eu-west-3"]
    assert {t["timeSeriesList"]["projectName"] for _, t in targets(board, "stackdriver")} == {"a-project"}


def test_of_azures_workspaces_ten_are_asked_at_a_time(nodeyard: Command) -> None:
    here = {"cloud": "azure", "account": "a-subscription", "region": "eastus2"}
    stacks = [f"azure-{n}" for n in range(13)]
    for stack in stacks:
        nodes = {f"edge-{n}": theta_node(logs=f"/workspaces/{stack}") for n in range(3)}
        nodeyard.deploy(stack, cloud=here, nodes=nodes)
    board = json.loads(nodeyard("theta", "dashboard", *stacks).stdout)
    assert [found["name"] for found in board["templating"]["list"]] == ["azure", "node"]
    for panel in board["panels"]:
        asked = [target["azureLogAnalytics"]["resources"] for target in panel["targets"]]
        assert [len(resources) for resources in asked] == [10, 3]
        assert {one for resources in asked for one in resources} == {f"/workspaces/{stack}" for stack in stacks}
        named = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
        assert named == {target["refId"] for target in panel["targets"]}


def test_without_a_stack_azures_workspaces_are_those_to_which_our_rules_send(whole: Asked) -> None:
    variables = {found["name"]: found for found in whole["templating"]["list"]}
    query = variables["workspace"]["query"]
    assert query["subscriptions"] == ["$subscription"]
    assert variables["subscription"]["query"]["queryType"] == "Azure Subscriptions"
    assert f'"Custom-{log_table.TABLE}"' in query["azureResourceGraph"]["query"]
    for title, target in targets(whole, "grafana-azure-monitor-datasource"):
        assert target["azureLogAnalytics"]["resources"] == ["${workspace}"], title


def test_nodes_in_a_cluster_send_nothing_to_show(nodeyard: Command) -> None:
    nodeyard.deploy("cluster", **aws_stack(nodes={"a": theta_node(logs="")}))
    refused = nodeyard("theta", "dashboard", "cluster")
    assert refused.exit_code == 2
    assert "No node of these stacks sends metrics" in refused.stderr


def test_stacks_and_clouds_together_are_refused(nodeyard: Command) -> None:
    refused = nodeyard("theta", "dashboard", "theta-mainnet", "--cloud", "aws")
    assert refused.exit_code == 2
    assert "a stack's cloud is known" in refused.stderr


def test_the_other_commands_need_neither_pulumis_sdk_nor_grafanas() -> None:
    loaded = "{module.split('.')[0] for module in sys.modules}"
    asked = f"import sys, ops.app; print({loaded} & {{'pulumi', 'grafana_foundation_sdk'}} or 'neither')"
    done = subprocess.run([sys.executable, "-c", asked], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "neither"
