"""The rules across a platform's keys, each with the path of the key that it is about."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from .. import clouds
from ..asking import about, checked
from ..clouds.contract.cluster import PlatformRule
from ..clouds.contract.platform import CloudName
from ..clouds.in_cluster.tenants import list_name
from ..errors import Problem, below
from ..live import LASTING, identity_problems, live, version_problem
from ..pods import name_problems
from .args import PlatformArgs
from .monitoring_rules import MONITORING_RULES
from .settings import TYPE, Settings

LONGEST_NAME = 37
"""AWS' roles have 64 characters, of which Pulumi's own ending takes 8 and `-aws-ebs-csi-driver` 19. (Clusters on Azure
and Google Cloud have room for 40.)"""


def resolve(name: str, args: PlatformArgs) -> Settings:
    """The platform `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules = about(
        partial(Settings, name), [_name, _instance_type, _live, _lists, _tags, *MONITORING_RULES, *_rules_of(args)]
    )
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


def _lists(platform: Settings) -> Iterator[Problem]:
    """The lists of tenants that a platform of an older version does not have yet."""
    up = live().component(TYPE, platform.name).get("platform") or {}
    names = up.get("namespaces", []) if platform.teardown else []
    if [name for name in names if not live().component("kubernetes:core/v1:ConfigMap", list_name(name))]:
        yield (
            "teardown",
            "the platform does not know yet who stands on it: run `up` without this key, then that of each stack on it",
        )


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
