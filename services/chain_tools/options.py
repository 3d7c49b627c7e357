"""What every command that has to do with a chain's disk or its bucket is told: by an option, or by the container's
environment."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from chain_store.bucket import BadUrl, Failed, bucket

_NETWORK = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_SHORT = 16


def _network(text: str) -> str:
    if not _NETWORK.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no name of a network: a-z, 0-9 and -.")
    return text


def _genesis_hash(text: str) -> str:
    if not _HASH.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is no hash of a block: 0x and 64 hexadecimal digits in small letters.")
    return text


def _store_url(text: str) -> str:
    try:
        bucket(text)
    except (BadUrl, Failed) as wrong:
        raise typer.BadParameter(str(wrong)) from wrong
    return text


Network = Annotated[
    str, typer.Option(envvar="NETWORK", callback=_network, help="The network's name: its objects' names begin with it.")
]
GenesisHash = Annotated[
    str, typer.Option(envvar="GENESIS_HASH", callback=_genesis_hash, help="The hash of the network's first block.")
]
DataDir = Annotated[
    Path,
    typer.Option(
        envvar="DATA_DIR",
        exists=True,
        file_okay=False,
        help="The node's disk. A directory on it, named by 16 digits of the genesis hash, has the chain's data.",
    ),
]
StoreUrl = Annotated[
    str,
    typer.Option(
        envvar="STORE_URL",
        callback=_store_url,
        help="The bucket: s3://NAME?region=REGION, az://ACCOUNT/CONTAINER or gs://NAME. The pod's identity opens it.",
    ),
]


@dataclass(frozen=True)
class Chain:
    """A network since its last genesis."""

    network: str
    genesis_hash: str

    @property
    def id(self) -> str:
        """What the names of its objects begin with."""
        return f"{self.network}/{self._short}"

    def directory(self, data_dir: Path) -> Path:
        """Where the start scripts of `charts/mantis` have a client keep the chain's data."""
        return data_dir / self._short

    @property
    def _short(self) -> str:
        return self.genesis_hash.removeprefix("0x")[:_SHORT]
