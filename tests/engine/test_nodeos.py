"""nodeos-jungle through Pulumi's real engine, on the sandbox's stand-in clouds.

Nothing here runs nodeos: what its managers are told is proved, not what they do with it. The tests start from one
deployment. Those that change nothing share a copy of it, the others have each its own.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.engine.harness import Sandbox, Settings, changes
from tests.engine.nodeos import STACK, jungle
from tests.engine.worlds import Worlds
from tests.unit.nodeos_clusters import PRIVATE, PRIVATE_BLS, TOKEN

CANARIES = (PRIVATE, PRIVATE_BLS, TOKEN)
PROTECTED = {
    "gcp:compute/disk:Disk": 4,
    "gcp:storage/bucket:Bucket": 1,
    "gcp:secretmanager/secret:Secret": 5,
}
RELEASE = "kubernetes:helm.sh/v3:Release"
ORDINALS = ["nodeos-bp-0", "nodeos-bp-1", "nodeos-bp-2"]


@pytest.fixture(scope="module")
def untouched(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """For tests that change nothing; what they print is searched for secrets."""
    return jungle(worlds, tmp_path_factory.mktemp("nodeos"))


@pytest.fixture(scope="module")
def previewed(untouched: Sandbox) -> str:
    """What a preview of the deployment prints to stdout, asked for JSON."""
    return untouched.ok("preview", "--stack", STACK, "--json")


@pytest.fixture
def deployed(worlds: Worlds, tmp_path: Path) -> Sandbox:
    """For a test that changes something."""
    return jungle(worlds, tmp_path)


def ids(sandbox: Sandbox) -> dict[str, str]:
    return {r["urn"]: r["id"] for r in sandbox.resources(STACK) if r["type"] in PROTECTED}


def plan(sandbox: Sandbox, settings: Settings | None = None) -> dict[str, set[str]]:
    """What an `up` with these settings would do: type -> operations."""
    return changes(sandbox.preview(STACK, settings))


def stateful_sets(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    found = {item["metadata"]["name"]: item for item in sandbox.manifests(STACK) if item["kind"] == "StatefulSet"}
    assert found
    return found


def test_a_second_up_changes_nothing(previewed: str) -> None:
    assert changes(json.loads(previewed)) == {}


def test_a_refresh_finds_nothing_changed(untouched: Sandbox) -> None:
    result = untouched.run("refresh", "--stack", STACK, "--yes", "--expect-no-changes")
    assert result.returncode == 0, result.stderr


def test_the_outputs_are_what_operators_and_nodeyard_need(untouched: Sandbox) -> None:
    outputs = untouched.outputs(STACK)
    assert list(outputs["ordinals"]) == ORDINALS
    assert {one["zone"] for one in outputs["ordinals"].values()} == {f"us-central1-{zone}" for zone in "abc"}
    assert outputs["ordinals"]["nodeos-bp-0"]["pod"] == "nodeos-bp-0-0"
    assert outputs["bucket"]["url"].startswith("gs://")
    assert (outputs["lease"], outputs["activeProducer"], outputs["failover"]) == ("nodeos-bp", "nodeos-bp-0", "manual")
    assert outputs["missing"] == []  # the sandbox plays the operator


def test_each_node_is_a_release_of_one_pod_on_its_own_claim_and_machine(untouched: Sandbox) -> None:
    told = untouched.outputs(STACK)
    sets = stateful_sets(untouched)
    assert set(sets) == {*ORDINALS, "nodeos-api-0"}
    for name, item in sets.items():
        pod = item["spec"]["template"]["spec"]
        claims = [v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v]
        assert claims == [f"{STACK}-{name}"]
        assert pod["nodeSelector"] == {"nodeyard.io/nodeos": f"{STACK}-{name}"}
        assert (item["spec"]["replicas"], item["spec"]["updateStrategy"]["type"]) == (1, "OnDelete")
        assert {**told["ordinals"], **told["apiNodes"]}[name]["pod"] == f"{name}-0"


def test_every_pod_runs_as_an_account_that_this_stack_gave_its_rights(untouched: Sandbox) -> None:
    accounts = {item["spec"]["template"]["spec"]["serviceAccountName"] for item in stateful_sets(untouched).values()}
    assert accounts == {f"{STACK}-{name}" for name in (*ORDINALS, "nodeos-api-0")}
    members = "".join(
        r["inputs"]["member"]
        for r in untouched.resources(STACK)
        if r["type"] == "gcp:storage/bucketIAMMember:BucketIAMMember"
    )
    assert all(f"sa/{account}" in members for account in accounts)


def test_no_secret_is_in_state_output_logs_or_manifests(untouched: Sandbox) -> None:
    texts = [json.dumps(untouched.export(STACK)), json.dumps(untouched.manifests(STACK)), untouched.printed]
    for canary in CANARIES:
        assert not [text for text in texts if canary in text]
    for file in [*untouched.home.glob("state/**/*"), *untouched.home.glob("home/logs/**/*")]:
        if file.is_file():
            assert not [canary for canary in CANARIES if canary.encode() in file.read_bytes()], file


def test_the_canaries_would_be_found_where_they_may_be(untouched: Sandbox) -> None:
    """The world is the cloud's memory: the values are there, and only there."""
    memory = b"".join(file.read_bytes() for file in untouched.home.glob("world*"))
    assert [canary for canary in CANARIES if canary.encode() not in memory] == []


def test_another_image_or_line_of_config_changes_the_release_and_nothing_that_it_stands_on(deployed: Sandbox) -> None:
    settings = {"images.manager": "images.invalid/nodeos-manager:next", "config[0]": "net-threads = 4"}
    assert plan(deployed, settings) == {RELEASE: {"update"}}


def test_a_seed_named_later_changes_nothing(deployed: Sandbox) -> None:
    deployed.set(STACK, {"ordinals.nodeos-bp-0.diskGib": "100", "ordinals.nodeos-bp-1.diskGib": "100"})
    deployed.set(STACK, {"ordinals.nodeos-bp-2.seedFrom": "projects/nodeyard-platform/global/snapshots/later"})
    assert plan(deployed) == {}


def test_another_active_producer_changes_the_release_alone_and_is_said_to_move_nothing(deployed: Sandbox) -> None:
    deployed.set(STACK, {"activeProducer": "nodeos-bp-1"})
    result = deployed.run("preview", "--stack", STACK)
    assert result.returncode == 0
    assert "`nodeyard nodeos switch-producer nodeos-jungle --to nodeos-bp-1` moves it" in result.stdout + result.stderr


def test_an_ordinal_that_goes_stops_at_its_protected_disk(deployed: Sandbox) -> None:
    before = ids(deployed)
    deployed.set(STACK, {"ordinals": "2"})
    result = deployed.run("up", "--stack", STACK, "--yes")
    assert result.returncode != 0
    assert f"{STACK}-nodeos-bp-2" in result.stdout
    assert "cannot be deleted" in result.stdout
    assert ids(deployed) == before


def test_what_is_protected_survives_a_destroy_and_is_found_again(deployed: Sandbox) -> None:
    before = ids(deployed)
    assert Counter(urn.split("::")[2].split("$")[-1] for urn in before) == PROTECTED
    stopped = deployed.run("destroy", "--stack", STACK, "--yes")
    assert stopped.returncode != 0
    assert "cannot be deleted" in stopped.stdout
    deployed.ok("destroy", "--stack", STACK, "--yes", "--exclude-protected")
    assert ids(deployed) == before
    deployed.up(STACK)
    assert ids(deployed) == before
    assert plan(deployed) == {}


def test_what_a_live_cluster_cannot_change_is_refused_by_the_preview(deployed: Sandbox) -> None:
    changed = {"network": "eos-mainnet", "namespace": "nodeos-eos-mainnet", "diskGib": "50"}
    said = deployed.refused(STACK, changed)
    assert [key for key in changed if f"nodeyard:stack.{key}: " not in said] == []
