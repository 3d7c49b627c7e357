"""The variants use every key of a stack file, on each cloud."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stacks import kinds
from tests.engine.harness import CHECKOUT
from tests.vendors.stacks import judged, shipped
from tests.vendors.variants import CLOUDS, all_of, shipped_settings

UNUSED = {
    **{
        ("", kind, "name"): "no cloud can tell it from the stack's own name (tests/engine/test_rename.py)"
        for kind, module in kinds().items()
        if module.FILE.is_named
    },
    ("", "platform", "teardown"): "it is of a platform that goes (tests/engine/test_clouds.py)",
    ("", "platform", "chartMirror"): "no cloud hears of it: charts come from a directory",
    ("", "mantis", "keys"): (
        "a key that is given stands under nodeyard:secrets, and one to adopt is refused "
        "(tests/unit/test_mantis_input.py)"
    ),
    **{
        ("", "mantis", f"{web}.{key}"): (
            "no resource of a cloud is made of it: a controller in the cluster makes what it needs "
            "(tests/unit/test_chart_inputs.py)"
        )
        for web in ("explorer", "faucet")
        for key in ("ingress", "callers")
    },
    ("azure", "mantis", "images.addressClaim"): "no pod claims an address there",
    **{
        (
            "",
            "platform",
            f"monitoring.{key}",
        ): "it stays in the cluster (tests/unit/test_monitoring.py)"
        for key in ("grafana", "receivers", "watchdog")
    },
    ("azure", "metis", "images.addressClaim"): "no pod claims an address there",
    **{
        ("", kind, f"{process}.seedSha256"): (
            "no cloud hears of an archive: the pod fetches it (tests/unit/test_chart_inputs.py)"
        )
        for kind, process in (("metis", "l2geth"), ("metis", "l1dtl"), ("metis_replica", "l1dtl"))
    },
    ("", "metis_replica", "rpc.ingress"): (
        "no resource of a cloud is made of it: a controller in the cluster makes what it needs "
        "(tests/unit/test_chart_inputs.py)"
    ),
    ("azure", "nodeos", "peerCidrs"): "no other network finds the pods there: refused",
    ("azure", "theta", "nodes.*.password.existing"): (
        "a site's vault is the stack's own: only an earlier `up` put something there (tests/engine/test_theta_disks.py)"
    ),
    ("gcp", "tsm", "database.restoredAt"): (
        "a log there begins with its server, which is as old as the run (tests/engine/test_databases.py)"
    ),
    ("", "tsm", "peers.*.namespace"): "a network tells its players (tests/vendors/variants/tsm-network.yaml)",
    ("", "tsm", "sdk.ingress"): (
        "no resource of a cloud is made of it: a controller in the cluster makes what it needs "
        "(tests/charts/test_tsm_ingress.py, tests/cluster/test_tsm_on_three_clouds.py)"
    ),
    **{
        ("azure", "tsm", f"secrets.{key}.existing"): "an adopted secret keeps its value there: refused"
        for key in ("config", "metricsKey", "databaseRole")
    },
    **{
        ("", "tsm_network", f"database.{key}"): "one server is no network's: its players would share it"
        for key in ("existing", "restoredFrom", "restoredAt", "presignaturesPurged")
    },
}
"""(cloud, kind, key) of what no variant uses, with the reason; a cloud of "" is each."""

SCHEMA = json.loads((CHECKOUT / "configs/stack.schema.json").read_text())
KINDS = {
    told["properties"]["kind"]["const"]: told
    for told in SCHEMA["properties"]["config"]["properties"]["nodeyard:stack"]["oneOf"]
}


def unused(told: Any, values: list[Any], path: str = "") -> Iterator[str]:
    """The keys that the schema has and none of the values."""
    if "$ref" in told:
        told = SCHEMA["$defs"][told["$ref"].rpartition("/")[2]]
    for other in (*told.get("anyOf", ()), *told.get("oneOf", ())):
        yield from unused(other, values, path)
    mappings = [value for value in values if isinstance(value, dict)]
    for key, inner in told.get("properties", {}).items():
        here = f"{path}.{key}".removeprefix(".")
        given = [mapping[key] for mapping in mappings if key in mapping]
        if given:
            yield from unused(inner, given, here)
        else:
            yield here
    for inner in (*told.get("patternProperties", {}).values(), told.get("additionalProperties")):
        if isinstance(inner, dict):  # by names that the operator gives
            yield from unused(inner, [value for mapping in mappings for value in mapping.values()], f"{path}.*")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_key_of_a_stack_file_is_used_by_a_variant_of_each_cloud(cloud: str, kind: str) -> None:
    settings = [variant.settings for variant in all_of(cloud)]
    missing = set(unused(KINDS[kind], [told for told in settings if told["kind"] == kind]))
    excused = {key for (where, of, key) in UNUSED if where in ("", cloud) and of == kind}
    assert missing == excused


def test_a_key_that_no_variant_uses_is_named() -> None:
    told = {**KINDS["metis"], "properties": {**KINDS["metis"]["properties"], "madeUp": {}}}
    assert "madeUp" in set(unused(told, [variant.settings for variant in all_of("aws")]))


def test_a_variant_is_its_shipped_stack_but_for_what_it_says() -> None:
    variants = {variant.stack: variant.settings for variant in all_of("gcp")}
    before = shipped_settings("metis-sepolia-gcp")
    assert variants["gcp-metis-adopting"]["releaseVersion"] == before["releaseVersion"]
    assert variants["gcp-metis-adopting"]["l2geth"]["zone"] == before["l2geth"]["zone"]
    assert "site" not in variants["gcp-theta-cluster"]


def test_every_shipped_stack_that_makes_something_is_judged_on_its_cloud() -> None:
    assert {stack for cloud in CLOUDS for stack in shipped(cloud)} == set(judged())
    files = {file.name.split(".")[1] for file in (CHECKOUT / "configs").glob("Pulumi.*.yaml")}
    assert files - set(judged()) == {f"tsm-player{index}-card" for index in range(3)}
