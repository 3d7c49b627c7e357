"""The managed Kubernetes cluster of a platform, and who may use it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, Protocol, cast

import pulumi
from pulumi import Output
from typing_extensions import TypedDict

from ...errors import Problem
from ...words import Word
from .monitoring import LABELS, NAMESPACE, MonitoringSpec
from .platform import CONTRACT_VERSION, PlatformContract, PlatformMonitoring


class TeamRole(Word):
    """What a team may do in its namespaces."""

    READER = "reader"
    """The team looks."""
    OPERATOR = "operator"
    """The team also runs commands in pods, scales and restarts."""
    DEPLOYER = "deployer"
    """The team also releases and removes. Only this role sees Secrets, because Helm keeps its releases in them."""


@dataclass(frozen=True)
class TeamAccess:
    """What one cloud principal may do in a team's namespaces. The platform makes the namespaces."""

    principal: str
    """AWS: the ARN of a role or a user. Azure: the object id of a group. Google Cloud: a member, as in
    `group:metis@example.com`."""
    role: TeamRole
    """The rights that the principal has there."""
    namespaces: Sequence[str]
    """The team's namespaces."""


@dataclass(frozen=True, kw_only=True)
class SystemNodesSpec:
    """The small pool without taints that the cluster's own add-ons run on."""

    instance_type: str
    """The nodes' instance type, in the cloud's own words."""
    release_version: str
    """The nodes' release, in the cloud's own words."""
    node_count: int = 2
    """How many nodes there are. With two, one can be replaced while the other works."""


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """A managed Kubernetes cluster with the add-ons that every Nodeyard component relies on."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    """The cloud's name of the region."""
    kubernetes_version: str
    """The minor version, as in `1.36`."""
    public_access_cidrs: Sequence[str]
    """The ranges that may reach the API server from outside. An empty list closes the public endpoint."""
    system_nodes: SystemNodesSpec
    """The nodes of the cluster's own add-ons."""
    admins: Sequence[str] = ()
    """Principals with every right in the cluster."""
    access: Mapping[str, TeamAccess] = field(default_factory=dict)
    """What each team may do, by the team's name."""
    peered_cidrs: Sequence[str] = ()
    """The ranges of networks that are routed to this one."""
    chart_mirror: str | None = None
    """A directory of chart archives, `<chart>-<version>.tgz`. The add-ons are released from this directory instead of
    from the charts' repositories."""
    monitoring: MonitoringSpec | None = None
    """What the cluster measures, keeps and tells; None for a cluster without."""
    deletion_protection: bool = True
    """Whether the cloud itself, where it can, refuses to delete the cluster."""


class PlatformPlan(Protocol):
    """What can be judged of a platform before anything is made for it. A key that is malformed makes whoever asks for
    it wait."""

    @property
    def account(self) -> str | None: ...
    @property
    def region(self) -> str: ...
    @property
    def zones(self) -> Sequence[str]: ...
    @property
    def cidr(self) -> str: ...
    @property
    def kubernetes_version(self) -> str: ...
    @property
    def public_access_cidrs(self) -> Sequence[str]: ...
    @property
    def peered_cidrs(self) -> Sequence[str]: ...
    @property
    def release_version(self) -> str:
        """The system nodes'."""
        ...

    @property
    def instance_type(self) -> str:
        """The system nodes'."""
        ...

    @property
    def admins(self) -> Sequence[str]: ...
    @property
    def access(self) -> Mapping[str, TeamAccess]: ...
    @property
    def tags(self) -> Mapping[str, str]: ...
    @property
    def monitoring(self) -> MonitoringSpec | None: ...


class LivePlatform(TypedDict):
    """What of a platform that is up some cloud never changes in place, as the state keeps it."""

    instance_type: str
    """The system nodes'."""
    release_version: str
    """The system nodes'."""
    is_public: bool
    """Whether anybody outside reaches the API server."""
    volumes: NotRequired[dict[str, int]]
    """The sizes of the monitoring's volumes, where there is monitoring."""


def lasting(plan: PlatformPlan) -> LivePlatform:
    """The same of a platform as it will be."""
    kept = LivePlatform(
        instance_type=plan.instance_type,
        release_version=plan.release_version,
        is_public=bool(plan.public_access_cidrs),
    )
    if plan.monitoring:
        kept["volumes"] = dict(plan.monitoring.volumes)
    return kept


def monitoring_contract(spec: MonitoringSpec | None) -> dict[str, PlatformMonitoring]:
    """What a contract says of the platform's monitoring; nothing where there is none."""
    if spec is None:
        return {}
    told = PlatformMonitoring(namespace=NAMESPACE, labels=dict(LABELS), receiver=spec.is_heard)
    return {"monitoring": told}


LivePlatformRule = Callable[[LivePlatform, PlatformPlan], Iterable[Problem]]
"""What a cloud would refuse of an update, by the keys of a platform's arguments."""

PlatformRule = Callable[[PlatformPlan], Iterable[Problem]]
"""What is wrong with a platform, by the keys of its arguments."""


class Cluster(pulumi.ComponentResource):
    """The cluster that a cloud made of a `ClusterSpec`."""

    platform: Output[PlatformContract]
    """What the platform's stack exports."""


def contract_of(**fields: Any) -> Output[PlatformContract]:
    """What a cluster exports, of what is known and what is still being made: each field of `PlatformContract` but
    `contract`, as a plain value or an output, nested ones too.

    Raises `TypeError` for a field that is missing or that the contract does not have.
    """
    given = {"contract": CONTRACT_VERSION, **fields}
    missing = PlatformContract.__required_keys__ - given.keys()
    strange = given.keys() - PlatformContract.__required_keys__ - PlatformContract.__optional_keys__
    if missing or strange:
        raise TypeError(f"not a platform's contract: lacks {sorted(missing)}, and knows no {sorted(strange)}")
    return cast(Output[PlatformContract], Output.all(**given))
