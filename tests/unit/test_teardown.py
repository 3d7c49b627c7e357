"""A platform under its tenants: what keeps it from a `destroy`, and who says that they stand on it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pulumi_kubernetes as kubernetes
import pytest
from pulumi import Output, ResourceOptions

from nodeyard.clouds.in_cluster.tenants import ABOUT, _stacks, list_name, tenants
from nodeyard.errors import InputError
from nodeyard.platform.rules import resolve
from nodeyard.platform.teardown import _let
from tests.unit import (
    gcp_world,
    mantis_networks,
    nodeos_clusters,
    test_live,
    test_metis_replica,
    test_metis_sequencer,
    test_platform,
    tsm_players,
)
from tests.unit.azure import world as azure_world
from tests.unit.examples import platform
from tests.unit.recording import Recording, record
from tests.unit.test_theta_in_cluster import cluster as theta_in_cluster
from tests.unit.worlds import empty

GUARD, PATCH, CONFIG_MAP = "pulumi:index:Stash", "kubernetes:core/v1:ConfigMapPatch", "kubernetes:core/v1:ConfigMap"

DEPLOY: dict[str, Callable[..., Recording]] = {
    "aws": lambda home, **changes: test_platform.deploy(**changes),
    "azure": lambda home, **changes: azure_world.deploy(home, **changes)[1],
    "gcp": lambda home, **changes: gcp_world.deploy(**changes),
}


@pytest.fixture(scope="module", params=DEPLOY)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, Recording]:
    """A platform as it is made, and one that is taken down."""
    deploy = DEPLOY[request.param]
    return (
        deploy(tmp_path_factory.mktemp("platform")),
        deploy(tmp_path_factory.mktemp("platform"), teardown=True),
    )


def is_cloud_made(urn: str) -> bool:
    """Whether it is more than a component of ours, and no part of a component that another plugin makes."""
    types = urn.split("::")[2].split("$")
    return not types[-1].startswith(("nodeyard:", "pulumi:pulumi:Stack")) and "eks:index:Cluster" not in types[:-1]


def test_a_destroy_meets_the_guard_before_anything_else_of_the_platform(both: tuple[Recording, Recording]) -> None:
    made, _ = both
    guard = made.one(GUARD, "platform-in-use")
    assert guard.protect
    everything = {one.urn for one in made.resources if is_cloud_made(one.urn)}
    providers = {one.urn for one in made.resources if one.type == "pulumi:providers:" + one.type.split(":")[2]}
    assert guard.depends_on >= everything - {guard.urn} - providers


def test_teardown_takes_all_protection_away_and_changes_nothing_else(both: tuple[Recording, Recording]) -> None:
    made, taken_down = both
    assert [one for one in made.resources if one.protect]
    assert not [one.urn for one in taken_down.resources if one.protect]
    assert made.comparable().keys() == taken_down.comparable().keys()
    guarded = [one.urn for one in made.resources if one.inputs.get("deletionProtection")]
    assert not [one.urn for one in taken_down.resources if one.inputs.get("deletionProtection")]
    now = {one.urn: one.inputs for one in taken_down.resources}
    for one in made.resources:
        if one.urn in guarded:
            assert {**now[one.urn], "deletionProtection": True}.keys() == one.inputs.keys()
        else:
            assert now[one.urn].keys() == one.inputs.keys(), one.urn


def test_each_namespace_of_a_team_has_a_list_of_its_tenants(both: tuple[Recording, Recording]) -> None:
    made, _ = both
    namespaces = {one.inputs["metadata"]["name"] for one in made.of("kubernetes:core/v1:Namespace")}
    lists = [one.inputs["metadata"] for one in made.of(CONFIG_MAP) if one.name.startswith("nodeyard-tenants")]
    assert {told["namespace"] for told in lists} == namespaces - {"monitoring"}
    assert {told["name"] for told in lists} == {"nodeyard-tenants"}


def up(**more: Any) -> dict[str, Any]:
    args = test_platform.arguments()
    contract = platform(
        private_cidrs=[args["cidr"]],
        private_subnets=[{"zone": zone} for zone in args["zones"]],
        kubernetes_version=args["kubernetes_version"],
    )
    state = test_live.component("nodeyard:index:Platform", "platform", platform=contract)
    lists = [list_name(name) for name in contract["namespaces"]]
    return {
        **state,
        **{urn: one for name in lists for urn, one in test_live.component(CONFIG_MAP, name, **more).items()},
    }


@pytest.mark.parametrize(("state", "said"), [(up(), ["teardown"]), (up(kind="ConfigMap"), [])], ids=["old", "new"])
def test_a_platform_of_an_older_version_first_makes_its_lists(state: dict[str, Any], said: list[str]) -> None:
    args = test_platform.arguments(teardown=True)
    assert list(test_live.refused(lambda: resolve("platform", args), state)) == said


@pytest.mark.parametrize(
    ("there", "said"), [(["a/b/c", "a/b/d"], "a/b/c, a/b/d still stand on it"), (["a/b/c"], "a/b/c still stands on it")]
)
def test_whoever_is_there_is_named_with_what_to_do(there: list[str], said: str) -> None:
    with pytest.raises(InputError, match=f"teardown: {said}: remove each for good"):
        _let("platform", there, None)  # type: ignore[arg-type]


def test_a_stack_is_named_once_whatever_it_has_in_whichever_namespace() -> None:
    one = {**ABOUT, "b.c.first": "a/b/c", "b.c.second": "a/b/c"}
    assert _stacks([one, None, {**ABOUT, "d.e.only": "a/d/e"}]) == ["a/b/c", "a/d/e"]
    assert _stacks([ABOUT]) == []


def test_the_list_of_every_namespace_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {f"{name}/nodeyard-tenants": {**ABOUT, "c.d": f"a/b/{name}"} for name in ("first", "second")}

    def read(name: str, id: str, opts: Any) -> SimpleNamespace:  # noqa: A002 - Pulumi's name
        return SimpleNamespace(data=Output.from_input(lists[id]))

    monkeypatch.setattr(kubernetes.core.v1.ConfigMap, "get", read)
    found: list[list[str]] = []
    record(lambda: tenants(["first", "second"], ResourceOptions()).apply(found.append), empty())
    assert found == [["a/b/first", "a/b/second"]]


TENANTS: dict[str, tuple[Callable[[], Recording], str, str]] = {
    "metis": (test_metis_sequencer.deploy, "metis", "metis-mainnet"),
    "metis_replica": (test_metis_replica.deploy, "rpc", "metis-rpc"),
    "theta": (theta_in_cluster, "theta", "theta"),
    "tsm": (tsm_players.deploy, tsm_players.NAME, "tsm"),
    "nodeos": (nodeos_clusters.deploy, nodeos_clusters.NAME, nodeos_clusters.NAME),
    "mantis": (mantis_networks.deploy, mantis_networks.NAME, mantis_networks.NAME),
}


@pytest.mark.parametrize("tenant", TENANTS)
def test_a_tenant_says_that_it_stands_on_the_platform_before_it_makes_anything(tenant: str) -> None:
    deploy, name, namespace = TENANTS[tenant]
    made = deploy()
    entry = made.one(PATCH)
    assert entry.protect, "the platform's key and network are needed as long as anything of the stack is kept"
    assert entry.inputs["metadata"] == {"name": "nodeyard-tenants", "namespace": namespace}
    assert entry.inputs["data"] == {f"nodeyard.test.{name}": "organization/nodeyard/test"}
    components = [one for one in made.resources if one.type.startswith(("nodeyard:aws:", "nodeyard:index:Workload"))]
    assert all(entry.urn in one.depends_on for one in components)
