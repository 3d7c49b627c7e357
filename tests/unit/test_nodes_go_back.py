"""A release of nodes that is older than the one that is up: AKS takes no node back to it, and EKS does."""

from typing import Any

import pytest

from nodeyard.mantis_cluster.rules import resolve as mantis
from nodeyard.metis_replica.rules import resolve as replica
from nodeyard.metis_sequencer.settings import resolve as metis
from nodeyard.nodeos_bp_cluster.rules import resolve as nodeos
from nodeyard.theta_edge_node.rules import resolve as theta
from nodeyard.tsm_node.rules import resolve as tsm
from tests.unit import examples, tsm_players
from tests.unit.test_live import component, refused
from tests.unit.theta_fleet import IN_CLUSTER, arguments

NAMESPACES = ["mantis-staging", "metis-mainnet", "metis-rpc", "nodeos-jungle", "theta", "tsm"]
ZONES = {"aws": "us-east-2a", "azure": "eastus2-1"}
KINDS: dict[str, tuple[Any, Any, dict[str, str]]] = {
    "metis": (metis, examples.sequencer, {"aws": "c5.4xlarge", "azure": "Standard_D16s_v5"}),
    "rpc": (replica, examples.replicas, {"aws": "c5.2xlarge", "azure": "Standard_D8s_v5"}),
    "nodeos": (nodeos, examples.cluster, {"aws": "m6i.2xlarge", "azure": "Standard_D8s_v5"}),
    "mantis-staging": (mantis, examples.network, {"aws": "m6i.xlarge", "azure": "Standard_D4s_v5"}),
    "tsm": (tsm, tsm_players.arguments, {"aws": "m6a.2xlarge", "azure": "Standard_D8as_v5"}),
    "theta": (
        theta,
        lambda **changes: arguments(**{**IN_CLUSTER, **changes}),
        {"aws": "g4dn.xlarge", "azure": "Standard_NC4as_T4_v3"},
    ),
}
"""By the name of the stack: its rules, its arguments, and the type of a node of its."""
POOLS = {"metis": "l2geth", "nodeos": "nodeos-bp-0", "mantis-staging": "miner-0", "theta": "edge-1"}
"""Of those that do not call a pool after its zone."""


def on(cloud: str) -> dict[str, Any]:
    if cloud == "aws":
        return {"platform": examples.platform(namespaces=NAMESPACES)}
    there = tsm_players.on_azure()
    return {"platform": {**there["platform"], "namespaces": NAMESPACES}, "release_version": there["release_version"]}


@pytest.mark.parametrize(("cloud", "newer"), [("aws", "1.47.0-0d1e2f3a"), ("azure", "1.36.4")])
@pytest.mark.parametrize("name", KINDS)
def test_nodes_go_back_to_an_older_release_where_their_cloud_takes_them(name: str, cloud: str, newer: str) -> None:
    resolve, told, types = KINDS[name]
    zone, given = ZONES[cloud], on(cloud)
    if name == "metis" and cloud == "azure":
        given |= {"l2geth": {"zone": "eastus2-1"}, "themis": {"zone": "eastus2-2"}}
    pool = component(
        f"nodeyard:{cloud}:NodePool",
        f"{name}-{POOLS.get(name, zone)}",
        release_version=newer,
        instance_type=types[cloud],
        zone=zone,
    )
    said = refused(lambda: resolve(name, told(**given)), pool).get("release_version", "")
    assert ("the cloud takes no node back" in said) == (cloud == "azure"), said
