"""mantis-testnet through Pulumi's real engine, on the sandbox's stand-in clouds.

Nothing here runs a node: what the nodes are told is proved. tests/network has real ones. The tests start from one
deployment. Those that change nothing share a copy of it, the others have each its own.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engine.harness import Sandbox, Settings, changes
from tests.engine.tsm import value_of
from tests.engine.worlds import Worlds

STACK, PLATFORM = "mantis-testnet", "platform-aws"
MINERS, PASSIVE = [f"miner-{n}" for n in range(5)], [f"passive-{n}" for n in range(5)]
OWNERS = [*MINERS, "faucet"]
RELEASE = "kubernetes:helm.sh/v3:Release"
POOL = "aws:eks/nodeGroup:NodeGroup"
STASH = "pulumi:index:Stash"
GENERATED = "random:index/randomPassword:RandomPassword"
SECRET = "aws:secretsmanager/secret:Secret"
PROTECTED = {GENERATED: 6, STASH: 1, SECRET: 6, "aws:s3/bucket:Bucket": 1}
PARTS_OFF = {
    "backup.enabled": "false",
    "autoRestore": "false",
    "passive": "0",
    "monitoring": "false",
}


class Change(NamedTuple):
    """What a preview would do to one resource."""

    op: str
    old: dict[str, Any]
    new: dict[str, Any]
    """Its inputs, before and after."""


Plan = dict[tuple[str, str], Change]
"""By type and name."""


@pytest.fixture(scope="module")
def untouched(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """For tests that change nothing; what they print is searched for secrets."""
    return worlds.shipped(STACK, tmp_path_factory.mktemp("mantis"))


@pytest.fixture
def deployed(worlds: Worlds, tmp_path: Path) -> Sandbox:
    """For a test that changes something."""
    return worlds.shipped(STACK, tmp_path)


def planned(sandbox: Sandbox, settings: Settings | None = None) -> Plan:
    """What an `up` with these settings would change."""
    return plan_of(sandbox.preview(STACK, settings))


def targeted(sandbox: Sandbox, target: str) -> Plan:
    """What an `up --target` would change."""
    return plan_of(json.loads(sandbox.ok("preview", "--stack", STACK, "--json", "--target", target)))


def plan_of(preview: dict[str, Any]) -> Plan:
    steps = [step for step in preview["steps"] if step["op"] not in ("same", "read")]
    return {kind_and_name(step["urn"]): Change(step["op"], *told(step)) for step in steps}


def kind_and_name(urn: str) -> tuple[str, str]:
    return urn.split("::")[2].split("$")[-1], urn.rpartition("::")[2]


def told(step: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    old, new = ((step.get(state) or {}).get("inputs") or {} for state in ("oldState", "newState"))
    return old, new


def ops(plan: Plan, op: str) -> set[tuple[str, str]]:
    return {key for key, change in plan.items() if change.op == op}


def kept(sandbox: Sandbox) -> dict[str, str]:
    """The ids of what is protected."""
    return {one["urn"]: one["id"] for one in sandbox.resources(STACK) if one.get("protect")}


def keys(sandbox: Sandbox) -> dict[str, str]:
    """The private key of each owner, as the cloud gives it to a pod."""
    return {owner: value_of(sandbox, id_) for owner, id_ in sandbox.outputs(STACK)["secrets"].items()}


def of_kind(sandbox: Sandbox, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in sandbox.manifests(STACK) if one["kind"] == kind}


# --- what comes up


def test_a_second_up_changes_nothing(untouched: Sandbox) -> None:
    assert changes(untouched.preview(STACK)) == {}


def test_a_refresh_finds_nothing_changed(untouched: Sandbox) -> None:
    result = untouched.run("refresh", "--stack", STACK, "--yes", "--expect-no-changes")
    assert result.returncode == 0, result.stderr


def test_the_outputs_are_what_operators_and_nodeyard_need(untouched: Sandbox) -> None:
    outputs = untouched.outputs(STACK)
    tasks = outputs["tasks"]
    assert set(tasks) == {*MINERS, *PASSIVE, "backup"}
    assert [tasks[miner]["zone"] for miner in MINERS] == [f"us-east-2{zone}" for zone in "abcab"]
    assert len({tasks[miner]["enode"] for miner in MINERS}) == 5
    assert all(f"@{miner}.{STACK}.svc:9076" in tasks[miner]["enode"] for miner in MINERS)
    assert {task["pod"] for name, task in tasks.items() if name != "backup"} == {f"{n}-0" for n in (*MINERS, *PASSIVE)}
    assert set(outputs["secrets"]) == set(OWNERS)
    assert outputs["missing"] == []
    assert (outputs["namespace"], outputs["release"], outputs["genesisMiners"]) == (STACK, STACK, 5)


def test_each_node_is_one_pod_for_the_machines_that_were_made_for_its_kind_and_zone(untouched: Sandbox) -> None:
    tasks = untouched.outputs(STACK)["tasks"]
    sets = of_kind(untouched, "StatefulSet")
    assert set(sets) == {*MINERS, *PASSIVE}
    labels = {
        one["inputs"]["nodeGroupName"]: one["inputs"]["labels"]
        for one in untouched.resources(STACK)
        if one["type"] == POOL
    }
    for name, item in sets.items():
        assert (item["spec"]["replicas"], item["spec"]["updateStrategy"]["type"]) == (1, "OnDelete")
        wanted = item["spec"]["template"]["spec"]["nodeSelector"]
        assert wanted.items() <= labels[tasks[name]["nodePool"]].items()


def test_a_pod_mounts_the_key_of_its_own_node_and_no_other(untouched: Sandbox) -> None:
    for name, item in of_kind(untouched, "StatefulSet").items():
        pod = item["spec"]["template"]["spec"]
        classes = [v["csi"]["volumeAttributes"]["secretProviderClass"] for v in pod["volumes"] if "csi" in v]
        own = [f"{STACK}-{name}"] if name in MINERS else []
        assert classes == own
        assert pod["serviceAccountName"] == (own or [f"{STACK}-passive"])[0]


def test_a_second_plan_takes_each_resource_after_the_same_others_as_the_first_up(untouched: Sandbox) -> None:
    """With `--target`, the engine takes what an untargeted resource depends on in the state just before it. What the
    program registers after that is refused as a duplicate."""
    printed = untouched.ok("preview", "--stack", STACK, "--json", "--show-sames")
    steps = [step for step in json.loads(printed)["steps"] if step["op"] == "same"]
    assert {step["urn"] for step in steps} >= kept(untouched).keys()
    assert [step["urn"] for step in steps if awaited(step["oldState"]) != awaited(step["newState"])] == []


def awaited(state: dict[str, Any]) -> set[str]:
    return {*state.get("dependencies", ())}


# --- secrets


def test_no_key_is_in_state_output_logs_or_manifests(untouched: Sandbox) -> None:
    canaries = [*keys(untouched).values()]
    assert len({*canaries}) == len(OWNERS)
    files = [f for place in ("state", "home/logs") for f in (untouched.home / place).rglob("*") if f.is_file()]
    clear = [file.read_bytes().decode(errors="replace") for file in files]
    for text in (untouched.printed, json.dumps(untouched.manifests(STACK)), *clear):
        assert not [canary for canary in canaries if canary in text]


def test_a_key_that_is_looked_for_is_where_it_may_be(untouched: Sandbox) -> None:
    """Else the test above could not fail: the world is the cloud's memory."""
    memory = b"".join(file.read_bytes() for file in untouched.home.glob("world*"))
    assert [owner for owner, key in keys(untouched).items() if key.encode() not in memory] == []


# --- a network that grows


def test_a_sixth_miner_and_fifteen_passive_nodes_are_what_a_plan_adds_and_nothing_else_moves(deployed: Sandbox) -> None:
    before, private = kept(deployed), keys(deployed)
    configs = of_kind(deployed, "ConfigMap")

    sixth = planned(deployed, {"miners": "6"})
    assert {name for _, name in ops(sixth, "create")} == {f"{STACK}-miner-5", f"{STACK}-miner-5-key"}
    assert ops(sixth, "update") == {(RELEASE, STACK), (POOL, f"{STACK}-miner-2")}
    assert len(sixth) == len(ops(sixth, "create")) + 2
    assert resized(sixth[POOL, f"{STACK}-miner-2"]) == (1, 2)
    assert added_nodes(sixth) == {"miner-5"}

    deployed.set(STACK, {"miners": "5"})
    twenty = planned(deployed, {"passive": "20"})
    pools = {(POOL, f"{STACK}-passive-{zone}") for zone in range(3)}
    assert ops(twenty, "update") == {(RELEASE, STACK), *pools} == set(twenty)
    assert [resized(twenty[POOL, f"{STACK}-passive-{zone}"]) for zone in range(3)] == [(2, 7), (2, 7), (1, 6)]
    assert added_nodes(twenty) == {f"passive-{number}" for number in range(5, 20)}

    deployed.set(STACK, {"miners": "6"})
    deployed.up(STACK)
    assert kept(deployed).items() >= before.items()
    assert keys(deployed).items() >= private.items()
    now = of_kind(deployed, "ConfigMap")
    assert f"{STACK}-chain" in configs
    assert {name: now[name] for name in configs} == configs
    assert planned(deployed) == {}


def resized(change: Change) -> tuple[int, int]:
    """How many machines a pool had and gets, where that is all that changes."""
    old, new = (dict(inputs) for inputs in (change.old, change.new))
    sizes = [told.pop("scalingConfig")["desiredSize"] for told in (old, new)]
    assert old == new
    return sizes[0], sizes[1]


def added_nodes(plan: Plan) -> set[str]:
    """Those that a release gets, where that is all that changes of its values."""
    old, new = plan[RELEASE, STACK].old["values"], plan[RELEASE, STACK].new["values"]
    assert {**new, "nodes": None} == {**old, "nodes": None}
    assert {name: new["nodes"][name] for name in old["nodes"]} == old["nodes"]
    return set(new["nodes"]) - set(old["nodes"])


def test_a_plan_by_target_takes_the_parts_that_it_names_and_leaves_the_others_alone(deployed: Sandbox) -> None:
    deployed.set(STACK, {"miners": "6", "passive": "20"})
    pool = (POOL, f"{STACK}-passive-0")
    assert set(targeted(deployed, "**::mantis-testnet-passive-0")) == {pool}
    sixth = targeted(deployed, "**::mantis-testnet-miner-5*")
    assert {name for _, name in ops(sixth, "create")} == {f"{STACK}-miner-5", f"{STACK}-miner-5-key"}
    assert len(sixth) == len(ops(sixth, "create"))
    whole = f"urn:pulumi:{STACK}::nodeyard::nodeyard:index:MantisCluster$nodeyard:aws:NodePool::{STACK}-passive-0"
    assert targeted(deployed, whole) == {}, "the component has no inputs: what it makes is a target of its own"


# --- what lasts


def test_what_is_protected_survives_a_destroy_and_is_found_again(deployed: Sandbox) -> None:
    before, private, outputs = kept(deployed), keys(deployed), deployed.outputs(STACK)
    assert Counter(kind_and_name(urn)[0] for urn in before).items() >= PROTECTED.items()
    stopped = deployed.run("destroy", "--stack", STACK, "--yes")
    assert stopped.returncode != 0
    assert "cannot be deleted" in stopped.stdout
    assert of_kind(deployed, "StatefulSet"), "its preview stopped it"
    deployed.ok("destroy", "--stack", STACK, "--yes", "--exclude-protected")
    assert kept(deployed) == before
    assert not [one for one in deployed.resources(STACK) if one["type"] == RELEASE]
    deployed.weeks_pass()
    deployed.up(STACK)
    assert kept(deployed) == before
    assert keys(deployed) == private
    again = deployed.outputs(STACK)
    assert [again[key] for key in ("genesisHash", "tasks", "bucket")] == [
        outputs[key] for key in ("genesisHash", "tasks", "bucket")
    ]
    assert planned(deployed) == {}


def test_another_generation_makes_another_genesis_of_the_same_keys_and_leaves_the_old_one_unprotected(
    deployed: Sandbox,
) -> None:
    private, first = keys(deployed), deployed.outputs(STACK)["genesisHash"]
    plan = planned(deployed, {"resetGeneration": "1"})
    assert ops(plan, "create") == {(STASH, f"{STACK}-genesis-1")}
    assert ops(plan, "update") == {(RELEASE, STACK)}
    assert len(plan) == 2
    deployed.up(STACK)
    assert keys(deployed) == private
    assert deployed.outputs(STACK)["genesisHash"] != first
    stashes = {kind_and_name(one["urn"])[1]: one for one in deployed.resources(STACK) if one["type"] == STASH}
    assert {name: bool(one.get("protect")) for name, one in stashes.items()} == {
        f"{STACK}-genesis-0": False,
        f"{STACK}-genesis-1": True,
    }
    assert "nodeyard:stack.resetGeneration: " in deployed.refused(STACK, {"resetGeneration": "0"})


# --- parts of a network


def test_miners_alone_have_no_bucket_no_other_machines_and_nothing_that_reads_it(
    worlds: Worlds, tmp_path: Path
) -> None:
    sandbox = worlds.shipped(PLATFORM, tmp_path)
    plan = planned(sandbox, PARTS_OFF)
    made = ops(plan, "create")
    assert {name for kind, name in made if kind == POOL} == {f"{STACK}-miner-{zone}" for zone in range(3)}
    assert not [name for kind, name in made if kind.startswith("aws:s3/")]
    values = plan[RELEASE, STACK].new["values"]
    assert set(values["nodes"]) == set(MINERS)
    assert values["backup"] == {"enabled": False}
    assert values["store"] == {"url": "", "autoRestore": False}
    assert values["monitoring"]["enabled"] is False
    assert "passive" not in values


def test_what_a_live_network_cannot_change_is_refused_by_the_preview(deployed: Sandbox) -> None:
    changed = {
        "chainId": "7911099",
        "consensus": "ethash",
        "genesis.gasLimit": "9000000",
        "genesisMiners": "4",
        "minerNodes.diskGib": "999",
    }
    said = deployed.refused(STACK, changed)
    assert [key for key in changed if f"nodeyard:stack.{key}: " not in said] == []
