"""What the parts of a cluster have to know about it while it is being made."""

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    name: str
    region: str
    kubernetes_version: str
    account: Output[str]
    arn: Output[str]
    network_id: Output[str]
    security_group: Output[str]
    """The group that EKS makes: its members and the control plane may talk to each other."""
    kms_key: Output[str]
