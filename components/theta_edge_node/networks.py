"""The constants of Theta's networks: protocol facts, in one place.

Sources: aws-samples/aws-blockchain-node-runners, branch v1, `lib/theta` (image name, config path, ports, RPC methods)
and its README (GetStatus answers `chain_id: mainnet`). No public source that we could read names a digest for
upstream's images, nor an image for the testnet at all: a stack's file gives its image by digest.
"""

from collections.abc import Mapping
from typing import Final, Self

from ..words import Word

CORE_PORT = 17888
"""The edge core's JSON-RPC: status and peers."""
LAUNCHER_PORT = 15888
"""The edge launcher's JSON-RPC: jobs."""
PORTS: Final[Mapping[str, int]] = {"launcher": LAUNCHER_PORT, "core": CORE_PORT, "encoder": 17935}
"""A node's interfaces by the name of the process that answers. Each is JSON-RPC, and asks for no password."""

JOB_TYPES = ("lavita", "fedml")
"""What `edgelauncher.GetPastJobs` is asked for: it takes no other type (docs.thetatoken.org/docs/edge-node-api)."""

RESOLVERS = ("1.1.1.1", "9.9.9.9")
"""The container's name servers. Public ones: strangers' code has no business in a network's private zones."""


class ThetaNetwork(Word):
    """A Theta network, and what is known of it. Another network is another member."""

    chain_id: str
    """What GetStatus must answer. It is empty where no public source says it, and then it is not checked."""

    def __new__(cls, name: str, chain_id: str = "") -> Self:
        network = str.__new__(cls, name)
        network._value_ = name
        network.chain_id = chain_id
        return network

    MAINNET = "mainnet", "mainnet"
    """The network whose TFUEL is worth something."""
    TESTNET = "testnet"
    """The network to try things on."""

    @property
    def config_path(self) -> str:
        """Where the container keeps keys, chain data and configuration (EDGELAUNCHER_CONFIG_PATH)."""
        return f"/edgelauncher/data/{self}"


NETWORKS: Final[Mapping[str, ThetaNetwork]] = {network.value: network for network in ThetaNetwork}
