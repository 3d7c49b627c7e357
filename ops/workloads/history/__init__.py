"""What changed since the last version of a stack: by Pulumi's history, and by Helm's of its releases."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ... import output
from ...errors import Unreachable
from ...stacks import Stack, updates
from .differences import Change
from .helm import Revision, revisions
from .pulumi import Update, configuration, read_updates

_SHOWN = 10


@dataclass(frozen=True)
class History:
    """Newest first. `notes` has what could not be looked at."""

    updates: Sequence[Update]
    configuration: Sequence[Change]
    """Of the stack's file, from the last update but one to the last."""
    releases: Sequence[Revision]
    notes: Sequence[str]


def of_part(history: History, part: str) -> History:
    """With no other changes than those whose path names the part: `images.themis` and `themis.resources` are about
    themis."""
    releases = [replace(each, changes=_about(part, each.changes)) for each in history.releases]
    return replace(history, configuration=_about(part, history.configuration), releases=releases)


def _about(part: str, changes: Sequence[Change]) -> list[Change]:
    return [each for each in changes if part in each.path.split(".")]


async def read(stack: Stack, directory: Path) -> History:
    """Raises `Unreachable` where Pulumi does not answer. Whoever may not read Helm's records gets a note."""
    told = updates(stack.name, directory, _SHOWN)
    found = await asyncio.gather(
        *(revisions(name, namespace) for name, namespace in _releases(stack).items()), return_exceptions=True
    )
    releases: list[Revision] = []
    notes = []
    for each in found:
        if isinstance(each, Unreachable):
            notes.append(f"Helm's records: {each}")
        elif isinstance(each, BaseException):
            raise each
        else:
            releases += each
    return History(read_updates(told), configuration(told), releases, notes)


def _releases(stack: Stack) -> Mapping[str, str]:
    """None, of a stack that runs nothing in a cluster."""
    return stack.releases() if stack.outputs.get("releases") or stack.outputs.get("release") else {}


def show(stack: str, history: History, json: bool) -> None:
    if json:
        told = {name: value for name, value in asdict(history).items() if name != "notes"}
        output.result(stack, told, notes=history.notes)
        return
    output.table(
        ["update", "what", "result", "when", "resources", "commit", "message"],
        [
            [each.version, each.kind, each.result, output.moment(each.at), each.resources, each.commit, each.message]
            for each in history.updates
        ],
    )
    _changes("The last update changed in the stack file", history.configuration)
    if history.releases:
        output.table(
            ["release", "revision", "status", "when", "chart"],
            [
                [each.release, each.revision, each.status, output.moment(each.at), each.description]
                for each in history.releases
            ],
        )
    for each in history.releases:
        _changes(f"Revision {each.revision} of {each.release} changed in its values", each.changes)
    output.notes(history.notes)


def _changes(title: str, changes: Sequence[Change]) -> None:
    if changes:
        output.text(f"{title}:")
        output.table(["key", "before", "after"], [[each.path, each.before, each.after] for each in changes])
