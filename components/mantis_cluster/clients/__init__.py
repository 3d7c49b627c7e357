"""The programs that run a network's nodes. Each module beside this one is a `contract.Client`."""

from collections.abc import Mapping
from typing import Final

from . import core_geth, mantis
from .contract import Client, ClientName

_CLIENTS: Final[Mapping[ClientName, Client]] = {ClientName.CORE_GETH: core_geth, ClientName.MANTIS: mantis}


def of(name: ClientName) -> Client:
    """The client of a name."""
    return _CLIENTS[name]
