"""Replicas as they will be made: what they stand on, with everything filled in that was not told."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from .. import clouds
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.disk import DiskSpec
from ..clouds.contract.ingress import IngressSpec
from ..clouds.contract.left_over import Wanted
from ..clouds.contract.load_balancer import LoadBalancerSpec
from ..clouds.contract.node_pool import NodePoolSpec, Taint
from ..clouds.contract.node_room import Room, total
from ..clouds.contract.platform import PlatformContract
from ..clouds.contract.snapshot_schedule import Rhythm
from ..ingress import ingress_spec
from ..left_over import Making
from ..live import cluster_of, live
from ..metis.inputs import rhythm
from ..metis.networks import NETWORKS, MetisNetwork
from ..metis.node import L2GETH_RPC, disk_performance
from ..metis.seed import snapshot
from ..pins.images import METIS
from ..pods import secrets_made, service_host
from ..resources import Resources, amount, chart_defaults, overlaid, rest_of
from .args import MOST_REPLICAS, MetisReplicaArgs, RPCExposure
from .instance_types import INSTANCE_TYPES
from .secrets import REPLICA, SECRETS

CHART: Final = "metis-replica"
TYPE: Final = "nodeyard:index:MetisReplica"

NODE_KEY: Final = "nodeyard.io/metis-replica"
"""Label and taint key of the nodes; the value is the stack's name."""

LONGEST_NAME: Final = 40
"""The names of its Services, disks and pods begin with it."""

HEALTH_PATH: Final = "/"
"""l2geth answers a GET there. Which replicas are asked at all is by their readiness."""

Process = Literal["l2geth", "l1dtl"]
PROCESSES: Final[tuple[Process, ...]] = ("l2geth", "l1dtl")


class DiskOf(NamedTuple):
    """One process' disk of one replica."""

    process: Process
    number: int


@dataclass(frozen=True)
class Settings:
    """Replicas as they will be made."""

    name: str
    args: MetisReplicaArgs

    @property
    def identity(self) -> dict[str, str]:
        """What makes them these replicas and no other ones, as it is kept in the state."""
        return {
            "network": self.args["network"],
            "namespace": self.args["namespace"],
            "gc_mode": self.args["gc_mode"].value,
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
    def images(self) -> dict[str, str]:
        """Every image by its key."""
        given = {key: str(image) for key, image in self.args["images"].items() if image}
        return {**{process: METIS[process].reference for process in PROCESSES}, **given}

    # --- nodes ---

    @property
    def zones(self) -> Sequence[str]:
        """Where replicas stand, in turns: those that are given, or the platform's."""
        return self.args["nodes"].get("zones") or self.platform_zones

    @property
    def platform_zones(self) -> list[str]:
        return [subnet["zone"] for subnet in self.platform["private_subnets"]]

    def zone(self, number: int) -> str:
        return self.zones[number % len(self.zones)]

    @property
    def numbers(self) -> range:
        """Of the replicas that run."""
        return range(self.args["replicas"])

    @property
    def instance_type(self) -> str:
        return self.args["nodes"].get("instance_type") or INSTANCE_TYPES[self.platform["cloud"]]

    @property
    def node_pools(self) -> dict[str, NodePoolSpec]:
        """One pool in each zone, by the zone. A replica has a node of its own."""
        counts = Counter(self.zone(number) for number in self.numbers)
        return {zone: self._node_pool(zone, count) for zone, count in counts.items()}

    def _node_pool(self, zone: str, count: int) -> NodePoolSpec:
        return NodePoolSpec(
            instance_type=self.instance_type,
            zone=zone,
            release_version=self.args["release_version"],
            labels={NODE_KEY: self.name},
            taints=[Taint(NODE_KEY, self.name)],
            node_count=count,
        )

    # --- what a replica asks of its node ---

    @property
    def room(self) -> Room | None:
        """What a node has for its pods; None where nobody knows."""
        return self.cloud.node_room(self.node_pools[self.zone(0)])

    @property
    def asked(self) -> Room:
        """What a replica asks for. Init containers ask for less than what runs after them."""
        processes = [amount(self._told(process)["requests"]) for process in PROCESSES]
        tools = [amount(chart_defaults(CHART)["probes"]["resources"]["requests"])] if self.images.get("tools") else []
        return total([*processes, *tools])

    @property
    def resources(self) -> Mapping[str, Resources]:
        """What each process asks for, and may take: what the operator says, else the chart. l2geth may take all that
        the others do not ask for."""
        told = {process: self._told(process) for process in PROCESSES}
        if self.room:
            given: Mapping[str, Any] = self.args["l2geth"]["resources"]
            told["l2geth"]["limits"] = {**rest_of(self.room, self.asked, told["l2geth"]), **given.get("limits", {})}
        return {str(process): asked for process, asked in told.items()}

    def _told(self, process: Process) -> dict[str, dict[str, str]]:
        return overlaid(chart_defaults(CHART)[process]["resources"], self.args[process]["resources"])

    # --- disks ---

    @property
    def disks(self) -> dict[DiskOf, DiskSpec]:
        """Each replica's. A disk that was made stays when its replica goes, so that the replica comes back to it."""
        every = (DiskOf(process, number) for number in range(MOST_REPLICAS) for process in PROCESSES)
        return {disk: self.disk(disk) for disk in every if disk.number in self.numbers or self._was_made(disk)}

    def _was_made(self, disk: DiskOf) -> bool:
        return live().has("disk", self.disk_name(disk))

    def disk_name(self, disk: DiskOf) -> str:
        return self.part(f"{disk.number}-{disk.process}")

    def disk(self, disk: DiskOf) -> DiskSpec:
        """The first replica's are on a schedule of snapshots, of which the next replicas are made."""
        told: Mapping[str, Any] = self.args[disk.process]
        return DiskSpec(
            zone=self.zone(disk.number),
            size_gib=told["disk_gib"],
            namespace=self.args["namespace"],
            claim=f"{disk.process}-{self.part(REPLICA)}-{disk.number}",
            **disk_performance(told),
            seed_from=snapshot(told),
            existing=told["existing_disks"].get(str(disk.number)),
            snapshots=self.name if disk.number == 0 else "",
        )

    @property
    def rhythm(self) -> Rhythm:
        """Of the snapshots of the first replica's data."""
        return rhythm(self.args["snapshots"])

    # --- the RPC ---

    @property
    def exposure(self) -> RPCExposure:
        """Where it is reached from, besides an ingress."""
        rpc = self.args["rpc"]
        return rpc.get("exposure", RPCExposure.CLUSTER if "ingress" in rpc else RPCExposure.INTERNAL)

    @property
    def callers(self) -> list[str]:
        """Who may call from outside the cluster."""
        routed = [*self.platform["private_cidrs"], *self.platform["peered_cidrs"]]
        return sorted(self.args["rpc"].get("callers", routed))

    @property
    def balancer(self) -> LoadBalancerSpec | None:
        """In all zones where a replica may come to stand, so that one more changes nothing of it."""
        if self.exposure is RPCExposure.CLUSTER:
            return None
        return LoadBalancerSpec(
            namespace=self.args["namespace"],
            service=self.part("rpc"),
            port=L2GETH_RPC.number,
            zones=self.zones,
            public=False,
            source_ranges=self.callers,
            health_path=HEALTH_PATH,
            private_address=self.args["rpc"].get("private_address"),
        )

    @property
    def ingress(self) -> IngressSpec | None:
        """The HTTPS host before it, if there is to be one."""
        told = self.args["rpc"].get("ingress")
        return told and ingress_spec(
            told,
            service=self.part("rpc"),
            port=L2GETH_RPC.number,
            source_ranges=self.callers,
            health_path=HEALTH_PATH,
        )

    @property
    def in_cluster(self) -> str:
        """The RPC's URL inside the cluster."""
        return f"http://{service_host(self.name, 'rpc', self.args['namespace'])}:{L2GETH_RPC.number}"

    # --- what outlives the stack ---

    @property
    def made(self) -> dict[Wanted, Making]:
        """Unless the input adopts it."""
        disks = {
            Wanted(kind="disk", name=self.disk_name(disk), zone=spec.zone): Making(
                self.disk_name(disk), (disk.process, "existing_disks", str(disk.number))
            )
            for disk, spec in self.disks.items()
            if not spec.existing
        }
        return {**disks, **secrets_made(self.name, SECRETS, self.args["secrets"])}

    def part(self, part: str) -> str:
        """What a part is called in the account and in the cluster."""
        return f"{self.name}-{part}"
