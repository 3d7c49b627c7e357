"""What every command has: its help, its version, where its stack comes from, how it ends, and a shell's completion."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from nodeyard import __version__
from ops import output
from ops.app import app
from ops.errors import Unhealthy
from ops.project import stack_names
from tests.ops.harness import CHECKOUT, Command, aws_stack


def commands(group: Any, *words: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command, with the words that it is called by."""
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            yield from commands(each, *words, name)
        else:
            yield (*words, name), each


COMMANDS = dict(commands(typer.main.get_command(app)))
OF_A_STACK = [words for words, each in COMMANDS.items() if any(one.name == "stack" for one in each.params)]
MORE: dict[tuple[str, ...], list[str]] = {
    **{(name,): ["miner-0"] for name in ("restart", "stop", "start", "shell")},
    ("exec",): ["miner-0", "--", "ls"],
    ("tsm", "card"): ["--key", "none.key"],
    ("nodeos", "switch-producer"): ["--to", "bp-1"],
    ("nodeos", "upgrade"): ["--image", "nodeos:2"],
    ("nodeos", "restore"): ["--ordinal", "bp-1"],
    ("mantis", "propose"): ["miner-5"],
    ("metis", "keys"): ["--yes"],
}
"""What a command is told beside its stack."""


def named(words: tuple[str, ...]) -> str:
    return " ".join(words)


@pytest.mark.parametrize("words", COMMANDS, ids=named)
def test_every_command_has_a_short_help_in_plain_text(nodeyard: Command, words: tuple[str, ...]) -> None:
    result = nodeyard(*words, "-h")
    assert (result.exit_code, result.output) == (0, nodeyard(*words, "--help").output)
    assert "-C, --cwd DIR" in result.stdout
    assert ("-s, --stack STACK" in result.stdout) == (words in OF_A_STACK)
    assert "\x1b" not in result.output
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_the_version(nodeyard: Command) -> None:
    assert nodeyard("--version").stdout == f"nodeyard {__version__}\n"


@pytest.mark.parametrize("words", OF_A_STACK, ids=named)
def test_a_stack_that_is_not_there_is_wrong_input(nodeyard: Command, words: tuple[str, ...]) -> None:
    result = nodeyard(*words, "gone", *MORE.get(words, []))
    assert (result.exit_code, result.stderr) == (
        2,
        "nodeyard: There is no stack gone. `pulumi stack ls` shows which there are.\n",
    )


@pytest.mark.parametrize("words", OF_A_STACK, ids=named)
def test_a_pulumi_that_fails_is_nothing_known(nodeyard: Command, words: tuple[str, ...]) -> None:
    result = nodeyard(*words, "broken", *MORE.get(words, []))
    assert (result.exit_code, "AccessDenied" in result.stderr) == (3, True), result.stderr


@pytest.mark.parametrize("words", OF_A_STACK, ids=named)
def test_the_stack_stands_behind_s_too_wherever_that_is(nodeyard: Command, words: tuple[str, ...]) -> None:
    more = MORE.get(words, [])
    for arguments in (["-s", "gone", *more], ["--stack=gone", *more]):
        result = nodeyard(*words, *arguments)
        assert (result.exit_code, "There is no stack gone." in result.stderr) == (2, True), result.stderr
    if more[:1] and not more[0].startswith("-"):
        assert "There is no stack gone." in nodeyard(*words, more[0], "-s", "gone", *more[1:]).stderr


def test_s_within_the_command_of_exec_is_the_commands_own(nodeyard: Command) -> None:
    assert "There is no stack gone." in nodeyard("exec", "gone", "miner-0", "--", "ls", "-s", "other").stderr


def test_a_value_that_looks_like_s_is_a_value(nodeyard: Command) -> None:
    assert "There is no stack gone." in nodeyard("logs", "--grep", "-s", "gone").stderr


def test_a_stack_is_missing_when_s_has_none(nodeyard: Command) -> None:
    result = nodeyard("logs", "-s")
    assert (result.exit_code, "'-s' requires an argument" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-C", "project", "secrets", "list", "x"],
        ["secrets", "-C", "project", "list", "x"],
        ["secrets", "list", "-C", "project", "x"],
        ["secrets", "list", "x", "--cwd=project"],
        ["logs", "x", "-C", "project"],
    ],
    ids=" ".join,
)
def test_the_project_stands_anywhere(nodeyard: Command, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "project").mkdir()
    nodeyard.monkeypatch.chdir(tmp_path)
    nodeyard.monkeypatch.setenv("NODEYARD_PULUMI", "./pulumi")
    (tmp_path / "project" / "pulumi").symlink_to(tmp_path / "bin" / "pulumi")
    assert "There is no stack x." in nodeyard(*arguments).stderr
    wrong = nodeyard(*(each.replace("project", "none") for each in arguments))
    assert (wrong.exit_code, "does not exist" in wrong.stderr) == (2, True)


def test_the_projects_stacks_are_those_that_have_a_file(tmp_path: Path) -> None:
    assert stack_names(tmp_path) == []
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\n")
    (tmp_path / "Pulumi.one.yaml").write_text("")
    assert stack_names(tmp_path) == ["one"]
    (tmp_path / "Pulumi.yaml").write_text("name: x\nruntime: python\nstackConfigDir: files\n")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "Pulumi.acme.two.yaml").write_text("")
    assert stack_names(tmp_path / "files") == ["acme.two"]
    (tmp_path / "Pulumi.yaml").write_text("{")
    assert stack_names(tmp_path) == []


@pytest.mark.parametrize("typed", ["secrets check theta-mainnet", "-C . logs theta-mainnet", "status -s theta-mainnet"])
def test_a_shell_completes_the_names_of_stacks(typed: str) -> None:
    """As bash asks it by what `nodeyard --install-completion` writes."""
    words = f"nodeyard {typed}"
    environment = {**os.environ, "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "ops"],
        env={**environment, "_NODEYARD_COMPLETE": "complete_bash"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split() == ["theta-mainnet", "theta-mainnet-azure", "theta-mainnet-gcp"], done.stderr


ARN = "arn:aws:secretsmanager:us-east-2:123456789012:secret:metis-mainnet/seq-priv-AbCdEf"
ROWS = [["seqPriv", "no", ARN], ["b", None, "c"]]


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int) -> str:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    output.table(["secret", "filled", "id"], ROWS)
    return capsys.readouterr().out


def test_a_table_that_is_too_wide_is_told_thing_by_thing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_a_terminal(monkeypatch, capsys, 80).splitlines() == [
        "seqPriv",
        "  filled  no",
        f"  id      {ARN}",
        "",
        "b",
        "  id      c",
    ]


@pytest.mark.parametrize("width", [120, 240])
def test_a_table_with_room_is_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    lines = on_a_terminal(monkeypatch, capsys, width).splitlines()
    assert next(line for line in lines if "seqPriv" in line).split() == ROWS[0]


def test_a_pipe_has_no_width(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 1000
    output.table(["a", "b"], [["1", long]])
    assert ["1", long] in [line.split() for line in capsys.readouterr().out.splitlines()]


def test_no_color_is_no_bold_and_no_spinner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    shown = on_a_terminal(monkeypatch, capsys, 120)
    assert "\x1b[1m" in shown, "a terminal gets bold letters, or this test shows nothing"
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in on_a_terminal(monkeypatch, capsys, 120)
    with output.progress("Asking"):
        pass
    assert capsys.readouterr().err == "Asking ...\n"


def test_whoever_says_no_gets_a_1(nodeyard: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    nodeyard.on_a_terminal()
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    with pytest.raises(Unhealthy, match="Nothing was changed"):
        output.confirm("Go on?", yes=False)


def test_words_that_are_too_many_are_not_repeated_by_any_command(nodeyard: Command) -> None:
    nodeyard.deploy("x", **aws_stack())
    for words in OF_A_STACK:
        if words in {("exec",), ("theta", "dashboard")}:
            continue
        more = list(MORE.get(words, []))
        result = nodeyard(*words, "x", *more, "canary", "canary", "canary")
        assert (result.exit_code, "canary" in result.output) == (2, False), result.output
