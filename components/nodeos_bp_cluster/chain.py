"""A chain's genesis, and the chain's id, which is the hash of the genesis.

AntelopeIO/spring, libraries/chain/genesis_state.cpp (`compute_chain_id`): SHA-256 of the timestamp in microseconds, the
key, and the limits, packed one after the other in little endian.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from .keys import public_key_bytes

_LIMITS: Final = {
    "max_block_net_usage": "Q",
    "target_block_net_usage_pct": "I",
    "max_transaction_net_usage": "I",
    "base_per_transaction_net_usage": "I",
    "net_usage_leeway": "I",
    "context_free_discount_net_usage_num": "I",
    "context_free_discount_net_usage_den": "I",
    "max_block_cpu_usage": "I",
    "target_block_cpu_usage_pct": "I",
    "max_transaction_cpu_usage": "I",
    "min_transaction_cpu_usage": "I",
    "max_transaction_lifetime": "I",
    "deferred_trx_expiration_window": "I",
    "max_transaction_delay": "I",
    "max_inline_action_size": "I",
    "max_inline_action_depth": "H",
    "max_authority_depth": "H",
}
"""Every limit of a genesis in the order in which they are packed, with its size (libraries/chain/include/eosio/chain/
chain_config.hpp, `chain_config_v0`)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def written_genesis(text: str) -> str:
    """`text`, when it is a whole genesis.json. Raises `ValueError`."""
    chain_id(text)
    return text


@lru_cache(maxsize=16)
def chain_id(genesis: str) -> str:
    """The id of the chain that begins with a genesis.json. Raises `ValueError`, in words that follow a key."""
    try:
        found = json.loads(genesis)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON: give the whole genesis.json as a text") from None
    if not isinstance(found, dict):
        raise ValueError("is no genesis.json: it must hold keys and their values")
    packed = struct.pack("<q", _microseconds(found)) + _key(found) + _packed_limits(found)
    return hashlib.sha256(packed).hexdigest()


def written(genesis: Mapping[str, Any]) -> str:
    """A genesis as its file has it."""
    return json.dumps(genesis, indent=2) + "\n"


def _microseconds(genesis: Mapping[str, Any]) -> int:
    told = genesis.get("initial_timestamp")
    try:
        moment = datetime.fromisoformat(str(told).removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        raise ValueError("has no initial_timestamp like 2026-11-29T12:00:00.000") from None
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _key(genesis: Mapping[str, Any]) -> bytes:
    try:
        return public_key_bytes(str(genesis.get("initial_key")))
    except ValueError:
        raise ValueError("has no initial_key that is a public key of Antelope: EOS... or PUB_K1_...") from None


def _packed_limits(genesis: Mapping[str, Any]) -> bytes:
    limits = genesis.get("initial_configuration")
    if not isinstance(limits, dict):
        raise ValueError("has no initial_configuration")
    if missing := [name for name in _LIMITS if not isinstance(limits.get(name), int)]:
        raise ValueError(f"lacks in its initial_configuration {', '.join(missing)}, as numbers")
    try:
        return struct.pack("<" + "".join(_LIMITS.values()), *(limits[name] for name in _LIMITS))
    except struct.error:
        raise ValueError("has a number in its initial_configuration that is below 0 or too large") from None
