"""A beacon node as it will be made, and the rules across its keys."""

from collections.abc import Iterator
from dataclasses import dataclass

from nodeyard import clouds
from nodeyard.asking import checked
from nodeyard.clouds.contract.cloud import Cloud
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.node_pool import NodePoolSpec, Taint
from nodeyard.errors import Problem
from nodeyard.pods import Port, SecretUse, cluster_problems, name_problems, secret_problems

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
        return self.args["platform"]["private_subnets"][0]["zone"]

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
    """Raises `InputError` with everything that is wrong with `args`."""

    def rules(read: BeaconNodeArgs) -> Iterator[Problem]:
        settings = Settings(name, read)
        yield from name_problems(name, LONGEST_NAME)
        yield from secret_problems(SECRETS, read["secrets"])
        yield from cluster_problems(read["platform"], read["namespace"])
        yield from settings.cloud.node_pool_problems(settings.node_pool, read["platform"])
        yield from settings.cloud.disk_problems(settings.disk, read["platform"])

    return Settings(name, checked(f"BeaconNode {name!r}", BeaconNodeArgs, args, rules))
