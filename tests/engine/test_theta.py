"""theta-mainnet through Pulumi's real engine, on the sandbox's stand-in clouds: what a change touches, and what nothing
may touch.

The tests of the first part start from one deployment of three nodes. Those that change nothing share a copy of it, the
others have each its own.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.engine.harness import Sandbox, Settings
from tests.engine.worlds import Worlds

STACK = "theta-mainnet"
OTHERS = ("theta-mainnet-gcp", "theta-mainnet-azure", "theta-testnet")
CANARY = "canary-77c0de"
DISK = "aws:ebs/volume:Volume"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
GENERATED = "random:index/randomPassword:RandomPassword"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
PARAMETER = "aws:ssm/parameter:Parameter"
IMAGE = "images.invalid/thetalabsorg/edgelauncher_mainnet@sha256:" + "0" * 64
OTHER_IMAGE = "images.invalid/thetalabsorg/edgelauncher_mainnet@sha256:" + "1" * 64

Steps = set[tuple[str, str, str]]
"""(type, name, operation) of everything that a preview would change."""


def bring_up(sandbox: Sandbox) -> None:
    """Three nodes, one of whose passwords is given in Pulumi's config."""
    name_nodes(sandbox, "edge-1", "edge-2", "edge-3")
    sandbox.configure(STACK, "--secret", "--path", "nodeyard:secrets.nodes.edge-3.password", CANARY)
    sandbox.up(STACK)


def name_nodes(sandbox: Sandbox, *nodes: str) -> None:
    """Where the stack file has a number of them."""
    sandbox.unset(STACK, "nodes")
    sandbox.set(STACK, {f"nodes.{node}.image": IMAGE for node in nodes})


@pytest.fixture(scope="module")
def untouched(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    """For tests that change nothing; what they print is searched for the password."""
    return worlds.copy("theta-of-three", tmp_path_factory.mktemp("theta"), bring_up)


@pytest.fixture
def deployed(worlds: Worlds, tmp_path: Path) -> Sandbox:
    """For a test that changes something."""
    return worlds.copy("theta-of-three", tmp_path, bring_up)


def resources(sandbox: Sandbox, stack: str = STACK) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.export(stack)["deployment"]["resources"]
    return found


def of(sandbox: Sandbox, type_: str) -> dict[str, dict[str, Any]]:
    """By name; there must be one."""
    found = {r["urn"].rpartition("::")[2]: r for r in resources(sandbox) if r["type"] == type_}
    assert found, f"no {type_}"
    return found


def steps(sandbox: Sandbox, settings: Settings | None = None, stack: str = STACK) -> Steps:
    """What an `up` with these settings would do."""
    return {
        (s["urn"].split("::")[2].split("$")[-1], s["urn"].rpartition("::")[2], s["op"])
        for s in sandbox.preview(stack, settings)["steps"]
        if s["op"] not in ("same", "read")
    }


def planned_inputs(sandbox: Sandbox) -> dict[tuple[str, str], str]:
    """What a preview would make, by type and name, but for the stack itself, and without the engine's random ends of
    names."""
    states = [step["newState"] for step in sandbox.preview(STACK)["steps"] if step["op"] == "create"]
    return {
        (state["type"], state["urn"].rpartition("::")[2]): re.sub(
            r"-[0-9a-f]{7}\b", "", json.dumps(state.get("inputs"))
        )
        for state in states
        if state["type"] != "pulumi:pulumi:Stack"
    }


# --- one deployment ---


def test_a_second_up_changes_nothing(untouched: Sandbox) -> None:
    assert steps(untouched) == set()


def test_a_refresh_finds_nothing_changed(untouched: Sandbox) -> None:
    result = untouched.run("refresh", "--stack", STACK, "--yes", "--expect-no-changes")
    assert result.returncode == 0, result.stderr


def test_another_instance_type_replaces_the_machines_and_no_disk(deployed: Sandbox) -> None:
    # Another version of the template is what the group ends its instance for and starts another.
    assert steps(deployed, {"instanceType": "g4dn.2xlarge"}) == {
        (type_, f"theta-mainnet-edge-{n}", "update") for n in (1, 2, 3) for type_ in (TEMPLATE, GROUP)
    }


@pytest.mark.parametrize(
    ("settings", "replaced"),
    [
        ({}, False),
        ({"nodes.edge-2.image": OTHER_IMAGE}, False),
        ({"instanceType": "g4dn.2xlarge"}, True),
        ({"readOnlyRoot": "true"}, True),  # another boot
        ({"machineImage": "ami-0123456789abcdef0"}, True),
    ],
)
def test_a_plan_says_that_a_group_will_replace_its_machine(
    deployed: Sandbox, settings: Settings, replaced: bool
) -> None:
    """On AWS no step of a plan says it: the group replaces its instance by itself. Elsewhere the step is a replacement
    (`test_azure_machine.py`, `test_gcp_machine.py`)."""
    deployed.set(STACK, settings)
    said = deployed.ok("preview", "--stack", STACK)
    named = {n for n in (1, 2, 3) if f"theta-mainnet-edge-{n}: the machine is replaced." in said}
    assert named == ({1, 2, 3} if replaced else set()), said


def test_another_image_touches_neither_machine_nor_disk(deployed: Sandbox) -> None:
    # One node's alone: the way to try a version.
    assert steps(deployed, {"nodes.edge-2.image": OTHER_IMAGE}) == {(PARAMETER, "theta-mainnet-edge-2", "update")}


def test_more_alarms_readers_change_the_alarms_alone(deployed: Sandbox) -> None:
    planned = steps(deployed, {"notify": "arn:aws:sns:us-east-2:123456789012:oncall"})
    assert {type_ for type_, _, _ in planned} == {"aws:cloudwatch/metricAlarm:MetricAlarm"}
    assert len(planned) == 3 * 6


def test_a_node_from_the_middle_is_kept_by_its_protection_until_that_is_lifted(deployed: Sandbox) -> None:
    deployed.unset(STACK, "nodes.edge-2")
    assert "protect" in deployed.refused(STACK)
    assert steps(deployed, {"nodes.edge-2.image": IMAGE}) == set()


def test_a_node_from_the_middle_goes_without_touching_the_others(deployed: Sandbox) -> None:
    deployed.unset(STACK, "nodes.edge-2")
    for resource in resources(deployed):
        if resource.get("protect") and "edge-2" in resource["urn"].rpartition("::")[2]:
            deployed.ok("state", "unprotect", "--stack", STACK, "--yes", resource["urn"])
    planned = steps(deployed)
    assert {(name.startswith("theta-mainnet-edge-2"), op) for _, name, op in planned if ":providers:" not in name} <= {
        (True, "delete"),
        (False, "update"),  # the stack's own outputs
    }
    assert not [step for step in planned if "edge-1" in step[1] or "edge-3" in step[1]]
    deployed.up(STACK)
    assert set(deployed.outputs(STACK)["nodes"]) == {"edge-1", "edge-3"}


def test_another_password_later_is_not_taken_and_said_so(deployed: Sandbox) -> None:
    deployed.configure(STACK, "--secret", "--path", "nodeyard:secrets.nodes.edge-3.password", "another-password")
    assert steps(deployed) == {("pulumi:index:Stash", "theta-mainnet-edge-3-password", "update")}
    assert "theta-mainnet-edge-3: another password is given" in deployed.printed


def test_no_password_is_printed_or_stands_in_the_state_in_the_clear(untouched: Sandbox) -> None:
    state = json.dumps(untouched.export(STACK))
    assert CANARY not in state
    assert CANARY not in untouched.printed
    for password in of(untouched, GENERATED).values():
        assert "ciphertext" in json.dumps(password["outputs"]["result"])
    for version in of(untouched, VERSION).values():
        assert "ciphertext" in json.dumps(version["inputs"]["secretString"])


def test_no_machine_is_told_a_secret(untouched: Sandbox) -> None:
    """User data in the clear in a plan: what is in it is no secret, and a plan can be read."""
    for template in of(untouched, TEMPLATE).values():
        assert isinstance(template["inputs"]["userData"], str)
        assert "ciphertext" not in template["inputs"]["userData"]


def test_every_node_has_a_zone_by_its_number(untouched: Sandbox) -> None:
    zones = {key: node["zone"] for key, node in untouched.outputs(STACK)["nodes"].items()}
    assert zones == {"edge-1": "us-east-2a", "edge-2": "us-east-2b", "edge-3": "us-east-2c"}


# --- deployments of their own ---


def test_a_fleet_of_thirty_is_planned_and_without_one_from_the_middle_the_rest_is_the_same(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    fleet = [f"edge-{number}" for number in range(1, 31)]
    plans = []
    for nodes in (fleet, [node for node in fleet if node != "edge-15"]):
        name_nodes(sandbox, *nodes)
        plans.append(planned_inputs(sandbox))
    whole, less = plans
    for type_ in (DISK, SECRET, GROUP):
        assert {name for kind, name in whole if kind == type_} == {f"theta-mainnet-{node}" for node in fleet}
    gone = {key for key in whole if re.fullmatch(r"theta-mainnet-edge-15(-.*)?", key[1])}
    assert len(gone) > 20
    assert less == {key: inputs for key, inputs in whole.items() if key not in gone}


def test_destroy_stops_at_disk_and_password_and_keeps_them_when_the_rest_goes(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.up(STACK)
    before = {type_: of(sandbox, type_)["theta-mainnet-edge-1"]["id"] for type_ in (DISK, SECRET)}
    password = of(sandbox, GENERATED)["theta-mainnet-edge-1-password"]["outputs"]["result"]
    refused = sandbox.run("destroy", "--stack", STACK, "--yes")
    assert refused.returncode != 0
    assert of(sandbox, GROUP), "nothing is deleted before somebody has said what stays"
    sandbox.ok("destroy", "--stack", STACK, "--yes", "--exclude-protected")
    assert GROUP not in {r["type"] for r in resources(sandbox)}
    sandbox.weeks_pass()
    sandbox.up(STACK)
    assert {type_: of(sandbox, type_)["theta-mainnet-edge-1"]["id"] for type_ in (DISK, SECRET)} == before
    assert password, "the generated password is kept with them"
    assert steps(sandbox) == set()


@pytest.mark.parametrize("stack", OTHERS)
def test_every_shipped_stack_comes_up_stays_as_it_is_and_comes_up_again_after_a_destroy(
    stack: str, tmp_path: Path
) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.up(stack)
    assert steps(sandbox, stack=stack) == set()
    outputs = sandbox.outputs(stack)
    [node] = outputs["nodes"].values()
    assert node["disk"]
    assert outputs["secrets"] == {"edge-1": node["secret"]}
    # Nothing that a cloud still remembers of it, weeks after a destroy, is in the way of the next `up`.
    sandbox.ok("destroy", "--stack", stack, "--yes", "--exclude-protected")
    sandbox.weeks_pass()
    sandbox.up(stack)
    assert sandbox.outputs(stack)["nodes"]["edge-1"]["disk"] == node["disk"]
    assert outputs["missing"] == []


def test_bad_input_is_one_clear_error_with_the_path_of_every_key(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    printed = sandbox.refused(STACK, {"instanceType": "c6a.xlarge", "expose": "vpc"})
    assert "Traceback" not in printed
    assert "nodeyard:stack.instanceType: 'c6a.xlarge' has no GPU" in printed
    assert "nodeyard:stack.exposeCidrs:" in printed


def test_a_plan_shows_the_line_of_the_boot_that_changes(deployed: Sandbox) -> None:
    deployed.set(STACK, {"readOnlyRoot": "true"})
    planned = deployed.ok("preview", "--stack", STACK, "--diff")
    assert re.search(r"\+\s+READ_ONLY_ROOT=yes", planned), planned


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [("network", "testnet", "network"), ("diskGib", "100", "diskGib"), ("zones[0]", "us-east-2c", "zones")],
)
def test_what_a_live_fleet_cannot_change_is_refused_by_the_preview(
    deployed: Sandbox, key: str, value: str, told: str
) -> None:
    assert f"nodeyard:stack.{told}: " in deployed.refused(STACK, {key: value})
