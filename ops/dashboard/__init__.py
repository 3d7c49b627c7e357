"""The fleet's Grafana dashboard. It needs the components, whose names it shares, and Grafana's SDK: import it late."""

from collections.abc import Sequence

from ..errors import BadInput
from ..stacks import Stack
from .fleet import dashboard
from .queries import MOST_WORKSPACES, Place

__all__ = ["Place", "dashboard", "places_of"]


def places_of(stacks: Sequence[Stack]) -> list[Place]:
    """Where the stacks' machines send their metrics. Raises `BadInput` when none does."""
    places, workspaces = [], []
    for stack in stacks:
        account, logs = stack.account(), [node.logs for node in stack.nodes().values() if node.logs]
        if account.cloud == "azure":
            workspaces += logs
        elif logs:
            places.append(Place(account.cloud, (account.region if account.cloud == "aws" else account.account,)))
    workspaces = list(dict.fromkeys(workspaces))
    ranges = range(0, len(workspaces), MOST_WORKSPACES)
    places += [Place("azure", tuple(workspaces[start : start + MOST_WORKSPACES])) for start in ranges]
    if not places:
        raise BadInput("No node of these stacks sends metrics: those in a cluster do not.")
    return places
