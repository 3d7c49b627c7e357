"""What a fleet tells whoever looks after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NotRequired

from pulumi import Input, Output
from typing_extensions import TypedDict

from ..pods import missing_values
from .keepsakes import Keepsakes
from .settings import EdgeNode


class EdgeNodeOutputs(TypedDict):
    """One node, as operators and `nodeyard theta` need it. What its placement does not have is not there."""

    instance: NotRequired[str]
    """The machine, where it keeps its id (Azure)."""
    group: NotRequired[str]
    """The group of one that keeps the machine (AWS, Google Cloud)."""
    pod: NotRequired[str]
    """`<namespace>/<pod>` (in a cluster)."""
    zone: str
    """Where the node and its disk stand."""
    disk: str
    """The id of the data disk."""
    secret: str
    """The id of the secret with the node's password."""
    session: str
    """The command that opens a shell on the node."""
    logs: NotRequired[str]
    """Where the node's lines are, among those of the fleet's other nodes."""
    dashboard: NotRequired[str]
    """Where the node's dashboard is."""
    alarms: list[str]
    """The ids of the node's alarms."""


@dataclass(frozen=True, kw_only=True)
class MadeNode:
    """A node that has been made. What its placement does not have is empty."""

    node: EdgeNode
    kept: Keepsakes
    instance: Input[str] = ""
    group: Input[str] = ""
    pod: str = ""
    release: Input[str] = ""
    session: Input[str]
    logs: Input[str] = ""
    dashboard: Input[str] = ""
    alarms: Input[list[str]]

    def outputs(self) -> Output[Any]:
        """As `EdgeNodeOutputs` has them."""
        return Output.all(
            instance=self.instance,
            group=self.group,
            pod=self.pod,
            zone=self.node.zone,
            disk=self.kept.disk.disk_id,
            secret=self.kept.password.secret_id,
            session=self.session,
            logs=self.logs,
            dashboard=self.dashboard,
            alarms=self.alarms,
        ).apply(lambda told: {key: value for key, value in told.items() if value != ""})


def nodes_of(made: Sequence[MadeNode]) -> Output[dict[str, EdgeNodeOutputs]]:
    """The output `nodes`."""
    return Output.all(**{node.node.key: node.outputs() for node in made})


def secrets_of(made: Sequence[MadeNode]) -> Output[dict[str, str]]:
    """The output `secrets`."""
    return Output.all(**{node.node.key: node.kept.password.secret_id for node in made})


def missing(made: Sequence[MadeNode]) -> Output[list[str]]:
    """The output `missing`."""
    return missing_values([node.kept.password for node in made])
