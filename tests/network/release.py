"""A network as `up` makes it: the component on mocks, and what Helm renders of the values that the chart is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nodeyard.words import camel
from tests.charts import mantis
from tests.charts.mantis import Mantis
from tests.unit import mantis_networks
from tests.unit.recording import Recording

PERIOD_SECONDS = 2
"""With one second, nodes on a machine that has much else to do seal their own block before they hear of another's."""
GAS_LIMIT = 8_000_000
NAME = mantis_networks.NAME
Objects = Mapping[tuple[str, str], dict[str, Any]]

without_a_bucket = mantis_networks.OFF
key_of = mantis_networks.key_of


@dataclass(frozen=True)
class Release:
    up: Recording
    values: dict[str, Any]
    rendered: Mantis

    @property
    def outputs(self) -> dict[str, Any]:
        """As the stack exports them."""
        return {camel(name): told for name, told in self.up.exports.items()}

    @property
    def genesis_hash(self) -> str:
        return str(self.values["chain"]["genesisHash"])

    @property
    def store_url(self) -> str:
        return str(self.values["store"]["url"])

    @property
    def objects(self) -> Objects:
        return {(item["kind"], item["metadata"]["name"]): item for item in self.rendered.objects}

    def again(self, **changes: Any) -> Release:
        """What the next `up` makes, which finds what this one left."""
        return release(self.up, **changes)


def release(before: Recording | None = None, **changes: Any) -> Release:
    """Of three miners and two passive nodes, unless told otherwise."""
    genesis = {"gas_limit": GAS_LIMIT, "period": PERIOD_SECONDS}
    up = mantis_networks.deploy(before, **{"miners": 3, "passive": 2, "genesis": genesis, **changes})
    values = mantis_networks.values(up)
    return Release(up, values, mantis.rendered(values))
