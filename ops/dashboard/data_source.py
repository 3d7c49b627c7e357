"""What Grafana asks of a cloud. The module here that has a cloud's name fulfils it."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Protocol, cast

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import VariableModel

from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.telemetry import Panel
from nodeyard.theta_edge_node.boot.metrics import LAUNCHER_UP, NODE_READY, PEERS

from ..stacks import Account

# `raw`: Grafana escapes nothing, so that the same words stand in every cloud's language.
NODE: Final = "${node:raw}"
LOW_IS_BAD: Final = frozenset({NODE_READY, LAUNCHER_UP, PEERS})
"""Metrics of which a period's least value is shown. Of all others it is the greatest."""


@dataclass(frozen=True)
class Scope:
    """What one query reaches."""

    cloud: CloudName
    where: tuple[str, ...] = ()
    """In the cloud's own words, from its `scopes`. Empty: all that the data source has, or what the dashboard's
    variables say."""


@dataclass(frozen=True)
class Fleet:
    """A stack's machines."""

    account: Account
    logs: tuple[str, ...]
    """Where their log lines are (the nodes' output `logs`)."""


class DataSource(Protocol):
    """One of Grafana's data sources, and how a fleet's metrics are found there."""

    LABEL: str
    PLUGIN: str
    """As Grafana calls the plugin."""
    NAMES_SERIES: bool
    """Whether the query itself names each series after its node."""

    def scopes(self, fleets: Sequence[Fleet], /) -> list[tuple[str, ...]]:
        """`Scope.where` for each query that it takes to reach these fleets."""
        ...

    def variables(self) -> list[Builder[VariableModel]]:
        """Of the dashboard, by which whoever looks chooses a scope."""
        ...

    def query(self, panel: Panel, where: tuple[str, ...], ref: str, /) -> Builder[Dataquery] | None:
        """What a panel asks; None when the cloud's machines send no such thing under the node's name."""
        ...


def data_source(cloud: CloudName) -> DataSource:
    """The cloud's."""
    return cast(DataSource, import_module(f"{__package__}.{cloud}"))


def reference(cloud: CloudName, plugin: str) -> DataSourceRef:
    """The data source that the dashboard's variable of that cloud names."""
    return DataSourceRef(type_val=plugin, uid=f"${{{cloud}}}")
