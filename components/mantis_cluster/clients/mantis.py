"""Mantis (input-output-hk/mantis @ dc48423), IOHK's client for Ethereum Classic.

Nobody maintains it, it knows no hard fork after Magneto (ECIP-1103), and no public image of it exists. Here it goes by
upstream's own configuration of its test networks, `src/main/resources/conf/testnet-internal-nomad.conf`, with this
network's chain in the place of that one's. The keys are those of `conf/base.conf` there. HOCON, the form, takes JSON.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..genesis import genesis_hash as genesis_hash  # as every client has it
from ..genesis import genesis_text
from .contract import Chain, ClientName, Consensus, GenesisPlan, Node, Rendered, Role

NAME: ClientName = ClientName.MANTIS
CONSENSUS: Sequence[Consensus] = (Consensus.ETHASH,)
RPC_APIS: Sequence[str] = ("eth", "net", "web3", "mantis", "checkpointing")
UNSAFE_RPC_APIS: Sequence[str] = ("debug", "personal", "qa")
LACKS: Mapping[str, str] = {"genesis.period": "Mantis has proof of work alone, which has no period"}
MAX_CHAIN_ID: int = 127  # of a signed byte, in BlockchainConfig.scala
SCRIPT: str = "mantis.sh"

_NETWORK: Final = "testnet-internal-nomad"
_NONCE: Final = 0x42
_TIMESTAMP: Final = 0x5FA34080
"""Of upstream's genesis (`pkgs/generate-mantis-keys.sh` of input-output-hk/mantis-ops @ eda80b6): 5 November 2020."""


def genesis(plan: GenesisPlan) -> str:
    """The text of the genesis."""
    return genesis_text(
        difficulty=plan.difficulty,
        gas_limit=plan.gas_limit,
        alloc=plan.alloc,
        extra_data=b"\0",
        nonce=_NONCE,
        timestamp=_TIMESTAMP + plan.generation,
    )


def node(chain: Chain, node: Node) -> Rendered:
    """How a node is run. The start script adds what the pod alone knows: its directories, key and address."""
    ours = {
        "client-identity": node.name,
        "blockchains": {_NETWORK: _chain(chain)},
        "mining": _mining(node),
        "metrics": {"enabled": True, "port": node.ports.metrics},
        "network": _network(chain, node),
    }
    text = f'include required(classpath("conf/{_NETWORK}.conf"))\n\n"mantis": {json.dumps(ours, indent=2)}\n'
    return Rendered(files={"mantis.conf": text}, arguments=())


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "network-id": chain.chain_id,
        "chain-id": str(chain.chain_id),
        "bootstrap-nodes": [bootstrap.enode for bootstrap in chain.bootstrap],
        "checkpoint-public-keys": list(chain.checkpoint_keys),
        "custom-genesis-file": "genesis.json",
        "allowed-miners": [],  # a list of them would change with each later miner
    }


def _mining(node: Node) -> dict[str, Any]:
    """Upstream's own protocol, `restricted-pow`, is for a list of miners."""
    if node.role is not Role.MINER:
        return {"protocol": "pow", "mining-enabled": False}
    return {"protocol": "pow", "mining-enabled": True, "coinbase": node.address.removeprefix("0x")}


def _network(chain: Chain, node: Node) -> dict[str, Any]:
    return {
        "automatic-port-forwarding": False,  # by UPnP, of which a cloud knows nothing
        "server-address": {"interface": node.listen, "port": node.ports.p2p},
        "discovery": {"discovery-enabled": True, "interface": node.listen, "port": node.ports.discovery},
        "rpc": {
            "http": {
                "interface": node.rpc_listen or node.listen,
                "port": node.ports.rpc,
                "cors-allowed-origins": [],
            },
            "apis": ",".join(chain.rpc_apis),
        },
    }
