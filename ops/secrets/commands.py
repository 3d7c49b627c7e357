"""`nodeyard secrets`: which of a stack's secrets hold a value, and putting one there."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import SecretStr

from nodeyard.words import close_to

from .. import output, stacks
from ..cli import App
from ..errors import BadInput, Failure, Unhealthy, Unreachable
from ..options import Json, StackName, Yes
from . import values
from .forms import UNKNOWN, use_of
from .refused import causes
from .store import Store, store_of

app = App(help="Fill a stack's secrets in the cloud's store, and see which are empty.")

_AT_ONCE = 8
T = TypeVar("T")


@dataclass(frozen=True)
class Keys:
    """A stack's secrets, what they are, and the store that holds them."""

    stack: stacks.Stack
    ids: Mapping[str, str]
    store: Store

    def filled(self) -> dict[str, bool | Failure]:
        """Whether each holds a value, or why that is not known."""
        return self._ask(self.ids, lambda key: self.store.filled(self.ids[key]))

    def problems(self, keys: Iterable[str]) -> dict[str, str | Failure]:
        """What is wrong with the value of each, which is read for that and never shown; empty where nothing is."""
        return self._ask(keys, lambda key: self.problem(key, self.store.get(self.ids[key])))

    def _ask(self, keys: Iterable[str], question: Callable[[str], T]) -> dict[str, T | Failure]:
        def ask(key: str) -> T | Failure:
            try:
                return question(key)
            except Failure as problem:
                return problem

        asked = list(keys)
        with output.progress("Asking the secret store"), ThreadPoolExecutor(_AT_ONCE) as threads:
            return dict(zip(asked, threads.map(ask, asked), strict=True))

    def id_of(self, key: str) -> str:
        """Raises `BadInput` for a key that is none. It is not repeated: it may be a secret in the wrong place."""
        if key not in self.ids:
            close = close_to(key, self.ids)
            meant = f" Did you mean {close}?" if close else ""
            raise BadInput(f"Stack {self.stack.name} has no such secret. It has: {', '.join(self.ids)}.{meant}")
        return self.ids[key]

    def problem(self, key: str, value: SecretStr) -> str:
        """What is wrong with a value, without naming it; empty when nothing is known to be."""
        return use_of(self.stack, key).problem(value.get_secret_value())

    def put(self, key: str, value: SecretStr) -> None:
        """Raises `BadInput` for a value that cannot be right."""
        if wrong := self.problem(key, value):
            raise BadInput(f"{key} {wrong}.")
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
def check(
    context: typer.Context,
    stack: StackName,
    read: Annotated[
        bool, typer.Option("--read", help="Read the values too, and say which cannot be right. None is shown.")
    ] = False,
    json: Json = False,
) -> None:
    """As `list`, and exit 1 when some secret is empty, or with --read cannot be right."""
    keys = keys_of(stack, context.obj)
    filled = keys.filled()
    found = keys.problems(key for key, full in filled.items() if full is True) if read else {}
    _show(keys, filled, json, found)
    wrong = [f"{key} {problem}" for key, problem in found.items() if isinstance(problem, str) and problem]
    empty = _empty(filled)
    if empty or wrong:
        unfilled = f"Empty: {', '.join(empty)}. `nodeyard secrets set {stack}` fills them." if empty else ""
        raise Unhealthy(" ".join(filter(None, [unfilled, f"Wrong: {'; '.join(wrong)}." if wrong else ""])))
    _judge({**filled, **found})


@app.command("set")
def set_(
    context: typer.Context,
    stack: StackName,
    key: Annotated[
        str | None, typer.Argument(help="Which secret; without it every empty one is asked for.", metavar="[KEY]")
    ] = None,
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
    use = use_of(keys.stack, key)
    if use is UNKNOWN:
        output.note(f"Nothing is known of the form of {key}: what you give is stored as it is.")
    # Everything that the operator can get wrong comes before the question.
    value = values.from_file(file, keep_newline) if file else None
    if value and (wrong := keys.problem(key, value)):
        raise BadInput(f"{key} {wrong}.")
    if keys.store.filled(secret):
        output.confirm(" ".join(filter(None, [f"{key} holds a value.", use.lost, "Overwrite it?"])), yes)
    value = value or values.from_prompt(key, use.problem)
    if value:
        keys.put(key, value)


def _fill_empty(keys: Keys) -> None:
    filled = keys.filled()
    _judge(filled)
    empty = _empty(filled)
    if not empty:
        output.note("Every secret holds a value.")
    for key in empty:
        value = values.from_prompt(key, use_of(keys.stack, key).problem, may_skip=True)
        if value:
            keys.put(key, value)


def _empty(filled: Mapping[str, bool | Failure]) -> list[str]:
    return [key for key, full in filled.items() if full is False]


def _judge(found: Mapping[str, object]) -> None:
    """Raises what is wrong with those of which nothing is known."""
    problems = {key: problem for key, problem in found.items() if isinstance(problem, Failure)}
    if problems:
        raise Unreachable(causes(problems))


class _Secret(output.Told):
    """What is told of one secret. What is not known is None."""

    key: str
    filled: bool | None
    problem: str | None
    """What is wrong with its value, where that was read; empty when nothing is."""
    id: str


def _show(
    keys: Keys, filled: Mapping[str, bool | Failure], json: bool, found: Mapping[str, str | Failure] | None = None
) -> None:
    """`list` and `check` show all that they know, when something is not known too. `found`: what was read."""
    told = [
        _Secret(key=key, filled=_known(full), problem=_known((found or {}).get(key)), id=keys.ids[key])
        for key, full in filled.items()
    ]
    if json:
        output.result(keys.stack.name, told)
        return
    words = {None: "?", True: "yes", False: "no"}
    columns = ["secret", "filled", *(["value"] if found else []), "id"]
    output.table(
        columns,
        [[each.key, words[each.filled], *([_judgement(each)] if found else []), each.id] for each in told],
    )


def _known(found: T | Failure | None) -> T | None:
    return None if isinstance(found, Failure) else found


def _judgement(told: _Secret) -> str:
    if not told.filled:
        return ""
    return "?" if told.problem is None else told.problem or "no fault"
