"""A beacon node as it will be made, and the rules across its keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from nodeyard import clouds
from nodeyard.asking import Rule, about, checked
from nodeyard.clouds.contract.cloud import Cloud
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.node_pool import NodePoolSpec, Taint
from nodeyard.errors import Problem, moved
from nodeyard.pods import Port, cluster_problems, name_problems, secret_problems
from nodeyard.secret_use import SecretUse

from .args import BeaconNodeArgs

NODE_KEY = "toy.invalid/beacon-node"
LONGEST_NAME = 40
PORTS = (Port(name="http", number=5052, http=True), Port(name="p2p", number=9000, public="peers"))
SECRETS = {"peer_key": SecretUse(file=["beacon"])}


@dataclass(frozen=True)
class Settings:
    """A beacon node as it will be made."""

    name: str
    args: BeaconNodeArgs

    @property
    def cloud(self) -> Cloud:
        return clouds.of(self.args["platform"])

    @property
    def zone(self) -> str:
        """Empty on a platform without a subnet, which no zone of a node pool is."""
        return next((subnet["zone"] for subnet in self.args["platform"]["private_subnets"]), "")

    @property
    def node_pool(self) -> NodePoolSpec:
        return NodePoolSpec(
            instance_type=self.args["instance_type"],
            zone=self.zone,
            release_version=self.args["release_version"],
            labels={NODE_KEY: self.name},
            taints=[Taint(NODE_KEY, self.name)],
        )

    @property
    def disk(self) -> DiskSpec:
        return DiskSpec(zone=self.zone, size_gib=self.args["disk_gib"], namespace=self.args["namespace"])


def resolve(name: str, args: BeaconNodeArgs) -> Settings:
    """The node `name` as `args` describe it. Raises `InputError` with everything that is wrong with them."""
    rules = about(partial(Settings, name), RULES)
    return Settings(name, checked(f"BeaconNode {name!r}", BeaconNodeArgs, args, *rules))


def _name(node: Settings) -> Iterator[Problem]:
    return name_problems(node.name, LONGEST_NAME)


def _cluster(node: Settings) -> Iterator[Problem]:
    return cluster_problems(node.args["platform"], node.args["namespace"])


def _secrets(node: Settings) -> Iterator[Problem]:
    return secret_problems(SECRETS, node.args["secrets"], node.args["platform"])


def _node_pool(node: Settings) -> Iterator[Problem]:
    return node.cloud.node_pool_problems(node.node_pool, node.args["platform"])


def _disk(node: Settings) -> Iterator[Problem]:
    """At the keys that an operator has: a disk's spec calls its size otherwise."""
    return moved(node.cloud.disk_problems(node.disk, node.args["platform"]), {"size_gib": ("disk_gib",)})


RULES: Sequence[Rule[Settings]] = [_name, _cluster, _secrets, _node_pool, _disk]
"""One rule for one thing: a malformed key hides only the rules that look at it."""
