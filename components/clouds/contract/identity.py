"""Who the pods of one service account are to the cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output

from .address import Address
from .bucket import Bucket
from .node_pool import NodePool
from .secret import Secret


@dataclass(frozen=True, kw_only=True)
class IdentitySpec:
    """What the pods of one service account may do in the cloud. They may do nothing else."""

    namespace: str
    service_account: str
    """The name of the Kubernetes service account."""
    secrets: Sequence[Secret] = ()
    """The secrets that the pods may read."""
    addresses: Sequence[Address] = ()
    """The addresses that the pods may claim."""
    node_pools: Sequence[NodePool] = ()
    """The pools whose nodes may get these addresses."""
    buckets: Sequence[Bucket] = ()
    """The buckets whose objects the pods may list, read, write and delete."""
    readable_buckets: Sequence[Bucket] = ()
    """The buckets whose objects the pods may list and read."""


class Identity(pulumi.ComponentResource):
    """The identity that a cloud made of an `IdentitySpec`. Whatever uses an identity depends on it: a pod that starts
    earlier may have no rights yet."""

    client_id: Output[str]
    """The id that a pod logs in with on Azure. Empty elsewhere: there the cloud knows the service account."""

    @property
    def pod_labels(self) -> Mapping[str, str]:
        """What a pod that calls the cloud itself is labelled with, besides having the account."""
        return {}

    @property
    def account_annotations(self) -> Mapping[str, Input[str]]:
        """What the service account of such a pod is annotated with."""
        return {}
