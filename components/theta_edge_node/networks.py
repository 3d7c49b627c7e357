"""The constants of Theta's networks: protocol facts, in one place.

Sources: aws-samples/aws-blockchain-node-runners, branch v1, `lib/theta` (image name, config path, ports, RPC methods)
and its README (GetStatus answers `chain_id: mainnet`). No public source that we could read names a digest for
upstream's images, nor an image for the testnet at all: a stack's file gives its image by digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LAUNCHER_PORT = 15888
"""The edge launcher's JSON-RPC: jobs."""
CORE_PORT = 17888
"""The edge core's JSON-RPC: status and peers."""
ENCODER_PORT = 17935
"""The edge encoder's JSON-RPC."""
PORTS = (LAUNCHER_PORT, CORE_PORT, ENCODER_PORT)

JOB_TYPES = ("lavita", "fedml")
"""What `edgelauncher.GetPastJobs` is asked for: it takes no other type (docs.thetatoken.org/docs/edge-node-api)."""

RESOLVERS = ("1.1.1.1", "9.9.9.9")
"""The container's name servers. Public ones: strangers' code has no business in a network's private zones."""


@dataclass(frozen=True)
class ThetaNetwork:
    name: str
    chain_id: str | None
    """What GetStatus must answer; None where no public source says it, and then it is not checked."""

    @property
    def config_path(self) -> str:
        """Where the container keeps keys, chain data and configuration (EDGELAUNCHER_CONFIG_PATH)."""
        return f"/edgelauncher/data/{self.name}"


NETWORKS: Mapping[str, ThetaNetwork] = {
    "mainnet": ThetaNetwork("mainnet", chain_id="mainnet"),
    "testnet": ThetaNetwork("testnet", chain_id=None),
}
