"""A look at a stack: its parts by its component's reader, what is missing, and which alarms ring."""

from dataclasses import replace

import typer

from .. import output
from ..errors import BadInput, Unreachable
from ..reach import kubectl, processes
from ..stacks import Stack
from . import missing, pods, readers
from .alarms import cluster
from .asked import Asked, Reader
from .facts import Facts


def look(asked: Asked, context: typer.Context) -> Facts:
    """All that is known, with its verdict."""
    deployed, reader = asked.stack, _reader(asked)
    if deployed is None or asked.at:
        with output.progress("Asking the addresses"):
            facts = processes.run(_read(reader, asked))
        facts.conclude()
        return facts
    if deployed.is_in_cluster:
        kubectl.use_cluster_of(deployed, context)
    with output.progress(f"Asking {deployed.name}"):
        absent, notes = missing.of_stack(deployed)
        facts = processes.run(_read(reader, replace(asked, missing=absent)))
        facts.missing, facts.notes = absent, [*notes, *facts.notes]
        processes.run(_alarms(deployed, asked.timeout, facts))
    facts.conclude()
    return facts


async def _read(reader: Reader | None, asked: Asked) -> Facts:
    return await (reader.read(asked) if reader else pods.facts(asked))


async def _alarms(deployed: Stack, limit: float, facts: Facts) -> None:
    """Of what runs in a cluster. A reader may know others."""
    if deployed.has_releases:
        filters = [cluster.of_namespace(name) for name in sorted(set(deployed.releases().values()))]
    else:
        filters = [cluster.OF_ANYTHING] if deployed.is_platform else []
    if not filters:
        return
    try:
        facts.alarms = [*(facts.alarms or []), *await cluster.read(filters, limit)]
    except Unreachable as problem:
        facts.notes.append(f"Which alarms ring in the cluster is not known: {problem}")


def _reader(asked: Asked) -> Reader | None:
    """Who knows the stack's component. Raises `BadInput` where the component is not asked at such addresses."""
    if asked.stack is None:
        return readers.of_places(set(asked.at))
    found = readers.of_component(asked.stack.component)
    if unknown := set(asked.at) - (found.PLACES.keys() if found else set()):
        known = ", ".join(found.PLACES) if found else ""
        raise BadInput(
            f"Stack {asked.stack.name} has no {', '.join(sorted(unknown))} to ask at an address. "
            f"It has: {known or 'nothing'}."
        )
    return found
