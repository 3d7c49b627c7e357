"""The constants of the Antelope chains: protocol facts, in one place.

Sources:
- EOS: EOS-Nation/bpconfig @ 5f16443 (config.ini of a producer, memory), CryptoLions/EOS-MainNet (genesis.json), and
  the "General Upgrade Guide" of docs.eosnetwork.com (the list of peers that have every block, on Jungle too). EOS was
  renamed Vaulta in 2025; the chain is the same.
- Jungle 4: EOS-Jungle-Testnet/Node-Manual-Installation @ 2ea0ab3 (genesis.json, config.ini).
- BOS: boscore/bos, its own nodeos.

A chain's id is the hash of its genesis (`chain.py`), and is written nowhere else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..clouds.contract.platform import CloudName
from ..words import Word


class NodeosNetworkName(Word):
    """The Antelope chains."""

    EOS_MAINNET = "eos-mainnet"
    """EOS, which is called Vaulta since 2025."""
    JUNGLE4 = "jungle4"
    """The testnet of EOS."""
    PRIVATE = "private"
    """A chain of your own, by its `genesis`."""
    BOS = "bos"
    """BOSCore, which is gone. It is known here so that it is refused with the reason."""


class Flavour(Word):
    """The kinds of nodeos."""

    ANTELOPE = "antelope"
    """AntelopeIO/spring."""
    EOS = "eos"
    """EOSIO 2, without finalizers."""


@dataclass(frozen=True, kw_only=True)
class NodeosNetwork:
    """One chain: what nodeos is told of it, and what it needs."""

    name: NodeosNetworkName
    config: Mapping[str, str]
    """Lines of config.ini."""
    millicpu: int
    """What nodeos asks of its node, in thousandths of a vCPU."""
    disk_gib: int
    """For the state, a snapshot and a restore beside it, and the blocks that are kept."""
    genesis: Mapping[str, Any] | None = None
    """None where the user gives it."""
    peers: Sequence[str] = ()
    """Public p2p peers."""
    gone: str = ""
    """Why nobody can join it any more; empty where one can."""


STATE_MB: Final = "chain-state-db-size-mb"
MAP_MODE: Final = "database-map-mode"

_LIMITS: Final = {
    "max_block_net_usage": 1048576,
    "target_block_net_usage_pct": 1000,
    "max_transaction_net_usage": 524288,
    "base_per_transaction_net_usage": 12,
    "net_usage_leeway": 500,
    "context_free_discount_net_usage_num": 20,
    "context_free_discount_net_usage_den": 100,
    "max_block_cpu_usage": 200000,
    "target_block_cpu_usage_pct": 1000,
    "max_transaction_cpu_usage": 150000,
    "min_transaction_cpu_usage": 100,
    "max_transaction_lifetime": 3600,
    "deferred_trx_expiration_window": 600,
    "max_transaction_delay": 3888000,
    "max_inline_action_size": 4096,
    "max_inline_action_depth": 4,
    "max_authority_depth": 6,
}

_KEPT_BLOCKS: Final = "172800"
"""A day of them. All of EOS' blocks are more than a thousand GiB."""

EOS_MAINNET: Final = NodeosNetwork(
    name=NodeosNetworkName.EOS_MAINNET,
    config={
        STATE_MB: "131072",
        # A cloud's disk is too slow for the state: it is held in memory.
        MAP_MODE: "mapped_private",
        "wasm-runtime": "eos-vm-jit",
        "abi-serializer-max-time-ms": "2000",
        "net-threads": "4",
        "disable-subjective-api-billing": "false",
        "disable-subjective-p2p-billing": "false",
        "subjective-account-decay-time-minutes": "60",
        "subjective-cpu-leeway-us": "36000",
        "block-log-retain-blocks": _KEPT_BLOCKS,
    },
    millicpu=4000,
    disk_gib=500,
    genesis={
        "initial_timestamp": "2018-06-08T08:08:08.888",
        "initial_key": "EOS7EarnUhcyYqmdnPon8rm7mBCTnBoot6o7fE2WzjvEX2TdggbL3",
        "initial_configuration": _LIMITS,
    },
    peers=[
        "eos.seed.eosnation.io:9876",
        "peer1.eosphere.io:9876",
        "peer2.eosphere.io:9876",
        "p2p.genereos.io:9876",
    ],
)

JUNGLE4: Final = NodeosNetwork(
    name=NodeosNetworkName.JUNGLE4,
    config={
        STATE_MB: "16384",
        "chain-state-db-guard-size-mb": "128",
        "wasm-runtime": "eos-vm-jit",
        "abi-serializer-max-time-ms": "2000",
        "block-log-retain-blocks": _KEPT_BLOCKS,
    },
    millicpu=2000,
    disk_gib=100,
    genesis={
        "initial_timestamp": "2022-02-22T22:22:22",
        "initial_key": "EOS5UAjunGLeR6eBfbpU4CxGssxa9DKKjbPA4zrCuUpoJQwvdpACs",
        "initial_configuration": {
            **_LIMITS,
            "max_transaction_net_usage": 524287,
            "target_block_cpu_usage_pct": 10,
            "min_transaction_cpu_usage": 1,
            "max_inline_action_size": 524287,
            "max_inline_action_depth": 32,
        },
    },
    peers=[
        "peer1-jungle4.eosphere.io:9876",
        "jungle4.seed.eosnation.io:9876",
        "jungle4.genereos.io:9876",
        "jungle.p2p.eosusa.io:9883",
        "jungle4.cryptolions.io:9870",
    ],
)

PRIVATE: Final = NodeosNetwork(
    name=NodeosNetworkName.PRIVATE,
    config={STATE_MB: "4096"},
    millicpu=1000,
    disk_gib=50,
)

BOS: Final = NodeosNetwork(
    name=NodeosNetworkName.BOS,
    config=PRIVATE.config,
    millicpu=PRIVATE.millicpu,
    disk_gib=PRIVATE.disk_gib,
    gone="is gone: BOSCore's chain ran on a nodeos of its own (boscore/bos, with another consensus), which this "
    "manager does not know. The archives of its blocks that we found end in 2019",
)

NETWORKS: Final = {network.name: network for network in (EOS_MAINNET, JUNGLE4, PRIVATE, BOS)}

_SMALL: Final = {
    CloudName.AWS: "m6i.xlarge",
    CloudName.AZURE: "Standard_D4s_v5",
    CloudName.GCP: "n2-standard-4",
}

INSTANCE_TYPES: Final[Mapping[NodeosNetworkName, Mapping[CloudName, str]]] = {
    # Upstream wants more than 128 GB of memory where there is no swap, and Kubernetes' nodes have none.
    NodeosNetworkName.EOS_MAINNET: {
        CloudName.AWS: "r6i.8xlarge",
        CloudName.AZURE: "Standard_E32s_v5",
        CloudName.GCP: "n2-highmem-32",
    },
    NodeosNetworkName.JUNGLE4: {
        CloudName.AWS: "m6i.2xlarge",
        CloudName.AZURE: "Standard_D8s_v5",
        CloudName.GCP: "n2-standard-8",
    },
    NodeosNetworkName.PRIVATE: _SMALL,
    NodeosNetworkName.BOS: _SMALL,
}
"""With room for the chain's state in memory. This is the component's one table of what differs from cloud to cloud."""
