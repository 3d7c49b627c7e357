"""How much of Azure's quotas a stack needs."""

from collections.abc import Iterator

from ..contract.limit import Quota
from ..contract.quota import Demand, Need, needs
from .instance_type import family, vcpus
from .limits import ADDRESSES, ALERT_RULES, FAMILY_VCPUS, PRIVATE_ENDPOINTS, SPOT_VCPUS, STORAGE_ACCOUNTS, VCPUS


def quota_needs(demand: Demand) -> list[Need]:
    """What Azure counts. A machine on demand counts twice: in the region's sum, and in its family's."""
    return needs(_counted(demand))


def _counted(demand: Demand) -> Iterator[tuple[Quota, str, int]]:
    for computer in demand.computers:
        number = vcpus(computer.instance_type) * computer.count
        if computer.spot:
            yield SPOT_VCPUS, "", number
        else:
            yield VCPUS, "", number
            yield FAMILY_VCPUS, f"Standard {family(computer.instance_type)} Family vCPUs", number
    # Each zone's NAT gateway has one. AKS makes the load balancers' own of what is adopted or made as an `Address` or a
    # `LoadBalancer`, and has one balancer for all of them. What it takes of a database's vCPUs Azure does not tell.
    own = demand.addresses + demand.balancer_addresses
    yield ADDRESSES, "", own + demand.platform_zones + demand.site_zones
    yield PRIVATE_ENDPOINTS, "", len(demand.databases)
    # A platform's network keeps its flow logs in one.
    yield STORAGE_ACCOUNTS, "", demand.buckets + bool(demand.platform_zones)
    yield ALERT_RULES, "", demand.alarms
