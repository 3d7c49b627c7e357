"""What the parts of a cluster have to know about it while it is being made."""

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """What is known of a cluster on Azure before the cluster is complete."""

    name: str
    """The component's name. AKS may have it shorter."""
    account: str
    """The subscription's id."""
    region: str
    """The region, as Azure calls it."""
    group: Output[str]
    """Name of the platform's resource group."""
    group_id: Output[str]
    """ARM id of the same group."""
    tenant: Output[str]
    """Id of the Entra tenant."""
    subnets: Output[list[str]]
    """Ids of the zones' subnets."""
    workspace: Output[str]
    """Id of the Log Analytics workspace that audit logs go to."""
