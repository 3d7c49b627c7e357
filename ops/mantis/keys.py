"""Nodes' keys, made by hand: what `generate-mantis-keys` of input-output-hk/mantis-ops did.

Upstream put four values of each miner into its store: `secret-key`, `enode-hash`, which is the public key, `coinbase`
and `account`. Here the key is a file, and the others follow from the key.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from nodeyard.mantis_cluster.keys import address, public_id

from ..errors import BadInput
from ..output import Told
from ..private_file import put

_SECRET = "nodeyard:secrets.keys"  # noqa: S105 - where a stack's file has keys


class Key(Told):
    """A node's key, of which `model_dump` has what everybody may know."""

    task: str
    public_id: str
    """The node's id on the network, which upstream calls its enode hash."""
    coinbase: str
    """Its account."""
    file: str
    is_new: bool


def tasks(bootstrap: int, obft: int) -> list[str]:
    """As the stack names them."""
    return [f"miner-{number}" for number in range(bootstrap)] + [f"obft-{number}" for number in range(obft)]


def file_of(directory: Path, task: str) -> Path:
    return directory / f"{task}.key"


def generate(directory: Path, wanted: Sequence[str], overwrite: bool) -> list[Key]:
    """A key for each task: the one that is there, unless it is to be overwritten. Raises `BadInput`."""
    return [_key(directory, task, overwrite) for task in wanted]


def secret_of(key: Key) -> SecretStr:
    return _read(Path(key.file))


def setting(key: Key) -> str:
    """The line that puts a key into a stack's file, encrypted, without a word of it on the command line."""
    return f"pulumi config set --secret --path {_SECRET}.{key.task} < {key.file}"


def _key(directory: Path, task: str, overwrite: bool) -> Key:
    file = file_of(directory, task)
    is_new = overwrite or not file.exists()
    if is_new:
        put(file, f"{_made()}\n".encode())
    value = _read(file).get_secret_value()
    try:
        found = Key(task=task, public_id=public_id(value), coinbase=address(value), file=str(file), is_new=is_new)
    except ValueError as wrong:
        raise BadInput(f"{file} {wrong}.") from None
    return found


def _made() -> str:
    """From the system's own randomness. Nearly every number of 32 bytes is a key."""
    while True:
        value = secrets.token_hex(32)
        try:
            public_id(value)
        except ValueError:
            continue
        return value


def _read(file: Path) -> SecretStr:
    try:
        return SecretStr(file.read_text().strip())
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{file} cannot be read.") from None
