"""What an operator's own environment may say to a sequencer's processes."""

from collections.abc import Mapping
from typing import Final, Literal

from ..metis.environment import BY_CHART, FIXED, OURS, EnvRules

EnvProcess = Literal["l2geth", "l1dtl", "themis", "bridge"]
"""A process that an operator may give more environment."""

_SEQUENCER: Final = "a sequencer"
_FIXED: Final = {
    **FIXED,
    "GCMODE": "archive",
    "ETH1_SYNC_SERVICE_ENABLE": "true",
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
