"""A node's only secret, its password: who reads it in a cluster, and what form its value has."""

from typing import Final

from ..secret_use import SecretTable, SecretUse

POD: Final = "edge"
"""Of the StatefulSet and its service account, after the release's name, and, with `-0` behind it, of its pod."""

MOST_PASSWORD_BYTES: Final = 25_000
"""What every cloud's store takes: Key Vault takes the least."""

_LOST: Final = (
    "It encrypts the node's key on its disk and must never change while that disk lives: with another password the "
    "node cannot open its key, and its identity and earnings are out of reach."
)


def password_problem(value: str) -> str:
    """What `boot/templates/node/identity.py` would refuse of a password, and a store."""
    if not value.isprintable():
        return "must be one line of printable characters: it becomes a variable of the container"
    if len(value.encode()) > MOST_PASSWORD_BYTES:
        return f"must have {MOST_PASSWORD_BYTES} bytes at most: no store of every cloud takes more"
    return ""


SECRETS: Final[SecretTable] = {"password": SecretUse(env=[POD], problem=password_problem, lost=_LOST)}


def use_of(entry: str) -> SecretUse:  # noqa: ARG001 - every component has this question
    """What an entry of the output `secrets` is: whatever the node is called, it is the node's password."""
    return SECRETS["password"]
