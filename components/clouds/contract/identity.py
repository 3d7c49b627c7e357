"""Who the pods of one service account are to the cloud."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Output

from .address import Address
from .node_pool import NodePool
from .secret import Secret


@dataclass(frozen=True, kw_only=True)
class IdentitySpec:
    """What the pods of one service account may do in the cloud: read these secrets and claim these addresses for the
    nodes of these pools, nothing else."""

    namespace: str
    service_account: str
    secrets: Sequence[Secret] = ()
    addresses: Sequence[Address] = ()
    node_pools: Sequence[NodePool] = ()


class Identity(pulumi.ComponentResource):
    """Ready when its rights are: a pod that starts before may have none."""

    client_id: Output[str]
    """What a pod of it names to log in with (Azure; elsewhere empty: there the cloud knows the service account)."""
