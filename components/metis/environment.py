"""What an operator's own environment may say to the processes of a Metis node, and what it may not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .networks import MetisNetwork

BY_CHART: Final = "the chart sets it"

OURS: Final[Mapping[str, str]] = {
    "DATA_TRANSPORT_LAYER__L1_RPC_ENDPOINT": "it is a secret: give it as `secrets.l1_rpc_endpoint`",
    "DATA_TRANSPORT_LAYER__L1_BEACON_ENDPOINT": "it is a secret: give it as `secrets.l1_beacon_endpoint`",
    **dict.fromkeys(
        [
            "DATADIR",
            "DATA_TRANSPORT_LAYER__DB_PATH",
            "DATA_TRANSPORT_LAYER__SERVER_HOSTNAME",
            "DATA_TRANSPORT_LAYER__SERVER_PORT",
            "EXTERNAL_IP",
            "IPC_DISABLE",
            "LOCAL_L2_CLIENT_HTTP",
            "NODE_ADDRESS",
            "PORT",
            "ROLLUP_CLIENT_HTTP",
            "RPC_ADDR",
            "RPC_ENABLE",
            "RPC_PORT",
            "RPC_VHOSTS",
            "WS_ADDR",
            "WS_PORT",
        ],
        BY_CHART,
    ),
}
"""What l2geth and l1dtl must not be told by hand on any node, and where it comes from."""

FIXED: Final[Mapping[str, str]] = {"ROLLUP_BACKEND": "l1", "DATA_TRANSPORT_LAYER__SYNC_FROM_L1": "true"}
"""Settings of every node that nobody may change: the loss of one is found out days later, at the first batch."""

_CHAIN_ID_KEYS = ("CHAIN_ID", "NETWORK_ID", "DATA_TRANSPORT_LAYER__L2_CHAIN_ID")


@dataclass(frozen=True, kw_only=True)
class EnvRules:
    """What a process of one kind of node may be told."""

    node: str
    """What it is, as in `a sequencer`."""
    ours: Mapping[str, str]
    """What must not be set by hand, and where it comes from."""
    fixed: Mapping[str, str]
    """What may only be said as it is."""
    rpc_apis: Sequence[str] = ()
    """What its RPC must answer."""


def env_problems(network: MetisNetwork, rules: EnvRules, env: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is wrong with an operator's own environment for a process: (variable, reason)."""
    for key, value in env.items():
        if key in rules.ours:
            yield key, f"cannot be set here: {rules.ours[key]}"
        elif key in rules.fixed and value != rules.fixed[key]:
            yield key, f"{rules.node} needs {rules.fixed[key]!r}, not {value!r}"
        elif key in _CHAIN_ID_KEYS and value != str(network.chain_id):
            yield key, f"{network.name} has chain id {network.chain_id}, not {value}"
        elif key == "RPC_API":
            missing = [api for api in rules.rpc_apis if api not in value.split(",")]
            if missing:
                yield key, f"{rules.node}'s RPC_API needs {' and '.join(missing)}"
