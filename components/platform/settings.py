"""A platform as it will be made: what it was told, with everything filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import clouds
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.cluster import ClusterSpec, SystemNodesSpec, TeamAccess
from ..clouds.contract.monitoring import MonitoringSpec
from ..clouds.contract.network import NetworkSpec
from .args import PlatformArgs, TeamAccessArgs
from .monitoring import monitoring_spec

TYPE = "nodeyard:index:Platform"


@dataclass(frozen=True)
class Settings:
    """A platform as it will be made; a `PlatformPlan` as long as it is asked about."""

    name: str
    args: PlatformArgs

    @property
    def cloud(self) -> Cloud:
        return clouds.named(self.args["cloud"])

    @property
    def account(self) -> str | None:
        return self.args.get("account")

    @property
    def region(self) -> str:
        return self.args["region"]

    @property
    def zones(self) -> Sequence[str]:
        return self.args["zones"]

    @property
    def cidr(self) -> str:
        return self.args["cidr"]

    @property
    def kubernetes_version(self) -> str:
        return self.args["kubernetes_version"]

    @property
    def public_access_cidrs(self) -> Sequence[str]:
        return self.args["public_access_cidrs"]

    @property
    def peered_cidrs(self) -> Sequence[str]:
        return self.args["peered_cidrs"]

    @property
    def release_version(self) -> str:
        return self.args["system_nodes"]["release_version"]

    @property
    def instance_type(self) -> str:
        return self.args["system_nodes"]["instance_type"]

    @property
    def admins(self) -> Sequence[str]:
        return self.args["admins"]

    @property
    def access(self) -> Mapping[str, TeamAccess]:
        return {team: _team(access) for team, access in self.args["access"].items()}

    @property
    def tags(self) -> Mapping[str, str]:
        return self.args["tags"]

    @property
    def teardown(self) -> bool:
        return self.args["teardown"]

    @property
    def monitoring(self) -> MonitoringSpec | None:
        return monitoring_spec(self.args)

    @property
    def network(self) -> NetworkSpec:
        return NetworkSpec(account=self.account, region=self.region, zones=self.zones, cidr=self.cidr)

    @property
    def cluster(self) -> ClusterSpec:
        return ClusterSpec(
            account=self.account,
            region=self.region,
            kubernetes_version=self.kubernetes_version,
            public_access_cidrs=self.public_access_cidrs,
            peered_cidrs=self.peered_cidrs,
            system_nodes=SystemNodesSpec(**self.args["system_nodes"]),
            admins=self.admins,
            chart_mirror=self.args.get("chart_mirror"),
            access=self.access,
            monitoring=self.monitoring,
            deletion_protection=not self.teardown,
        )


def _team(args: TeamAccessArgs) -> TeamAccess:
    return TeamAccess(principal=args["principal"], role=args["role"], namespaces=args["namespaces"])
