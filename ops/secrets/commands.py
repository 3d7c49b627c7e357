"""`nodeyard secrets`: which of a stack's secrets hold a value, and putting one there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from .. import output, stacks
from ..errors import BadInput, Unhealthy
from . import values
from .meanings import meaning
from .store import Store, store_of

app = typer.Typer(no_args_is_help=True, help="Fill a stack's secrets in the cloud's store, and see which are empty.")

StackName = Annotated[str, typer.Argument(help="Name of the stack.", metavar="STACK")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@dataclass(frozen=True)
class Keys:
    """A stack's secrets, and the store that holds them."""

    stack: stacks.Stack
    ids: Mapping[str, str]
    store: Store

    def filled(self) -> dict[str, bool]:
        with output.progress("Asking the secret store"):
            return {key: self.store.filled(secret) for key, secret in self.ids.items()}

    def id_of(self, key: str) -> str:
        if key not in self.ids:
            raise BadInput(f"Stack {self.stack.name} has no secret {key}. It has: {', '.join(self.ids)}.")
        return self.ids[key]

    def put(self, key: str, value: SecretStr) -> None:
        self.store.put(self.id_of(key), value)
        output.note(f"{key}: stored in {self.ids[key]}.")


def keys_of(name: str, directory: Path) -> Keys:
    stack = stacks.read(name, directory)
    return Keys(stack, stack.secrets(), store_of(stack.account()))


@app.command("list")
def list_(context: typer.Context, stack: StackName, json: Json = False) -> None:
    """Show every secret, where it is, and whether it holds a value. The values are not read."""
    _show(keys_of(stack, context.obj), json)


@app.command()
def check(context: typer.Context, stack: StackName, json: Json = False) -> None:
    """As `list`, and exit 1 when some secret is empty."""
    empty = [key for key, full in _show(keys_of(stack, context.obj), json).items() if not full]
    if empty:
        raise Unhealthy(f"Empty: {', '.join(empty)}. `nodeyard secrets set {stack}` fills them.")


@app.command("set")
def set_(
    context: typer.Context,
    stack: StackName,
    key: Annotated[str | None, typer.Argument(help="Which secret; without it every empty one is asked for.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Take the value from a file, or from stdin for `-`.")
    ] = None,
    keep_newline: Annotated[
        bool, typer.Option("--keep-newline", help="Keep the line end that the file ends with.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Put a value into the store, from a hidden prompt, a file or stdin."""
    if key is None:
        if file is not None:
            raise BadInput("--file needs the KEY that it is for.")
        _fill_empty(keys_of(stack, context.obj))
        return
    keys = keys_of(stack, context.obj)
    secret = keys.id_of(key)
    # Everything that the operator can get wrong comes before the question.
    value = values.from_file(file, keep_newline) if file else None
    if keys.store.filled(secret):
        lost = meaning(key, secret in keys.stack.passwords())
        output.confirm(" ".join(filter(None, [f"{key} holds a value.", lost, "Overwrite it?"])), yes)
    value = value or values.from_prompt(key)
    if value:
        keys.put(key, value)


def _fill_empty(keys: Keys) -> None:
    empty = [key for key, full in keys.filled().items() if not full]
    if not empty:
        output.note("Every secret holds a value.")
    for key in empty:
        value = values.from_prompt(key, may_skip=True)
        if value:
            keys.put(key, value)


def _show(keys: Keys, json: bool) -> dict[str, bool]:
    filled = keys.filled()
    if json:
        output.as_json([{"key": key, "filled": full, "id": keys.ids[key]} for key, full in filled.items()])
    else:
        rows = [[key, "yes" if full else "no", keys.ids[key]] for key, full in filled.items()]
        output.table(["secret", "filled", "id"], rows)
    return filled
