"""The rules across a player's keys. All of them are asked before anything is registered."""

from collections.abc import Iterator, Sequence
from functools import partial
from ipaddress import ip_network
from typing import Final

from ..asking import Rule, about, checked
from ..errors import Path, Problem, below, moved
from ..ingress import ingress_problems
from ..live import IDENTITY, database_problems, identity_problems, live, release_problem
from ..pods import cluster_problems, name_problems, secret_problems
from ..resources import limit_problems, too_small
from .args import KeySource, MeshKind, SDKExposure, TSMNodeArgs
from .keys import private_key_problem
from .peers import peer_problems
from .protocols import PROTOCOLS
from .secrets import METRICS_KEY, password_problem
from .settings import LONGEST_NAME, PEERS, PORT_KEYS, TYPE, Settings


def resolve(name: str, args: TSMNodeArgs) -> Settings:
    """The player `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules = about(partial(Settings, name), RULES)
    return Settings(name, checked(f"TSMNode {name!r}", TSMNodeArgs, args, *rules))


def _name(player: Settings) -> Iterator[Problem]:
    return name_problems(player.name, LONGEST_NAME)


def _cluster(player: Settings) -> Iterator[Problem]:
    yield from cluster_problems(player.platform, player.args["namespace"])
    if not player.platform["private_subnets"]:
        yield "platform", "has no private subnets: the nodes stand there"


def _index(player: Settings) -> Iterator[Problem]:
    index, players = player.args["index"], player.args["players"]
    if index >= players:
        yield "index", f"is none of the {players} players: they are 0 to {players - 1}"


def _identity(player: Settings) -> Iterator[Problem]:
    before = live().component(TYPE, player.name).get(IDENTITY) or {}
    return identity_problems(before, player.identity, {})


# --- the key, and the one source of the configuration ---


def _key(player: Settings) -> Iterator[Problem]:
    given = player.args["secrets"].get("private_key", {}).get("value")
    if given and player.args["key"] is KeySource.GENERATED:
        yield "key", "`key: generated` makes one, and `secrets.private_key` gives one: give one of them"
    if isinstance(given, str) and (problem := private_key_problem(given)):
        yield ("secrets", "private_key", "value"), problem


def _master_password(player: Settings) -> Iterator[Problem]:
    given = player.args["secrets"].get("master_password", {}).get("value")
    if isinstance(given, str) and (problem := password_problem(given)):
        yield ("secrets", "master_password", "value"), problem


def _config_source(player: Settings) -> Iterator[Problem]:
    args, secrets = player.args, player.args["secrets"]
    if not player.brings_config:
        if "public_key" in args:
            yield "public_key", "goes with `config_secret_name`: elsewhere it follows from the private key"
        return
    if "public_key" not in args:
        yield "public_key", "is needed with `config_secret_name`: the other players must know it"
    for key in ("private_key", "master_password", "config", "metrics_key"):
        if key in secrets:
            yield ("secrets", key), "is for a configuration that is made, and `config_secret_name` brings one"
    for key in ("features", "export_white_list"):
        if args.get(key):
            yield key, "is for a configuration that is made, and `config_secret_name` brings one"
    if args["key"] is KeySource.GENERATED:
        yield "key", "makes a key for a configuration that is made, and `config_secret_name` brings one"


def _kept_password(player: Settings) -> Iterator[Problem]:
    """A database that was filled before opens with its own master password only."""
    database = player.args["database"]
    given = player.args["secrets"].get("master_password", {}).get("value")
    if given or player.brings_config or live().component(TYPE, player.name):
        return
    for key in ("restored_from", "existing"):
        if database.get(key):
            yield (
                ("database", key),
                "holds key shares that open with their own master password only: give it as "
                "`secrets.master_password.value`",
            )


# --- the mesh ---


def _peers(player: Settings) -> Iterator[Problem]:
    return peer_problems(player.args)


def _met_before(player: Settings) -> Iterator[Problem]:
    """A player that was met does not go, and does not get another key, by what its card says: a node that runs would
    stop, or would trust somebody else."""
    before = live().component(TYPE, player.name).get(PEERS) or {}
    known = {str(peer.index): peer.public_key for peer in player.peers}
    for index, old in before.items():
        path = ("peers", index)
        if index not in known:
            yield path, "was met before, and nothing is known of it now: the node would stop. Look for its card"
        elif known[index] != old and not _is_pinned(player, index):  # a key that is not known yet is pinned
            yield (
                path,
                "has another key than when it was met. If a ceremony gave it a new one, give that as its `public_key`",
            )


def _is_pinned(player: Settings, index: str) -> bool:
    return bool(player.args["peers"][index].get("public_key"))


def _one_mesh(player: Settings) -> Iterator[Problem]:
    """All players meet in the same way."""
    for peer in player.peers:
        path = ("peers", str(peer.index))
        if peer.mesh and peer.mesh != player.mesh.value:
            yield path, f"meets the others by `mesh.kind: {peer.mesh}`, and this player by `{player.mesh.value}`"
        if player.mesh is MeshKind.CLUSTER and not peer.namespace:
            yield path, "needs its `namespace` with `mesh.kind: cluster`"
        if player.mesh is not MeshKind.CLUSTER and peer.namespace:
            yield (*path, "namespace"), "goes with `mesh.kind: cluster`"
        if player.mesh is MeshKind.PUBLIC and not peer.egress:
            yield path, "has no egress: nobody could say from where its calls come"


def _private_mesh(player: Settings) -> Iterator[Problem]:
    """Both networks must be routed to each other, and both platforms must say so."""
    if player.mesh is not MeshKind.PRIVATE:
        return
    platform = player.platform
    for peer in player.peers:
        path = ("peers", str(peer.index))
        if lacking := _uncovered(peer.egress, platform["peered_cidrs"]):
            yield path, f"is in {', '.join(lacking)}, and this player's platform lists no such range in `peeredCidrs`"
        if peer.mesh and (unseen := _uncovered(platform["private_cidrs"], peer.peered)):
            yield path, f"has a platform that lists no {', '.join(unseen)}, this player's network, in `peeredCidrs`"


def _uncovered(ranges: Sequence[str], by: Sequence[str]) -> list[str]:
    """Those of `ranges` that none of `by` holds."""
    networks = [ip_network(one) for one in by]
    return [one for one in ranges if not any(_holds(network, ip_network(one)) for network in networks)]


def _holds(network: object, other: object) -> bool:
    return type(network) is type(other) and other.subnet_of(network)  # type: ignore[attr-defined]


def _mesh_keys(player: Settings) -> Iterator[Problem]:
    mesh = player.args["mesh"]
    if mesh.get("private_address") and player.mesh is not MeshKind.PRIVATE:
        yield ("mesh", "private_address"), "goes with `kind: private`"
    if mesh["existing_addresses"] and player.mesh is not MeshKind.PUBLIC:
        yield ("mesh", "existing_addresses"), "are public addresses: they go with `kind: public`"


def _sdk_keys(player: Settings) -> Iterator[Problem]:
    sdk = player.args["sdk"]
    exposure = player.exposure
    if exposure is SDKExposure.PUBLIC and not sdk.get("callers"):
        yield ("sdk", "callers"), "are needed with `exposure: public`: the port speaks HTTP, and nobody else may call"
    if exposure is SDKExposure.CLUSTER and sdk.get("callers") and not player.ingress:
        yield ("sdk", "callers"), "are of a load balancer, which `exposure: cluster` has not: give `namespaces`"
    if sdk.get("private_address") and exposure is not SDKExposure.INTERNAL:
        yield ("sdk", "private_address"), "goes with `exposure: internal`"
    if sdk["existing_addresses"] and exposure is not SDKExposure.PUBLIC:
        yield ("sdk", "existing_addresses"), "are public addresses: they go with `exposure: public`"


def _ingress(player: Settings) -> Iterator[Problem]:
    """The HTTPS host before the SDK's port. A balancer beside it has the same callers."""
    if player.ingress is None:
        return iter(())
    found = ingress_problems(
        player.ingress,
        player.args["sdk"].get("callers"),
        player.cloud,
        player.platform,
        callers_of_more=player.exposure is not SDKExposure.CLUSTER,
    )
    return below("sdk", found)


def _balancer(port: str, player: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of a load balancer."""
    spec, key = player.balancers.get(port), PORT_KEYS[port]
    if spec is None:
        return
    existing: Path = (key, "existing_addresses")
    asked = [player.cloud.adoption_problem("address", id_, player.platform) for id_ in spec.existing]
    malformed = [((*existing, place), problem) for place, problem in enumerate(asked) if problem]
    yield from malformed
    places: dict[str, Path] = {
        "private_address": (key, "private_address"),
        "existing": existing,
        "zones": ("nodes", "zones"),
    }
    for path, reason in moved(player.cloud.load_balancer_problems(spec, player.platform), places):
        if not malformed or path[:2] != existing:  # what is no id is told once
            yield path, reason


# --- nodes ---


def _zones(player: Settings) -> Iterator[Problem]:
    if _has_zones(player):
        yield from _strange_zones(player)
    if len(player.args["nodes"].get("zones", [])) > player.args["replicas"]:
        yield ("nodes", "zones"), f"are more than the {player.args['replicas']} `replicas`, of which each has one"


def _strange_zones(player: Settings) -> Iterator[Problem]:
    known = player.platform_zones
    for place, zone in enumerate(player.args["nodes"].get("zones", [])):
        if zone not in known:
            reason = f"{zone!r} is no zone of the platform's private subnets: they are {', '.join(known)}"
            yield ("nodes", "zones", place), reason


def _nodes(player: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of the nodes: a confidential node that it has not, above all."""
    places = {"instance_type": ("nodes", "instance_type")}
    for zone, spec in player.node_pools.items():
        yield from moved(player.cloud.node_pool_problems(spec, player.platform), places)
        up = live().node_pool(player.pool_name(zone))
        if not player.cloud.NODES_GO_BACK and (problem := release_problem(up, spec)):
            yield "release_version", problem


def _fits(player: Settings) -> Iterator[Problem]:
    if player.cloud.instance_type_problem(player.instance_type) or player.room is None:
        return
    if problem := too_small(player.instance_type, player.room, player.asked):
        yield ("nodes", "instance_type"), problem


def _resources(player: Settings) -> Iterator[Problem]:
    return below("resources", limit_problems(player.resources))


# --- database ---


def _database(player: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of the database, and what it never changes of one that is there."""
    spec = player.database
    places = {
        "zones": ("nodes", "zones"),
        "connections": ("database", "max_open_connections"),
        "kms_key": ("platform",),
        **{key: ("database", key) for key in _OF_DATABASE},
    }
    yield from moved(player.cloud.database_problems(spec, player.platform), places)
    up = live().database(player.name)
    yield from moved(database_problems(up, spec, player.platform["kms_key"]), places)
    if spec.existing and (problem := player.cloud.adoption_problem("database", spec.existing, player.platform)):
        yield ("database", "existing"), problem


_OF_DATABASE: Final = (
    "instance_type",
    "disk_gib",
    "version",
    "backup_days",
    "restored_from",
    "restored_at",
    "existing",
)


def _database_keys(player: Settings) -> Iterator[Problem]:
    told = player.args["database"]
    if told["max_idle_connections"] > told["max_open_connections"]:
        yield ("database", "max_idle_connections"), "are more than `max_open_connections`"
    if told.get("restored_at") and not told.get("restored_from"):
        yield ("database", "restored_at"), "goes with `restored_from`"
    if told["presignatures_purged"] and not told.get("restored_from"):
        yield (
            ("database", "presignatures_purged"),
            "is said of a database that was restored: it goes with `restored_from`",
        )
    if told.get("existing") and told.get("restored_from"):
        yield ("database", "restored_from"), "is of a server that is made, and `existing` adopts one: give one of them"
    if told.get("existing") and not player.args["secrets"].get("database_admin", {}).get("existing"):
        yield ("database", "existing"), "needs `secrets.database_admin.existing`, the secret with its admin's password"


# --- callers ---


def _features(player: Settings) -> Iterator[Problem]:
    for protocol, asked in player.args["features"].items():
        known = PROTOCOLS[protocol].names
        for place, feature in enumerate(asked):
            if feature not in known:
                yield ("features", protocol, place), f"is no feature of {protocol}: {', '.join(known)}"


def _exports(player: Settings) -> Iterator[Problem]:
    if "*" in player.args["export_white_list"]:
        yield "export_white_list", "lets everybody export key shares: name the public keys that may"


def _authentication(player: Settings) -> Iterator[Problem]:
    told = player.args["authentication"]
    if told["dynamic"] and told["api_keys"]:
        yield ("authentication", "api_keys"), "are not read with `dynamic: true`: give one of them"
    hashes: dict[str, str] = {}
    for key in ("api_keys", "management_keys"):
        for name, entry in told[key].items():
            if (first := hashes.setdefault(entry["hash"], name)) != name:
                yield ("authentication", key, name, "hash"), f"is that of {first!r} too: each has a key of its own"


def _images(player: Settings) -> Iterator[Problem]:
    if "@sha256:" not in player.images["database_client"]:
        yield ("images", "database_client"), "must be an image by digest: it reads the database's passwords"


def _monitoring(player: Settings) -> Iterator[Problem]:
    args = player.args
    if args["monitoring"]:
        return
    if args["monitoring_labels"]:
        yield "monitoring_labels", "are of what `monitoring: false` leaves out"
    if METRICS_KEY in args["secrets"] and not player.brings_config:
        yield ("secrets", METRICS_KEY), "is the key of what `monitoring: false` leaves out"


def _secrets(player: Settings) -> Iterator[Problem]:
    kept = {key: source for key, source in player.args["secrets"].items() if key in player.secret_table}
    return secret_problems(player.secret_table, kept, player.platform)


def _tags(player: Settings) -> Iterator[Problem]:
    return below("tags", player.cloud.tag_problems(player.args["tags"]))


def _has_room(rule: Rule[Settings]) -> Rule[Settings]:
    """A rule of what stands in the platform's zones. `_cluster` and `_zones` have said so where it cannot."""
    return lambda player: rule(player) if _has_zones(player) and not any(_strange_zones(player)) else iter(())


def _has_zones(player: Settings) -> bool:
    return bool(player.platform["cluster_name"] and player.platform["private_subnets"])


RULES: Final[Sequence[Rule[Settings]]] = [
    _name,
    _cluster,
    _index,
    _identity,
    _key,
    _master_password,
    _config_source,
    _kept_password,
    _peers,
    _met_before,
    _one_mesh,
    _private_mesh,
    _mesh_keys,
    _sdk_keys,
    _has_room(_ingress),
    _has_room(partial(_balancer, "mpc")),
    _has_room(partial(_balancer, "sdk")),
    _zones,
    _has_room(_nodes),
    _has_room(_fits),
    _has_room(_resources),
    _has_room(_database),
    _database_keys,
    _features,
    _exports,
    _authentication,
    _images,
    _monitoring,
    _secrets,
    _tags,
]
