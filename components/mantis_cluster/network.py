"""Who is on a network: its chain, its tasks, and what follows from the input and from what was kept for both."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .. import clouds
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.platform import PlatformContract
from ..live import cluster_of
from ..pods import Port
from .args import MantisClusterArgs
from .clients import of as client_of
from .clients.contract import Client, Consensus, Ports, Role
from .instance_types import Kind
from .keepsakes import KeptGenesis, kept_genesis
from .secrets import FAUCET

EXPLORER: Final = "explorer"
RPC_SERVICE: Final = "rpc"
"""The Service of all passive nodes that follow the chain."""

_P: Final = Ports()
PORTS: Final = (
    Port(name="p2p", number=_P.p2p, public="mantis p2p"),
    Port(name="discovery", number=_P.discovery, protocol="udp", public="mantis discovery"),
    Port(name="rpc", number=_P.rpc, http=True),
    Port(name="metrics", number=_P.metrics),
)
"""What a node listens on."""

FUNDS: Final = 2**200
"""Wei of each genesis miner and of the faucet, as upstream's genesis has it (input-output-hk/mantis-ops @ eda80b6,
`pkgs/generate-mantis-keys.sh`)."""

PERIOD: Final = 5
DIFFICULTY: Final = 1_000_000
"""Upstream's, of the same file."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One node of the network, or one service beside them."""

    name: str
    kind: Kind
    """The machine that it runs on."""
    number: int = 0
    role: Role | None = None
    """What the node does; None for the explorer and the faucet, which are none."""

    @property
    def what(self) -> str:
        """Its role, or what the service is called."""
        return self.role.value if self.role else self.name


@dataclass(frozen=True)
class Network:
    """A network's chain and its tasks."""

    name: str
    args: MantisClusterArgs

    @property
    def identity(self) -> dict[str, str]:
        """What makes it this network and no other one, as it is kept in the state."""
        return {
            "client": self.args["client"].value,
            "chain_id": str(self.args["chain_id"]),
            "consensus": self.consensus.value,
            "platform": cluster_of(self.platform),
        }

    @property
    def platform(self) -> PlatformContract:
        return self.args["platform"]

    @property
    def cloud(self) -> Cloud:
        return clouds.of(self.platform)

    def part(self, part: str) -> str:
        """What a part is called in the account and in the cluster."""
        return f"{self.name}-{part}"

    # --- the chain ---

    @property
    def client(self) -> Client:
        return client_of(self.args["client"])

    @property
    def consensus(self) -> Consensus:
        return self.args.get("consensus", self.client.CONSENSUS[0])

    @property
    def rpc_apis(self) -> Sequence[str]:
        return self.args.get("rpc_apis", self.client.RPC_APIS)

    @property
    def generation(self) -> int:
        return self.args["reset_generation"]

    def genesis_name(self, generation: int) -> str:
        """Under what a genesis is kept."""
        return self.part(f"genesis-{generation}")

    @property
    def kept(self) -> KeptGenesis | None:
        """The genesis that is up, of this generation."""
        return kept_genesis(self.genesis_name(self.generation))

    @property
    def generations(self) -> Sequence[int]:
        """Those that are kept, and the one that is to be."""
        up = [one for one in range(self.generation) if kept_genesis(self.genesis_name(one))]
        return [*up, self.generation]

    @property
    def genesis_miners(self) -> int:
        """How many are in the genesis: later miners are not."""
        told = self.args.get("genesis_miners")
        return told or (self.kept.miners if self.kept else self.args["miners"])

    @property
    def period(self) -> int:
        return self.args["genesis"].get("period", PERIOD)

    @property
    def difficulty(self) -> int:
        return self.args["genesis"].get("difficulty", DIFFICULTY)

    @property
    def alloc(self) -> dict[str, int]:
        """What the input gives, beside the network's own accounts."""
        return {address.lower(): int(wei) for address, wei in self.args["genesis"]["alloc"].items()}

    @property
    def genesis_inputs(self) -> dict[str, str]:
        """What of the input the genesis is made of, besides keys, by key."""
        own = ("period", self.period) if self.consensus is Consensus.CLIQUE else ("difficulty", self.difficulty)
        alloc = {address: str(wei) for address, wei in sorted(self.alloc.items())}
        return {
            **{key: self.identity[key] for key in ("client", "chain_id", "consensus")},
            "genesis_miners": str(self.genesis_miners),
            f"genesis.{own[0]}": str(own[1]),
            "genesis.gas_limit": str(self.args["genesis"]["gas_limit"]),
            "genesis.alloc": json.dumps(alloc),
        }

    # --- tasks ---

    @property
    def miners(self) -> Sequence[Task]:
        return self.first_miners(self.args["miners"])

    @property
    def bootstrap(self) -> Sequence[Task]:
        """The genesis miners, whom every node dials first."""
        return self.first_miners(self.genesis_miners)

    def first_miners(self, count: int) -> Sequence[Task]:
        return _numbered(count, Kind.MINER, Role.MINER)

    @property
    def public_miners(self) -> Sequence[Task]:
        """Those with a static public address."""
        return self.bootstrap if self.args["public"] else []

    @property
    def passive(self) -> Sequence[Task]:
        return _numbered(self.args["passive"], Kind.PASSIVE, Role.PASSIVE)

    @property
    def checkpoint(self) -> Sequence[Task]:
        return _numbered(self.args["obft"], Kind.SERVICES, Role.CHECKPOINT)

    @property
    def nodes(self) -> Sequence[Task]:
        """Those that run all the time."""
        return [*self.miners, *self.passive, *self.checkpoint]

    @property
    def backups(self) -> bool:
        return self.args["backup"]["enabled"]

    @property
    def tasks(self) -> Sequence[Task]:
        backup = [Task(name="backup", kind=Kind.SERVICES, role=Role.BACKUP)] if self.backups else []
        return [*self.nodes, *backup, *(Task(name=one, kind=Kind.SERVICES) for one in self.web)]

    @property
    def web(self) -> Mapping[str, Any]:
        """The web applications that there are, and what the input says of each."""
        return {name: self.args[name] for name in (EXPLORER, FAUCET) if name in self.args}

    def host(self, task: Task) -> str:
        """The name of its Service in the cluster."""
        return f"{task.name}.{self.name}.svc"

    @property
    def endpoints(self) -> dict[str, str]:
        """What answers HTTP in the cluster, by the Service's name."""
        rpc = [RPC_SERVICE, *(node.name for node in self.passive)] if self.passive else []
        ports = {**dict.fromkeys(rpc, _P.rpc), **{name: web["port"] for name, web in self.web.items()}}
        return {service: f"http://{service}.{self.name}.svc:{port}" for service, port in ports.items()}


def _numbered(count: int, kind: Kind, role: Role) -> Sequence[Task]:
    return [Task(name=f"{role}-{number}", kind=kind, number=number, role=role) for number in range(count)]
