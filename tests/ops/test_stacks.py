"""What a stack's outputs must be, and what is said when they are not."""

from pathlib import Path

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


def test_secrets_of_several_players_are_named_by_the_player_too() -> None:
    told = {"player0": {"config": "arn:0"}, "player1": {"config": "arn:1"}}
    stack = stacks.Stack("tsm", aws_stack(secrets=told))
    assert stack.secrets() == {"player0.config": "arn:0", "player1.config": "arn:1"}


ASKED = [
    (["nodeos", "reload", "metis"], "block producers"),
    (["mantis", "upgrade", "metis"], "network of Ethereum Classic's kind"),
    (["tsm", "card", "metis", "--key", "key"], "player's card"),
]


@pytest.mark.parametrize(("arguments", "what"), ASKED)
def test_a_stack_of_another_kind_is_told_by_its_kind(nodeyard: Command, arguments: list[str], what: str) -> None:
    nodeyard.deploy("metis", **aws_stack(kind="metis", secrets={}, release="metis", namespace="metis"))
    result = nodeyard(*arguments)
    assert result.exit_code == 2
    assert f"Stack metis is of kind metis and has no {what}. `nodeyard logs metis` and its like" in result.stderr
    nodeyard.deploy("platform", **aws_stack(kind="platform", platform={}))
    nothing = nodeyard(*arguments[:2], "platform", *arguments[3:])
    assert nothing.exit_code == 2
    told = f"Stack platform is of kind platform and has no {what}."
    assert nothing.stderr == f"nodeyard: {told}\n"


@pytest.mark.parametrize("arguments", [["metis", "keys", "theta", "--yes"], ["secrets", "list", "platform"]])
def test_so_is_one_without_the_secrets_that_are_asked_for(nodeyard: Command, arguments: list[str]) -> None:
    nodeyard.deploy("theta", **aws_stack(kind="theta", secrets={"a": "arn:a"}))
    nodeyard.deploy("platform", **aws_stack(kind="platform"))
    result = nodeyard(*arguments)
    assert (result.exit_code, "is of kind" in result.stderr) == (2, True)


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_nodeyard_pulumi_is_pulumi(nodeyard: Command, value: str) -> None:
    nodeyard.monkeypatch.setenv("NODEYARD_PULUMI", value)
    nodeyard.deploy("metis-mainnet", **aws_stack())
    assert stacks.read("metis-mainnet", nodeyard.directory).name == "metis-mainnet"


def test_a_nodeyard_pulumi_that_is_no_command_is_named(nodeyard: Command) -> None:
    nodeyard.monkeypatch.setenv("NODEYARD_PULUMI", "pulumi '--color")
    with pytest.raises(BadInput, match="NODEYARD_PULUMI is no command: No closing quotation"):
        stacks.read("metis-mainnet", nodeyard.directory)


def test_a_stack_without_secrets() -> None:
    with pytest.raises(BadInput, match="has no secrets"):
        stacks.Stack("platform", aws_stack()).secrets()


@pytest.mark.parametrize("arguments", [["secrets", "list", "x"], ["nodeos", "reload", "x"], ["metis", "keys", "x"]])
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
