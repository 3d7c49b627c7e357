"""A player as it will be made: what it was told, with everything filled in."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any, Final

from .. import clouds
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.database import DatabaseSpec
from ..clouds.contract.ingress import IngressSpec
from ..clouds.contract.left_over import Wanted
from ..clouds.contract.load_balancer import LoadBalancerSpec
from ..clouds.contract.node_pool import NodePoolSpec, Taint
from ..clouds.contract.node_room import Room
from ..clouds.contract.platform import PlatformContract
from ..ingress import ingress_spec
from ..left_over import Making
from ..live import cluster_of
from ..pins.images import POSTGRESQL
from ..pods import secrets_made
from ..resources import Resources, amount, chart_defaults, overlaid
from ..secret_use import SecretTable
from .args import Confidential, MeshKind, SDKExposure, TSMNodeArgs
from .config import MPC_PORT, SDK_PORT
from .instance_types import DEFAULTS
from .peers import Peer, known_peers, missing_peers
from .secrets import CONFIG, METRICS_KEY, PULL, SECRETS

CHART: Final = "tsm-node"
TYPE: Final = "nodeyard:index:TSMNode"

PEERS: Final = "peers"
"""The output in which a player keeps whom it has met."""

NODE_KEY: Final = "nodeyard.io/tsm-node"
"""Label and taint key of the player's nodes; the value is the player's name."""

LONGEST_NAME: Final = 40
"""The names of its Services, Jobs and balancers begin with it."""

HEALTH_PATH: Final = "/ping"
"""Of the SDK's port."""

PORT_KEYS: Final = {"mpc": "mesh", "sdk": "sdk"}
"""Which key tells of each port."""

SPARE_CONNECTIONS: Final = 10
"""For an operator, for the Job, and for instances that are being replaced."""


@dataclass(frozen=True)
class Settings:
    """A player as it will be made."""

    name: str
    args: TSMNodeArgs

    @property
    def identity(self) -> dict[str, str]:
        """What makes it this player and no other one, as it is kept in the state."""
        return {
            "index": str(self.args["index"]),
            "players": str(self.args["players"]),
            "namespace": self.args["namespace"],
            "platform": cluster_of(self.platform),
            "key": self.args["key"].value,
        }

    @property
    def platform(self) -> PlatformContract:
        return self.args["platform"]

    @property
    def cloud(self) -> Cloud:
        return clouds.of(self.platform)

    # --- the mesh ---

    @property
    def mesh(self) -> MeshKind:
        return self.args["mesh"]["kind"]

    @property
    def peers(self) -> Sequence[Peer]:
        return known_peers(self.args)

    @property
    def missing_peers(self) -> Sequence[int]:
        return missing_peers(self.args)

    @property
    def closed(self) -> bool:
        """Whether nobody may reach the node: its database came back from a backup, with presignatures in it that may
        have been used since."""
        database = self.args["database"]
        return bool(database.get("restored_from")) and not database["presignatures_purged"]

    @property
    def has_key(self) -> bool:
        """Whether there is a private key, or will be."""
        return (
            self.args["key"] == "generated"
            or bool(self.args["secrets"].get("private_key", {}).get("value"))
            or self.brings_config
        )

    @property
    def brings_config(self) -> bool:
        """Whether the operator's own config.toml is used."""
        return "config_secret_name" in self.args

    @property
    def starts(self) -> bool:
        """Whether the node's instances run."""
        return self.has_key and not self.missing_peers

    @property
    def waits_for(self) -> list[str]:
        """What is not there yet, and what keeps everybody from the node, in words."""
        absent = [f"the card of player {index}" for index in self.missing_peers]
        if not self.has_key:
            absent.insert(0, "the player's own key (`nodeyard tsm keygen`)")
        if self.closed:
            absent.append("your word that DeleteAllPresigs was called on the restored node: nobody reaches it before")
        return absent

    @property
    def replicas(self) -> int:
        """How many instances run. A closed node is one: only its operator calls it."""
        if not self.starts:
            return 0
        return 1 if self.closed else self.args["replicas"]

    @property
    def egress(self) -> list[str]:
        """The ranges that peers see its calls come from."""
        if self.mesh is MeshKind.PUBLIC:
            return [f"{address}/32" for address in self.platform["egress_addresses"]]
        return list(self.platform["private_cidrs"]) if self.mesh is MeshKind.PRIVATE else []

    # --- nodes ---

    @property
    def zones(self) -> list[str]:
        """Of the instances, one for each: those that are given, or the platform's, in turns."""
        given = self.args["nodes"].get("zones") or self.platform_zones
        return list(islice(cycle(given), self.args["replicas"]))

    @property
    def platform_zones(self) -> list[str]:
        return [subnet["zone"] for subnet in self.platform["private_subnets"]]

    @property
    def confidential(self) -> bool:
        return self.args["nodes"]["confidential"] is Confidential.REQUIRED

    @property
    def instance_type(self) -> str:
        usual = DEFAULTS[self.platform["cloud"]]
        return self.args["nodes"].get("instance_type") or (usual.confidential_node if self.confidential else usual.node)

    @property
    def node_pools(self) -> dict[str, NodePoolSpec]:
        """One pool in each zone, by the zone. An instance has a node of its own."""
        return {zone: self._node_pool(zone, count) for zone, count in Counter(self.zones).items()}

    def _node_pool(self, zone: str, count: int) -> NodePoolSpec:
        return NodePoolSpec(
            instance_type=self.instance_type,
            zone=zone,
            release_version=self.args["release_version"],
            labels={NODE_KEY: self.name},
            taints=[Taint(NODE_KEY, self.name)],
            node_count=count,
            confidential=self.confidential,
        )

    def pool_name(self, zone: str) -> str:
        return self.part(zone)

    @property
    def resources(self) -> Resources:
        """What an instance asks of its node, and may take."""
        return overlaid(chart_defaults(CHART)["resources"], self.args["resources"])

    @property
    def asked(self) -> Room:
        return amount(self.resources["requests"])

    @property
    def room(self) -> Room | None:
        """What a node has for its pods; None where nobody knows."""
        return self.cloud.node_room(self.node_pools[self.zones[0]])

    # --- balancers and ingress ---

    @property
    def exposure(self) -> SDKExposure:
        """Where the SDK's port is reached from, besides an ingress."""
        sdk = self.args["sdk"]
        return sdk.get("exposure", SDKExposure.CLUSTER if "ingress" in sdk else SDKExposure.INTERNAL)

    @property
    def ingress(self) -> IngressSpec | None:
        """The HTTPS host before the SDK's port, if there is to be one."""
        told = self.args["sdk"].get("ingress")
        if told is None:
            return None
        return ingress_spec(
            told, service=self.part("sdk"), port=SDK_PORT, source_ranges=self.sdk_callers, health_path=HEALTH_PATH
        )

    @property
    def balancers(self) -> dict[str, LoadBalancerSpec]:
        """By the port's name. A port that only the cluster reaches has none."""
        return {
            port: spec
            for port, spec in (("mpc", self._mpc_balancer()), ("sdk", self._sdk_balancer()))
            if spec is not None
        }

    def _mpc_balancer(self) -> LoadBalancerSpec | None:
        if self.mesh is MeshKind.CLUSTER:
            return None
        mesh = self.args["mesh"]
        callers = [] if self.closed else sorted({range_ for peer in self.peers for range_ in peer.egress})
        return self._balancer(
            "mpc", MPC_PORT, public=self.mesh is MeshKind.PUBLIC, callers=callers, told=mesh, health_path=""
        )

    def _sdk_balancer(self) -> LoadBalancerSpec | None:
        sdk = self.args["sdk"]
        if self.exposure is SDKExposure.CLUSTER:
            return None
        callers = [] if self.closed else self.sdk_callers
        public = self.exposure is SDKExposure.PUBLIC
        spec = self._balancer("sdk", SDK_PORT, public=public, callers=callers, told=sdk, health_path=HEALTH_PATH)
        # An SDK's session lives in one instance's memory.
        return replace(spec, sticky=True)

    def _balancer(
        self, port: str, number: int, *, public: bool, callers: Sequence[str], told: Any, health_path: str
    ) -> LoadBalancerSpec:
        return LoadBalancerSpec(
            namespace=self.args["namespace"],
            service=self.part(port),
            port=number,
            zones=list(dict.fromkeys(self.zones)),
            public=public,
            source_ranges=callers,
            health_path=health_path,
            # What an address of the other kind is told is a problem of its own (`rules.py`).
            private_address=None if public else told.get("private_address"),
            existing=told["existing_addresses"] if public else (),
        )

    def addresses(self, port: str) -> Sequence[str]:
        """The names of the public addresses that are made for a port's balancer."""
        spec = self.balancers[port]
        return self.cloud.balancer_addresses(self.part(port), spec)

    @property
    def sdk_callers(self) -> list[str]:
        """Who may call the SDK's port."""
        routed = [*self.platform["private_cidrs"], *self.platform["peered_cidrs"]]
        return sorted(self.args["sdk"].get("callers", routed))

    @property
    def caller_namespaces(self) -> list[str]:
        """Whose pods may call the SDK's port."""
        return [] if self.closed else list(self.args["sdk"]["namespaces"])

    @property
    def peer_namespaces(self) -> list[str]:
        """Whose pods may call the player's mesh port, with a mesh in one cluster."""
        return [] if self.closed else sorted({peer.namespace for peer in self.peers if peer.namespace})

    # --- database ---

    @property
    def role(self) -> str:
        """The player's user in its database, and the user's schema."""
        return f"tsm{self.args['index']}"

    @property
    def database(self) -> DatabaseSpec:
        told = self.args["database"]
        zones = list(dict.fromkeys([*self.zones, *self.platform_zones]))
        return DatabaseSpec(
            zones=zones[: 2 if told["standby"] else 1],
            instance_type=told.get("instance_type") or DEFAULTS[self.platform["cloud"]].database,
            disk_gib=told["disk_gib"],
            version=told["version"],
            connections=self.args["replicas"] * told["max_open_connections"] + SPARE_CONNECTIONS,
            backup_days=told["backup_days"],
            restored_from=told.get("restored_from"),
            restored_at=told.get("restored_at") if told.get("restored_from") else None,
            existing=told.get("existing"),
        )

    # --- secrets, and what outlives the stack ---

    @property
    def secret_table(self) -> SecretTable:
        """The secrets that it has: none that hold a configuration which the operator brings, and none to pull an image
        with that needs none."""
        left_out = {CONFIG, METRICS_KEY} if self.brings_config else set()
        if not self.args["monitoring"]:
            left_out.add(METRICS_KEY)
        if PULL not in self.args["secrets"]:
            left_out.add(PULL)
        return {key: use for key, use in SECRETS.items() if key not in left_out}

    @property
    def pulls(self) -> bool:
        """Whether the node's image is pulled with credentials."""
        return PULL in self.secret_table

    @property
    def made(self) -> dict[Wanted, Making]:
        """What outlives the stack, unless the input adopts it."""
        database = Wanted(kind="database", name=self.name)
        return {
            **({} if self.database.existing else {database: Making(self.name, ("database", "existing"))}),
            **{
                Wanted(kind="address", name=address): Making(address, (PORT_KEYS[port], "existing_addresses"))
                for port in self.balancers
                for address in self.addresses(port)
            },
            **secrets_made(self.name, self.secret_table, self.args["secrets"]),
        }

    @property
    def images(self) -> Mapping[str, str]:
        given = {key: str(image) for key, image in self.args["images"].items()}
        return {"database_client": POSTGRESQL.reference, **given}

    def part(self, part: str) -> str:
        """What a part is called in the account and in the cluster."""
        return f"{self.name}-{part}"
