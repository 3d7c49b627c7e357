"""What the component refuses the chart alone refuses too, where it can know, with the place and what to give."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nodeyard.nodeos_bp_cluster.config import REFUSED
from sandbox.simulation.helm import overlaid
from tests.charts.harness import Chart, Values
from tests.charts.mantis import MANTIS
from tests.charts.metis import METIS
from tests.charts.nodeos import NODEOS
from tests.charts.test_metis_replica import REPLICA
from tests.charts.test_theta_edge_node import THETA
from tests.charts.tsm import TSM

every_chart = pytest.mark.parametrize(
    "chart", [METIS, REPLICA, MANTIS, NODEOS, THETA, TSM], ids=lambda chart: chart.name
)


def refusal(chart: Chart, changes: Values, sample: str = "") -> str:
    result = chart.template(overlaid(chart.sample(sample), changes))
    assert result.returncode != 0, "the chart takes it"
    return result.stderr


@every_chart
@pytest.mark.parametrize("label", ["helm.sh/chart", "app.kubernetes.io/name"])
def test_a_label_that_the_chart_sets_itself_is_refused(chart: Chart, label: str) -> None:
    told = refusal(chart, {"monitoring": {"enabled": True, "labels": {label: "x"}}})
    assert (
        f"at '/monitoring/labels/{label.replace('/', '~1')}': value must be 'left out: the chart sets it itself'"
        in told
    )


@every_chart
def test_labels_of_what_is_left_out_are_refused(chart: Chart) -> None:
    told = refusal(chart, {"monitoring": {"enabled": False, "labels": {"release": "x"}}})
    assert "at '/monitoring/labels': value must be 'no labels while enabled is false" in told


RANGES = [
    (METIS, "/nodeCidrs/0", lambda cidr: {"nodeCidrs": [cidr]}),
    (
        MANTIS,
        "/explorer/ingress/callers/cidrs/0",
        lambda cidr: {"explorer": {"ingress": {"callers": {"cidrs": [cidr]}}}},
    ),
    (NODEOS, "/p2p/peers/0", lambda cidr: {"p2p": {"peers": [cidr]}}),
    (THETA, "/forbidden/0", lambda cidr: {"forbidden": [cidr, "169.254.0.0/16", "10.0.0.0/8", "168.63.129.16/32"]}),
    (TSM, "/database/cidrs/0", lambda cidr: {"database": {"cidrs": [cidr]}}),
]


@pytest.mark.parametrize(("chart", "place", "values"), RANGES, ids=lambda it: getattr(it, "name", ""))
def test_what_is_no_range_is_refused(chart: Chart, place: str, values: Any) -> None:
    assert f"at '{place}': value must be 'a range of IPv4 such as 10.0.0.0/16'" in refusal(chart, values("10.0.0.0/33"))


@every_chart
def test_a_range_has_four_numbers_of_a_byte_and_a_length_of_32_at_most(chart: Chart) -> None:
    pattern = chart.schema()["definitions"]["cidr"]["if"]["not"]["pattern"]
    assert [one for one in ("10.0.0.256/32", "10.0.0.0", "010.0.0.0/8", "fd00::/8") if re.search(pattern, one)] == []
    assert all(re.search(pattern, one) for one in ("0.0.0.0/0", "255.255.255.255/32", "10.20.0.0/9"))


STATE = {"bootstrap": False, "resumeAtHeight": 0, "volume": "", "keyRanNowhereElse": False}
FIRST = {"active": "nodeos-bp-0"}
SPARE = {"nodeos-bp-1": {"mayProduce": False, "secretFiles": {"token": "token"}}}
ACROSS = [
    # A sequencer's settings, the loss of any of which is found out days later.
    (METIS, {"l2geth": {"env": {"ROLLUP_BACKEND": "l2"}}}, "'/l2geth/env/ROLLUP_BACKEND': value must be 'l1'"),
    (METIS, {"l2geth": {"env": {"GCMODE": "full"}}}, "'/l2geth/env/GCMODE': value must be 'archive'"),
    (METIS, {"l2geth": {"env": {"RPC_API": "eth,rollup"}}}, "value must be 'a list with rollupbridge"),
    (
        METIS,
        {"l1dtl": {"env": {"DATA_TRANSPORT_LAYER__SYNC_L1_BATCH": "false"}}},
        "'/l1dtl/env/DATA_TRANSPORT_LAYER__SYNC_L1_BATCH': value must be 'true'",
    ),
    (
        METIS,
        {"l2geth": {"env": {"CHAIN_ID": "59902"}}},
        "l2geth.env.CHAIN_ID: they are of one chain, and have several ids: 1088, 59902",
    ),
    (METIS, {"l1dtl": {"claim": "metis-mainnet-l2geth"}}, "claim: metis-mainnet-l2geth is that of l1dtl too"),
    (METIS, {"themis": {"signingState": {**STATE, "volume": "vol-1"}}}, "empty: it says nothing without bootstrap"),
    (
        METIS,
        {"themis": {"signingState": {**STATE, "keyRanNowhereElse": True}}},
        "false: it says nothing without resume",
    ),
    (REPLICA, {"l2geth": {"env": {"ROLLUP_BACKEND": "l2"}}}, "'/l2geth/env/ROLLUP_BACKEND': value must be 'l1'"),
    # Block producers.
    (NODEOS, {"peers": ["a.example:65536"]}, "'/peers/0': value must be 'HOST:PORT, with a port of 65535 or less'"),
    (NODEOS, {"store": {"backups": {"period": 60, "modulo": 9}}}, "'0 beside a period: it goes by time or by blocks'"),
    (
        NODEOS,
        {"production": {"failover": "automatic", **FIRST}, "store": {"autoRestore": "none"}, "ordinals": SPARE},
        "production.failover: automatic needs two ordinals that may produce",
    ),
    (
        NODEOS,
        {"production": {"failover": "manual", **FIRST}, "store": {"autoRestore": "backup"}, "ordinals": SPARE},
        "store.autoRestore: it is never done by the only one that may produce",
    ),
    (
        NODEOS,
        {"ordinals": {"nodeos-bp-1": {"claim": "nodeos-bp-0"}}},
        "ordinals.nodeos-bp-1.claim: nodeos-bp-0 is that of ordinals.nodeos-bp-0 too",
    ),
    (
        NODEOS,
        {"ordinals": {"nodeos-bp-0": {"volumeId": "vol-1"}, "nodeos-bp-1": {"volumeId": "vol-1"}}},
        "ordinals.nodeos-bp-1.volumeId: vol-1 is that of ordinals.nodeos-bp-0 too",
    ),
    # A private network.
    (MANTIS, {"client": "mantis"}, "'/chain/id': value must be '127 or less: Mantis reads no greater one'"),
    (
        MANTIS,
        {"nodes": {"obft-0": {"secretProviderClass": "obft", "secretFiles": {"key": "obft0Key"}}}},
        "nodes.obft-0: core-geth knows no checkpoints (ECIP-1097)",
    ),
    (
        MANTIS,
        {"nodes": {"miner-1": {"secretProviderClass": "mantis-testnet-miner-0", "secretFiles": {"key": "miner0Key"}}}},
        "nodes.miner-1.secretFiles.key: miner0Key in mantis-testnet-miner-0 is that of nodes.miner-0 too",
    ),
    # A player.
    (
        TSM,
        {"monitoring": {"enabled": False, "labels": {}, "authorization": {"name": "metrics", "key": "apiKey"}}},
        "'/monitoring/authorization': value must be 'nothing while enabled is false",
    ),
]


@pytest.mark.parametrize(("chart", "changes", "told"), ACROSS, ids=lambda it: it if isinstance(it, str) else "")
def test_values_that_do_not_go_together_are_refused(chart: Chart, changes: Values, told: str) -> None:
    assert told in refusal(chart, changes)


def test_callers_and_checkpoint_nodes_need_a_passive_node_too() -> None:
    for sample, asker in (("testnet", "callers"), ("mantis", "nodes.obft-0")):
        values = MANTIS.sample(sample)
        values["nodes"] = {name: node for name, node in values["nodes"].items() if not name.startswith("passive")}
        for other in ("backup", "explorer", "faucet"):
            values[other] = {"enabled": False}
        values["store"] = {"url": "", "autoRestore": False}
        assert f"{asker}: it asks passive nodes, and there is none" in MANTIS.template(values).stderr


def test_a_line_of_config_that_the_component_refuses_the_chart_refuses() -> None:
    told = refusal(NODEOS, {"config": {"ini": "max-transaction-time = 100\n plugin = eosio::net_plugin\n"}})
    assert "'/config/ini': value must be 'a config.ini without what the manager sets" in told
    patterns = [rule["if"]["pattern"] for rule in NODEOS.schema()["properties"]["config"]["properties"]["ini"]["allOf"]]
    taken = [option for option in REFUSED if not any(re.search(one, f"a = 1\n{option} = x") for one in patterns)]
    assert taken == []
