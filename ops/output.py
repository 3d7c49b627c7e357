"""What the command prints: results on stdout, as tables or JSON; progress, notes and errors on stderr."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal

import typer
from pydantic import BaseModel, ConfigDict
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from nodeyard.words import camel

from .errors import BadInput, Unhealthy

_WIDEST: Final = 100_000
"""Characters: no table has so many."""


class Told(BaseModel):
    """What is printed as JSON: its keys in camel case. Times are seconds since 1970, spans seconds, sizes bytes."""

    model_config = ConfigDict(alias_generator=camel, validate_by_name=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """One row per thing; where something is not known, an empty cell. Nothing is cut or folded, since it is copied: on
    a terminal that is too narrow each thing is a paragraph, its first cell the title."""
    cells = [[clean("" if cell is None else str(cell)) for cell in row] for row in rows]
    made = Table(*columns, box=box.SIMPLE_HEAD)
    for row in cells:
        made.add_row(*map(Text, row))
    console = _console()
    width = console.measure(made, options=console.options.update(width=_WIDEST)).maximum
    if sys.stdout.isatty() and width > console.width:
        text("\n\n".join(_paragraph(columns, row) for row in cells))
    else:
        _console(width).print(made)


def _paragraph(columns: Sequence[str], row: Sequence[str]) -> str:
    longest = max(map(len, columns))
    told = [f"  {name:{longest}}  {cell}" for name, cell in zip(columns[1:], row[1:], strict=True) if cell]
    return "\n".join([row[0] or columns[0], *told])


def _console(width: int | None = None, stderr: bool = False) -> Console:
    """Without colours where nobody wants them (no-color.org), and without bold letters then."""
    colours: Literal["auto"] | None = None if _is_plain() else "auto"
    return Console(width=width, stderr=stderr, color_system=colours, highlight=False)


def _is_plain() -> bool:
    return bool(os.environ.get("NO_COLOR"))


def result(stack: str | None, found: object, problems: Sequence[str] = (), notes: Sequence[str] = ()) -> None:
    """For programs: every command's JSON has this one shape. `problems` are those of the whole, `notes` what could not
    be looked at. Neither is said a second time on stderr."""
    as_json({"stack": stack, "result": _plain(found), "problems": list(problems), "notes": list(notes)})


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value


def as_json(value: Any) -> None:
    """A document whose shape is not ours: a key's, a card's, a register's, Grafana's. Control characters come out
    escaped."""
    typer.echo(json.dumps(value, indent=2))


def moment(seconds: float | None) -> str | None:
    """A time as tables have it, in UTC."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def text(value: str) -> None:
    """Plain lines, such as a log's."""
    typer.echo("\n".join(clean(line) for line in value.splitlines()))


def note(message: str) -> None:
    """What the operator should know besides the result."""
    typer.echo(message, err=True)


def notes(messages: Iterable[str]) -> None:
    """Those of a result, below its table. In JSON `result` has them."""
    for message in messages:
        note(clean(message))


def line(prompt: str) -> str:
    """What the operator types next, with its line end; empty at the end of stdin."""
    if sys.stdin.isatty():
        typer.echo(prompt, nl=False, err=True)
    return sys.stdin.readline()


@contextmanager
def progress(message: str) -> Iterator[None]:
    """Shows on a terminal's stderr that something is under way."""
    console = _console(stderr=True)
    if _is_plain():
        if console.is_terminal:
            note(f"{message} ...")
        yield
        return
    with console.status(Text(message)):
        yield


def confirm(question: str, yes: bool) -> None:
    """Asks on the terminal, unless `--yes` has answered. Raises `Unhealthy` when the operator declines."""
    if yes:
        return
    require_terminal(yes, f"{question} ")
    if not typer.confirm(question, err=True):
        raise Unhealthy("Nothing was changed.")


def require_terminal(yes: bool, question: str = "") -> None:
    """Raises `BadInput` where a question that comes can be asked nowhere: before anything is written or changed."""
    if not yes and not _can_ask():
        raise BadInput(f"{question}There is no terminal to ask on: give --yes.")


def _can_ask() -> bool:
    return sys.stdin.isatty()


def clean(value: str) -> str:
    """Without what a terminal would obey: what a node answers is not ours."""
    return "".join(character if character.isprintable() or character == "\t" else "�" for character in value)
