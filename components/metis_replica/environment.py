"""What an operator's own environment may say to a replica's processes, and what l2geth is told of its part."""

from typing import Final

from ..metis.environment import FIXED, OURS, EnvRules
from ..metis.networks import MetisNetwork

_NO_SEQUENCER: Final = "it is a sequencer's"
_MODE: Final = {"ETH1_SYNC_SERVICE_ENABLE": "false"}

ENV_RULES: Final = EnvRules(
    node="a replica",
    ours={
        **OURS,
        **dict.fromkeys(["SEQ_PRIV", "SEQ_ADDRESS", "L2_URL"], _NO_SEQUENCER),
        "GCMODE": "give it as `gc_mode`",
        "WS": "the load balancer passes on HTTP alone",
    },
    fixed={**FIXED, **_MODE},
)

APIS: Final = ("eth", "net", "web3", "mvm")
"""What a replica's RPC answers: upstream's list without `debug`, by which any caller may set the head back
(`debug_setHead`)."""
READING_APIS: Final = (*APIS, "txpool")
"""What changes nothing on a node, and tells nothing of the machine."""


def l2geth_env(network: MetisNetwork, gc_mode: str) -> dict[str, str]:
    """What a replica's l2geth is told of its network, and of its part there: it takes blocks from its peers, and hands
    transactions on to Metis' own RPC (MetisProtocol/metis-ansible @ f8fcfca)."""
    return {
        **network.l2geth_env,
        **_MODE,
        "GCMODE": gc_mode,
        "MAX_PEER": "150",
        "ROLLUP_TIMESTAMP_REFRESH": "10s",
        "RPC_API": ",".join(APIS),
        "SEQ_BRIDGE_URL": network.public_rpc,
    }
