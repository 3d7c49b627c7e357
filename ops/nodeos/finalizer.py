"""The finalizer keys of Savanna chains: whose votes the chain counts.

A key belongs to its node, and so does the record of its votes. So a node is not started anew before the chain counts
the votes of the node that produces. The producer's account makes a registered key the active one by `actfinkey` of
AntelopeIO/system-contracts (`finalizer_key.cpp`); the chain takes a round or two until it counts the new key's votes.
"""

import json
import shlex
from collections.abc import Sequence
from typing import Any

from ..errors import Unhealthy
from .readings import Finalizer
from .sight import Ordinal, Sight


def is_settled(sight: Sight, ordinal: Ordinal) -> bool:
    """Whether the chain counts this ordinal's votes, or has no such keys."""
    return not sight.is_savanna or ordinal.has_active_finalizer


def key_of(ordinal: Ordinal) -> Finalizer:
    """Raises `Unhealthy` where it has none."""
    key = ordinal.readings.finalizer if ordinal.readings else None
    if key is None:
        raise Unhealthy(f"{ordinal.name} votes with no finalizer key, and this chain has them: fill its secret.")
    return key


def actions(key: str, producers: Sequence[str]) -> list[dict[str, Any]]:
    """What each producer's account signs."""
    return [
        {
            "account": "eosio",
            "name": "actfinkey",
            "authorization": [{"actor": producer, "permission": "active"}],
            "data": {"finalizer_name": producer, "finalizer_key": key},
        }
        for producer in producers
    ]


def instructions(ordinal: str, key: str, producers: Sequence[str]) -> str:
    """What the operator is to sign, as cleos takes it."""
    lines = [f"The chain does not count the votes of {ordinal}. Sign this with the producer's account:"]
    for action in actions(key, producers or ["PRODUCER"]):
        data = shlex.quote(json.dumps(action["data"]))
        lines.append(f"    cleos push action eosio actfinkey {data} -p {action['data']['finalizer_name']}@active")
        lines.append(f"    {json.dumps(action)}")
    return "\n".join([*lines, "A key that was never registered needs `regfinkey` before."])
