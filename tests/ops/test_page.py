"""docs/ops: what of it can be followed in a sandbox is, by tests/cluster; the rest says that it cannot be."""

import shlex

import pytest
import typer
from typer.main import get_command

from ops.app import app
from tests.ops.page import INDEX, NETWORKS, blocks, pages

ELSEWHERE = {
    "How a stack is": 1,
    "Parts of a stack": 1,
    "TSM nodes": 1,
    "Metis": 1,
    "Block producers": 1,
    NETWORKS: 1,
}
"""How many blocks of each section need more than a sandbox has."""
COMMANDS = sorted({command for block in blocks() for command in block.commands if "nodeyard " in command.split("#")[0]})


def test_a_block_that_cannot_be_followed_in_a_sandbox_says_so_and_there_are_few() -> None:
    counted: dict[str, int] = {}
    for block in blocks():
        if block.is_elsewhere:
            counted[block.section] = counted.get(block.section, 0) + 1
    assert counted == ELSEWHERE


def test_the_table_of_the_first_page_has_every_other_page() -> None:
    assert sorted(pages()) == sorted(INDEX.parent.glob("**/*.md"))


def test_the_first_page_begins_with_a_sandboxs_stack() -> None:
    first = blocks()[0]
    assert "./sandbox/cluster start" in first.commands
    assert "./sandbox/pulumi up -s metis-mainnet --yes" in first.commands


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_pages_is_one_that_the_program_takes(command: str) -> None:
    words = shlex.split(command, comments=True)
    words = words[words.index("nodeyard") + 1 :]
    words = words[: min([words.index(end) for end in (">", "|") if end in words], default=len(words))]
    found, context = get_command(app), None
    while hasattr(found, "commands"):
        context = typer.Context(found, parent=context)
        name, *words = words
        found = found.commands[name]
    found.make_context(command, words, parent=context)
