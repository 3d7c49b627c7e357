"""How a stack's managers and its cluster are reached."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from ..errors import BadInput
from ..secrets import values
from ..secrets.store import store_of
from ..stacks import NodeosCluster, Stack
from .kubernetes import Kubectl
from .managers import Tunnels
from .world import World

_TOKEN = "token"  # noqa: S105 - the key of a secret


@asynccontextmanager
async def opened(cluster: NodeosCluster, token: SecretStr, timeout: float) -> AsyncIterator[World]:
    """With tunnels that end with the context."""
    async with Tunnels(cluster.namespace, cluster.pods(), token, timeout) as managers:
        kubernetes = Kubectl(cluster.namespace, cluster.pods(), cluster.lease)
        yield World(kubernetes, managers, cluster.failover == "automatic")


def token_of(stack: Stack, file: Path | None) -> SecretStr:
    """The managers' token: of a file, or the stack's secret. Raises `BadInput`, and what the store raises."""
    value = values.from_file(file, keep_newline=False) if file else _of_store(stack)
    text = value.get_secret_value().strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise BadInput("That is no token: it is printable ASCII on one line.")
    return SecretStr(text)


def _of_store(stack: Stack) -> SecretStr:
    secret = stack.secrets().get(_TOKEN)
    if secret is None:
        raise BadInput(f"Stack {stack.name} has no secret `{_TOKEN}`: give the managers' token in a file.")
    return store_of(stack.account()).get(secret)
