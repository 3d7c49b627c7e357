"""What `Platform` is told: every key, its type, its form and its default.

The model of the stack file, `configs/stack.schema.json` and the schema of the Pulumi package are derived from these
declarations. `settings.py` asks the rules across keys.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import Annotated, Final, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from ..clouds.contract.cluster import TeamRole
from ..clouds.contract.network import ZONES
from ..clouds.contract.platform import CloudName
from ..inputs import Cidr, Default, Distinct, KubernetesName, Matching, NodeRelease, Tags, Text, declared
from .monitoring_args import MonitoringArgs

MOST_PEERED: Final = 100
"""Ranges. A machine on the platform is told each by its user data, of which Azure takes 64 KiB."""


@declared
class SystemNodesArgs(TypedDict):
    """The small untainted pool for the cluster's own add-ons."""

    instance_type: Text
    """In the cloud's own words."""
    node_count: NotRequired[Annotated[int, Field(ge=2, le=100), Default(2)]]
    """How many nodes there are (default 2, so that one can be replaced)."""
    release_version: NodeRelease
    """The nodes' release, in the cloud's own words."""


@declared
class TeamAccessArgs(TypedDict):
    """What one cloud principal may do in its team's namespaces, which the platform makes."""

    principal: Text
    """ARN of the role or user (AWS), object id of the group (Azure), member as in `group:metis@example.com` (Google
    Cloud)."""
    role: TeamRole
    """The rights that the principal has there."""
    namespaces: Annotated[Sequence[KubernetesName], Field(min_length=1), Distinct]
    """The team's namespaces. None of Kubernetes' own."""


def _roomy(cidr: str) -> str:
    if not 16 <= IPv4Network(cidr).prefixlen <= 20:
        raise ValueError("must be /16 to /20: no larger one fits every cloud, and a smaller one has too few addresses")
    return cidr


@declared
class PlatformArgs(TypedDict):
    """What `Platform` is told."""

    cloud: CloudName
    """Where to make it."""
    account: NotRequired[Text]
    """AWS account id, Azure subscription id or Google Cloud project id; credentials of another one are refused. On AWS
    it may be left to the credentials."""
    region: Text
    """The cloud's name of the region."""
    zones: Annotated[Sequence[Text], Field(min_length=ZONES, max_length=ZONES), Distinct]
    """Three zones of the region, as the nodes' label `topology.kubernetes.io/zone` spells them."""
    cidr: Annotated[Cidr, AfterValidator(_roomy)]
    """The network's address range, /16 to /20."""
    kubernetes_version: Annotated[str, Matching(r"1\.\d+", "a minor version of Kubernetes, in quotes, like 1.36")]
    """Minor version, as in `1.36`."""
    public_access_cidrs: Annotated[Sequence[Cidr], Distinct]
    """Who may reach the API server from outside. An empty list closes the public endpoint."""
    peered_cidrs: NotRequired[Annotated[Sequence[Cidr], Field(max_length=MOST_PEERED), Distinct, Default([])]]
    """Ranges of networks that are routed to this one, and so none of its own (default none)."""
    system_nodes: SystemNodesArgs
    """The pool for the cluster's own add-ons."""
    admins: NotRequired[Annotated[Sequence[Text], Distinct, Default([])]]
    """Principals with every right in the cluster (default none). On AWS not the one that creates the cluster: it has
    them anyway."""
    access: NotRequired[Annotated[Mapping[KubernetesName, TeamAccessArgs], Default({})]]
    """What each team may do, by the team's name (default nothing)."""
    monitoring: NotRequired[MonitoringArgs]
    """Metrics, logs, dashboards and alerts of the cluster (none unless given)."""
    tags: NotRequired[Tags]
    """What is put on everything that can carry it, such as an owner and a cost centre (default none): tags, or labels
    on Google Cloud."""
    teardown: NotRequired[Annotated[bool, Default(False)]]
    """Whether the platform may be destroyed (default false). An `up` with it takes all protection away, and is refused
    while a stack stands on the platform."""
    chart_mirror: NotRequired[Text]
    """A directory of chart archives, `<chart>-<version>.tgz`, where the charts' repositories cannot be reached."""
