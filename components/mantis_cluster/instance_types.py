"""Which machines a network runs on.

They have room for what `charts/mantis/values.yaml` asks for, which goes by upstream's own sizes.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ..clouds.contract.platform import CloudName


class Kind(StrEnum):
    """The kinds of machines."""

    MINER = "miner"
    PASSIVE = "passive"
    SERVICES = "services"


_MIDDLE: Final = {
    CloudName.AWS: "m6i.xlarge",
    CloudName.AZURE: "Standard_D4s_v5",
    CloudName.GCP: "n2-standard-4",
}

DEFAULTS: Final[Mapping[Kind, Mapping[CloudName, str]]] = {
    Kind.MINER: _MIDDLE,
    Kind.PASSIVE: _MIDDLE,
    Kind.SERVICES: _MIDDLE,
}
"""This is the component's one table of what differs from cloud to cloud."""
