"""A cluster of nodeos as it will be made: what it was told, with everything filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .. import clouds
from ..bucket import bucket_spec
from ..clouds.contract.bucket import BucketSpec
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.disk import DiskSpec
from ..clouds.contract.left_over import Wanted
from ..clouds.contract.node_pool import NodePoolSpec, Taint
from ..clouds.contract.node_room import Room
from ..clouds.contract.platform import PlatformContract
from ..errors import Path
from ..left_over import Making
from ..live import cluster_of
from ..pods import Port, secrets_made
from ..resources import Resources, overlaid, room_values
from ..secret_use import SecretTable
from .args import NodeosBPClusterArgs, RestoreSource
from .chain import chain_id, written
from .config import config_ini, value_of
from .networks import INSTANCE_TYPES, MAP_MODE, NETWORKS, STATE_MB, Flavour, NodeosNetwork
from .secrets import secret_table

CHART: Final = "nodeos-bp"
TYPE: Final = "nodeyard:index:NodeosBPCluster"
LEASE: Final = "nodeos-bp"
"""The name of the Lease that says who may produce."""

NODE_KEY: Final = "nodeyard.io/nodeos"
"""Label and taint key of the nodes; the value is the cluster's name and the ordinal's."""

PORTS: Final = (
    Port(name="manager", number=8080),
    Port(name="http", number=8888),
    Port(name="proxy", number=9999, http=True),
    Port(name="p2p", number=9876),
    Port(name="metrics", number=9102),
)
"""What a node listens on. nodeos' own HTTP port is on loopback alone."""

_NUMBERS: Final = {port.name: port.number for port in PORTS}
P2P: Final = _NUMBERS["p2p"]
PROXY: Final = _NUMBERS["proxy"]

LONGEST_NAME: Final = 40
"""The names of identities and pools are the cluster's and a node's, and AWS' roles have room for 64 with Pulumi's own
ending."""

BESIDE_STATE_MIB: Final = 4096
"""Memory of nodeos besides the state, and of its manager."""

SNAPSHOT_PERIOD: Final = 21600


@dataclass(frozen=True, kw_only=True)
class Node:
    """One ordinal, or one API node."""

    name: str
    key: str
    """The key of the input under which it stands."""
    number: int
    told: Mapping[str, Any]
    """What the input says of it."""
    may_produce: bool

    def path(self, key: str) -> Path:
        """Where the input says, or may say, something of this node alone."""
        return (self.key, self.name, key)

    def place(self, key: str) -> Path:
        """Where the input says something that may be the whole cluster's."""
        return self.path(key) if key in self.told else (key,)


@dataclass(frozen=True)
class Settings:
    """A cluster as it will be made."""

    name: str
    args: NodeosBPClusterArgs

    @property
    def identity(self) -> dict[str, str]:
        """What makes it this cluster and no other one, as it is kept in the state."""
        return {
            "network": self.args["network"].value,
            "namespace": self.args["namespace"],
            # Of a public chain the name says it.
            "chain_id": "" if self.network.genesis else self.chain_id,
            "platform": cluster_of(self.platform),
        }

    @property
    def platform(self) -> PlatformContract:
        return self.args["platform"]

    @property
    def cloud(self) -> Cloud:
        return clouds.of(self.platform)

    # --- the chain ---

    @property
    def network(self) -> NodeosNetwork:
        return NETWORKS[self.args["network"]]

    @property
    def genesis(self) -> str:
        """Empty where none is given that must be."""
        known = self.network.genesis
        return written(known) if known else self.args.get("genesis", "")

    @property
    def chain_id(self) -> str:
        return chain_id(self.genesis) if self.genesis else ""

    @property
    def finalizers(self) -> bool:
        """Whether each ordinal that may produce has a finalizer key."""
        return self.args.get("finalizers", self.args["flavour"] is Flavour.ANTELOPE)

    @property
    def peers(self) -> Sequence[str]:
        return self.args.get("peers", self.network.peers)

    @property
    def config_ini(self) -> str:
        return config_ini(self.network, self.args["config"])

    @property
    def state_mib(self) -> int:
        """How large the chain's state may become. What is no number is a problem of its own (`rules.py`)."""
        told = value_of(STATE_MB, self.network, self.args["config"])
        return int(told) if told.isdecimal() else int(self.network.config[STATE_MB])

    @property
    def state_in_memory(self) -> bool:
        """Whether nodeos holds the whole state in memory, and not in the kernel's cache of the disk."""
        return value_of(MAP_MODE, self.network, self.args["config"]) not in ("", "mapped")

    # --- nodes ---

    @property
    def ordinals(self) -> Sequence[Node]:
        return [
            Node(name=name, key="ordinals", number=_number(name), told=told, may_produce=told["may_produce"])
            for name, told in sorted(self.args["ordinals"].items())
        ]

    @property
    def producers(self) -> Sequence[Node]:
        """The ordinals that may produce."""
        return [node for node in self.ordinals if node.may_produce]

    @property
    def api_nodes(self) -> Sequence[Node]:
        return [
            Node(name=name, key="api_nodes", number=_number(name), told=told, may_produce=False)
            for name, told in sorted(self.args["api_nodes"].items())
        ]

    @property
    def nodes(self) -> Sequence[Node]:
        return [*self.ordinals, *self.api_nodes]

    def zone(self, node: Node) -> str:
        """What is not given follows the platform: its zones in turns."""
        zones = [subnet["zone"] for subnet in self.platform["private_subnets"]]
        given: str | None = node.told.get("zone")
        return given or zones[node.number % len(zones)]

    def instance_type(self, node: Node) -> str:
        usual = self.args.get("instance_type", INSTANCE_TYPES[self.network.name][self.platform["cloud"]])
        given: str = node.told.get("instance_type", usual)
        return given

    def disk_gib(self, node: Node) -> int:
        given: int = node.told.get("disk_gib", self.args.get("disk_gib", self.network.disk_gib))
        return given

    def node_pool(self, node: Node, **made: Any) -> NodePoolSpec:
        """The node's own machine, with what is made for it."""
        part = self.part(node.name)
        return NodePoolSpec(
            instance_type=self.instance_type(node),
            zone=self.zone(node),
            release_version=self.args["release_version"],
            labels={NODE_KEY: part},
            taints=[Taint(NODE_KEY, part)],
            **made,
        )

    def disk(self, node: Node) -> DiskSpec:
        """The chain's data, and with it `safety.dat`. It is on no schedule of snapshots: a finalizer that votes by an
        old `safety.dat` breaks its promises."""
        return DiskSpec(
            zone=self.zone(node),
            size_gib=self.disk_gib(node),
            namespace=self.args["namespace"],
            access_mode="ReadWriteOncePod",
            seed_from=node.told.get("seed_from"),
            existing=node.told.get("existing_disk"),
        )

    def room(self, node: Node) -> Room | None:
        """What the node has for its pod; None where nobody knows."""
        return self.cloud.node_room(self.node_pool(node))

    @property
    def resources(self) -> Resources:
        """What a node's pod asks for, and may take. It may take all that the node has unless the input says less: the
        node is its own, and a manager that is throttled is taken for one that hangs."""
        asked = Room(millicpu=self.network.millicpu, mib=self.state_mib + BESIDE_STATE_MIB)
        return overlaid({"requests": room_values(asked)}, self.args["resources"])

    # --- the bucket ---

    @property
    def bucket(self) -> BucketSpec:
        return bucket_spec(self.args["bucket"])

    @property
    def snapshot_period(self) -> int:
        """Seconds; 0 where they go by blocks, and where no ordinal is there that does not produce."""
        told = self.args["snapshots"]
        usual = 0 if "modulo" in told or len(self.ordinals) < 2 else SNAPSHOT_PERIOD
        return told.get("period", usual)

    @property
    def auto_restore(self) -> RestoreSource:
        return self.args.get("auto_restore", RestoreSource.NONE)

    # --- secrets, and what outlives the stack ---

    @property
    def secret_table(self) -> SecretTable:
        """The secrets that it has."""
        signers = [] if "signer_url" in self.args else [node.name for node in self.producers]
        finalizers = [(node.number, node.name) for node in self.producers if self.finalizers]
        return secret_table(signers, finalizers, [node.name for node in self.nodes])

    @property
    def made(self) -> dict[Wanted, Making]:
        """What outlives the stack, unless the input adopts it."""
        disks = [(node, self.part(node.name), self.disk(node)) for node in self.nodes]
        bucket = Wanted(kind="bucket", name=self.name)
        return {
            **{
                Wanted(kind="disk", name=part, zone=spec.zone): Making(part, node.path("existing_disk"))
                for node, part, spec in disks
                if not spec.existing
            },
            **({} if self.bucket.existing else {bucket: Making(self.name, ("bucket", "existing"))}),
            **secrets_made(self.name, self.secret_table, self.args["secrets"]),
        }

    def part(self, part: str) -> str:
        """What a part is called in the account and in the cluster."""
        return f"{self.name}-{part}"


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])
