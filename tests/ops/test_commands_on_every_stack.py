"""`nodeyard logs`, `restart`, `shell` and `history` of every shipped stack: each works, or says why not."""

import os
from typing import Any

import pytest

import stacks
from ops.reach import unit
from ops.workloads import rolling
from tests.ops.every_stack import DeployedStack, deploy, deployed, nodes, shipped
from tests.ops.shipped import settings

__all__ = ["deploy", "deployed", "nodes", "shipped"]

PARTS = {
    "mantis": "miner-0",
    "metis": "l2geth",
    "metis_replica": "replica",
    "nodeos": "nodeos-bp-1",
    "theta": "edge-1",
    "tsm": "node",
    "tsm_network": "tsm-testnet-1-node",
}
"""A part of each kind."""
WITHOUT = {"platform": "is a platform", "tsm_card": "runs nothing in a cluster"}
"""Kinds without a part, and what is said of them."""
STACKS = list(settings())
WITH_PARTS = [name for name in STACKS if settings()[name]["kind"] in PARTS]
WITHOUT_PARTS = [name for name in STACKS if settings()[name]["kind"] in WITHOUT]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "LOOK_SECONDS", 0.01)


def test_the_tables_have_every_kind() -> None:
    assert sorted([*PARTS, *WITHOUT]) == sorted(stacks.kinds())
    assert sorted([*WITH_PARTS, *WITHOUT_PARTS]) == STACKS


@pytest.mark.parametrize("deployed", WITH_PARTS, indirect=True)
def test_the_log_of_a_part_is_shown(deployed: DeployedStack) -> None:
    result = deployed("logs", deployed.name, PARTS[deployed.shipped.kind])
    assert (result.exit_code, bool(result.stdout.strip())) == (0, True), result.output


@pytest.mark.parametrize("deployed", WITH_PARTS, indirect=True)
def test_a_part_is_restarted(deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    class Hurried:
        """The second that a unit gets."""

        async def sleep(self, _seconds: float) -> None:
            pass

    monkeypatch.setattr(unit, "asyncio", Hurried())
    part = PARTS[deployed.shipped.kind]
    result = deployed("restart", deployed.name, part, "--yes")
    assert result.exit_code == 0, result.output
    assert f"nodeyard {'status' if deployed.shipped.kind == 'theta' else 'logs'} {deployed.name}" in result.stderr
    asked = [" ".join(call) for call in deployed.programs.calls]
    changed = [each for each in asked if "kubectl delete pod/" in each or "systemctl restart" in each]
    assert len(changed) == deployed.pods_of(part)


@pytest.mark.parametrize("deployed", WITH_PARTS, indirect=True)
def test_a_shell_is_opened(deployed: DeployedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def execv(_program: str, words: list[str]) -> None:
        opened.append(words[-1])

    monkeypatch.setattr(os, "execv", execv)
    part = PARTS[deployed.shipped.kind]
    result = deployed("shell", deployed.name, part)
    assert result.exit_code == 0, result.output
    opened += [call for call in deployed.programs.calls if call[:2] == ["kubectl", "exec"]]
    is_line_by_line = "Ctrl-D ends" in result.stderr
    assert is_line_by_line == (deployed.outputs["cloud"]["cloud"] == "azure" and deployed.shipped.kind == "theta")
    assert len(opened) == (0 if is_line_by_line else 1)


@pytest.mark.parametrize("words", [["logs"], ["restart", "--yes"], ["shell"]], ids=lambda words: words[0])
@pytest.mark.parametrize("deployed", WITHOUT_PARTS, indirect=True)
def test_a_stack_without_parts_says_in_one_sentence_why(deployed: DeployedStack, words: list[str]) -> None:
    command, *more = words
    result = deployed(command, deployed.name, "a-part", *more)
    assert (result.exit_code, result.stdout) == (2, "")
    (said,) = result.stderr.splitlines()
    assert said.startswith(f"nodeyard: Stack {deployed.name} {WITHOUT[deployed.shipped.kind]}")
    assert said.endswith(".")


@pytest.mark.parametrize("deployed", STACKS, indirect=True)
def test_every_stack_has_a_history(deployed: DeployedStack) -> None:
    result = deployed("history", deployed.name, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    assert '"updates"' in result.stdout
