"""A stack that gets another name keeps what it has: its file goes on saying the old one (docs/ops.md, renaming)."""

from pathlib import Path

import pytest

from tests.engine.harness import Sandbox, changes
from tests.engine.worlds import Worlds

PATCH = "kubernetes:core/v1:ConfigMapPatch"


def renamed(stack: str, worlds: Worlds, home: Path) -> tuple[Sandbox, str]:
    """A shipped stack that is up, renamed as the page says."""
    sandbox, new = worlds.shipped(stack, home), f"{stack}-moved"
    sandbox.ok("stack", "rename", new, "--stack", stack)
    return sandbox, new


def test_a_renamed_fleet_is_another_one_until_its_file_says_the_old_name(worlds: Worlds, tmp_path: Path) -> None:
    sandbox, new = renamed("theta-mainnet", worlds, tmp_path)
    refused = sandbox.refused(new)
    assert "protect" in refused or "is there already" in refused
    sandbox.set(new, {"name": "theta-mainnet"})
    assert set(sandbox.preview(new)["changeSummary"]) == {"same"}
    sandbox.up(new)
    assert "256 GiB" in sandbox.refused(new, {"diskGib": "100"}), "it still knows what its state says of a live disk"
    assert "is up, and" in sandbox.refused(new, {"network": "testnet"})


@pytest.mark.parametrize("stack", ["metis-sepolia"])
def test_a_renamed_tenant_changes_its_key_in_the_platforms_list_and_nothing_else(
    stack: str, worlds: Worlds, tmp_path: Path
) -> None:
    sandbox, new = renamed(stack, worlds, tmp_path)
    sandbox.set(new, {"name": stack})
    assert changes(sandbox.preview(new)) == {PATCH: {"update"}}
    sandbox.up(new)
    assert set(sandbox.preview(new)["changeSummary"]) == {"same"}
    assert "is up, and" in sandbox.refused(new, {"namespace": "metis-mainnet"})

    sandbox.ok("stack", "rename", "platform-moved", "--stack", "platform-aws")
    sandbox.set("platform-moved", {"name": "platform-aws"})
    assert set(sandbox.preview("platform-moved")["changeSummary"]) == {"same"}
    sandbox.set(new, {"platform": "platform-moved"})
    assert set(sandbox.preview(new)["changeSummary"]) == {"same"}
    named = f"organization/nodeyard/{new} still stands on it"
    assert named in sandbox.refused("platform-moved", {"teardown": "true"})
