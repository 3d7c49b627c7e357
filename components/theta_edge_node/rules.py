"""What can be wrong with a fleet across its keys, asked all at once before anything is registered.

A rule is a generator of problems. One that looks at a malformed key waits until that is right (`asking.checked`).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from .. import clouds
from ..asking import about, checked
from ..clouds.contract.adoption import Adoptable
from ..clouds.contract.machine import MachinePlan
from ..clouds.contract.platform import PlatformContract
from ..clouds.contract.site import SiteSpec
from ..errors import Path, Problem, below, moved, segments
from ..live import IDENTITY, disk_problems, identity_problems, live, release_problem
from ..pods import cluster_problems, name_form_problems
from ..resources import limit_problems, too_small
from .args import ThetaEdgeNodeArgs
from .boot import choice_problems
from .machine import boot_choices
from .settings import TYPE, EdgeNode, Settings, network_cidrs, zones_of

LONGEST_NAME = 39
"""Of a node with its fleet's: a StatefulSet's pods carry its name, `-edge` and a revision's hash in one label of 63
characters."""

OF_MACHINES = ("expose", "expose_cidrs", "log_days", "machine_image", "notify", "read_only_root", "user")
OF_CLUSTERS = ("namespace", "probe_image", "release_version")
"""Each is required there."""
MORE_OF_CLUSTERS = ("image_pull_secrets", "resources")

_RANGE = re.compile(r"[0-9.]+/[0-9]+")


def resolve(name: str, args: ThetaEdgeNodeArgs) -> Settings:
    """The fleet `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    given = frozenset(args) if isinstance(args, Mapping) else frozenset()

    def fleet(read: ThetaEdgeNodeArgs) -> Settings:
        return Settings(name, read, given)

    def node(key: str) -> Callable[[ThetaEdgeNodeArgs], EdgeNode]:
        return lambda read: EdgeNode(fleet(read), key)

    rules = about(fleet, FLEET_RULES)
    for key in _keys(args):  # each node by itself: a malformed one does not hide what is wrong with the others
        rules += about(node(key), NODE_RULES)
    return fleet(checked(f"ThetaEdgeNode {name!r}", ThetaEdgeNodeArgs, args, *rules))


def _keys(args: object) -> list[str]:
    nodes = args.get("nodes") if isinstance(args, Mapping) else None
    return list(nodes) if isinstance(nodes, Mapping) else []


# --- rules of the fleet ---


def _one_place(fleet: Settings) -> Iterator[Problem]:
    if not fleet.has_one_place:
        yield "platform", "give `platform` or `site`, one of the two"


def _name(fleet: Settings) -> Iterator[Problem]:
    return name_form_problems(fleet.name)


def _lasting(fleet: Settings) -> Iterator[Problem]:
    """Another network or place under the disks of this fleet."""
    if fleet.has_one_place:
        place = "platform" if fleet.platform else "site"
        keys = {"cluster": "platform"} | {part: f"{place}.{part}" for part in ("cloud", "account", "region")}
        if fleet.platform:
            keys |= dict.fromkeys(("cloud", "account", "region"), "platform")
        before = live().component(TYPE, fleet.name).get(IDENTITY) or {}
        yield from identity_problems(before, fleet.identity, keys)


def _site(fleet: Settings) -> Iterator[Problem]:
    if fleet.has_one_place and not fleet.platform:
        places: Mapping[str, Path] = {"account": ("site", "account"), "region": ("site", "region")}
        yield from moved(_site_problems(fleet, fleet.zones), places)


def _site_problems(fleet: Settings, zones: Sequence[str]) -> Iterator[Problem]:
    spec = SiteSpec(account=fleet.account, region=fleet.region, zones=zones)
    return clouds.named(fleet.cloud).site_problems(spec)


def _zones(fleet: Settings) -> Iterator[Problem]:
    if fleet.has_one_place and fleet.platform:
        yield from zone_problems(fleet, fleet.platform)


def zone_problems(fleet: Settings, platform: PlatformContract) -> Iterator[Problem]:
    """Zones in which the network has no subnet. AWS has to be asked for the default one's."""
    there = zones_of(platform)
    if not there:
        yield "platform", "has no subnets: machines stand there"
        return
    named: list[tuple[Path, str]] = [(("zones", index), zone) for index, zone in enumerate(fleet.args.get("zones", ()))]
    named += [(node.path("zone"), node.args["zone"]) for node in fleet.nodes if "zone" in node.args]
    for path, zone in named:
        if zone not in there:
            yield path, f"{zone!r} has no subnet; there are in {', '.join(there)}"


def _one_disk(fleet: Settings) -> Iterator[Problem]:
    for key in ("existing_disk", "seed_from"):
        sources = {node.key: node.args.get(key) for node in fleet.nodes}
        times = Counter(sources.values())
        for node, source in sources.items():
            if source and times[source] > 1:
                yield ("nodes", node, key), f"{source} is named by {times[source]} nodes: one identity, one disk"


def _placement(fleet: Settings) -> Iterator[Problem]:
    """Keys that would do nothing are refused."""
    of_clusters = (*OF_CLUSTERS, *MORE_OF_CLUSTERS)
    others, of = (OF_MACHINES, "machines") if fleet.in_cluster else (of_clusters, "a cluster")
    for key in others:
        if key in fleet.given:
            yield key, f"is an option of {of}"


def _cluster(fleet: Settings) -> Iterator[Problem]:
    if not fleet.in_cluster:
        return
    for key in OF_CLUSTERS:
        if key not in fleet.given:
            yield key, "is required in a cluster"
    if not fleet.platform:
        yield "placement", "a cluster is a platform's: give one"
    elif fleet.namespace:
        yield from cluster_problems(fleet.platform, fleet.namespace)


def _policy(fleet: Settings) -> Iterator[Problem]:
    """The ranges that a pod's NetworkPolicy is told."""
    if fleet.in_cluster and fleet.platform:
        for cidr in network_cidrs(fleet.platform):
            if not _RANGE.fullmatch(cidr):
                yield "platform", f"its network's range {cidr!r} is none of IPv4, and a pod is kept from no other"


def _resources(fleet: Settings) -> Iterator[Problem]:
    if fleet.in_cluster:
        yield from below("resources", limit_problems(fleet.resources))


def _root_disk(fleet: Settings) -> Iterator[Problem]:
    if fleet.in_cluster or not fleet.has_one_place or "machine_image" in fleet.args:
        return
    least = fleet.usual_image.disk_gib
    if fleet.root_disk_gib < least:
        reason = f"the machine's image comes from a disk of {least} GiB, and boots from none of {fleet.root_disk_gib}"
        yield "root_disk_gib", reason


def _boot(fleet: Settings) -> Iterator[Problem]:
    """What a machine's boot would refuse."""
    if fleet.has_one_place and not fleet.in_cluster:
        places: Mapping[str, Path] = {"bridge_cidr": ("platform",), "network_cidrs": ("platform",)}
        yield from moved(choice_problems(boot_choices(fleet, fleet.platform)), places)


def _tags(fleet: Settings) -> Iterator[Problem]:
    if fleet.has_one_place:
        yield from below("tags", clouds.named(fleet.cloud).tag_problems(fleet.args["tags"]))


FLEET_RULES = [
    _one_place,
    _name,
    _lasting,
    _site,
    _zones,
    _one_disk,
    _placement,
    _cluster,
    _policy,
    _resources,
    _root_disk,
    _boot,
    _tags,
]


# --- rules of one node ---


def _long_name(node: EdgeNode) -> Iterator[Problem]:
    if len(node.name) > LONGEST_NAME:
        yield ("nodes", node.key), f"the node's name {node.name} has more than {LONGEST_NAME} characters"


def _zone(node: EdgeNode) -> Iterator[Problem]:
    """A node's own zone on a site, which has to be one of the region."""
    if node.fleet.has_one_place and not node.fleet.platform and (zone := node.args.get("zone")):
        for path, reason in _site_problems(node.fleet, [zone]):
            if segments(path)[0] == "zones":
                yield node.path("zone"), reason


def _instance_type(node: EdgeNode) -> Iterator[Problem]:
    """Asked by itself too, because other keys may be malformed that the cloud's other rules look at."""
    fleet = node.fleet
    if fleet.has_one_place:
        reason = clouds.named(fleet.cloud).instance_type_problem(node.instance_type, gpu=fleet.gpu)
        yield from [(node.origin("instance_type"), reason)] if reason else []


def _machine(node: EdgeNode) -> Iterator[Problem]:
    """What the cloud would refuse of a machine."""
    fleet = node.fleet
    if fleet.in_cluster or not fleet.has_one_place:
        return
    plan = MachinePlan(
        instance_type=node.instance_type,
        image=fleet.machine_image,
        container_image=node.image,
        gpu=fleet.gpu,
        log_days=fleet.args["log_days"],
        notify=fleet.args.get("notify"),
        region=fleet.region,
        root_disk_gib=fleet.root_disk_gib,
    )
    yield from _at_its_keys(node, clouds.named(fleet.cloud).machine_problems(plan))


def _node_pool(node: EdgeNode) -> Iterator[Problem]:
    """What the cloud would refuse of a node pool."""
    fleet = node.fleet
    if not (fleet.in_cluster and fleet.has_one_place and fleet.platform and fleet.release_version):
        return
    if fleet.platform["cluster_name"]:
        found = clouds.of(fleet.platform).node_pool_problems(node.node_pool, fleet.platform)
        # A zone has a rule of its own, which knows where it is said.
        yield from _at_its_keys(node, (problem for problem in found if problem[0] != "zone"))


def _fits(node: EdgeNode) -> Iterator[Problem]:
    """A node of a cluster that has no room for its pod."""
    fleet = node.fleet
    if not (fleet.in_cluster and fleet.has_one_place and fleet.platform):
        return
    if clouds.named(fleet.cloud).instance_type_problem(node.instance_type, gpu=fleet.gpu):
        return  # The rule of the type says why.
    if node.room and (problem := too_small(node.instance_type, node.room, fleet.asked)):
        yield node.origin("instance_type"), problem


def _at_its_keys(node: EdgeNode, problems: Iterator[Problem]) -> Iterator[Problem]:
    """What a cloud says of a node's machine or pool, at the keys that the spec's are made of."""
    places: Mapping[str, Path] = {
        "instance_type": node.origin("instance_type"),
        "container_image": node.origin("image"),
        "image": ("machine_image",),
    }
    return moved(problems, places)


def _disk(node: EdgeNode) -> Iterator[Problem]:
    """What the cloud would refuse of a disk."""
    fleet = node.fleet
    if fleet.has_one_place:
        places: Mapping[str, Path] = {
            "size_gib": ("disk_gib",),
            "iops": ("disk_iops",),
            "throughput_mibps": ("disk_throughput_mibps",),
            "type": ("disk_type",),
        }
        yield from moved(clouds.named(fleet.cloud).disk_problems(node.disk, fleet.platform), places)


def _kept_disk(node: EdgeNode) -> Iterator[Problem]:
    """What the cloud would refuse of a disk that is there."""
    fleet = node.fleet
    if fleet.has_one_place:
        key = fleet.platform["kms_key"] if fleet.platform else ""
        zone: Path = node.path("zone") if "zone" in node.args else ("zones",)
        place: Path = ("platform",) if fleet.platform else ("site",)
        found = disk_problems(live().disk(node.name), node.disk, key)
        yield from moved(found, {"size_gib": ("disk_gib",), "zone": zone, "kms_key": place})


def _kept_nodes(node: EdgeNode) -> Iterator[Problem]:
    """What the cloud would refuse of a node of a cluster that is there."""
    fleet = node.fleet
    if not fleet.in_cluster or not fleet.has_one_place or clouds.named(fleet.cloud).NODES_GO_BACK:
        return
    if problem := release_problem(live().node_pool(node.name), node.node_pool):
        yield "release_version", problem


def _adopted(node: EdgeNode) -> Iterator[Problem]:
    """Ids that the cloud has no such thing for."""
    fleet = node.fleet
    if not fleet.has_one_place:
        return
    given: Sequence[tuple[Path, Adoptable, str | None]] = [
        (("existing_disk",), "disk", node.existing_disk),
        (("seed_from",), "snapshot", node.seed_from),
        (("password", "existing"), "secret", node.password.get("existing")),
    ]
    for key, kind, id_ in given:
        if id_ and (problem := clouds.named(fleet.cloud).adoption_problem(kind, id_, fleet.platform)):
            yield ("nodes", node.key, *key), problem


def _sources(node: EdgeNode) -> Iterator[Problem]:
    sources = [f"`{key}`" for key in ("value", "existing", "external") if node.password.get(key)]
    if len(sources) > 1:
        yield node.path("password"), f"has one source, not {' and '.join(sources)}"


def _identity(node: EdgeNode) -> Iterator[Problem]:
    """A disk's identity and its password belong together."""
    if node.existing_disk and node.seed_from:
        yield node.path("seed_from"), "is of a disk that is made, and `existing_disk` adopts one"
    if node.existing_disk and "zone" not in node.args:
        yield node.path("zone"), "is required with `existing_disk`: that of the disk"
    if (node.existing_disk or node.seed_from) and not any(node.password.values()):
        reason = "is required for a disk that holds an identity already: a new one would not open its key"
        yield node.path("password"), reason


def _needless(node: EdgeNode) -> Iterator[Problem]:
    if node.args["old_disk_is_gone"] and not node.seed_from:
        yield node.path("old_disk_is_gone"), "is said of the disk that a snapshot was taken of: give `seed_from` too"


NODE_RULES = [
    _long_name,
    _zone,
    _instance_type,
    _machine,
    _node_pool,
    _fits,
    _disk,
    _kept_disk,
    _kept_nodes,
    _adopted,
    _sources,
    _identity,
    _needless,
]
