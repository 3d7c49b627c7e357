"""Which machines a player runs on.

Upstream's example asks for 6 CPU for each instance (Blockdaemon/builder-vault-helm,
examples/tsm-node-direct-communication/tsm0.yaml): a node has 8. The databases are the smallest that each cloud has with
a standby and CPUs of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..clouds.contract.platform import CloudName


@dataclass(frozen=True, kw_only=True)
class InstanceTypes:
    """What one cloud calls them."""

    node: str
    confidential_node: str
    database: str


DEFAULTS: Final[Mapping[CloudName, InstanceTypes]] = {
    CloudName.AWS: InstanceTypes(node="m6a.2xlarge", confidential_node="m6a.2xlarge", database="db.m6g.large"),
    CloudName.AZURE: InstanceTypes(
        node="Standard_D8as_v5", confidential_node="Standard_DC8as_v5", database="Standard_D2ds_v5"
    ),
    CloudName.GCP: InstanceTypes(
        node="n2d-standard-8", confidential_node="n2d-standard-8", database="db-custom-2-8192"
    ),
}
"""This is the component's one table of what differs from cloud to cloud."""
