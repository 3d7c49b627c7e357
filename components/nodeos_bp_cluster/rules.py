"""The rules across a cluster's keys. All of them are asked before anything is registered."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import IPv4Network
from typing import Final

from ..asking import Rule, about, checked
from ..bucket import bucket_problems
from ..clouds.contract.adoption import Adoptable
from ..errors import Path, Problem, below, moved
from ..live import IDENTITY, disk_problems, identity_problems, live, release_problem
from ..monitoring import monitoring_problems
from ..pods import cluster_problems, name_problems, secret_problems
from ..resources import amount, limit_problems, too_small, unknown_size
from .args import Failover, NodeosBPClusterArgs, RestoreSource
from .chain import chain_id
from .config import config_problems
from .networks import MAP_MODE, STATE_MB, Flavour, NodeosNetworkName
from .secrets import SIGNATURE_PROVIDERS, finalizer_key
from .settings import LONGEST_NAME, TYPE, Node, Settings


def resolve(name: str, args: NodeosBPClusterArgs) -> Settings:
    """The cluster `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules = about(partial(Settings, name), RULES)
    return Settings(name, checked(f"NodeosBPCluster {name!r}", NodeosBPClusterArgs, args, *rules))


def _name(cluster: Settings) -> Iterator[Problem]:
    return name_problems(cluster.name, LONGEST_NAME)


def _cluster(cluster: Settings) -> Iterator[Problem]:
    yield from cluster_problems(cluster.platform, cluster.args["namespace"])
    if not cluster.platform["private_subnets"]:
        yield "platform", "has no private subnets: the nodes stand there"


# --- the chain ---


def _network(cluster: Settings) -> Iterator[Problem]:
    if cluster.network.gone:
        yield "network", cluster.network.gone


def _chain(cluster: Settings) -> Iterator[Problem]:
    """Whose genesis it is, and whether it is that of the chain which the user means."""
    args, name = cluster.args, cluster.network.name
    if name is not NodeosNetworkName.PRIVATE:
        for key in ("genesis", "chain_id"):
            if key in args:
                yield key, f"is of a private chain, and {name} has its own"
        return
    if "genesis" not in args:
        yield "genesis", "is required with `network: private`"
    elif args.get("chain_id", "") not in ("", own := chain_id(args["genesis"])):
        yield "chain_id", f"is not that of `genesis`, which is {own}"


def _identity(cluster: Settings) -> Iterator[Problem]:
    """Another chain, namespace or cluster under the disks and keys of this one."""
    before = live().component(TYPE, cluster.name).get(IDENTITY) or {}
    return identity_problems(before, cluster.identity, {"chain_id": "genesis"})


def _flavour(cluster: Settings) -> Iterator[Problem]:
    args, public = cluster.args, cluster.network.genesis is not None
    if args["flavour"] is Flavour.EOS:
        if public:
            yield "flavour", f"EOSIO 2 does not follow {cluster.network.name}, which has Savanna's finality"
        if args.get("finalizers"):
            yield "finalizers", "are unknown to EOSIO 2, of which `flavour: eos` is"
    elif public and args.get("finalizers") is False:
        yield "finalizers", f"are needed: {cluster.network.name} has Savanna's finality"


def _config(cluster: Settings) -> Iterator[Problem]:
    for place, reason in config_problems(cluster.args["config"]):
        yield ("config", place), reason


def _peers(cluster: Settings) -> Iterator[Problem]:
    for place, peer in enumerate(cluster.args.get("peers", [])):
        if int(peer.rpartition(":")[2]) > 65535:
            yield ("peers", place), "has a port above 65535"


def _peer_cidrs(cluster: Settings) -> Iterator[Problem]:
    """Only a network that is routed to ours finds the pods, and only where pods have addresses of ours."""
    if cluster.args["peer_cidrs"] and not cluster.cloud.PODS_ARE_ROUTED:
        yield ("peer_cidrs",), "no other network finds the pods on this cloud: let those peers be dialled (`peers`)"
        return
    routed = [*cluster.platform["private_cidrs"], *cluster.platform["peered_cidrs"]]
    for place, cidr in enumerate(cluster.args["peer_cidrs"]):
        if not any(IPv4Network(cidr).subnet_of(IPv4Network(one)) for one in routed if ":" not in one):
            yield (
                ("peer_cidrs", place),
                f"{cidr} is neither in the platform's network nor in its `peeredCidrs`: nobody there finds the pods",
            )


# --- who produces ---


def _active(cluster: Settings) -> Iterator[Problem]:
    active, names = cluster.args["active_producer"], [node.name for node in cluster.producers]
    if not names:
        yield "ordinals", "must have one that may produce"
    elif active not in names:
        yield "active_producer", f"must be an ordinal that may produce: {', '.join(names)}"


def _standby(cluster: Settings) -> Iterator[Problem]:
    """What needs a second ordinal that may take over."""
    args = cluster.args
    if len(cluster.producers) > 1:
        return
    if args["failover"] is Failover.AUTOMATIC:
        yield "failover", "needs two ordinals that may produce: there is nobody to take over"
    if cluster.auto_restore is not RestoreSource.NONE:
        yield "auto_restore", "is never done by the only one that may produce: look at its disk first"


def _schedules(cluster: Settings) -> Iterator[Problem]:
    for key, told in (("snapshots", cluster.args["snapshots"]), ("backups", cluster.args["backups"])):
        if "period" in told and "modulo" in told:
            yield key, "go by time or by blocks: give `period` or `modulo`"
        if len(cluster.ordinals) < 2 and ("period" in told or "modulo" in told):
            yield key, "are made by an ordinal that does not produce: there is one ordinal alone"


# --- nodes and disks ---


def _placed(rule: Rule[Settings]) -> Rule[Settings]:
    """A rule of what stands in the platform's zones. `_cluster` has said so where there are none."""
    return lambda cluster: rule(cluster) if _has_room(cluster) else iter(())


def _has_room(cluster: Settings) -> bool:
    return bool(cluster.platform["cluster_name"] and cluster.platform["private_subnets"])


def _each(rule: Callable[[Settings, Node], Iterator[Problem]]) -> Rule[Settings]:
    """A rule of every node. What is the same for several of them is told once."""
    return lambda cluster: dict.fromkeys(problem for node in cluster.nodes for problem in rule(cluster, node))


def _node(cluster: Settings, node: Node) -> Iterator[Problem]:
    """What the cloud would refuse of a node."""
    found = cluster.cloud.node_pool_problems(cluster.node_pool(node), cluster.platform)
    return moved(found, {"zone": node.path("zone"), "instance_type": node.place("instance_type")})


def _kept_node(cluster: Settings, node: Node) -> Iterator[Problem]:
    """What the cloud would refuse of a node that is there."""
    up = live().node_pool(cluster.part(node.name))
    if not cluster.cloud.NODES_GO_BACK and (problem := release_problem(up, cluster.node_pool(node))):
        yield "release_version", problem


def _fits(cluster: Settings, node: Node) -> Iterator[Problem]:
    """A node that has no room for its pod. On EOS nobody may guess."""
    type_, room = cluster.instance_type(node), cluster.room(node)
    asked = amount(cluster.resources["requests"])
    if cluster.cloud.instance_type_problem(type_):
        return  # The rule of the node says why.
    if room and (problem := too_small(type_, room, asked)):
        yield node.place("instance_type"), problem
    if not room and cluster.network.name is NodeosNetworkName.EOS_MAINNET:
        yield node.place("instance_type"), unknown_size(node.name, type_, asked)


def _resources(cluster: Settings) -> Iterator[Problem]:
    """Limits below what is asked for, and below the state that nodeos holds in memory."""
    told = cluster.resources
    yield from below("resources", limit_problems(told))
    limits = amount(told["limits"])
    if cluster.state_in_memory and "memory" in told["limits"] and limits.mib < cluster.state_mib:
        yield (
            ("resources", "limits", "memory"),
            f"is less than the state of {cluster.state_mib}Mi ({STATE_MB}), which nodeos holds in memory ({MAP_MODE})",
        )


def _disk(cluster: Settings, node: Node) -> Iterator[Problem]:
    """What the cloud would refuse of a disk, and a disk without room for the state."""
    size = node.place("disk_gib")
    places: dict[str, Path] = dict.fromkeys(("size_gib", "iops", "throughput_mibps"), size)
    yield from moved(cluster.cloud.disk_problems(cluster.disk(node), cluster.platform), places)
    if cluster.disk_gib(node) * 1024 < (least := 2 * cluster.state_mib):
        yield (
            size,
            f"must be {-(-least // 1024)} or more: the state may become {cluster.state_mib}Mi ({STATE_MB}), and a "
            "restore needs the same beside it",
        )


def _kept_disk(cluster: Settings, node: Node) -> Iterator[Problem]:
    """What the cloud would refuse of a disk that is there."""
    up = live().disk(cluster.part(node.name))
    found = disk_problems(up, cluster.disk(node), cluster.platform["kms_key"])
    return moved(found, {"size_gib": node.place("disk_gib"), "zone": node.path("zone"), "kms_key": ("platform",)})


def _source(cluster: Settings, node: Node) -> Iterator[Problem]:
    """Where a disk comes from."""
    if node.told.get("seed_from") and node.told.get("existing_disk"):
        yield node.path("seed_from"), "is of a disk that is made, and `existing_disk` adopts one: give one of them"
    kinds: dict[str, Adoptable] = {"existing_disk": "disk", "seed_from": "snapshot"}
    for key, kind in kinds.items():
        id_ = node.told.get(key)
        if id_ and (problem := cluster.cloud.adoption_problem(kind, id_, cluster.platform)):
            yield node.path(key), problem


def _adopted_once(cluster: Settings) -> Iterator[Problem]:
    """A disk is one node's."""
    owners: dict[str, str] = {}
    for node in cluster.nodes:
        disk = node.told.get("existing_disk")
        if disk and (first := owners.setdefault(disk, node.name)) != node.name:
            yield node.path("existing_disk"), f"is that of {first} too"


# --- bucket and secrets ---


def _bucket(cluster: Settings) -> Iterator[Problem]:
    return below("bucket", bucket_problems(cluster.args["bucket"], cluster.cloud, cluster.platform))


def _secrets(cluster: Settings) -> Iterator[Problem]:
    """What is wrong with values, and secrets that nobody would read."""
    table, given = cluster.secret_table, cluster.args["secrets"]
    known = {key: source for key, source in given.items() if key in table}
    yield from secret_problems(table, known, cluster.platform)
    for key in given.keys() - table.keys():
        yield ("secrets", key), _unread(key, cluster)


def _unread(key: str, cluster: Settings) -> str:
    if key == SIGNATURE_PROVIDERS:
        return "is read by nobody: `signer_url` has the signing keys" if "signer_url" in cluster.args else _NO_PRODUCER
    if not cluster.finalizers:
        return "is read by nobody: the chain has no finalizers"
    readers = [finalizer_key(node.number) for node in cluster.producers]
    return f"is read by nobody: the ordinals that may produce have {', '.join(f'`{one}`' for one in readers)}"


_NO_PRODUCER: Final = "is read by nobody: no ordinal may produce"


def _monitoring(cluster: Settings) -> Iterator[Problem]:
    return monitoring_problems(cluster.args["monitoring"], cluster.args["monitoring_labels"])


def _tags(cluster: Settings) -> Iterator[Problem]:
    return below("tags", cluster.cloud.tag_problems(cluster.args["tags"]))


RULES: Final[Sequence[Rule[Settings]]] = [
    _name,
    _cluster,
    _network,
    _chain,
    _identity,
    _flavour,
    _config,
    _peers,
    _peer_cidrs,
    _active,
    _standby,
    _schedules,
    *(_placed(_each(rule)) for rule in (_node, _kept_node, _fits, _disk, _kept_disk)),
    _resources,
    _each(_source),
    _adopted_once,
    _bucket,
    _secrets,
    _monitoring,
    _tags,
]
