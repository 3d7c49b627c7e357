"""A stack that gets another name keeps what it has: its file goes on saying the old one (docs/ops/renaming.md)."""

from pathlib import Path

from tests.engine.harness import Sandbox, changes
from tests.engine.worlds import Worlds

FLEET, TENANT, PLATFORM = "theta-mainnet", "metis-sepolia", "platform-aws"
PATCH, REFERENCE = "kubernetes:core/v1:ConfigMapPatch", "pulumi:pulumi:StackReference"


def renamed(sandbox: Sandbox, stack: str) -> str:
    """The stack's new name, under which it is what it was."""
    new = f"{stack}-moved"
    sandbox.ok("stack", "rename", new, "--stack", stack)
    return new


def is_nothing_to_do(sandbox: Sandbox, stack: str) -> bool:
    return set(sandbox.preview(stack)["changeSummary"]) == {"same"}


def test_a_renamed_fleet_is_another_one_until_its_file_says_the_old_name(worlds: Worlds, tmp_path: Path) -> None:
    sandbox = worlds.shipped(FLEET, tmp_path)
    before = sandbox.outputs(FLEET)
    new = renamed(sandbox, FLEET)
    refused = sandbox.refused(new)
    assert "protect" in refused or "is there already" in refused
    sandbox.set(new, {"name": FLEET})
    sandbox.up(new)
    assert sandbox.outputs(new) == before
    assert is_nothing_to_do(sandbox, new)
    assert "256 GiB" in sandbox.refused(new, {"diskGib": "100"}), "it still knows what its state says of a live disk"


def test_a_second_stack_of_one_name_is_refused_and_takes_no_state_of_the_first(worlds: Worlds, tmp_path: Path) -> None:
    sandbox, second = worlds.shipped(FLEET, tmp_path), f"{FLEET}-second"
    sandbox.ok("stack", "init", second, "--copy-config-from", FLEET)
    sandbox.set(second, {"name": FLEET})
    [node] = sandbox.outputs(FLEET)["nodes"].values()
    assert f"{node['disk']} is there already" in sandbox.refused(second)
    exported = tmp_path / "state.json"
    exported.write_text(sandbox.ok("stack", "export", "--stack", FLEET))
    taken = sandbox.run("stack", "import", "--stack", second, "--file", str(exported))
    assert taken.returncode != 0
    assert f"is from a different stack ({FLEET} != {second})" in taken.stdout + taken.stderr


def test_a_renamed_tenant_changes_its_key_in_the_platforms_list_and_nothing_else(
    worlds: Worlds, tmp_path: Path
) -> None:
    sandbox = worlds.shipped(TENANT, tmp_path)
    before = sandbox.outputs(TENANT)
    new = renamed(sandbox, TENANT)
    sandbox.set(new, {"name": TENANT})
    assert changes(sandbox.preview(new)) == {PATCH: {"update"}}
    sandbox.up(new)
    assert sandbox.outputs(new) == before
    assert is_nothing_to_do(sandbox, new)

    platform = renamed(sandbox, PLATFORM)
    sandbox.set(platform, {"name": PLATFORM})
    assert is_nothing_to_do(sandbox, platform)
    assert changes(sandbox.preview(new, {"platform": platform})) == {REFERENCE: {"discard"}}
    named = f"organization/nodeyard/{new} still stands on it"
    assert named in sandbox.refused(platform, {"teardown": "true"})
