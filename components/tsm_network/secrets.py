"""The players' secrets, which are those of `TSMNode`, player by player."""

from ..secret_use import SecretUse
from ..tsm_node import secrets as player


def use_of(entry: str) -> SecretUse:
    """What an entry of the output `secrets` is, as in `player0.config`. Raises `LookupError`."""
    return player.use_of(entry.rpartition(".")[2])
