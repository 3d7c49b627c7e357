"""The rules across the replicas' keys. All of them are asked before anything is registered."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from ..asking import Rule, about, checked
from ..errors import Problem, below, moved
from ..ingress import ingress_problems
from ..live import IDENTITY, disk_problems, identity_problems, live, release_problem
from ..metis.environment import env_problems
from ..metis.heap import heap_problem
from ..metis.networks import LEAST_DISK_GIB
from ..metis.node import disk_places
from ..metis.seed import is_url, port_problems, seed_problems
from ..monitoring import monitoring_problems
from ..pods import cluster_problems, name_problems, secret_problems
from ..resources import chart_defaults, limit_problems, too_small, unknown_size
from .args import MetisReplicaArgs, RPCExposure
from .environment import ENV_RULES, READING_APIS
from .secrets import SECRETS
from .settings import CHART, LONGEST_NAME, PROCESSES, TYPE, DiskOf, Process, Settings


def resolve(name: str, args: MetisReplicaArgs) -> Settings:
    """The replicas `name` as `args` describe them. Raises `InputError` with everything that is wrong with them."""
    rules = about(partial(Settings, name), RULES)
    return Settings(name, checked(f"MetisReplica {name!r}", MetisReplicaArgs, args, *rules))


def _name(replicas: Settings) -> Iterator[Problem]:
    return name_problems(replicas.name, LONGEST_NAME)


def _cluster(replicas: Settings) -> Iterator[Problem]:
    yield from cluster_problems(replicas.platform, replicas.args["namespace"])
    if not replicas.platform["private_subnets"]:
        yield "platform", "has no private subnets: the nodes stand there"


def _identity(replicas: Settings) -> Iterator[Problem]:
    """Another network, cluster or kind of database under the disks of these."""
    before = live().component(TYPE, replicas.name).get(IDENTITY) or {}
    return identity_problems(before, replicas.identity, {})


# --- nodes ---


def _zones(replicas: Settings) -> Iterator[Problem]:
    known = replicas.platform_zones
    for place, zone in enumerate(replicas.args["nodes"].get("zones", [])):
        if zone not in known:
            reason = f"{zone!r} is no zone of the platform's private subnets: they are {', '.join(known)}"
            yield ("nodes", "zones", place), reason


def _nodes(replicas: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of the nodes, and of nodes that are there."""
    places = {"instance_type": ("nodes", "instance_type")}
    for zone, spec in replicas.node_pools.items():
        yield from moved(replicas.cloud.node_pool_problems(spec, replicas.platform), places)
        up = live().node_pool(replicas.part(zone))
        if not replicas.cloud.NODES_GO_BACK and (problem := release_problem(up, spec)):
            yield "release_version", problem


def _fits(replicas: Settings) -> Iterator[Problem]:
    """A node that has no room for its replica. On mainnet nobody may guess."""
    type_, room, path = replicas.instance_type, replicas.room, ("nodes", "instance_type")
    if replicas.cloud.instance_type_problem(type_):
        return  # The rule of the node says why.
    if room and (problem := too_small(type_, room, replicas.asked)):
        yield path, problem
    if not room and replicas.network.mainnet:
        yield path, unknown_size("a replica's node", type_, replicas.asked)


def _resources(replicas: Settings) -> Iterator[Problem]:
    told = replicas.resources
    for process in PROCESSES:
        yield from below((process, "resources"), limit_problems(told[process]))
    options = replicas.args["l1dtl"]["env"].get("NODE_OPTIONS", "")
    if problem := heap_problem(options, told["l1dtl"]):
        yield ("l1dtl", "env", "NODE_OPTIONS"), problem


# --- disks ---


def _disks(replicas: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of a disk, and of one that is there."""
    for disk, spec in replicas.disks.items():
        places = {
            **disk_places(disk.process, replicas.args[disk.process]),
            "zone": ("nodes", "zones"),
            "kms_key": ("platform",),
        }
        yield from moved(replicas.cloud.disk_problems(spec, replicas.platform), places)
        found = disk_problems(live().disk(replicas.disk_name(disk)), spec, replicas.platform["kms_key"])
        yield from moved(found, places)


def _snapshots(replicas: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of the schedule."""
    return below("snapshots", replicas.cloud.snapshot_problems(replicas.rhythm))


def _adopted(process: Process, replicas: Settings) -> Iterator[Problem]:
    for number, id_ in replicas.args[process]["existing_disks"].items():
        path = (process, "existing_disks", number)
        if DiskOf(process, int(number)) not in replicas.disks:
            yield path, f"is of no replica: `replicas` is {replicas.args['replicas']}, and they are numbered from 0"
        elif problem := replicas.cloud.adoption_problem("disk", id_, replicas.platform):
            yield path, problem


def _seed(process: Process, replicas: Settings) -> Iterator[Problem]:
    told: Mapping[str, Any] = replicas.args[process]
    seed = told.get("seed_from")
    yield from below(process, seed_problems(told))
    if seed and not is_url(seed) and (problem := replicas.cloud.adoption_problem("snapshot", seed, replicas.platform)):
        yield (process, "seed_from"), problem


def _seed_port(process: Process, replicas: Settings) -> Iterator[Problem]:
    ports = replicas.args["l1dtl"].get("egress_ports") or chart_defaults(CHART)["l1dtl"]["egressPorts"]
    return below(process, port_problems(replicas.args[process], ports))


def _room(replicas: Settings) -> Iterator[Problem]:
    least = replicas.network.mainnet and replicas.args["gc_mode"] == "archive"
    if least and replicas.args["l2geth"]["disk_gib"] < LEAST_DISK_GIB:
        yield ("l2geth", "disk_gib"), f"{replicas.network.name} needs {LEAST_DISK_GIB} GiB or more"


# --- processes ---


def _env(process: Process, replicas: Settings) -> Iterator[Problem]:
    found = env_problems(replicas.network, ENV_RULES, replicas.args[process]["env"])
    return below((process, "env"), found)


def _public_apis(replicas: Settings) -> Iterator[Problem]:
    """What no stranger may ask a node."""
    told = replicas.args["l2geth"]["env"].get("RPC_API", "")
    unsafe = [api for api in told.split(",") if api and api not in READING_APIS]
    if unsafe and replicas.ingress and replicas.ingress.public:
        reason = f"answers {' and '.join(unsafe)} to the internet, which tell or change what no stranger may"
        yield ("l2geth", "env", "RPC_API"), reason


# --- the RPC ---


def _exposure(replicas: Settings) -> Iterator[Problem]:
    rpc, exposure = replicas.args["rpc"], replicas.exposure
    if exposure is RPCExposure.CLUSTER and rpc.get("callers") and not replicas.ingress:
        yield ("rpc", "callers"), "are of a load balancer, which `exposure: cluster` has not: give `namespaces`"
    if exposure is RPCExposure.CLUSTER and rpc.get("private_address"):
        yield ("rpc", "private_address"), "goes with `exposure: internal`"


def _balancer(replicas: Settings) -> Iterator[Problem]:
    if replicas.balancer is None:
        return iter(())
    places = {"private_address": ("rpc", "private_address"), "zones": ("nodes", "zones")}
    return moved(replicas.cloud.load_balancer_problems(replicas.balancer, replicas.platform), places)


def _ingress(replicas: Settings) -> Iterator[Problem]:
    """The HTTPS host. A balancer beside it has the same callers."""
    if replicas.ingress is None:
        return iter(())
    found = ingress_problems(
        replicas.ingress,
        replicas.args["rpc"].get("callers"),
        replicas.cloud,
        replicas.platform,
        callers_of_more=replicas.exposure is RPCExposure.INTERNAL,
    )
    return below("rpc", found)


def _monitoring(replicas: Settings) -> Iterator[Problem]:
    return monitoring_problems(replicas.args["monitoring"], replicas.args["monitoring_labels"])


def _secrets(replicas: Settings) -> Iterator[Problem]:
    return secret_problems(SECRETS, replicas.args["secrets"], replicas.platform)


def _tags(replicas: Settings) -> Iterator[Problem]:
    return below("tags", replicas.cloud.tag_problems(replicas.args["tags"]))


def _placed(rule: Rule[Settings]) -> Rule[Settings]:
    """A rule of what stands in the platform's zones. `_cluster` and `_zones` have said so where it cannot."""

    def asked(replicas: Settings) -> Iterator[Problem]:
        platform = replicas.platform
        there = platform["cluster_name"] and platform["private_subnets"] and not any(_zones(replicas))
        return iter(rule(replicas)) if there else iter(())

    return asked


RULES: Final[Sequence[Rule[Settings]]] = [
    _name,
    _cluster,
    _identity,
    _zones,
    *map(_placed, (_nodes, _fits, _resources, _disks)),
    *(_placed(partial(_adopted, process)) for process in PROCESSES),
    *(partial(_seed, process) for process in PROCESSES),
    *(partial(_seed_port, process) for process in PROCESSES),
    _snapshots,
    _room,
    *(partial(_env, process) for process in PROCESSES),
    _public_apis,
    _exposure,
    *map(_placed, (_balancer, _ingress)),
    _monitoring,
    _secrets,
    _tags,
]
