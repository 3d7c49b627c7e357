"""What a network asks of the program that runs its nodes. Each client is a module beside this one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ...words import Word


class ClientName(Word):
    """The program that runs a network's nodes."""

    MANTIS = "mantis"
    """IOHK's client for Ethereum Classic, in Scala. Nobody maintains it, and no public image of it exists."""
    CORE_GETH = "core-geth"
    """ETC Labs' fork of go-ethereum, with go-ethereum's flags, configuration and genesis."""


class Consensus(Word):
    """How nodes agree on the next block."""

    CLIQUE = "clique"
    """Proof of authority (EIP-225): the miners sign in turns."""
    ETHASH = "ethash"
    """Proof of work. Whoever has more processors than a small network takes it over."""


class Role(Word):
    """What a node does in its network."""

    MINER = "miner"
    """The node makes blocks, and has a key."""
    PASSIVE = "passive"
    """The node follows the chain, and answers the RPC API."""
    BACKUP = "backup"
    """The node follows the chain until its data directory is put away."""
    CHECKPOINT = "obft"
    """The node signs checkpoints, and has a key."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a node listens on."""

    p2p: int = 9076
    """TCP: the other nodes."""
    discovery: int = 30303
    """UDP: who looks for nodes."""
    rpc: int = 8546
    """TCP: the RPC API."""
    metrics: int = 13798
    """TCP: Prometheus."""


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """One of the genesis miners, whom every node dials first."""

    name: str
    """The miner's name, as in `miner-0`."""
    public_id: str
    """The public key as 128 hexadecimal digits: the node's id on the network."""
    host: str
    """The name of the miner's Service in the cluster, or its public address."""
    ports: Ports = Ports()

    @property
    def enode(self) -> str:
        """The URL by which a node is dialled (EIP-1459's predecessor, go-ethereum's `enode` format)."""
        same = self.ports.discovery == self.ports.p2p
        query = "" if same else f"?discport={self.ports.discovery}"
        return f"enode://{self.public_id}@{self.host}:{self.ports.p2p}{query}"


@dataclass(frozen=True, kw_only=True)
class Chain:
    """What all nodes of a network are told alike."""

    name: str
    """The network's name, which its namespace has too."""
    chain_id: int
    consensus: Consensus
    genesis: str
    """The text of the genesis, in the client's own form."""
    bootstrap: Sequence[Bootstrap]
    checkpoint_keys: Sequence[str] = ()
    """The public keys of the checkpoint nodes, as 128 hexadecimal digits."""
    rpc_apis: Sequence[str] = ()
    """The namespaces of the RPC API that the nodes answer."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """What one node is told besides."""

    name: str
    """As in `miner-0`, `passive-3`, `backup`."""
    role: Role
    address: str = ""
    """The miner's own account, as 40 hexadecimal digits in small letters after 0x; empty for a node without a key."""
    listen: str = "0.0.0.0"  # noqa: S104 - a pod's NetworkPolicy says who reaches it
    """The address that the node listens on."""
    rpc_listen: str = ""
    """The address that the RPC API listens on, where it is another one than `listen`."""
    ports: Ports = Ports()


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """How the chart's start script runs a node: files, and the words after the program's name.

    A file's name is a plain one, such as `config.toml`. The start script finds the files in `/config`.
    """

    files: Mapping[str, str]
    arguments: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class GenesisPlan:
    """What a genesis is computed from."""

    chain_id: int
    consensus: Consensus
    period: int
    """Seconds from one block to the next, of clique."""
    gas_limit: int
    difficulty: int
    """Of the first block, of ethash."""
    signers: Sequence[str]
    """Addresses of the genesis miners."""
    alloc: Mapping[str, int]
    """Wei, by address."""
    generation: int = 0
    """Another number makes another block of the same keys."""


class Client(Protocol):
    """One client. A module fulfils it, and `clients.of` finds the module."""

    NAME: ClientName
    CONSENSUS: Sequence[Consensus]
    """The kinds of consensus that the client knows; the first one is its default."""
    RPC_APIS: Sequence[str]
    """The namespaces of the RPC API that are on unless the input says otherwise."""
    UNSAFE_RPC_APIS: Sequence[str]
    """Those that tell or change what no stranger may: off unless named."""
    LACKS: Mapping[str, str]
    """What of the input the client cannot do, by its key, with the reason."""
    MAX_CHAIN_ID: int
    """The greatest chain id that the client reads."""
    SCRIPT: str
    """The chart's start script of the client, in `charts/mantis/files`."""

    def genesis(self, plan: GenesisPlan) -> str:
        """The text of the genesis. Pure: the same plan gives the same text, byte for byte."""
        ...

    def genesis_hash(self, genesis: str) -> str:
        """The hash of the first block, as 64 hexadecimal digits after 0x."""
        ...

    def node(self, chain: Chain, node: Node) -> Rendered:
        """How a node is run. Pure, and without anything of a miner that is not in the genesis."""
        ...
