"""Bad input makes nothing, with a preview and without one, and is told as whoever asks spells it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.conftest import MakeProject
from tests.engine.harness import CHECKOUT, STACK, Sandbox
from tests.unit.examples import platform

PROGRAM = f"""
    import json, sys
    sys.path.insert(0, {str(CHECKOUT)!r})
    from nodeyard.metis_sequencer import MetisSequencer

    MetisSequencer(
        "metis",
        {{
            "platform": json.loads({json.dumps(platform())!r}),
            "network": "sepola",
            "namespace": "metis-mainnet",
            "sequencer_address": "banana",
            "l2geth": {{"disk_gib": 499, "instance_typ": "c5.4xlarge", "env": {{"A B": "1"}}}},
            "secrets": {{"seq_priv": {{"value": "canary-0f31"}}}},
        }},
    )
"""
PREVIEW, NO_PREVIEW = ("preview",), ("up", "--yes", "--skip-preview")


def made(exported: dict[str, Any]) -> list[str]:
    found = exported["deployment"].get("resources") or []
    # The engine's own provider comes with a question to the engine.
    return [r["type"] for r in found if r["type"] not in ("pulumi:pulumi:Stack", "pulumi:providers:pulumi")]


@pytest.mark.parametrize("command", [PREVIEW, NO_PREVIEW], ids=["preview", "no-preview"])
def test_a_library_user_is_told_everything_in_python_and_nothing_is_made(
    project: MakeProject, command: tuple[str, ...]
) -> None:
    program = project(PROGRAM)
    said = program.fails(*command, "--stack", STACK)
    for told in (
        "MetisSequencer 'metis' has bad input.",
        "network: must be one of andromeda, sepolia; did you mean sepolia?",
        "sequencer_address: must be an address: 0x and 40 hexadecimal digits",
        "release_version: is required",
        "l2geth.instance_typ: unknown key; did you mean `instance_type`?",
        'l2geth.env["A B"]: must be the name of a variable',
        "secrets.seq_priv.value: is no private key",
    ):
        assert told in said
    assert "canary-0f31" not in said
    assert "Traceback" not in said
    assert made(program.export(STACK)) == []


def test_an_operator_is_told_everything_in_the_file_and_nothing_is_made(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    sandbox, stack = Sandbox(tmp_path_factory.mktemp("input")), "platform-aws"
    for path, value in {"region": "US-EAST-2", "admins[0]": "somebody", "cidr": "fd00::/16", "systemNode": "x"}.items():
        sandbox.configure(stack, "--path", f"nodeyard:stack.{path}", value)
    sandbox.configure(stack, "aws:region", "us-west-2")
    result = sandbox.run(*NO_PREVIEW, "--stack", stack)
    said = result.stdout + result.stderr
    assert result.returncode != 0
    for told in (
        "nodeyard:stack.region: 'US-EAST-2' is not a region like us-east-2; did you mean us-east-2?",
        "nodeyard:stack.cidr: must be a range of IPv4 addresses",
        "nodeyard:stack.systemNode: unknown key; did you mean `systemNodes`?",
        "aws:region: is read by nobody",
    ):
        assert told in said
    assert "Traceback" not in said
    assert made(sandbox.export(stack)) == []


def test_a_secret_below_the_stack_is_refused_where_it_would_stand_in_clear(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    sandbox, stack = Sandbox(tmp_path_factory.mktemp("secure")), "platform-aws"
    sandbox.configure(stack, "--secret", "--path", "nodeyard:stack.chartMirror", "canary-77ab")
    result = sandbox.run(*PREVIEW, "--stack", stack)
    assert result.returncode != 0
    assert "nodeyard:stack: something in it is encrypted" in result.stdout + result.stderr
    assert "canary-77ab" not in result.stdout + result.stderr


def test_one_secret_that_was_set_without_its_word_is_named_beside_one_that_is_encrypted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    sandbox, stack = Sandbox(tmp_path_factory.mktemp("clear")), "theta-testnet"
    sandbox.configure(stack, "--secret", "--path", "nodeyard:secrets.nodes.edge-1.password", "canary-5d21")
    sandbox.configure(stack, "--path", "nodeyard:secrets.nodes.edge-2.password", "canary-77ab")
    sandbox.configure(stack, "diskGib", "300")
    result = sandbox.run(*PREVIEW, "--stack", stack)
    said = result.stdout + result.stderr
    assert result.returncode != 0
    told = "pulumi config set --secret --path 'nodeyard:secrets.nodes.edge-2.password'"
    assert f"nodeyard:secrets.nodes.edge-2.password: stands in clear in the file: set it with `{told}`" in said
    assert "edge-1.password" not in said
    assert "nodeyard:diskGib: is read by nobody: `pulumi config set --path 'nodeyard:stack.diskGib'` was meant" in said
    assert "canary" not in said


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_the_range_that_a_platforms_file_ships_is_refused_by_name_where_nothing_stands_in_for_it(
    tmp_path_factory: pytest.TempPathFactory, cloud: str
) -> None:
    """The sandbox puts another one into its copy. A copy in which the shipped one stands again is the operator's own
    file."""
    sandbox, stack = Sandbox(tmp_path_factory.mktemp("documentation")), f"platform-{cloud}"
    [shipped] = yaml.safe_load((CHECKOUT / f"configs/Pulumi.{stack}.yaml").read_text())["config"]["nodeyard:stack"][
        "publicAccessCidrs"
    ]
    said = sandbox.refused(stack, {"publicAccessCidrs[0]": shipped})
    assert f"nodeyard:stack.publicAccessCidrs[0]: {shipped} cannot be" in said
    assert "for documentation" in said
    assert "Traceback" not in said
    assert made(sandbox.export(stack)) == []


def test_the_credentials_of_an_account_that_the_file_does_not_name_are_refused(tmp_path: Path) -> None:
    """Azure's and Google Cloud's files name a subscription and a project, which are no matter of the credentials."""
    sandbox = Sandbox(tmp_path)
    for stack, key in (
        ("theta-mainnet", "site.account"),
        ("theta-testnet", "site.account"),
        ("platform-aws", "account"),
    ):
        sandbox.configure(stack, "--path", "--type", "string", f"nodeyard:stack.{key}", "210987654321")
        assert "AWS account ID not allowed: 123456789012" in sandbox.refused(stack)
        assert made(sandbox.export(stack)) == []
