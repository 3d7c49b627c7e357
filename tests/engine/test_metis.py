"""metis-mainnet through Pulumi's real engine, on the sandbox's stand-in clouds.

The tests start from one deployment. Those that change nothing share a copy of it, the others have each its own.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.harness import CHECKOUT, Sandbox, Settings, changes
from tests.engine.metis import CANARY, PLATFORM, STACK, mainnet
from tests.engine.worlds import Worlds

PROTECTED = {"aws:ec2/eip:Eip": 2, "aws:ebs/volume:Volume": 3, "aws:secretsmanager/secret:Secret": 6}


@pytest.fixture(scope="module")
def untouched(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """For tests that change nothing; what they print is searched for secrets."""
    return mainnet(worlds, tmp_path_factory.mktemp("metis"))


@pytest.fixture(scope="module")
def previewed(untouched: Sandbox) -> str:
    """What a preview of the deployment prints to stdout, asked for JSON."""
    return untouched.ok("preview", "--stack", STACK, "--json")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """A sandbox that had nothing, where metis-sepolia was brought up and the operator has filled no secret."""
    sandbox = Sandbox(tmp_path_factory.mktemp("alone"), SANDBOX_EMPTY_SECRETS="1")
    sandbox.up("metis-sepolia")
    return sandbox


@pytest.fixture
def deployed(worlds: Worlds, tmp_path: Path) -> Sandbox:
    """For a test that changes something."""
    return mainnet(worlds, tmp_path)


def ids(sandbox: Sandbox) -> dict[str, str]:
    return {r["urn"]: r["id"] for r in sandbox.resources(STACK) if r["type"] in PROTECTED}


def plan(sandbox: Sandbox, settings: Settings | None = None) -> dict[str, set[str]]:
    """What an `up` with these settings would do."""
    return changes(sandbox.preview(STACK, settings))


def test_the_platform_was_deployed_first(alone: Sandbox) -> None:
    assert alone.resources(PLATFORM)


def test_a_second_up_changes_nothing(previewed: str) -> None:
    assert changes(json.loads(previewed)) == {}


def test_a_refresh_finds_nothing_changed(untouched: Sandbox) -> None:
    result = untouched.run("refresh", "--stack", STACK, "--yes", "--expect-no-changes")
    assert result.returncode == 0, result.stderr


def test_preview_prints_nothing_but_json_to_stdout(previewed: str) -> None:
    assert set(json.loads(previewed)["changeSummary"]) == {"same"}


def test_the_outputs_are_what_peers_and_other_teams_need(untouched: Sandbox) -> None:
    outputs = untouched.outputs(STACK)
    address = re.compile(r"\d+(\.\d+){3}")
    assert set(outputs["addresses"]) == {"l2geth", "themis"}
    assert (outputs["kind"], outputs["component"]) == ("metis", "metis_sequencer")
    assert all(address.fullmatch(value) for value in outputs["addresses"].values())
    assert (outputs["namespace"], outputs["release"]) == (STACK, STACK)
    assert outputs["nodePools"] == ["metis-mainnet-l2geth", "metis-mainnet-themis"]
    assert outputs["endpoints"]["l2geth"] == "http://metis-mainnet-l2geth.metis-mainnet.svc:8545"
    # The sandbox plays the operator: every secret has a value.
    assert outputs["missing"] == ["the sequencer's own address"]


def test_every_pod_of_the_release_reads_only_mounts_that_this_stack_made(untouched: Sandbox) -> None:
    classes = {
        r["inputs"]["metadata"]["name"]: {o["secretName"] for o in r["inputs"]["spec"].get("secretObjects", [])}
        for r in untouched.resources(STACK)
        if r["type"].endswith(":SecretProviderClass")
    }
    pods = [item["spec"]["template"]["spec"] for item in manifests(untouched) if item["kind"] == "StatefulSet"]
    assert len(pods) == 4
    for pod in pods:
        volumes = [volume["csi"] for volume in pod["volumes"] if "csi" in volume]
        named = [csi["volumeAttributes"]["secretProviderClass"] for csi in volumes]
        assert len(named) == 1, pod["serviceAccountName"]
        assert pod["serviceAccountName"] == named[0], "a pod's class and its identity belong to one account"
        synced = {
            env["valueFrom"]["secretKeyRef"]["name"]
            for container in [*pod["containers"], *pod.get("initContainers", [])]
            for env in container.get("env", [])
            if "secretKeyRef" in env.get("valueFrom", {})
        }
        assert synced <= classes[named[0]]


def test_every_identity_belongs_to_a_service_account_of_the_release(untouched: Sandbox) -> None:
    bound = {
        (r["inputs"]["namespace"], r["inputs"]["serviceAccount"])
        for r in untouched.resources(STACK)
        if r["type"] == "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    }
    accounts = {
        (item["metadata"]["namespace"], item["metadata"]["name"])
        for item in manifests(untouched)
        if item["kind"] == "ServiceAccount"
    }
    assert bound == accounts


def test_every_claim_of_the_release_is_one_that_this_stack_made(untouched: Sandbox) -> None:
    made = {
        r["inputs"]["metadata"]["name"]
        for r in untouched.resources(STACK)
        if r["type"] == "kubernetes:core/v1:PersistentVolumeClaim"
    }
    mounted = Counter(
        volume["persistentVolumeClaim"]["claimName"]
        for item in manifests(untouched)
        if item["kind"] == "StatefulSet"
        for volume in item["spec"]["template"]["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    )
    assert mounted == Counter(made), "each claim is mounted by one pod"


def test_no_secret_is_in_state_output_logs_or_manifests(untouched: Sandbox) -> None:
    exported = json.dumps(untouched.export(STACK))
    assert CANARY not in exported
    assert CANARY not in json.dumps(manifests(untouched))
    assert CANARY not in untouched.printed
    for file in [*untouched.home.glob("state/**/*"), *untouched.home.glob("home/logs/**/*")]:
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file


def test_the_canary_would_be_found_where_it_may_be(untouched: Sandbox) -> None:
    """The world is the cloud's memory: the value is there, and only there. Else the test above could not fail."""
    assert CANARY.encode() in b"".join(file.read_bytes() for file in untouched.home.glob("world*"))


def test_a_bigger_disk_is_an_update_in_place(deployed: Sandbox) -> None:
    planned = plan(deployed, {"l2geth.diskGib": "800"})
    assert planned["aws:ebs/volume:Volume"] == {"update"}
    assert planned["kubernetes:core/v1:PersistentVolume"] == {"update"}
    assert set().union(*planned.values()) == {"update"}


def test_a_new_node_release_rolls_the_nodes_and_touches_neither_disk_nor_address_nor_pod(deployed: Sandbox) -> None:
    planned = plan(deployed, {"releaseVersion": "1.47.0-00000000"})
    assert planned == {"aws:eks/nodeGroup:NodeGroup": {"update"}}


def test_another_instance_type_rolls_the_node_then_gives_its_pod_the_room_and_touches_neither_disk_nor_address(
    deployed: Sandbox,
) -> None:
    planned = plan(deployed, {"themis.instanceType": "c5.4xlarge"})
    assert planned == {
        "aws:ec2/launchTemplate:LaunchTemplate": {"update"},
        "aws:eks/nodeGroup:NodeGroup": {"update"},
        "kubernetes:helm.sh/v3:Release": {"update"},
    }


def test_a_seed_named_later_changes_nothing(deployed: Sandbox) -> None:
    assert plan(deployed, {"l2geth.seedFrom": "snap-0114d80fdd6507d60"}) == {}


def test_vouching_for_the_signing_state_changes_the_release_only(deployed: Sandbox) -> None:
    planned = plan(deployed, {"themis.signingState.bootstrap": "true", "themis.signingState.volume": "vol-1"})
    assert planned == {"kubernetes:helm.sh/v3:Release": {"update"}}


def test_a_zone_that_the_platform_does_not_have_is_refused_with_its_path(deployed: Sandbox) -> None:
    printed = deployed.refused(STACK, {"l2geth.zone": "eu-west-1a"})
    assert "nodeyard:stack.l2geth.zone: the platform has no subnet in eu-west-1a" in printed


def test_a_key_that_is_not_known_is_refused_with_its_path(deployed: Sandbox) -> None:
    printed = deployed.refused(STACK, {"l2geth.diskGb": "800"})
    assert "nodeyard:stack.l2geth.diskGb: unknown key; did you mean `diskGib`?" in printed
    assert "Traceback" not in printed


def test_a_platform_that_is_not_there_is_named(deployed: Sandbox) -> None:
    printed = deployed.refused(STACK, {"platform": "organization/other/platform"})
    assert "Cannot read the platform's stack 'organization/other/platform'" in printed
    assert "Traceback" not in printed


def test_adopting_a_disk_stops_at_the_protected_one_that_it_stands_in_for(deployed: Sandbox) -> None:
    other = next(r["id"] for r in deployed.resources(STACK) if r["urn"].endswith("Volume::metis-mainnet-l1dtl"))
    before = ids(deployed)
    deployed.set(STACK, {"l2geth.existingDisk": other})
    result = deployed.run("up", "--stack", STACK, "--yes")
    deployed.unset(STACK, "l2geth.existingDisk")
    assert result.returncode != 0
    assert "Volume::metis-mainnet-l2geth" in result.stdout
    assert "cannot be deleted" in result.stdout
    assert ids(deployed) == before
    assert plan(deployed) == {}


def test_a_disk_grows_and_a_node_is_renewed_with_every_id_as_it_was(deployed: Sandbox) -> None:
    before = ids(deployed)
    deployed.set(STACK, {"themis.diskGib": "400", "releaseVersion": "1.47.0-00000000"})
    deployed.up(STACK)
    assert ids(deployed) == before
    volume = next(r for r in deployed.resources(STACK) if r["urn"].endswith("Volume::metis-mainnet-themis"))
    assert volume["outputs"]["size"] == 400
    pools = [
        r["outputs"]["releaseVersion"] for r in deployed.resources(STACK) if r["type"] == "aws:eks/nodeGroup:NodeGroup"
    ]
    assert pools == ["1.47.0-00000000"] * 2
    assert plan(deployed) == {}


def test_destroy_stops_before_it_deletes_anything_and_names_what_is_protected(deployed: Sandbox) -> None:
    before = len(deployed.resources(STACK))
    result = deployed.run("destroy", "--stack", STACK, "--yes")
    assert result.returncode != 0
    assert "metis-mainnet-themis" in result.stdout
    assert "cannot be deleted" in result.stdout
    assert len(deployed.resources(STACK)) == before


def test_what_is_protected_survives_a_destroy_and_is_found_again(deployed: Sandbox) -> None:
    before = ids(deployed)
    assert Counter(urn.split("::")[2].split("$")[-1] for urn in before) == PROTECTED
    deployed.ok("destroy", "--stack", STACK, "--yes", "--exclude-protected")
    assert ids(deployed) == before
    assert not [r for r in deployed.resources(STACK) if r["type"] == "kubernetes:helm.sh/v3:Release"]
    deployed.weeks_pass()
    deployed.up(STACK)
    assert ids(deployed) == before
    assert plan(deployed) == {}


def test_the_operators_secrets_are_named_until_they_have_a_value(alone: Sandbox) -> None:
    keys = ["seq-priv", "node-key", "priv-validator-key", "l1-rpc-endpoint", "l1-beacon-endpoint", "persistent-peers"]
    expected = [f"the value of the secret metis-sepolia/{key}" for key in keys]
    assert alone.outputs("metis-sepolia")["missing"] == ["the sequencer's own address", *expected]


def manifests(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The release's objects as Helm rendered them."""
    return sandbox.manifests("metis-mainnet")


def test_the_checkout_is_as_it_was(untouched: Sandbox) -> None:
    config = yaml.safe_load((CHECKOUT / f"configs/Pulumi.{STACK}.yaml").read_text())
    assert set(config) == {"config"}, "pulumi wrote its salt into the checkout"


@pytest.mark.parametrize(
    ("key", "value"),
    [("network", "sepolia"), ("namespace", "metis-sepolia"), ("l2geth.diskGib", "700"), ("themis.zone", "us-east-2a")],
)
def test_what_a_live_sequencer_cannot_change_is_refused_by_the_preview(deployed: Sandbox, key: str, value: str) -> None:
    assert f"nodeyard:stack.{key}: " in deployed.refused(STACK, {key: value})
