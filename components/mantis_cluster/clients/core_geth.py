"""core-geth (etclabscore/core-geth), which goes by go-ethereum's flags, configuration and genesis.

Each flag and key here is in core-geth v1.12.20 and in go-ethereum v1.10.26: `cmd/utils/flags.go`, `p2p/server.go`.

A miner answers no RPC over the network. Its account is unlocked, so whoever reaches `eth_sendTransaction` there spends
from it. Its whole RPC API is on a socket in the pod: `geth attach /run/node/geth.ipc`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import tomli_w

from ..genesis import genesis_hash as genesis_hash  # as every client has it
from ..genesis import genesis_text, read_gas_limit
from .contract import Chain, ClientName, Consensus, GenesisPlan, Node, Rendered, Role

NAME: ClientName = ClientName.CORE_GETH
CONSENSUS: Sequence[Consensus] = (Consensus.CLIQUE, Consensus.ETHASH)
RPC_APIS: Sequence[str] = ("eth", "net", "web3")
UNSAFE_RPC_APIS: Sequence[str] = ("admin", "clique", "debug", "ethash", "miner", "txpool")
LACKS: Mapping[str, str] = {"obft": "core-geth knows no checkpoints (ECIP-1097)"}
MAX_CHAIN_ID: int = 2**63 - 37  # EIP-2294
SCRIPT: str = "core-geth.sh"

_FORKS: Final = (
    "homestead",
    "eip150",
    "eip155",
    "eip158",
    "byzantium",
    "constantinople",
    "petersburg",
    "istanbul",
    "berlin",
    "london",
)
"""What Ethereum's rules had become before proof of stake. All of it holds from the first block on."""
_FIRST_BASE_FEE: Final = 10**9
"""Wei, of the first block (EIP-1559, `INITIAL_BASE_FEE`)."""
_EPOCH: Final = 30000
"""Blocks, after which clique drops votes that were not decided (EIP-225, `EPOCH_LENGTH`)."""
_VANITY, _SEAL = bytes(32), bytes(65)
_MAX_PEERS: Final = 100
"""More than there are nodes in the largest network, so that every node may know every other."""


def genesis(plan: GenesisPlan) -> str:
    """The text of the genesis."""
    if plan.consensus is Consensus.CLIQUE:
        return _genesis(plan, 1, _signers(plan), clique={"period": plan.period, "epoch": _EPOCH})
    return _genesis(plan, plan.difficulty, b"", ethash={})


def _genesis(plan: GenesisPlan, difficulty: int, extra_data: bytes, **consensus: Mapping[str, int]) -> str:
    return genesis_text(
        config={"chainId": plan.chain_id, **{f"{fork}Block": 0 for fork in _FORKS}, **consensus},
        baseFeePerGas=hex(_FIRST_BASE_FEE),
        difficulty=difficulty,
        gas_limit=plan.gas_limit,
        extra_data=extra_data,
        timestamp=plan.generation,
        alloc=plan.alloc,
    )


def _signers(plan: GenesisPlan) -> bytes:
    """Who may sign, as EIP-225 puts it into the first block."""
    addresses = sorted(bytes.fromhex(address.removeprefix("0x")) for address in plan.signers)
    return _VANITY + b"".join(addresses) + _SEAL


def node(chain: Chain, node: Node) -> Rendered:
    """How a node is run. The start script adds what the pod alone knows: its directories, key and address."""
    arguments = [*_common(chain, node)]
    files = {"config.toml": tomli_w.dumps(_config(chain, node))}
    if node.role is Role.MINER:
        arguments += _miner(chain, node)
        # The nodes of a new network would each begin a chain of their own.
        files["peers-before-mining"] = f"{len(chain.bootstrap) // 2}\n"
    else:
        arguments += _rpc(chain, node)
    return Rendered(files=files, arguments=arguments)


def _config(chain: Chain, node: Node) -> dict[str, Any]:
    """What there is no flag for. `--port` would listen on every address."""
    enodes = [bootstrap.enode for bootstrap in chain.bootstrap]
    return {
        "Node": {
            "P2P": {
                "ListenAddr": f"{node.listen}:{node.ports.p2p}",
                "DiscAddr": f"{node.listen}:{node.ports.discovery}",
                "BootstrapNodes": enodes,
                "StaticNodes": enodes,
            }
        }
    }


def _common(chain: Chain, node: Node) -> Iterator[str]:
    yield from ("--identity", node.name)
    yield from ("--networkid", str(chain.chain_id))
    yield from ("--syncmode", "full")
    yield from ("--gcmode", "archive")  # a node that is killed loses no state, and an explorer asks for old ones
    yield from ("--maxpeers", str(_MAX_PEERS))
    yield from ("--authrpc.port", "0")  # the engine API, which proof of stake alone has a use for, is on some port
    yield from ("--metrics", "--metrics.addr", node.listen, "--metrics.port", str(node.ports.metrics))


def _miner(chain: Chain, node: Node) -> Iterator[str]:
    yield from ("--miner.etherbase", node.address, "--unlock", node.address)
    yield from ("--miner.gaslimit", str(read_gas_limit(chain.genesis)))  # else miners vote for their own default


def _rpc(chain: Chain, node: Node) -> Iterator[str]:
    yield from ("--http", "--http.addr", node.rpc_listen or node.listen, "--http.port", str(node.ports.rpc))
    yield from ("--http.vhosts", "*")  # callers name a Service
    yield from ("--http.api", ",".join(chain.rpc_apis))
