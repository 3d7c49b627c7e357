"""A fleet as it will be made: what it was told, with every default filled in."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .. import clouds
from ..clouds.contract.disk import DiskSpec
from ..clouds.contract.left_over import Wanted
from ..clouds.contract.node_pool import NodePoolSpec, Taint
from ..clouds.contract.node_room import Room
from ..clouds.contract.platform import CloudName, PlatformContract
from ..clouds.contract.site import SiteSpec
from ..errors import Path
from ..left_over import Making
from ..pins.pin import MachineImage
from ..resources import amount, chart_defaults, overlaid
from .args import EdgeNodeArgs, MachineCapacity, NodePlacement, PasswordSource, ThetaEdgeNodeArgs
from .instance_types import DEFAULTS
from .networks import ThetaNetwork

CHART = "theta-edge-node"
TYPE = "nodeyard:index:ThetaEdgeNode"

NODE_KEY = "nodeyard.io/theta-edge-node"
"""Label and taint key of the cluster's node that an edge node has to itself; the value is its name."""

ROOM_GIB = 50
"""On a machine's root disk beside its image: for two container images, since one is pulled while the other runs, and
for what edge jobs bring."""

CLUSTER_ROOT_DISK_GIB = 100
"""The images of edge jobs are large, and lie on the node's own disk."""


@dataclass(frozen=True)
class Settings:
    """What the nodes of a fleet share."""

    name: str
    args: ThetaEdgeNodeArgs
    given: frozenset[str]
    """The keys that the operator gave. `args` has the defaults too, and so cannot tell."""

    @property
    def identity(self) -> dict[str, str]:
        """What makes it this fleet and no other one, as it is kept in the state. The account is known where it is
        told."""
        found = {
            "network": self.args["network"].value,
            "placement": self.args["placement"].value,
            "namespace": self.namespace,
            "cloud": self.cloud,
            "account": self.account or "",
            "region": self.region,
            "cluster": self.platform["cluster_name"] if self.platform and self.in_cluster else "",
        }
        return {part: str(value) for part, value in found.items() if value}

    @property
    def has_one_place(self) -> bool:
        """Whether it is told where to stand, and once: else nothing that depends on that can be said."""
        return ("platform" in self.args) != ("site" in self.args)

    @property
    def cloud(self) -> CloudName:
        return self.platform["cloud"] if self.platform else self.args["site"]["cloud"]

    @property
    def account(self) -> str | None:
        """None for the account of the credentials."""
        return self.platform["account"] if self.platform else self.args["site"].get("account")

    @property
    def region(self) -> str:
        return self.platform["region"] if self.platform else self.args["site"]["region"]

    @property
    def platform(self) -> PlatformContract | None:
        return self.args.get("platform")

    @property
    def site(self) -> SiteSpec:
        """What is made for the machines where there is no platform."""
        zones = dict.fromkeys([*self.zones, *(node.zone for node in self.nodes)])
        return SiteSpec(account=self.account, region=self.region, zones=list(zones), snapshots=self.args["snapshots"])

    @property
    def zones(self) -> Sequence[str]:
        """Those that the nodes are spread over. Empty where nobody has said them yet."""
        return self.args.get("zones") or (zones_of(self.platform) if self.platform else [])

    @property
    def nodes(self) -> list["EdgeNode"]:
        return [EdgeNode(self, key) for key in sorted(self.args["nodes"])]

    @property
    def network(self) -> ThetaNetwork:
        return self.args["network"]

    @property
    def in_cluster(self) -> bool:
        return self.args["placement"] is NodePlacement.CLUSTER

    @property
    def gpu(self) -> bool:
        return self.args["gpu"]

    @property
    def spot(self) -> bool:
        return self.args["capacity"] is MachineCapacity.SPOT

    @property
    def machine_image(self) -> str:
        return self.args.get("machine_image") or self.usual_image.reference

    @property
    def usual_image(self) -> MachineImage:
        """What a machine boots when the operator names no image."""
        return clouds.named(self.cloud).machine_image(gpu=self.gpu)

    @property
    def root_disk_gib(self) -> int:
        """Of a `machine_image` that the operator names nobody knows the size. It is taken to need no more room than the
        default one, or comes with `root_disk_gib`."""
        default = CLUSTER_ROOT_DISK_GIB if self.in_cluster else self.usual_image.disk_gib + ROOM_GIB
        return self.args.get("root_disk_gib", default)

    @property
    def resources(self) -> Mapping[str, Mapping[str, str]]:
        """What the node's container asks of its Kubernetes node, and may take."""
        return overlaid(chart_defaults(CHART)["resources"], self.args["resources"])

    @property
    def asked(self) -> Room:
        """What the pod of a node in a cluster asks for, with the container that asks the node how it is."""
        return amount(self.resources["requests"]) + amount(chart_defaults(CHART)["status"]["resources"]["requests"])

    @property
    def namespace(self) -> str:
        """Empty without a cluster, and so is the next."""
        return self.args.get("namespace", "")

    @property
    def release_version(self) -> str:
        return self.args.get("release_version", "")


@dataclass(frozen=True)
class EdgeNode:
    """One node, with what it has from its fleet."""

    fleet: Settings
    key: str
    """Its name in the fleet."""

    @property
    def args(self) -> EdgeNodeArgs:
        return self.fleet.args["nodes"][self.key]

    def path(self, key: str) -> Path:
        """Where `key` stands when it is said of this node."""
        return ("nodes", self.key, key)

    def origin(self, key: str) -> Path:
        """Where `key` is said: of this node, or of the fleet."""
        return self.path(key) if key in self.args else (key,)

    @property
    def name(self) -> str:
        """Its name in the account: of its machine, disk and metrics."""
        return f"{self.fleet.name}-{self.key}"

    @property
    def zone(self) -> str:
        return self.args.get("zone") or zone_of(self.key, self.fleet.zones)

    @property
    def instance_type(self) -> str:
        fallback = self.fleet.args.get("instance_type") or DEFAULTS[self.fleet.cloud, self.fleet.gpu]
        return self.args.get("instance_type") or fallback

    @property
    def image(self) -> str:
        return self.args.get("image") or self.fleet.args["image"]

    @property
    def password(self) -> PasswordSource:
        return self.args["password"]

    @property
    def seed_from(self) -> str | None:
        return self.args.get("seed_from")

    @property
    def existing_disk(self) -> str | None:
        return self.args.get("existing_disk")

    @property
    def disk(self) -> DiskSpec:
        fleet = self.fleet
        return DiskSpec(
            zone=self.zone,
            size_gib=fleet.args["disk_gib"],
            namespace=fleet.namespace,
            iops=fleet.args["disk_iops"],
            throughput_mibps=fleet.args.get("disk_throughput_mibps"),
            type=fleet.args.get("disk_type", ""),
            access_mode="ReadWriteOncePod",
            seed_from=self.seed_from,
            existing=self.existing_disk,
            snapshots=fleet.name if fleet.args["snapshots"] else "",
        )

    @property
    def secret_name(self) -> str:
        """The password's, in the cloud's store."""
        return f"{self.name}/password"

    @property
    def made(self) -> dict[Wanted, Making]:
        """What outlives the node, unless the input adopts it."""
        disk = Wanted(kind="disk", name=self.name, zone=self.zone)
        secret = Wanted(kind="secret", name=self.secret_name)
        return {
            **({} if self.existing_disk else {disk: Making(self.name, self.path("existing_disk"))}),
            **(
                {}
                if self.password.get("existing")
                else {secret: Making(self.name, (*self.path("password"), "existing"))}
            ),
        }

    @property
    def node_pool(self) -> NodePoolSpec:
        """Of a node in a cluster: one Kubernetes node, which the taint keeps for its pod."""
        return NodePoolSpec(
            instance_type=self.instance_type,
            zone=self.zone,
            release_version=self.fleet.release_version,
            labels={NODE_KEY: self.name},
            taints=[Taint(NODE_KEY, self.name)],
            root_disk_gib=self.fleet.root_disk_gib,
            spot=self.fleet.spot,
            gpu=self.fleet.gpu,
        )

    @property
    def room(self) -> Room | None:
        """What the Kubernetes node has for its pod; None where nobody knows."""
        return clouds.named(self.fleet.cloud).node_room(self.node_pool)


def zone_of(key: str, zones: Sequence[str]) -> str:
    """The zone of a node, by its name alone, so that no other node moves it: `edge-1`, `edge-2`, ... take turns; a name
    without a number falls where its hash does. Empty where there are no zones."""
    if not zones:
        return ""
    number = re.search(r"\d+$", key)
    turn = int(number[0]) - 1 if number else int(hashlib.sha256(key.encode()).hexdigest(), 16)
    return zones[turn % len(zones)]


def zones_of(platform: PlatformContract) -> list[str]:
    """Where machines can stand: in private subnets, or in public ones where the network has no others, as a default
    network."""
    return sorted({subnet["zone"] for subnet in platform["private_subnets"] or platform["public_subnets"]})


def network_cidrs(platform: PlatformContract) -> tuple[str, ...]:
    """The network's own ranges and those of networks that are routed to it."""
    return (*platform["private_cidrs"], *platform["peered_cidrs"])
