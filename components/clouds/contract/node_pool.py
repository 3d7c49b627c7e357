"""Nodes of one kind in one zone of a platform's cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pulumi
from pulumi import Output

from .firewall import Firewall


class TaintEffect(StrEnum):
    """Kubernetes' own spelling; each cloud's renderer has its own."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


@dataclass(frozen=True)
class Taint:
    """What keeps pods off a node, unless they tolerate it."""

    key: str
    """The taint's name, as in `node.metis.io`."""
    value: str
    """What the taint says under its name."""
    effect: TaintEffect = TaintEffect.NO_SCHEDULE
    """What happens to a pod that does not tolerate the taint."""


@dataclass(frozen=True, kw_only=True)
class NodePoolSpec:
    """Nodes of one kind in one zone."""

    instance_type: str
    """In the cloud's own words."""
    zone: str
    """As the nodes' label `topology.kubernetes.io/zone` says: `us-east-2a`, `eastus2-1`, `us-central1-a`."""
    release_version: str
    """The node's release, in the cloud's own words. A node changes when the operator says so."""
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()
    node_count: int = 1
    root_disk_gib: int | None = None
    """For images, logs and the system; what the cloud advises unless given."""
    public_address: bool = False
    """Whether pods on it answer under an `Address`. Where the node itself holds that (AWS, Google Cloud) it gets a
    public address at boot to start with; on Azure, where a load balancer holds it, nodes never have one."""
    firewalls: Sequence[Firewall] = ()
    spot: bool = False
    """Cheaper, and taken away at any time."""
    confidential: bool = False
    """Memory encrypted against the host (AMD SEV-SNP, and what else the cloud has). A promise of the pool's definition:
    no label on a node proves it."""
    gpu: bool = False
    """Whether pods on it can ask for `nvidia.com/gpu`: the nodes get NVIDIA's driver and its device plugin."""


class NodePool(pulumi.ComponentResource):
    """The pool that a cloud made of a `NodePoolSpec`."""

    node_pool_name: Output[str]
    """The pool's name in the cloud."""
    labels: Mapping[str, str]
    """The labels by which a pod selects the nodes."""
    taints: Sequence[Taint]
    """The taints that a pod has to tolerate: the spec's, and those that the cloud adds itself."""

    def placement(self) -> dict[str, Any]:
        """What a chart is told, so that its pods run on these nodes: a node selector and the tolerations."""
        return {
            "nodeSelector": dict(self.labels),
            "tolerations": [
                {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect.value}
                for taint in self.taints
            ],
        }
