"""The network's secrets: a key for each miner, for each checkpoint node and for the faucet, and who reads it.

Each is the key of one pod, and no other pod reads it.
"""

from collections.abc import Iterable
from typing import Final

from ..pods import SecretTable, SecretUse
from .keys import public_id

FAUCET: Final = "faucet"
"""Whose key is always made: its account is in every genesis."""

KEY_DIGITS: Final = 64
_FILE: Final = "key"


def key_problem(value: str) -> str:
    """What is wrong with a key, without naming it."""
    try:
        public_id(value.strip())
    except ValueError as error:
        return str(error)
    return ""


def secret_table(kept: Iterable[str], running: Iterable[str]) -> SecretTable:
    """Every secret by whose key it is. Of those that are `kept`, the `running` ones are read."""
    pods = set(running)
    return {name: SecretUse(file=[name] if name in pods else [], file_name=_FILE, problem=key_problem) for name in kept}
