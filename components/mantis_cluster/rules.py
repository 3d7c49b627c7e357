"""The rules across a network's keys. All of them are asked before anything is registered."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from ..asking import Rule, about, checked
from ..bucket import bucket_problems
from ..errors import Path, Problem, below, moved, segments
from ..ingress import ingress_problems
from ..kept_values import told_before
from ..live import IDENTITY, identity_problems, live, release_problem
from ..monitoring import monitoring_problems
from ..pods import claim_problems, cluster_problems, name_problems
from ..resources import limit_problems, too_small
from .args import MOST_GENERATIONS, MantisClusterArgs
from .clients.contract import Consensus, Role
from .instance_types import Kind
from .keepsakes import GENERATED, kept_genesis
from .settings import CHART_ENVIRONMENT, LONGEST_NAME, STORAGE, TYPE, Settings


def resolve(name: str, args: MantisClusterArgs) -> Settings:
    """The network `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules = about(partial(Settings, name), RULES)
    return Settings(name, checked(f"MantisCluster {name!r}", MantisClusterArgs, args, *rules))


def _name(network: Settings) -> Iterator[Problem]:
    return name_problems(network.name, LONGEST_NAME)


def _cluster(network: Settings) -> Iterator[Problem]:
    """The namespace is the network's name, which no key says."""
    yield from moved(cluster_problems(network.platform, network.name), {"namespace": ()})
    for kind in ("private", *(["public"] if network.args["public"] else [])):
        if not network.platform[f"{kind}_subnets"]:  # type: ignore[literal-required]
            yield "platform", f"has no {kind} subnets: nodes stand there"


def _identity(network: Settings) -> Iterator[Problem]:
    """Another chain under the keys and disks of this one."""
    return identity_problems(_before(network).get(IDENTITY) or {}, network.identity, {})


def _before(network: Settings) -> Mapping[str, Any]:
    """The component's outputs of the last `up` that came to its end."""
    return live().component(TYPE, network.name)


# --- the chain ---


def _client(network: Settings) -> Iterator[Problem]:
    """What the client cannot do, by name."""
    name, client = network.args["client"], network.client
    for key, reason in client.LACKS.items():
        if _given(network.args, segments(key)):
            yield key, reason
    if network.consensus not in client.CONSENSUS:
        yield "consensus", f"{name} knows {', '.join(client.CONSENSUS)}, and not {network.consensus}"
    if network.args["chain_id"] > client.MAX_CHAIN_ID:
        yield "chain_id", f"must be {client.MAX_CHAIN_ID} or less: {name} reads no greater one"


def _given(value: Any, path: Path) -> Any:
    """What the input says there, if anything."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _rpc_apis(network: Settings) -> Iterator[Problem]:
    known = [*network.client.RPC_APIS, *network.client.UNSAFE_RPC_APIS]
    for place, api in enumerate(network.args.get("rpc_apis", [])):
        if api not in known:
            yield ("rpc_apis", place), f"{network.args['client']} has no API {api!r}: it has {', '.join(known)}"


def _genesis_keys(network: Settings) -> Iterator[Problem]:
    """What one kind of consensus reads, and the other does not."""
    other = {Consensus.CLIQUE: "difficulty", Consensus.ETHASH: "period"}[network.consensus]
    path = f"genesis.{other}"
    if other in network.args["genesis"] and path not in network.client.LACKS:
        yield path, f"is nothing to {network.consensus}"


def _generation(network: Settings) -> Iterator[Problem]:
    for later in range(network.generation + 1, MOST_GENERATIONS + 1):
        if kept_genesis(network.genesis_name(later)):
            yield "reset_generation", f"{later} or more is up: an earlier chain does not come back"
            return


def _kept_genesis(network: Settings) -> Iterator[Problem]:
    """The genesis stays. What would have made another one is told, and not ignored. An `up` that failed after the
    genesis left no identity, by which `_identity` goes."""
    kept, identity = network.kept, _before(network).get(IDENTITY) or {}
    if kept is None:
        return
    for key, now in network.genesis_inputs.items():
        if (first := kept.inputs.get(key, now)) != now and key not in identity:
            yield (
                key,
                f"the genesis was made with {first}, and with {now} it would be another chain's: raise "
                "`reset_generation` to make another, from which every node begins anew",
            )


def _miners(network: Settings) -> Iterator[Problem]:
    if network.args["miners"] < network.genesis_miners:
        yield (
            "genesis_miners" if "genesis_miners" in network.args else "miners",
            f"the genesis has {network.genesis_miners} miners, whom every node dials first, and there are "
            f"{network.args['miners']}: `nodeyard stop` stops one, and `reset_generation` makes a genesis of fewer",
        )


def _passive(network: Settings) -> Iterator[Problem]:
    """Who calls the passive nodes needs some."""
    callers = [*network.web, *(["obft"] if network.args["obft"] else []), *(["backup"] if network.backups else [])]
    if network.args["callers"]:
        callers.append("callers")
    if callers and not network.args["passive"]:
        asked = " and ".join(f"`{caller}`" for caller in callers)
        yield "passive", f"must be 1 or more: {asked} asks the passive nodes for the chain"


# --- images and keys ---


def _images(network: Settings) -> Iterator[Problem]:
    needed = {
        "tools": network.backups or network.auto_restore,
        "obft": network.args["obft"] > 0,
        **dict.fromkeys(network.web, True),
    }
    reasons = {"tools": "`backup` or `auto_restore`"}
    for image, need in needed.items():
        if need and image not in network.args["images"]:
            yield ("images", image), f"is required with {reasons.get(image, f'`{image}`')}"
    if network.args["public"]:
        yield from claim_problems(network.claim, network.images["address_claim"])


def _keys(network: Settings) -> Iterator[Problem]:
    """What is wrong with keys that are given, and with keys that take the place of others."""
    table = network.secret_table
    for name, source in network.args["keys"].items():
        value, path = source.get("value"), ("keys", name)
        if name not in table:
            yield path, "is nobody's: the network has no such node"
            continue
        if source.get("existing"):
            yield (*path, "existing"), "is never read here, so that nobody could know its public half: give the `value`"
        if isinstance(value, str) and (problem := table[name].problem(value)):
            yield (*path, "value"), problem
        if value is not None and live().component(GENERATED, network.key_name(name)):
            yield (*path, "value"), "has one that the stack made, by which the network knows the node: it stays"


def _kept_keys(network: Settings) -> Iterator[Problem]:
    """A key that was given stays, too."""
    for name in network.secret_table:
        if told_before(network.key_name(name)) and _given(network.args, ("keys", name, "value")) is None:
            yield ("keys", name, "value"), "was given at first, and the network knows the node by it: give it again"


def _addresses(network: Settings) -> Iterator[Problem]:
    public = [miner.name for miner in network.public_miners]
    for name, id_ in network.args["addresses"].items():
        path = ("addresses", name)
        if name not in public:
            yield path, "is of a genesis miner of a network that is `public`"
        elif problem := network.cloud.adoption_problem("address", id_, network.platform):
            yield path, problem


# --- machines and disks ---


def _placed(rule: Rule[Settings]) -> Rule[Settings]:
    """A rule of what stands in the platform's zones. `_cluster` has said so where there are none."""
    return lambda network: rule(network) if _has_zones(network) else iter(())


def _has_zones(network: Settings) -> bool:
    return bool(network.platform["cluster_name"] and network.platform["private_subnets"])


def _pools(network: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of the machines, each told once."""
    for part, spec in network.node_pools.items():
        kind = part.rpartition("-")[0]
        places: dict[str, Path] = {"instance_type": (f"{kind}_nodes", "instance_type"), "zone": ("platform",)}
        yield from moved(network.cloud.node_pool_problems(spec, network.platform), places)
        up = live().node_pool(network.part(part))
        if not network.cloud.NODES_GO_BACK and (problem := release_problem(up, spec)):
            yield "release_version", problem


def _fits(network: Settings) -> Iterator[Problem]:
    for kind in network.kinds:
        type_, room = network.instance_type(kind), network.room(kind)
        if network.cloud.instance_type_problem(type_) or room is None:
            continue
        if problem := too_small(type_, room, network.asked(kind)):
            yield (f"{kind}_nodes", "instance_type"), problem


def _resources(network: Settings) -> Iterator[Problem]:
    """Limits below what is asked for, where the input gives them."""
    places = {"miner": ("miner_nodes",), "passive": ("passive_nodes",), "backup": ("services_nodes",)}
    for what, told in network.resources.items():
        if what in places or what in network.web:
            yield from below((*places.get(what, (what,)), "resources"), limit_problems(told))


def _disks(network: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of a disk."""
    for task in network.tasks:
        disk = network.disk(task)
        if disk is not None:
            size: Path = (f"{task.kind}_nodes", "disk_gib")
            found = network.cloud.disk_problems(disk, network.platform)
            yield from moved(found, dict.fromkeys(("size_gib", "iops", "throughput_mibps"), size))


def _kept_disks(network: Settings) -> Iterator[Problem]:
    """A StatefulSet's claims stay as they were made, and no claim becomes smaller."""
    before = _before(network)
    roles = {task["role"] for task in (before.get("tasks") or {}).values()}
    for what, old in (before.get(STORAGE) or {}).items():
        size = network.sizes.get(what, old)
        if what not in roles or old == size:
            continue
        if what in (Kind.MINER, Kind.PASSIVE):
            yield (
                (f"{what}_nodes", "disk_gib"),
                f"the disks have {old}, and Kubernetes changes the claims of no StatefulSet to {size}: the network's "
                "page says how a disk grows",
            )
        elif what == Role.BACKUP and _gib(size) < _gib(old):
            yield ("services_nodes", "disk_gib"), f"the backup's disk has {old}, and no disk becomes smaller"


def _gib(size: str) -> int:
    return int(size.removesuffix("Gi"))


# --- bucket, web applications and the rest ---


def _bucket(network: Settings) -> Iterator[Problem]:
    return below("bucket", bucket_problems(network.args["bucket"], network.cloud, network.platform))


def _auto_restore(network: Settings) -> Iterator[Problem]:
    up = live().has("bucket", network.name)
    if network.auto_restore and not (network.backups or network.bucket.existing or up):
        yield "auto_restore", "has nothing to restore: give `backup`, or a bucket with backups (`bucket.existing`)"


def _web(network: Settings) -> Iterator[Problem]:
    """What the cloud's controller would refuse, and variables that the chart sets itself."""
    for name, web in network.web.items():
        for variable in web["environment"]:
            if variable in CHART_ENVIRONMENT:
                yield (name, "environment", variable), "is said by the chart itself"
        if spec := network.ingress(name):
            found = ingress_problems(spec, web.get("callers"), network.cloud, network.platform)
            yield from below(name, found)
        elif "callers" in web:
            yield (name, "callers"), "are of an `ingress`: without one the network's own pods alone call"


def _monitoring(network: Settings) -> Iterator[Problem]:
    return monitoring_problems(network.args["monitoring"], network.args["monitoring_labels"])


def _tags(network: Settings) -> Iterator[Problem]:
    return below("tags", network.cloud.tag_problems(network.args["tags"]))


RULES: Final[Sequence[Rule[Settings]]] = [
    _name,
    _cluster,
    _identity,
    _client,
    _rpc_apis,
    _genesis_keys,
    _generation,
    _kept_genesis,
    _miners,
    _passive,
    _images,
    _keys,
    _kept_keys,
    _addresses,
    *(_placed(rule) for rule in (_pools, _fits, _disks)),
    _resources,
    _kept_disks,
    _bucket,
    _auto_restore,
    _placed(_web),
    _monitoring,
    _tags,
]
