"""A platform as it will be made: what it was told, with everything filled in, and the rules across its keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import clouds
from ..asking import Rule, checked
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.cluster import ClusterSpec, PlatformRule, SystemNodesSpec, TeamAccess
from ..clouds.contract.network import NetworkSpec
from ..clouds.contract.platform import CloudName
from ..pods import name_problems
from .args import PlatformArgs, TeamAccessArgs

LONGEST_NAME = 37
"""AWS' roles have 64 characters, of which Pulumi's own ending takes 8 and `-aws-ebs-csi-driver` 19. (Clusters on Azure
and Google Cloud have room for 40.)"""


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
    def instance_type(self) -> str:
        return self.args["system_nodes"]["instance_type"]

    @property
    def release_version(self) -> str:
        return self.args["system_nodes"]["release_version"]

    @property
    def admins(self) -> Sequence[str]:
        return self.args["admins"]

    @property
    def access(self) -> Mapping[str, TeamAccess]:
        return {team: _team(access) for team, access in self.args["access"].items()}

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
        )


def _team(args: TeamAccessArgs) -> TeamAccess:
    return TeamAccess(principal=args["principal"], role=args["role"], namespaces=args["namespaces"])


def resolve(name: str, args: PlatformArgs) -> Settings:
    """The platform `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules: list[PlatformRule] = [lambda _: name_problems(name, LONGEST_NAME), *_rules_of(args)]
    asked = [_of(rule, name) for rule in rules]
    return Settings(name, checked(f"Platform {name!r}", PlatformArgs, args, *asked))


def _rules_of(args: object) -> Sequence[PlatformRule]:
    """Those of the cloud, where it is known."""
    named = args.get("cloud") if isinstance(args, Mapping) else None
    return clouds.named(CloudName(named)).PLATFORM_RULES if named in list(CloudName) else []


def _of(rule: PlatformRule, name: str) -> Rule[PlatformArgs]:
    return lambda args: rule(Settings(name, args))
