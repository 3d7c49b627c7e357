"""What the parts of a cluster have to know about it while it is being made."""

from dataclasses import dataclass

from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    name: str
    account: str
    """The subscription's id."""
    region: str
    group: Output[str]
    """Name of the platform's resource group."""
    group_id: Output[str]
    tenant: Output[str]
    subnets: Output[list[str]]
    """Ids of the zones' subnets."""
    workspace: Output[str]
    """Id of the Log Analytics workspace that audit logs go to."""
