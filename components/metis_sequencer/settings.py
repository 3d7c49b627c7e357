"""A sequencer as it will be made: what it was told, with everything filled in, and the rules across its keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any, Final, Literal

from .. import clouds
from ..asking import Rule, about, checked
from ..clouds.contract.address import AddressClaim
from ..clouds.contract.adoption import Adoptable
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.disk import DiskSpec
from ..clouds.contract.left_over import Wanted
from ..clouds.contract.node_pool import NodePoolSpec, Taint
from ..clouds.contract.platform import PlatformContract
from ..clouds.contract.snapshot_schedule import Rhythm
from ..errors import Problem, below, moved
from ..left_over import Making
from ..live import IDENTITY, cluster_of, disk_problems, identity_problems, live, release_problem
from ..metis.environment import env_problems
from ..metis.heap import heap_problem
from ..metis.inputs import rhythm
from ..metis.networks import LEAST_DISK_GIB, NETWORKS, MetisNetwork
from ..metis.node import DISK_PERFORMANCE, L1DTL_PORTS, L2GETH_RPC, disk_performance, disk_places
from ..metis.seed import is_url, port_problems, seed_problems, snapshot
from ..monitoring import monitoring_problems
from ..pins.images import METIS
from ..pods import Port, claim_problems, cluster_problems, name_problems, secret_problems, secrets_made
from ..resources import Resources, chart_defaults, too_small, unknown_size
from .args import MetisSequencerArgs
from .environment import ENV_RULES, EnvProcess
from .instance_types import INSTANCE_TYPES
from .resources import CHART, NodePods
from .secrets import SECRETS, address_of

NodeProcess = Literal["l2geth", "themis"]
"""A process with a node and an address of its own."""
NODES: tuple[NodeProcess, ...] = ("l2geth", "themis")

DiskProcess = Literal["l2geth", "l1dtl", "themis"]
DISKS: tuple[DiskProcess, ...] = ("l2geth", "l1dtl", "themis")

NODE_OF: Mapping[str, NodeProcess] = {"l2geth": "l2geth", "l1dtl": "l2geth", "themis": "themis", "exporter": "themis"}
"""On whose node each process runs."""

TYPE: Final = "nodeyard:index:MetisSequencer"

NODE_KEY = "node.metis.io"
"""Label and taint key of both nodes, as upstream's chart spells it; the value is the process."""

PORTS: Mapping[str, tuple[Port, ...]] = {
    "l2geth": (
        L2GETH_RPC,
        Port(name="p2p-tcp", number=30303, public="l2geth p2p"),
        Port(name="p2p-udp", number=30303, protocol="udp", public="l2geth discovery"),
    ),
    "l1dtl": L1DTL_PORTS,
    "themis": (Port(name="p2p", number=26656, public="themis p2p"),),
    "exporter": (Port(name="metrics", number=9090, http=True),),
}
"""What each process is reached by from outside its node."""

LONGEST_NAME = 44
"""A StatefulSet's pods carry its name and a revision's hash in one label. (AWS' roles have room for 46: 64 characters,
of which Pulumi's own ending takes 8 and `-snapshots` 10.)"""

NO_ADDRESS: Final = "0x" + "0" * 40
"""What is said before there is a sequencer key."""


@dataclass(frozen=True)
class Settings:
    """A sequencer as it will be made."""

    name: str
    args: MetisSequencerArgs

    @property
    def identity(self) -> dict[str, str]:
        """What makes it this sequencer and no other one, as it is kept in the state. Without a key yet it has no
        address."""
        address = self.args["sequencer_address"]
        return {
            "network": self.args["network"],
            "namespace": self.args["namespace"],
            "sequencer_address": "" if address == NO_ADDRESS else address.lower(),
            "platform": cluster_of(self.platform),
        }

    @property
    def platform(self) -> PlatformContract:
        return self.args["platform"]

    @property
    def cloud(self) -> Cloud:
        return clouds.of(self.platform)

    @property
    def network(self) -> MetisNetwork:
        return NETWORKS[self.args["network"]]

    @property
    def claim(self) -> AddressClaim:
        return self.cloud.address_claim(self.platform)

    @property
    def images(self) -> dict[str, str]:
        """Every image by its key; that of `address_claim` is empty where nothing claims addresses."""
        given = {process: str(image) for process, image in self.args["images"].items() if image}
        return {**{key: image.reference for key, image in METIS.items()}, "address_claim": self.claim.image, **given}

    def zone(self, process: NodeProcess) -> str:
        """Of its node. What is not given follows the platform: its first zone for l2geth, its second for themis."""
        zones = [subnet["zone"] for subnet in self.platform["public_subnets"]]
        return self.args[process].get("zone") or dict(zip(NODES, cycle(zones), strict=False))[process]

    def instance_type(self, process: NodeProcess) -> str:
        return self.args[process].get("instance_type") or INSTANCE_TYPES[process][self.platform["cloud"]]

    def node_pool(self, process: NodeProcess, **made: Any) -> NodePoolSpec:
        """The process' own node, with what is made for it."""
        return NodePoolSpec(
            instance_type=self.instance_type(process),
            zone=self.zone(process),
            release_version=self.args["release_version"],
            labels={NODE_KEY: process},
            taints=[Taint(NODE_KEY, process)],
            public_address=True,
            **made,
        )

    def pods_on(self, process: NodeProcess) -> NodePods:
        """The pods of the process' own node."""
        return NodePods(
            node=process,
            args=self.args,
            claimed=self.claim.way == "claimant",
            probed=bool(self.images.get("tools")),
            room=self.cloud.node_room(self.node_pool(process)),
        )

    @property
    def resources(self) -> Mapping[str, Resources]:
        """What each process asks of its node, and may take."""
        return {process: told for node in NODES for process, told in self.pods_on(node).resources().items()}

    def disk(self, process: DiskProcess) -> DiskSpec:
        """The process' data. l2geth's and l1dtl's take days to sync and are on a schedule of snapshots; themis' signing
        state must never come back from one, and one pod alone may hold it."""
        args = self.args[process]
        of_chain = process != "themis"
        return DiskSpec(
            zone=self.zone(NODE_OF[process]),
            size_gib=args["disk_gib"],
            namespace=self.args["namespace"],
            **disk_performance(args),
            access_mode="ReadWriteOnce" if of_chain else "ReadWriteOncePod",
            seed_from=snapshot(args) if of_chain else None,
            existing=args.get("existing_disk"),
            snapshots=self.name if of_chain else "",
        )

    @property
    def made(self) -> dict[Wanted, Making]:
        """What outlives the stack, unless the input adopts it."""
        disks = {process: (self.part(process), self.disk(process)) for process in DISKS}
        return {
            **{
                Wanted(kind="disk", name=part, zone=spec.zone): Making(part, (process, "existing_disk"))
                for process, (part, spec) in disks.items()
                if not spec.existing
            },
            **{
                Wanted(kind="address", name=self.part(process)): Making(
                    self.part(process), (process, "existing_address")
                )
                for process in NODES
                if not self.args[process].get("existing_address")
            },
            **secrets_made(self.name, SECRETS, self.args["secrets"]),
        }

    @property
    def rhythm(self) -> Rhythm:
        """Of the snapshots of the chain data."""
        return rhythm(self.args["snapshots"])

    def part(self, part: str) -> str:
        """What a part is called in the account and in the cluster."""
        return f"{self.name}-{part}"


def resolve(name: str, args: MetisSequencerArgs) -> Settings:
    """The sequencer `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules = about(partial(Settings, name), RULES)
    return Settings(name, checked(f"MetisSequencer {name!r}", MetisSequencerArgs, args, *rules))


def _name(sequencer: Settings) -> Iterator[Problem]:
    return name_problems(sequencer.name, LONGEST_NAME)


def _cluster(sequencer: Settings) -> Iterator[Problem]:
    yield from cluster_problems(sequencer.platform, sequencer.args["namespace"])
    if not sequencer.platform["public_subnets"]:
        yield "platform", "has no public subnets: the nodes stand there"


def _identity(sequencer: Settings) -> Iterator[Problem]:
    """Another network, cluster or key under the disks of this one."""
    before = live().component(TYPE, sequencer.name).get(IDENTITY) or {}
    return identity_problems(before, sequencer.identity, {})


def _kept_disk(process: DiskProcess, sequencer: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of a disk that is there."""
    up = live().disk(f"{sequencer.name}-{process}")
    found = disk_problems(up, sequencer.disk(process), sequencer.platform["kms_key"])
    places = {"size_gib": (process, "disk_gib"), "zone": (NODE_OF[process], "zone"), "kms_key": ("platform",)}
    return moved(found, places)


def _kept_nodes(process: NodeProcess, sequencer: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of nodes that are there."""
    up, spec = live().node_pool(f"{sequencer.name}-{process}"), sequencer.node_pool(process)
    if not sequencer.cloud.NODES_GO_BACK and (problem := release_problem(up, spec)):
        yield "release_version", problem


def _has_room(platform: PlatformContract) -> bool:
    """Whether there are zones for nodes and disks, and a cluster with a version that a node's must fit."""
    return bool(platform["cluster_name"] and platform["public_subnets"])


def _placed(rule: Rule[Settings]) -> Rule[Settings]:
    """A rule of what stands in the platform's zones. `_cluster` has said so where there are none."""
    return lambda sequencer: rule(sequencer) if _has_room(sequencer.platform) else iter(())


def _node(process: NodeProcess, sequencer: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of a process' node."""
    found = sequencer.cloud.node_pool_problems(sequencer.node_pool(process), sequencer.platform)
    return moved(found, {key: (process, key) for key in ("zone", "instance_type")})


def _fits(process: NodeProcess, sequencer: Settings) -> Iterator[Problem]:
    """A node that has no room for its pods. On mainnet nobody may guess."""
    type_, pods = sequencer.instance_type(process), sequencer.pods_on(process)
    if sequencer.cloud.instance_type_problem(type_):
        return  # The rule of the node says why.
    if pods.room and (problem := too_small(type_, pods.room, pods.asked)):
        yield (process, "instance_type"), problem
    if not pods.room and sequencer.network.mainnet:
        yield (process, "instance_type"), unknown_size(f"{process}'s node", type_, pods.asked)


def _resources(process: NodeProcess, sequencer: Settings) -> Iterator[Problem]:
    return sequencer.pods_on(process).problems()


def _heap(sequencer: Settings) -> Iterator[Problem]:
    options = sequencer.args["l1dtl"]["env"].get("NODE_OPTIONS", "")
    if problem := heap_problem(options, sequencer.resources["l1dtl"]):
        yield ("l1dtl", "env", "NODE_OPTIONS"), problem


def _monitoring(sequencer: Settings) -> Iterator[Problem]:
    return monitoring_problems(sequencer.args["monitoring"], sequencer.args["monitoring_labels"])


def _disk(process: DiskProcess, sequencer: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of a process' disk."""
    args = sequencer.args[process]
    if args.get("existing_disk"):
        for key in DISK_PERFORMANCE.values():
            if key in args:
                yield (process, key), "is of a disk that is made, and `existing_disk` adopts one: give one of them"
    found = sequencer.cloud.disk_problems(sequencer.disk(process), sequencer.platform)
    yield from moved(found, disk_places(process, args))


def _snapshots(sequencer: Settings) -> Iterator[Problem]:
    """What the cloud would refuse of the schedule."""
    return below("snapshots", sequencer.cloud.snapshot_problems(sequencer.rhythm))


def _seed(process: Literal["l2geth", "l1dtl"], sequencer: Settings) -> Iterator[Problem]:
    args = sequencer.args[process]
    if args.get("seed_from") and args.get("existing_disk"):
        yield (process, "seed_from"), "is of a disk that is made, and `existing_disk` adopts one: give one of them"
    yield from below(process, seed_problems(args))


def _seed_port(sequencer: Settings) -> Iterator[Problem]:
    """l2geth's pod is on its node's own network, which reaches everything."""
    args = sequencer.args["l1dtl"]
    ports = args.get("egress_ports") or chart_defaults(CHART)["l1dtl"]["egressPorts"]
    return below("l1dtl", port_problems(args, ports))


def _adopted(process: DiskProcess, key: str, kind: Adoptable, sequencer: Settings) -> Iterator[Problem]:
    """An id that the cloud has no such thing for."""
    id_ = sequencer.args[process].get(key)
    if not isinstance(id_, str) or (kind == "snapshot" and is_url(id_)):
        return
    if problem := sequencer.cloud.adoption_problem(kind, id_, sequencer.platform):
        yield (process, key), problem


def _room(sequencer: Settings) -> Iterator[Problem]:
    if sequencer.network.mainnet and sequencer.args["l2geth"]["disk_gib"] < LEAST_DISK_GIB:
        yield ("l2geth", "disk_gib"), f"{sequencer.network.name} needs {LEAST_DISK_GIB} GiB or more"


def _env(process: EnvProcess, sequencer: Settings) -> Iterator[Problem]:
    return below((process, "env"), env_problems(sequencer.network, ENV_RULES[process], sequencer.args[process]["env"]))


def _signing_state(sequencer: Settings) -> Iterator[Problem]:
    state, path = sequencer.args["themis"]["signing_state"], ("themis", "signing_state")
    if state["bootstrap"] and not state.get("volume"):
        yield path, "`bootstrap` needs the `volume` that it is meant for: themis' init container names it in its log"
    if not state.get("resume_at_height"):
        if not state["bootstrap"]:
            for key in ("volume", "key_ran_nowhere_else"):
                if state.get(key):
                    yield (*path, key), "says nothing alone: it goes with `bootstrap` or `resume_at_height`"
        return
    if state["bootstrap"]:
        yield path, "`bootstrap` is for a new validator, `resume_at_height` for one that has signed: give one of them"
    if not (state["key_ran_nowhere_else"] and state.get("volume")):
        yield path, "`resume_at_height` needs `key_ran_nowhere_else: true`, and the `volume` that it is meant for"


def _address_claim(sequencer: Settings) -> Iterator[Problem]:
    return claim_problems(sequencer.claim, sequencer.images["address_claim"])


def _key_pair(sequencer: Settings) -> Iterator[Problem]:
    address, public = sequencer.args["sequencer_address"], sequencer.args.get("validator_public_key")
    if public and address != NO_ADDRESS and address[2:].lower() != address_of(bytes.fromhex(public[2:])):
        yield "sequencer_address", "is not the address of `validator_public_key`"


def _tags(sequencer: Settings) -> Iterator[Problem]:
    return below("tags", sequencer.cloud.tag_problems(sequencer.args["tags"]))


def _secrets(sequencer: Settings) -> Iterator[Problem]:
    return secret_problems(SECRETS, sequencer.args["secrets"], sequencer.platform)


RULES: Sequence[Rule[Settings]] = [
    _name,
    _cluster,
    _identity,
    *(_placed(partial(_node, process)) for process in NODES),
    *(_placed(partial(_fits, process)) for process in NODES),
    *(_placed(partial(_resources, process)) for process in NODES),
    _placed(_heap),
    *(_placed(partial(_disk, process)) for process in DISKS),
    *(_placed(partial(_kept_disk, process)) for process in DISKS),
    *(_placed(partial(_kept_nodes, process)) for process in NODES),
    _snapshots,
    partial(_seed, "l2geth"),
    partial(_seed, "l1dtl"),
    _seed_port,
    *(partial(_adopted, process, "existing_address", "address") for process in NODES),
    *(partial(_adopted, process, "existing_disk", "disk") for process in DISKS),
    partial(_adopted, "l2geth", "seed_from", "snapshot"),
    partial(_adopted, "l1dtl", "seed_from", "snapshot"),
    _room,
    partial(_env, "l2geth"),
    partial(_env, "l1dtl"),
    partial(_env, "themis"),
    partial(_env, "bridge"),
    _monitoring,
    _signing_state,
    _address_claim,
    _key_pair,
    _secrets,
    _tags,
]
