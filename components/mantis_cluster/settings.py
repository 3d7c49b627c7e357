"""A network as it will be made: what it stands on, with everything filled in that was not told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ..bucket import bucket_spec
from ..clouds.contract.address import AddressClaim
from ..clouds.contract.bucket import BucketSpec
from ..clouds.contract.disk import DiskSpec
from ..clouds.contract.ingress import IngressSpec
from ..clouds.contract.left_over import Wanted
from ..clouds.contract.node_pool import NodePoolSpec, Taint
from ..clouds.contract.node_room import Room, total
from ..ingress import ingress_spec
from ..left_over import Making
from ..live import live
from ..pods import secrets_made
from ..resources import Resources, amount, chart_defaults, overlaid
from ..secret_use import SecretTable
from .args import HOUR, MOST_CHECKPOINT, MOST_MINERS
from .clients.contract import Role
from .instance_types import DEFAULTS, Kind
from .keepsakes import is_kept
from .network import Network, Task
from .secrets import FAUCET, secret_table

CHART: Final = "mantis"
TYPE: Final = "nodeyard:index:MantisCluster"

NODE_KEY: Final = "nodeyard.io/mantis"
"""Label and taint key of the machines; the value is the network's name, their kind and the number of their zone."""

STORAGE: Final = "storage"
"""The output in which a network keeps how large its disks are."""

CHART_ENVIRONMENT: Final = (
    *("AMOUNT", "CHAIN_ID", "DATA_DIR", "KEY_FILE"),
    *("NETWORK", "PER_ADDRESS", "PORT", "RPC_URL"),
)
"""What the chart itself tells explorer and faucet."""

LONGEST_NAME: Final = 40
"""A namespace's name has room for so many here, and AWS' roles, which add the longest task and Pulumi's own ending, for
more."""

CRON: Final = {hours: f"7 */{hours} * * *" for hours in (2, 3, 4, 6, 8, 12)} | {1: "7 * * * *", 24: "7 0 * * *"}
"""When backups begin, by the hours between them. Not at the full hour, when everybody's do."""


@dataclass(frozen=True)
class Settings(Network):
    """A network as it will be made."""

    @property
    def claim(self) -> AddressClaim:
        return self.cloud.address_claim(self.platform)

    @property
    def images(self) -> dict[str, str]:
        """Every image by its key; that of `address_claim` is empty where nothing claims addresses."""
        given = {key: str(image) for key, image in self.args["images"].items() if image}
        return {**({"address_claim": self.claim.image} if self.args["public"] else {}), **given}

    # --- machines ---

    @property
    def zones(self) -> Sequence[str]:
        """The platform's. Tasks stand in them in turns."""
        return [subnet["zone"] for subnet in self.platform["private_subnets"]]

    def _zone_number(self, task: Task) -> int:
        return 0 if task.kind is Kind.SERVICES else task.number % len(self.zones)

    def zone(self, task: Task) -> str:
        return self.zones[self._zone_number(task)]

    def pool_of(self, task: Task) -> str:
        """The part of the network that is the task's node pool."""
        return f"{task.kind}-{self._zone_number(task)}"

    def told_of(self, kind: Kind) -> Any:
        """What the input says of the machines of a kind."""
        return self.args[f"{kind}_nodes"]  # type: ignore[literal-required]

    def instance_type(self, kind: Kind) -> str:
        given: str = self.told_of(kind).get("instance_type", DEFAULTS[kind][self.platform["cloud"]])
        return given

    @property
    def node_pools(self) -> dict[str, NodePoolSpec]:
        """By part: one for each kind and zone that something stands in. A miner and a passive node has a machine of its
        own, and all services share one."""
        pools = {self.pool_of(task): task for task in self.tasks}
        counts = Counter(self.pool_of(task) for task in self.tasks if task.kind is not Kind.SERVICES)
        return {part: self._node_pool(part, task, counts[part] or 1) for part, task in pools.items()}

    def _node_pool(self, part: str, task: Task, count: int) -> NodePoolSpec:
        label = self.part(part)
        return NodePoolSpec(
            instance_type=self.instance_type(task.kind),
            zone=self.zone(task),
            release_version=self.args["release_version"],
            labels={NODE_KEY: label},
            taints=[Taint(NODE_KEY, label)],
            node_count=count,
            public_address=self.args["public"] and task.kind is Kind.MINER,
        )

    def room(self, kind: Kind) -> Room | None:
        """What a machine has for its pods; None where nobody knows."""
        pools = self.node_pools
        return self.cloud.node_room(next(pools[self.pool_of(task)] for task in self.tasks if task.kind is kind))

    @property
    def kinds(self) -> Sequence[Kind]:
        """Of which there are machines."""
        return list(dict.fromkeys(task.kind for task in self.tasks))

    @property
    def resources(self) -> dict[str, Resources]:
        """What each container asks for, and may take, by what it does."""
        told = {
            "miner": self.args["miner_nodes"]["resources"],
            "passive": self.args["passive_nodes"]["resources"],
            "backup": self.args["services_nodes"]["resources"],
            "obft": self.args["services_nodes"]["resources"],
            **{name: web["resources"] for name, web in self.web.items()},
        }
        defaults = chart_defaults(CHART)["resources"]
        return {what: overlaid(default, told.get(what, {})) for what, default in defaults.items()}

    def asked(self, kind: Kind) -> Room:
        """What the pods of one machine ask for."""
        resources = self.resources
        if kind is not Kind.SERVICES:
            return total([amount(resources[kind]["requests"]), *self._claimants(kind)])
        tools = [amount(resources["tools"]["requests"])] if self.backups else []
        pods = [amount(resources[task.what]["requests"]) for task in self.tasks if task.kind is kind]
        return total([*pods, *tools])

    def _claimants(self, kind: Kind) -> Sequence[Room]:
        """The pod that claims a miner's address, on a cloud that has one."""
        if kind is not Kind.MINER or not self.args["public"] or self.claim.way != "claimant":
            return []
        return [amount(chart_defaults(CHART)["addressClaim"]["resources"]["requests"])]

    # --- disks and the bucket ---

    @property
    def sizes(self) -> dict[str, str]:
        """Of the disks, by what uses them."""
        told = {
            "miner": self.args["miner_nodes"].get("disk_gib"),
            "passive": self.args["passive_nodes"].get("disk_gib"),
            "backup": self.args["services_nodes"].get("disk_gib"),
        }
        given = {what: f"{gib}Gi" for what, gib in told.items() if gib}
        return {**chart_defaults(CHART)["storage"]["sizes"], **given}

    def disk(self, task: Task) -> DiskSpec | None:
        """What the cluster makes for a task when the task's pod needs a disk. It can be made again."""
        size = self.sizes.get(task.what)
        gib = -(-amount({"memory": size}).mib // 1024) if size else 0
        return DiskSpec(zone=self.zone(task), size_gib=gib, namespace=self.name) if size else None

    @property
    def disks(self) -> Sequence[DiskSpec]:
        return [disk for task in self.tasks if (disk := self.disk(task))]

    @property
    def auto_restore(self) -> bool:
        return self.args.get("auto_restore", self.backups)

    @property
    def bucket(self) -> BucketSpec:
        return bucket_spec(self.args["bucket"])

    @property
    def has_bucket(self) -> bool:
        """Whether there is one. Where one was made it stays, with the backups that are in it."""
        return self.backups or self.auto_restore or live().has("bucket", self.name)

    @property
    def schedule(self) -> str:
        """When backups begin, as cron says it."""
        return CRON[self.args["backup"]["period"] // HOUR]

    # --- ingress ---

    def ingress(self, name: str) -> IngressSpec | None:
        """The HTTPS host before a web application, if there is to be one."""
        web = self.web[name]
        told = web.get("ingress")
        routed = [*self.platform["private_cidrs"], *self.platform["peered_cidrs"]]
        return told and ingress_spec(
            told,
            service=name,
            port=web["port"],
            source_ranges=sorted(web.get("callers", routed)),
            health_path=web["health_path"],
        )

    # --- what outlives the stack ---

    @property
    def keyed(self) -> Sequence[str]:
        """Who has a key. One that was made stays, so that a miner that comes again is the same one."""
        miners = max(self.args["miners"], self.genesis_miners)
        return [
            *self._keyed(Role.MINER, miners, MOST_MINERS),
            *self._keyed(Role.CHECKPOINT, self.args["obft"], MOST_CHECKPOINT),
            FAUCET,
        ]

    def _keyed(self, role: Role, wanted: int, most: int) -> Sequence[str]:
        names = [f"{role}-{number}" for number in range(most)]
        return [name for number, name in enumerate(names) if number < wanted or is_kept(self.key_name(name))]

    def key_name(self, owner: str) -> str:
        """Under what a key is kept."""
        return self.part(f"{owner}-key")

    @property
    def secret_table(self) -> SecretTable:
        return secret_table(self.keyed, [task.name for task in self.tasks])

    @property
    def made(self) -> dict[Wanted, Making]:
        """What outlives the stack, unless the input adopts it. No secret is adopted: of a key that the stack never saw
        nobody could know the public half."""
        bucket = Wanted(kind="bucket", name=self.name)
        makes_bucket = self.has_bucket and not self.bucket.existing
        secrets = secrets_made(self.name, self.secret_table, {})
        return {
            **({bucket: Making(self.name, ("bucket", "existing"))} if makes_bucket else {}),
            **{
                Wanted(kind="address", name=self.part(miner.name)): Making(
                    self.part(miner.name), ("addresses", miner.name)
                )
                for miner in self.public_miners
                if miner.name not in self.args["addresses"]
            },
            **{
                wanted: replace(making, key=("keys", making.key[1], "value"), adopts=False)
                for wanted, making in secrets.items()
            },
        }
