"""`nodeyard secrets`: which of a stack's secrets hold a value, and putting one there."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from .. import output, stacks
from ..errors import BadInput, Failure, Unhealthy, Unreachable
from . import values
from .meanings import meaning, mistake
from .store import Store, store_of

app = typer.Typer(no_args_is_help=True, help="Fill a stack's secrets in the cloud's store, and see which are empty.")

StackName = Annotated[str, typer.Argument(help="Name of the stack.", metavar="STACK")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_AT_ONCE = 8


@dataclass(frozen=True)
class Keys:
    """A stack's secrets, and the store that holds them."""

    stack: stacks.Stack
    ids: Mapping[str, str]
    store: Store

    def filled(self) -> dict[str, bool | Failure]:
        """Whether each holds a value, or why that is not known."""

        def ask(secret: str) -> bool | Failure:
            try:
                return self.store.filled(secret)
            except Failure as problem:
                return problem

        with output.progress("Asking the secret store"), ThreadPoolExecutor(_AT_ONCE) as threads:
            return dict(zip(self.ids, threads.map(ask, self.ids.values()), strict=True))

    def id_of(self, key: str) -> str:
        if key not in self.ids:
            raise BadInput(f"Stack {self.stack.name} has no secret {key}. It has: {', '.join(self.ids)}.")
        return self.ids[key]

    def put(self, key: str, value: SecretStr) -> None:
        """Raises `BadInput` for a value that cannot be meant."""
        if wrong := mistake(key, value):
            raise BadInput(f"{key}: {wrong}")
        self.store.put(self.id_of(key), value)
        output.note(f"{key}: stored in {self.ids[key]}.")


def keys_of(name: str, directory: Path) -> Keys:
    stack = stacks.read(name, directory)
    return Keys(stack, stack.secrets(), store_of(stack.account()))


@app.command("list")
def list_(context: typer.Context, stack: StackName, json: Json = False) -> None:
    """Show every secret, where it is, and whether it holds a value. The values are not read."""
    keys = keys_of(stack, context.obj)
    filled = keys.filled()
    _show(keys, filled, json)
    _judge(filled)


@app.command()
def check(context: typer.Context, stack: StackName, json: Json = False) -> None:
    """As `list`, and exit 1 when some secret is empty."""
    keys = keys_of(stack, context.obj)
    filled = keys.filled()
    _show(keys, filled, json)
    if empty := _empty(filled):
        raise Unhealthy(f"Empty: {', '.join(empty)}. `nodeyard secrets set {stack}` fills them.")
    _judge(filled)


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
    filled = keys.filled()
    _judge(filled)
    empty = _empty(filled)
    if not empty:
        output.note("Every secret holds a value.")
    for key in empty:
        value = values.from_prompt(key, may_skip=True)
        if value:
            keys.put(key, value)


def _empty(filled: Mapping[str, bool | Failure]) -> list[str]:
    return [key for key, full in filled.items() if full is False]


def _judge(filled: Mapping[str, bool | Failure]) -> None:
    """Raises what is wrong with those of which nothing is known."""
    problems = {str(problem): problem for problem in filled.values() if isinstance(problem, Failure)}
    if problems:
        raise Unreachable("; ".join(problems))


def _show(keys: Keys, filled: Mapping[str, bool | Failure], json: bool) -> None:
    """`list` and `check` show all that they know, when something is not known too."""
    if json:
        known = {key: None if isinstance(full, Failure) else full for key, full in filled.items()}
        output.as_json([{"key": key, "filled": full, "id": keys.ids[key]} for key, full in known.items()])
    else:
        words = {key: "?" if isinstance(full, Failure) else "yes" if full else "no" for key, full in filled.items()}
        output.table(["secret", "filled", "id"], [[key, word, keys.ids[key]] for key, word in words.items()])
