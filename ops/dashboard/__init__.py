"""A fleet's Grafana dashboard. It needs the components, whose names it shares, and Grafana's SDK: import it late."""

from collections.abc import Sequence

from ..errors import BadInput
from ..stacks import Stack
from .data_source import Fleet, Scope, data_source
from .fleet import dashboard

__all__ = ["Scope", "dashboard", "scopes_of"]


def scopes_of(stacks: Sequence[Stack]) -> list[Scope]:
    """Where the stacks' machines send their metrics. Raises `BadInput` when none does."""
    fleets = [
        Fleet(stack.account(), tuple(node.logs for node in stack.nodes().values() if node.logs)) for stack in stacks
    ]
    found = [
        Scope(cloud, where)
        for cloud in dict.fromkeys(fleet.account.cloud for fleet in fleets)
        for where in data_source(cloud).scopes([each for each in fleets if each.logs and each.account.cloud == cloud])
    ]
    if not found:
        raise BadInput("No node of these stacks sends metrics: those in a cluster do not.")
    return found
