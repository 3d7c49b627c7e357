"""The network's secrets: a key for each miner, for each checkpoint node and for the faucet, and who reads it.

Each is the key of one pod, and no other pod reads it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ..secret_use import SecretTable, SecretUse
from .keys import public_id

FAUCET: Final = "faucet"
"""Whose key is always made: its account is in every genesis."""

KEY_DIGITS: Final = 64
_FILE: Final = "key"
_LOST: Final = (
    "It says who the node is, and is its account's key: with another one it is another node, which the others do not "
    "know, and the stack's outputs still tell of the old one. What is in the old account is lost with the key."
)


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
    return {name: _use([name] if name in pods else []) for name in kept}


def use_of(entry: str) -> SecretUse:  # noqa: ARG001 - every component has this question
    """What an entry of the output `secrets` is: whoever's it is, it is a key."""
    return _use([])


def _use(readers: Sequence[str]) -> SecretUse:
    return SecretUse(file=readers, file_name=_FILE, problem=key_problem, lost=_LOST)
