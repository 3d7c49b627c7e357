"""A platform as it will be made: what it was told, with everything filled in, and the rules across its keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from .. import clouds
from ..asking import about, checked
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.cluster import ClusterSpec, PlatformRule, SystemNodesSpec, TeamAccess
from ..clouds.contract.network import NetworkSpec
from ..clouds.contract.platform import CloudName
from ..errors import Problem, below
from ..live import LASTING, identity_problems, live, version_problem
from ..pods import name_problems
from .args import PlatformArgs, TeamAccessArgs

TYPE = "nodeyard:index:Platform"

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
    rules = about(partial(Settings, name), [_name, _instance_type, _live, _tags, *_rules_of(args)])
    return Settings(name, checked(f"Platform {name!r}", PlatformArgs, args, *rules))


def _name(platform: Settings) -> Iterator[Problem]:
    return name_problems(platform.name, LONGEST_NAME)


def _live(platform: Settings) -> Iterator[Problem]:
    """What the platform that is up does not become."""
    up = live().component(TYPE, platform.name)
    before = up.get("platform")
    if not before:
        return
    if LASTING in up:
        for rule in platform.cloud.LIVE_PLATFORM_RULES:
            yield from rule(up[LASTING], platform)
    old = {key: str(before[key]) for key in ("cloud", "account", "region")}
    old |= {"cidr": before["private_cidrs"][0], "zones": ", ".join(net["zone"] for net in before["private_subnets"])}
    new = {"cloud": str(platform.args["cloud"]), "region": platform.region, "cidr": platform.cidr}
    new |= {"account": platform.account} if platform.account else {}
    new |= {"zones": ", ".join(platform.zones)}
    yield from identity_problems(old, new, {})
    if problem := version_problem(before["kubernetes_version"], platform.kubernetes_version):
        yield "kubernetes_version", problem


def _instance_type(platform: Settings) -> Iterator[Problem]:
    """What keeps the system nodes from their type."""
    if problem := platform.cloud.instance_type_problem(platform.instance_type):
        yield "system_nodes.instance_type", problem


def _tags(platform: Settings) -> Iterator[Problem]:
    return below("tags", platform.cloud.tag_problems(platform.tags))


def _rules_of(args: object) -> Sequence[PlatformRule]:
    """Those of the cloud, where it is known."""
    named = args.get("cloud") if isinstance(args, Mapping) else None
    return clouds.named(CloudName(named)).PLATFORM_RULES if named in list(CloudName) else []
