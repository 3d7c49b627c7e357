"""What the chart metis-replica renders: the pod, who reaches it, how it comes and goes, and its alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.charts import alerts, metis
from tests.charts.alerts import Case, Series, lint, rules, severities, tried_both_ways
from tests.charts.harness import METIS_FILES, Chart, Rendered
from tests.charts.policies import Direction, Pod, passes

REPLICA = Chart("metis-replica", release="rpc", namespace="metis", usual="aws")
SET = "rpc-replica"


def rendered(sample: str = "") -> Rendered:
    return Rendered(REPLICA.objects(REPLICA.sample(sample)))


def stateful_set(of: Rendered) -> dict[str, Any]:
    spec: dict[str, Any] = of.of("StatefulSet")[SET]["spec"]
    return spec


def containers(of: Rendered) -> dict[str, dict[str, Any]]:
    pod = stateful_set(of)["template"]["spec"]
    return {container["name"]: container for container in [*pod["initContainers"], *pod["containers"]]}


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "from a secret") for entry in container["env"]}


@pytest.fixture(scope="module")
def aws() -> Rendered:
    return rendered()


@pytest.fixture(scope="module")
def seeded() -> Rendered:
    return rendered("gcp")


# --- the pod ---


def test_l1dtl_is_there_before_l2geth_and_after(aws: Rendered) -> None:
    pod = stateful_set(aws)["template"]["spec"]
    order = [container["name"] for container in pod["initContainers"]]
    assert order.index("own-node-key") < order.index("l1dtl") < order.index("wait-for-l1dtl")
    assert containers(aws)["l1dtl"]["restartPolicy"] == "Always"
    assert [container["name"] for container in pod["containers"]] == ["l2geth", "probes"]


def test_a_disk_is_asked_for_and_filled_before_anything_else(seeded: Rendered) -> None:
    order = [container["name"] for container in stateful_set(seeded)["template"]["spec"]["initContainers"]]
    assert order[:4] == ["own-disk-l1dtl", "own-disk-l2geth", "seed-l2geth", "own-node-key"]
    seed = containers(seeded)["seed-l2geth"]
    assert seed["args"][0].strip() == (METIS_FILES / "seed-disk.sh").read_text().strip()
    assert environment(seed)["HOLDS"] == "geth/chaindata"
    assert seed["volumeMounts"] == [{"name": "l2geth", "mountPath": "/disk"}]


def test_a_sequencers_disk_is_filled_in_the_same_way(seeded: Rendered) -> None:
    seed = REPLICA.sample("gcp")["l2geth"]["seed"]
    pods = metis.rendered(metis.changed("l2geth.seed", seed)).containers()
    ours, theirs = containers(seeded)["seed-l2geth"], pods["l2geth/seed-l2geth"]
    assert {**ours, "volumeMounts": 0} == {**theirs, "volumeMounts": 0}
    assert theirs["volumeMounts"] == [{"name": "data", "mountPath": "/disk"}]
    of_l1dtl = metis.rendered(metis.changed("l1dtl.seed", seed)).containers()["l1dtl/seed-l1dtl"]
    assert environment(of_l1dtl)["HOLDS"] == "db"


def test_l2geth_and_l1dtl_are_what_they_are_in_a_sequencer(aws: Rendered) -> None:
    """But for where they listen, and for what the network and the part in it say."""
    sequencer, replica = metis.rendered().containers(), containers(aws)
    for process in ("l2geth", "l1dtl"):
        ours, theirs = replica[process], sequencer[f"{process}/{process}"]
        for key in ("securityContext", "startupProbe", "args", "command", "workingDir"):
            if process == "l1dtl" and key == "startupProbe":
                assert {**ours[key], "tcpSocket": 0} == {**theirs[key], "tcpSocket": 0}
            else:
                assert ours.get(key) == theirs.get(key), (process, key)
        told = environment(theirs).keys() - environment(ours).keys()
        assert not {name for name in told if name.startswith(("RPC", "WS", "PORT", "DATADIR", "ROLLUP_CLIENT"))}


def test_the_claims_are_those_that_were_made_and_no_others(aws: Rendered) -> None:
    templates = {claim["metadata"]["name"]: claim["spec"] for claim in stateful_set(aws)["volumeClaimTemplates"]}
    assert templates.keys() == {"l2geth", "l1dtl"}
    for claim in templates.values():
        assert claim["storageClassName"] == "", "a class would make an empty disk where one is missing"


def test_what_no_statefulset_may_change_stays_when_the_values_change() -> None:
    fixed = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")
    before, after = stateful_set(rendered()), stateful_set(Rendered(REPLICA.objects(REPLICA.changed("replicas", 9))))
    assert [before[key] for key in fixed] == [after[key] for key in fixed]
    assert before["template"] == after["template"], "one replica more restarts none"


def test_no_replica_waits_for_another_at_first_and_each_knows_its_disk_as_its_own(aws: Rendered) -> None:
    assert stateful_set(aws)["podManagementPolicy"] == "Parallel"
    assert environment(containers(aws)["own-node-key"])["OWNER"] == "metis/$(POD)"


def test_a_release_whose_pods_could_not_be_labelled_is_refused() -> None:
    assert REPLICA.template(REPLICA.sample(), release="r" * 43).returncode == 0
    refused = REPLICA.template(REPLICA.sample(), release="r" * 44)
    assert "longer than 43 characters" in refused.stderr


def test_two_replicas_never_share_a_machine(aws: Rendered) -> None:
    affinity = stateful_set(aws)["template"]["spec"]["affinity"]["podAntiAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    assert term["labelSelector"]["matchLabels"] == stateful_set(aws)["selector"]["matchLabels"]


# --- who takes calls ---


def test_a_replica_takes_calls_while_its_head_is_fresh(aws: Rendered, seeded: Rendered) -> None:
    for of, most in ((aws, "120"), (seeded, "300")):
        probe = containers(of)["l2geth"]["readinessProbe"]["exec"]["command"]
        assert probe == ["sh", "/scripts/l2geth-fresh.sh", most]
    assert "readinessProbe" not in containers(aws)["l1dtl"], "an L1 that is away takes no replica out"
    assert "publishNotReadyAddresses" not in aws.of("Service")["rpc-rpc"]["spec"]


def test_the_probe_asks_where_l2geth_listens(aws: Rendered) -> None:
    told = environment(containers(aws)["l2geth"])
    assert told["RPC_ADDR"] == "0.0.0.0"
    assert told["LOCAL_L2_CLIENT_HTTP"] == "http://127.0.0.1:8545"
    assert "EXTERNAL_IP" not in told


def test_it_leaves_before_it_stops_and_has_time_to_stop(aws: Rendered) -> None:
    leaves = containers(aws)["l2geth"]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert leaves >= 15
    assert stateful_set(aws)["template"]["spec"]["terminationGracePeriodSeconds"] >= leaves + 60


def test_a_drain_takes_one_at_a_time(aws: Rendered, seeded: Rendered) -> None:
    assert aws.of("PodDisruptionBudget")[SET]["spec"]["maxUnavailable"] == 1
    assert not seeded.of("PodDisruptionBudget"), "the only one would hold up its machine's drain for ever"


# --- policies ---


def gets_through(of: Rendered, direction: Direction, port: int, other: Pod | str, protocol: str = "TCP") -> bool:
    labels = stateful_set(of)["template"]["metadata"]["labels"]
    return passes(of.of("NetworkPolicy").values(), direction, Pod("metis", labels), port, other, protocol)


def test_callers_and_the_balancers_health_checks_reach_the_rpc_and_nothing_else(aws: Rendered) -> None:
    for caller in ("10.0.0.7", "10.0.10.7", Pod("apps")):
        assert gets_through(aws, "ingress", 8545, caller), caller
        for port in (7878, 8546, 9180, 30303):
            assert not gets_through(aws, "ingress", port, caller), (caller, port)
    for stranger in ("192.0.2.7", Pod("theta")):
        assert not gets_through(aws, "ingress", 8545, stranger)


def test_the_controller_of_an_ingress_reaches_the_rpc(seeded: Rendered) -> None:
    assert gets_through(seeded, "ingress", 8545, "35.191.0.7")
    assert seeded.of("Ingress")["rpc-rpc"]["spec"]["rules"][0]["host"] == "rpc.example.com"


def test_it_reaches_its_peers_and_l1_and_no_metadata_service(aws: Rendered) -> None:
    for port, protocol in ((30303, "TCP"), (30303, "UDP"), (443, "TCP"), (6083, "TCP")):
        assert gets_through(aws, "egress", port, "192.0.2.7", protocol)
    for port in (80, 443):
        assert not gets_through(aws, "egress", port, "169.254.169.254")
    assert not gets_through(aws, "egress", 25, "192.0.2.7")


def test_prometheus_alone_reads_the_metrics(aws: Rendered) -> None:
    prometheus = Pod("monitoring", {"app.kubernetes.io/name": "prometheus"})
    assert gets_through(aws, "ingress", 9180, prometheus)
    assert not gets_through(aws, "ingress", 9180, Pod("monitoring"))
    unwatched = Rendered(REPLICA.objects(REPLICA.changed("monitoring", {"enabled": False})))
    assert not gets_through(unwatched, "ingress", 9180, prometheus)


# --- alerts ---


OF = 'namespace="metis", statefulset="rpc-replica"'
SERIES = 'namespace="metis", service="rpc-replica", pod="rpc-replica-1"'
ANOTHER = SERIES.replace("metis", "other")
RELEASE_OF_POD = {"namespace": "metis", "pod": "rpc-replica-1"}


def ready(values: str, replicas: str = "2x400", of: str = OF) -> Series:
    return {f"kube_statefulset_status_replicas_ready{{{of}}}": values, f"kube_statefulset_replicas{{{of}}}": replicas}


def age(values: str, of: str = SERIES) -> Series:
    return {f"nodeyard_head_block_age_seconds{{{of}}}": values}


def head(values: str, of: str = SERIES) -> Series:
    return {f"nodeyard_head_block_number{{{of}}}": values}


CASES = [
    Case("all were ready, and none is", "RPCDown", ready("2x20 0x80"), 9, ""),
    Case("one is ready", "RPCDown", ready("2x20 1x80"), 9, None),
    Case("none was ever ready", "RPCDown", ready("0x80"), 9, None),
    Case("one of two is ready for long", "ReplicasMissing", ready("2x20 1x400"), 40, ""),
    Case("the third has not synced yet", "ReplicasMissing", ready("2x400", "3x400"), 40, None),
    Case("a replica is replaced", "ReplicasMissing", ready("2x20 1x40 2x400"), 40, None),
    Case("in sync, then behind", "ReplicaBehind", age("5x20 500x200"), 25, "8m 20s"),
    Case("behind for a moment", "ReplicaBehind", age("5x20 500x8 5x200"), 25, None),
    Case("never yet in sync", "ReplicaBehind", age("500x200"), 25, None),
    Case("another release's", "ReplicaBehind", age("5x20 500x200", ANOTHER), 25, None),
    Case("behind, and its head stands", "ReplicaStuck", {**head("7x400"), **age("500x400")}, 70, ""),
    Case("behind, and its head moves", "ReplicaStuck", {**head("7+1x400"), **age("500x400")}, 70, None),
    Case("its head is fresh", "ReplicaStuck", {**head("7x400"), **age("5x400")}, 70, None),
    Case("no peers", "ReplicaWithoutPeers", {f"nodeyard_peers{{{SERIES}}}": "0x100"}, 17, ""),
    Case("peers come", "ReplicaWithoutPeers", {f"nodeyard_peers{{{SERIES}}}": "0x20 3x100"}, 17, None),
    Case("the exporter is away", "ScrapeFails", {f"up{{{SERIES}}}": "0x100"}, 12, ""),
    Case("the exporter is there", "ScrapeFails", {f"up{{{SERIES}}}": "1x100"}, 12, None),
    Case("l2geth is started again", "ContainerRestarted", {
        'kube_pod_container_status_restarts_total{namespace="metis", pod="rpc-replica-1", container="l2geth"}':
        "0x20 1x80"}, 9, ""),
    Case("another's container", "ContainerRestarted", {
        'kube_pod_container_status_restarts_total{namespace="metis", pod="a-rpc-replica-1", container="l2geth"}':
        "0x20 1x80"}, 9, None),
    Case("the node is away", "NodeAway", alerts.machine(0, "metis", "rpc-replica-1"), 7, "",
         {"node": "ip-1", "namespace": "metis", "release": "rpc"}),
    Case("the node is there", "NodeAway", alerts.machine(1, "metis", "rpc-replica-1"), 7, None),
    Case("no node", "PodWithoutNode", alerts.unscheduled("1x80", "metis", "rpc-replica-12"), 17, ""),
    Case("a node in the end", "PodWithoutNode", alerts.unscheduled("1x40 0x80", "metis", "rpc-replica-1"), 9, None),
    Case("a disk that is nearly full", "DiskFillsUp",
         alerts.volume("49x2000", "metis", "l2geth-rpc-replica-1"), 420, ""),
    Case("another's disk", "DiskFillsUp", alerts.volume("49x2000", "metis", "l2geth-a-replica-1"), 420, None),
]  # fmt: skip
SEVERITY = {
    "RPCDown": "critical",
    "ReplicasMissing": "high",
    "ReplicaBehind": "high",
    "ReplicaStuck": "high",
    "ReplicaWithoutPeers": "high",
    "ScrapeFails": "high",
    "ContainerRestarted": "high",
    "NodeAway": "critical",
    "PodWithoutNode": "critical",
    "DiskFillsUp": "high",
}


@pytest.fixture(scope="module")
def spec(aws: Rendered) -> dict[str, Any]:
    found: dict[str, Any] = aws.of("PrometheusRule")[SET]["spec"]
    return found


def test_each_alert_is_tried_both_ways(spec: dict[str, Any]) -> None:
    assert severities(spec) == SEVERITY
    assert tried_both_ways(spec, CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_alert_fires_when_it_should_and_only_then(
    promtool: Path, spec: dict[str, Any], tmp_path: Path, case: Case
) -> None:
    alerts.run(promtool, spec, case, tmp_path)


def test_promtool_finds_nothing_in_the_rules(promtool: Path, spec: dict[str, Any], tmp_path: Path) -> None:
    lint(promtool, spec, tmp_path)


def test_without_the_chain_tools_no_alert_waits_for_what_nobody_measures(seeded: Rendered) -> None:
    spec = seeded.of("PrometheusRule")[SET]["spec"]
    assert not [name for name, rule in rules(spec).items() if "nodeyard_" in rule["expr"]]
    assert not seeded.of("ServiceMonitor")
