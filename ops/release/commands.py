"""`nodeyard release`: Helm releases of a stack that are stuck, or have lost objects."""

import asyncio
from datetime import timedelta
from typing import Annotated, Final

import typer

from .. import output, stacks
from ..cli import App
from ..errors import BadInput, Unhealthy
from ..options import Json, StackName, Yes
from ..reach import kubectl, processes
from ..reach.helm import changed
from ..workloads.tasks import Release
from .releases import read as releases_of
from .status import Status, look

app = App(help="See how a stack's Helm releases are, and mend one that is stuck.")

_YOUNG: Final = timedelta(minutes=15)
"""Helm gives an operation five minutes where nobody says more, and our platforms ten."""

ReleaseName = Annotated[
    str | None, typer.Argument(help="The release. Default: the stack's only one.", metavar="[RELEASE]")
]


@app.command()
def status(
    context: typer.Context,
    stack: StackName,
    release: Annotated[str | None, typer.Argument(help="Default: all of them.", metavar="[RELEASE]")] = None,
    json: Json = False,
) -> None:
    """Show how Helm left each release, which of its objects are not there, and which fields were changed.

    Exits with 1 where anything is to be done.
    """
    found = _look(context, stack, release)
    notes = [note for each in found for note in each.notes]
    if json:
        output.result(stack, [each.as_dict() for each in found], notes=notes)
    else:
        _show(found)
        output.notes(notes)
    for each in found:
        if advice := each.advice(stack):
            output.note(f"{each.release.name}: {advice}")
    if not all(each.is_well for each in found):
        raise typer.Exit(Unhealthy.exit_code)


@app.command()
def unlock(
    context: typer.Context,
    stack: StackName,
    release: ReleaseName = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also where its operation began less than 15 minutes ago.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Mark a pending release as failed, so that the next `up` may work on it.

    A release is pending while Helm works on it, and for ever where that was cut off. Nothing in the cluster changes.
    """
    found = _one(_look(context, stack, release, at_fields=False))
    record, name = found.newest, found.release.name
    if record is None or not record.is_pending:
        output.note(f"Nothing is to be unlocked: {name} is {found.word}.")
        return
    minutes = int(found.age.total_seconds() // 60)
    if found.age < _YOUNG and not force:
        raise Unhealthy(
            f"{name} is {record.status} since {minutes} minutes: somebody may be at work on it. Wait until it is "
            f"{_YOUNG.seconds // 60}, or say --force when you know that nobody is."
        )
    question = (
        f"{name} is {record.status} since {minutes} minutes. Is no `up` at work on it, so that revision "
        f"{record.revision} counts as failed?"
    )
    output.confirm(question, yes)
    meant = changed(record, "failed", f"{record.description} (cut off in {record.status})")
    processes.run(_replace(meant, found.release))
    output.note(f"Revision {record.revision} of {name} counts as failed. `pulumi up -s {stack}` goes on.")


@app.command()
def repair(
    context: typer.Context,
    stack: StackName,
    release: ReleaseName = None,
    fields: Annotated[
        bool, typer.Option("--changed", help="Also give back the fields that were changed by hand.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Make the objects of a release that are not there, as Helm's own record has them.

    `up` and `refresh` do not see them: Pulumi compares releases, and not their objects. Nothing is deleted.
    """
    found = _one(_look(context, stack, release, at_fields=fields))
    name, objects = found.release.name, found.objects
    if found.newest is None or objects is None:
        raise Unhealthy(f"{name} is not there: {found.advice(stack)}")
    if found.newest.is_pending:
        raise Unhealthy(f"{name} is {found.word}: {found.advice(stack)}")
    if notes := found.notes:
        raise Unhealthy(" ".join(notes))
    again = sorted({each.object for each in found.changed})
    if not found.missing and not again:
        output.note(f"Nothing is to be repaired: every object of {name} is there.")
        return
    _show([found])
    output.confirm(f"{name}: {_count(len(found.missing), 'made')}, {_count(len(again), 'put back')}. Go on?", yes)

    async def work() -> None:
        if found.missing:
            await objects.make(found.missing)
        if again:
            await objects.put_back(again)

    processes.run(work())
    output.note(f"{name} has every object again.")


def _look(context: typer.Context, stack: str, name: str | None, at_fields: bool = True) -> list[Status]:
    chosen = releases_of(stack, context.obj, name)
    kubectl.use_cluster_of(stacks.Stack(stack, stacks.outputs(stack, context.obj)), context)

    async def all_() -> list[Status]:
        return list(await asyncio.gather(*(look(each, at_fields) for each in chosen)))

    with output.progress("Asking the cluster"):
        return processes.run(all_())


def _one(found: list[Status]) -> Status:
    if len(found) > 1:
        raise BadInput(f"Which release? The stack has {', '.join(each.release.name for each in found)}.")
    return found[0]


async def _replace(item: dict[str, object], release: Release) -> None:
    """The API server refuses where somebody has changed the object in the meantime."""
    with kubectl.written([item]) as file:
        await processes.capture(["kubectl", "replace", "--filename", file, "--namespace", release.namespace])


def _count(number: int, what: str) -> str:
    return f"{number} object{'s' * (number != 1)} {what}"


def _show(found: list[Status]) -> None:
    output.table(
        ["release", "namespace", "status", "revision", "since", "missing", "changed"],
        [
            [
                each.release.name,
                each.release.namespace,
                each.word,
                each.newest.revision if each.newest else None,
                output.moment(each.newest.at.timestamp()) if each.newest else None,
                len(each.missing),
                len({one.object for one in each.changed}),
            ]
            for each in found
        ],
    )
    for each in found:
        for name in each.missing:
            output.text(f"{each.release.name}: {name} is missing")
    if changes := [(each.release.name, one) for each in found for one in each.changed]:
        output.table(
            ["release", "object", "field", "in the cluster", "in the release"],
            [[name, one.object, one.change.path, one.change.before, one.change.after] for name, one in changes],
        )
