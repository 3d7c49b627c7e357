"""`nodeyard recover`: the way back after an `up` or a `destroy` that was killed in the middle."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import output, stacks
from ..cli import App
from ..errors import BadInput, Unhealthy
from ..options import Json, StackName, Yes
from .plan import Step, plan
from .planned import planned as planned_creates
from .work import Work

_FATES = {"take": "take", "read": "read anew", "forget": "forget", "stop": "say"}
_COLUMNS = ("resource", "type", "was", "do", "id", "why")
Given = Annotated[
    list[str] | None,
    typer.Option("--id", help="The id of what was made under that name or URN. May be given again.", metavar="NAME=ID"),
]
BreakLock = Annotated[
    bool, typer.Option("--break-lock", help="Remove the stack's lock: you know that no process holds it.")
]
Further = Annotated[
    bool,
    typer.Option(
        "--planned", help="Also look for all that the next `up` would make: a provider that died left nothing pending."
    ),
]

app = App()


@app.command()
def recover(
    context: typer.Context,
    stack: StackName,
    given: Given = None,
    further: Further = False,
    break_lock: BreakLock = False,
    json: Json = False,
    yes: Yes = False,
) -> None:
    """Find what an `up` or a `destroy` made that was killed, and take it into the stack's state.

    Nothing is made, and nothing is deleted. `pulumi up` goes on afterwards.
    """
    ids = _ids(given or [])
    work = Work(stack, context.obj, yes, break_lock)
    told = work.state()
    work.unlock()
    planned = list(planned_creates(work.preview(), told["deployment"])) if further else []
    with output.progress("Looking for what was made"):
        steps = plan(told["deployment"], ids, _endpoints(stack, context.obj), planned)
    _show(stack, steps, json)
    if not steps:
        output.note(f"Nothing of {stack} is pending: `pulumi up -s {stack}` goes on.")
        if not further:
            output.note("If that stops at something that is there already: --planned looks for all that it would make.")
        return
    if asked := [step.pending.name for step in steps if step.fate == "stop"]:
        raise Unhealthy(f"Only you can say what {', '.join(asked)} is. Nothing was changed.")
    output.confirm(f"Do so with these {len(steps)} of {stack}?", yes)
    there = work.do(steps, told)
    for step in steps:
        if step.fate == "take" and (step in there or not step.pending.is_planned):
            output.note(f"{step.pending.name} ({step.pending.type}): {'taken' if step in there else 'is not there'}.")
    output.note(f"`pulumi up -s {stack}` goes on from here.")


def _show(stack: str, steps: Sequence[Step], json: bool) -> None:
    rows = [(s.pending.name, s.pending.type, s.pending.operation, _FATES[s.fate], s.id, s.why) for s in steps]
    if json:
        urns = [step.pending.urn for step in steps]
        told = [{"urn": urn, **dict(zip(_COLUMNS, row, strict=True))} for urn, row in zip(urns, rows, strict=True)]
        output.result(stack, told)
    elif rows:
        output.table(_COLUMNS, rows)


def _ids(given: Sequence[str]) -> dict[str, str]:
    """A name has no equals sign in it, and an id may have."""
    pairs = [each.partition("=") for each in given]
    if wrong := next((each for each, pair in zip(given, pairs, strict=True) if not all(pair)), None):
        raise BadInput(f"--id takes NAME=ID, and not {wrong}.")
    return {name: id_ for name, _, id_ in pairs}


def _endpoints(stack: str, directory: Path) -> Mapping[str, str] | None:
    """Of the stack's output `cloud`; a stack whose first `up` was killed has none."""
    cloud: Any = stacks.outputs(stack, directory).get("cloud")
    return cloud.get("endpoints") if isinstance(cloud, dict) else None
