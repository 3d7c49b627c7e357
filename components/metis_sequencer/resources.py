"""What a sequencer's containers ask of their two nodes, and what of a node's room each may take."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..clouds.contract.node_room import Room, total
from ..errors import Problem
from ..resources import Resources, amount, chart_defaults, limit_problems, overlaid, rest_of
from .args import MetisSequencerArgs

CHART: Final = "metis-sequencer"

ON_NODE: Final[Mapping[str, tuple[str, ...]]] = {
    "l2geth": ("l2geth", "l1dtl"),
    "themis": ("themis", "bridge", "exporter"),
}
"""Which processes share a node, that for which it is made first."""


@dataclass(frozen=True, kw_only=True)
class NodePods:
    """The pods of one node."""

    node: str
    """The process that it is made for."""
    args: MetisSequencerArgs
    claimed: bool
    """Whether a pod beside them claims the node's address."""
    probed: bool
    """Whether the exporter's pod has the chain tools, too."""
    room: Room | None
    """What the node has for them; None where nobody knows."""

    @property
    def asked(self) -> Room:
        """What they ask for together. Init containers ask for less than what runs after them."""
        asked = total(amount(self._told(process)["requests"]) for process in ON_NODE[self.node])
        return asked + total(amount(_default(also)["requests"]) for also in self._also())

    def resources(self) -> dict[str, Resources]:
        """What the release is told of each process: what the operator says, else the chart. The one that the node is
        made for may take all that the others do not ask for."""
        told = {process: self._told(process) for process in ON_NODE[self.node]}
        if self.room:
            rest = rest_of(self.room, self.asked, told[self.node])
            told[self.node]["limits"] = {**rest, **self._given(self.node).get("limits", {})}
        return dict(told)

    def problems(self) -> Iterator[Problem]:
        """Limits below what is asked for."""
        for process, told in self.resources().items():
            for path, reason in limit_problems(told):
                yield (process, "resources", *path), reason

    def _also(self) -> Iterator[str]:
        """What runs beside the processes, by its key in the chart's values."""
        if self.claimed:
            yield "addressClaim"
        if self.probed and "exporter" in ON_NODE[self.node]:
            yield "probes"

    def _told(self, process: str) -> dict[str, dict[str, str]]:
        return overlaid(_default(process), self._given(process))

    def _given(self, process: str) -> Any:
        parts: Mapping[str, Any] = self.args
        return parts[process]["resources"]


def _default(process: str) -> Resources:
    found: Resources = chart_defaults(CHART)[process]["resources"]
    return found
