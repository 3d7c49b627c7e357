"""What the parts of a cluster have to know about it while it is being made."""

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What is known of a cluster on AWS before the cluster is complete."""

    name: str
    """The cluster's name, which is the component's."""
    region: str
    """The region, as AWS calls it."""
    kubernetes_version: str
    """The minor version, as in `1.36`."""
    account: Output[str]
    """The account's id."""
    arn: Output[str]
    """The cluster's ARN."""
    network_id: Output[str]
    """The id of the VPC."""
    security_group: Output[str]
    """The group that EKS makes: its members and the control plane may talk to each other."""
    kms_key: Output[str]
    """The ARN of the platform's key."""
