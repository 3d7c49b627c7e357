"""What the command prints: results on stdout, as tables or JSON; progress, notes and errors on stderr."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .errors import BadInput, Unhealthy

# A pipe has no width: wide enough that grep finds whole cells.
_PIPE_WIDTH = 240


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """One row per thing. Where something is not known, an empty cell."""
    made = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        made.add_row(*(Text(clean("" if cell is None else str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(made)


def as_json(value: Any) -> None:
    """For programs. Control characters come out escaped."""
    typer.echo(json.dumps(value, indent=2))


def text(value: str) -> None:
    """Plain lines, such as a log's."""
    typer.echo("\n".join(clean(line) for line in value.splitlines()))


def note(message: str) -> None:
    """What the operator should know besides the result."""
    typer.echo(message, err=True)


def line(prompt: str) -> str:
    """What the operator types next, with its line end; empty at the end of stdin."""
    if sys.stdin.isatty():
        typer.echo(prompt, nl=False, err=True)
    return sys.stdin.readline()


@contextmanager
def progress(message: str) -> Iterator[None]:
    """Shows on a terminal's stderr that something is under way."""
    with Console(stderr=True).status(Text(message)):
        yield


def confirm(question: str, yes: bool) -> None:
    """Asks on the terminal, unless `--yes` has answered. Raises `Unhealthy` when the operator declines."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadInput(f"{question} There is no terminal to ask on: give --yes.")
    if not typer.confirm(question, err=True):
        raise Unhealthy("Nothing was changed.")


def clean(value: str) -> str:
    """Without what a terminal would obey: what a node answers is not ours."""
    return "".join(character if character.isprintable() or character == "\t" else "�" for character in value)
