"""What a stack's outputs must be, and what is said when they are not."""

from pathlib import Path
from typing import Any

import pytest

from ops import stacks
from ops.errors import BadInput, Unreachable
from tests.ops.harness import Command, aws_stack, theta_node


def test_pulumi_is_asked_in_the_project_and_never_for_secrets(nodeyard: Command) -> None:
    nodeyard.deploy("metis-mainnet", **aws_stack(secrets={"seqPriv": "arn:1"}))
    stack = stacks.read("metis-mainnet", nodeyard.directory)
    assert nodeyard.calls("pulumi") == [
        ["--color", "never", "stack", "output", "--json", "--stack", "metis-mainnet"],
    ]
    assert stack.account() == stacks.Account(cloud="aws", account="123456789012", region="us-east-2")
    assert stack.secrets() == {"seqPriv": "arn:1"}


def test_a_stack_that_does_not_exist(nodeyard: Command) -> None:
    with pytest.raises(BadInput, match="There is no stack metis-mainent"):
        stacks.read("metis-mainent", nodeyard.directory)


def test_a_stack_that_was_never_deployed(nodeyard: Command) -> None:
    nodeyard.deploy("metis-mainnet")
    with pytest.raises(BadInput, match="never deployed"):
        stacks.read("metis-mainnet", nodeyard.directory)


def test_pulumi_that_fails_is_quoted(nodeyard: Command) -> None:
    with pytest.raises(Unreachable, match="unable to open bucket s3://states: AccessDenied"):
        stacks.read("broken", nodeyard.directory)


def test_no_pulumi(nodeyard: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODEYARD_PULUMI", str(nodeyard.directory / "none"))
    with pytest.raises(Unreachable, match=r"none cannot be run: No such file.*NODEYARD_PULUMI"):
        stacks.read("metis-mainnet", nodeyard.directory)


def test_a_missing_output_is_named_with_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"has no output `cloud`.*Its outputs are: endpoints, missing"):
        stacks.Stack("old", {"missing": [], "endpoints": {}}).account()


def test_a_wrong_output_is_named_by_its_path() -> None:
    outputs = aws_stack(nodes={"a": theta_node(), "b": theta_node(group=7)})
    with pytest.raises(BadInput, match=r"nodes\.b\.group: Input should be a valid string"):
        stacks.Stack("theta", outputs).nodes()


def test_hidden_outputs_are_refused() -> None:
    with pytest.raises(BadInput, match="`cloud` of stack theta is hidden"):
        stacks.Stack("theta", {"cloud": "[secret]"}).account()


def test_passwords_are_those_of_theta_nodes() -> None:
    nodes = {"a": theta_node(secret="arn:a"), "b": theta_node(secret="arn:b"), "c": theta_node()}
    stack = stacks.Stack("theta", aws_stack(nodes=nodes, secrets={"a": "arn:a", "b": "arn:b"}))
    assert stack.passwords() == {"arn:a", "arn:b"}


@pytest.mark.parametrize("nodes", [["a", "b"], {"a": {"zone": 1}}, "[secret]", {}])
def test_another_components_nodes_do_not_hinder_its_secrets(nodes: Any) -> None:
    stack = stacks.Stack("mantis", aws_stack(nodes=nodes, secrets={"key": "arn:key"}))
    assert (stack.secrets(), stack.passwords()) == ({"key": "arn:key"}, set())


def test_a_stack_without_secrets() -> None:
    with pytest.raises(BadInput, match="has no secrets"):
        stacks.Stack("platform", aws_stack()).secrets()


@pytest.mark.parametrize("arguments", [["secrets", "list", "x"], ["theta", "status", "x"], ["metis", "keys", "x"]])
def test_every_command_ends_with_a_sentence_and_a_code(nodeyard: Command, arguments: list[str]) -> None:
    result = nodeyard(*arguments)
    assert result.exit_code == 2
    assert result.stderr == "nodeyard: There is no stack x. `pulumi stack ls` shows which there are.\n"
    assert nodeyard(*arguments[:2], "broken").exit_code == 3


def test_the_project_may_be_elsewhere(nodeyard: Command, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    nodeyard.monkeypatch.setenv("NODEYARD_PULUMI", "./pulumi")
    (tmp_path / "project" / "pulumi").symlink_to(tmp_path / "bin" / "pulumi")
    assert "There is no stack x" in nodeyard("--cwd", str(tmp_path / "project"), "secrets", "list", "x").stderr
    assert nodeyard("--cwd", str(tmp_path / "none"), "secrets", "list", "x").exit_code == 2
