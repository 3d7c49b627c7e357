"""What a sequencer's pods ask of their nodes, and what of a node's room each may take."""

from typing import Any

import pulumi
import pytest

from nodeyard.errors import InputError
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard.resources import amount, chart_defaults
from tests.unit.examples import platform, sequencer
from tests.unit.recording import record
from tests.unit.test_chart_inputs import CLOUDS, told, values
from tests.unit.worlds import with_platform

DEFAULTS = chart_defaults("metis-sequencer")
SMALL = {"aws": "c5.xlarge", "azure": "Standard_D4s_v5", "gcp": "c2-standard-4"}
"""The next smaller than what l2geth's node needs at least, by cloud. themis' pods fit there."""


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("node", ["l2geth", "themis"])
def test_a_process_may_take_all_that_the_others_on_its_node_do_not_ask_for(cloud: str, node: str) -> None:
    pods = told(cloud).pods_on("l2geth" if node == "l2geth" else "themis")
    own = pods.resources()[node]
    assert pods.room is not None
    assert amount(own["limits"]) == pods.room - pods.asked + amount(own["requests"])


def test_l2geth_may_take_more_of_a_larger_node() -> None:
    limits = [
        amount(told("aws", l2geth={"instance_type": type_}).resources["l2geth"]["limits"])
        for type_ in ("c5.4xlarge", "m5.4xlarge", "m5.8xlarge")
    ]
    assert limits[0].mib > 16 * 1024  # what the chart's own limit was, whatever the node had
    assert limits[0].mib < limits[1].mib < limits[2].mib
    assert limits[1].millicpu < limits[2].millicpu


def test_on_a_node_of_unknown_size_the_charts_own_limits_hold() -> None:
    asked = told("aws", network="sepolia", l2geth={"instance_type": "t3.2xlarge"})
    assert asked.resources["l2geth"]["limits"] == DEFAULTS["l2geth"]["resources"]["limits"]


MORE: Any = {"resources": {"requests": {"cpu": 5}}}


def test_what_an_operator_says_stands_in_place_of_what_the_node_has() -> None:
    given = {"requests": {"cpu": 5, "memory": "9Gi"}, "limits": {"memory": "10Gi"}}
    told_ = told("aws", l2geth={"resources": given}).resources["l2geth"]
    assert told_["requests"] == {"cpu": "5", "memory": "9Gi"}
    assert told_["limits"]["memory"] == "10Gi"
    assert told_["limits"]["cpu"] == told("aws", l2geth=MORE).resources["l2geth"]["limits"]["cpu"]


def test_with_limits_of_its_own_a_pod_is_the_same_on_another_instance_type() -> None:
    own = {"resources": {"limits": {"cpu": 6, "memory": "12Gi"}}}
    before, after = (
        values(told("aws", themis={**own, "instance_type": type_}))["themis"] for type_ in ("c5.2xlarge", "c5.4xlarge")
    )
    assert before == after


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_an_operator_asks_for_beside_l2geth_is_not_l2geths(cloud: str) -> None:
    more = {"resources": {"requests": {"cpu": "1512m", "memory": "1536Mi"}}}
    before, after = (amount(told(cloud, l1dtl=l1dtl).resources["l2geth"]["limits"]) for l1dtl in ({}, more))
    assert (before - after).millicpu == 1000
    assert (before - after).mib == 1024


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_node_that_only_the_kubelet_and_the_agents_make_too_small_is_refused(cloud: str) -> None:
    """Its pods would fit if it had all that its type has."""
    with pytest.raises(InputError, match=r"l2geth.instance_type: .* is too small"):
        told(cloud, network="sepolia", l2geth={"instance_type": SMALL[cloud], "resources": FILLS[cloud]})
    told(cloud, network="sepolia", themis={"instance_type": SMALL[cloud]})


FILLS: dict[str, Any] = {cloud: {"requests": {"cpu": "3400m", "memory": "4Gi"}} for cloud in CLOUDS}
"""With l1dtl's 512m these are 3,912 of the 4,000 millicores."""


def test_the_pod_that_claims_an_address_is_counted_where_there_is_one() -> None:
    claimant = amount(DEFAULTS["addressClaim"]["resources"]["requests"])
    asked = {cloud: told(cloud).pods_on("themis").asked for cloud in CLOUDS}
    assert asked["aws"] == asked["azure"]
    assert asked["gcp"] == asked["aws"] + claimant


@pytest.mark.parametrize(
    ("l1dtl", "heap", "limit"),
    [
        ({}, 4224, 5632),
        ({"resources": {"limits": {"memory": "8Gi"}}}, 6144, 8192),
        ({"env": {"NODE_OPTIONS": "--max-old-space-size=1024"}}, 1024, 5632),
    ],
)
def test_l1dtls_heap_leaves_a_part_of_its_limit(l1dtl: Any, heap: int, limit: int) -> None:
    release = values(told("aws", l1dtl=l1dtl))["l1dtl"]
    assert release["env"]["NODE_OPTIONS"] == f"--max-old-space-size={heap}"
    assert amount(release["resources"]["limits"]).mib == limit
    assert heap < limit


def test_the_heap_is_no_smaller_than_upstreams() -> None:
    """Its compose file says 4096."""
    assert int(values(told("aws"))["l1dtl"]["env"]["NODE_OPTIONS"].partition("=")[2]) >= 4096


@pytest.mark.parametrize(("type_", "warned"), [("t3.2xlarge", 1), ("c5.2xlarge", 0)])
def test_a_node_of_unknown_size_is_warned_of_on_a_testnet(
    monkeypatch: pytest.MonkeyPatch, type_: str, warned: int
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: warnings.append(text))
    args = sequencer(network="sepolia", l2geth={"instance_type": type_, "disk_gib": 100})
    record(lambda: MetisSequencer("metis", args), with_platform(platform()))
    of_size = [text for text in warnings if "does not tell its size by its name" in text]
    assert len(of_size) == warned
    assert all("l2geth's node needs 4512m CPU" in text for text in of_size)
