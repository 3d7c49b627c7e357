"""What an operator's own environment may say to a sequencer's processes."""

from collections.abc import Mapping
from typing import Final, Literal

from ..metis.environment import BY_CHART, FIXED, OURS, EnvRules
from ..metis.networks import MetisNetwork

EnvProcess = Literal["l2geth", "l1dtl", "themis", "bridge"]
"""A process that an operator may give more environment."""

_SEQUENCER: Final = "a sequencer"
_MODE: Final = {"ETH1_SYNC_SERVICE_ENABLE": "true", "GCMODE": "archive"}
_FIXED: Final = {
    **FIXED,
    **_MODE,
    "DATA_TRANSPORT_LAYER__SYNC_L1_BATCH": "true",
}
_CHAIN: Final = EnvRules(
    node=_SEQUENCER,
    ours={
        **OURS,
        "SEQ_PRIV": "it is a secret: give it as `secrets.seq_priv`",
        "SEQ_ADDRESS": "give it as `sequencer_address`",
    },
    fixed=_FIXED,
    rpc_apis=("rollup", "rollupbridge"),
)
# What themis and its bridge are told of each other and of the rest of the release.
_BESIDE_THEMIS: Final = EnvRules(
    node=_SEQUENCER,
    ours={
        "ETH_RPC_URL": "it is a secret: give it as `secrets.l1_rpc_endpoint`",
        **dict.fromkeys(["METIS_RPC_URL", "REST_SERVER", "TENDERMINT_RPC_URL"], BY_CHART),
    },
    fixed=_FIXED,
)

ENV_RULES: Final[Mapping[EnvProcess, EnvRules]] = {
    "l2geth": _CHAIN,
    "l1dtl": _CHAIN,
    "themis": _BESIDE_THEMIS,
    "bridge": _BESIDE_THEMIS,
}


def l2geth_env(network: MetisNetwork) -> dict[str, str]:
    """What a sequencer's l2geth is told of its network, and of its part there."""
    return {
        **network.l2geth_env,
        **_MODE,
        "L2_URL": network.public_rpc,
        "MAX_PEER": "200",
        "ROLLUP_TIMESTAMP_REFRESH": "5s",
        "RPC_API": ",".join(network.sequencer_apis),
    }
