"""A Metis sequencer's keys: made, read and shown as Themis and its register want them.

Themis keeps its keys as its Tendermint fork does (MetisProtocol/themis `go.mod`: maticnetwork/tendermint;
`crypto/secp256k1/secp256k1.go`, `privval/file.go`, `p2p/key.go`): the validator's is secp256k1, its public key the
65 uncompressed bytes, its address Ethereum's (the last 20 bytes of the key's Keccak-256), in upper case without `0x`;
the node's is Ed25519. Both in go-amino's JSON: type and base64. `SEQ_PRIV` is the validator's private key in
hexadecimal, as in the JSON of `themisd show-privatekey`; l2geth takes it with `0x` or without
(MetisProtocol/mvm, `l2geth/rollup/sync_service.go`).
"""

import base64
import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_keys.constants import SECPK1_N
from eth_keys.datatypes import PrivateKey
from pydantic import TypeAdapter, ValidationError

from nodeyard.metis_sequencer.secrets import (
    NODE_KEY_TYPE,
    VALIDATOR_KEY_TYPE,
    VALIDATOR_PUBLIC_TYPE,
    node_key_problem,
    priv_validator_key_problem,
    seq_priv_problem,
)

from .errors import BadInput

VALIDATOR_FILE = "priv_validator_key.json"
NODE_FILE = "node_key.json"
SEQ_PRIV_FILE = "seq-priv.txt"
FILES = (NODE_FILE, VALIDATOR_FILE, SEQ_PRIV_FILE)


@dataclass(frozen=True)
class Keys:
    """The validator's key and the node's. Their values show only in `files`."""

    validator: PrivateKey
    node: Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"Keys({self.address})"

    @property
    def address(self) -> str:
        """The sequencer's, with its checksum: `sequencerAddress` in the stack file, `seq_addr` in the register."""
        return str(self.validator.public_key.to_checksum_address())

    @property
    def public_key(self) -> str:
        """The validator's 64 bytes without the leading 04: `validatorPublicKey`, `pubkey` in the register."""
        return "0x" + self.validator.public_key.to_bytes().hex()

    @property
    def node_id(self) -> str:
        """What peers write before `@` in persistent_peers."""
        return hashlib.sha256(_public(self.node)).hexdigest()[:40]

    def files(self) -> dict[str, str]:
        """The text of every file, by its name."""
        public = self.validator.public_key
        validator = {
            "address": public.to_canonical_address().hex().upper(),
            "pub_key": _amino(VALIDATOR_PUBLIC_TYPE, b"\x04" + public.to_bytes()),
            "priv_key": _amino(VALIDATOR_KEY_TYPE, self.validator.to_bytes()),
        }
        node = {"priv_key": _amino(NODE_KEY_TYPE, self.node.private_bytes_raw() + _public(self.node))}
        return {
            NODE_FILE: json.dumps(node),
            VALIDATOR_FILE: json.dumps(validator, indent=2),
            SEQ_PRIV_FILE: self.validator.to_hex(),
        }


def make() -> Keys:
    """New ones, from the system's own randomness."""
    number = 1 + secrets.randbelow(SECPK1_N - 1)
    return Keys(PrivateKey(number.to_bytes(32)), Ed25519PrivateKey.generate())


def read(directory: Path) -> Keys:
    """Those in a directory of ours, or in a `themisd init` home, whose `config` holds them.

    Raises `BadInput` when one is missing, is not what it should be, or does not belong to the others.
    """
    within = directory / "config" if (directory / "config" / VALIDATOR_FILE).exists() else directory
    keys = Keys(_read_validator(within / VALIDATOR_FILE), _read_node(within / NODE_FILE))
    seq_priv = within / SEQ_PRIV_FILE
    if seq_priv.exists():
        digits = _read(seq_priv, seq_priv_problem).strip().removeprefix("0x")
        if digits.lower() != keys.validator.to_hex().removeprefix("0x"):
            raise BadInput(f"{seq_priv} is not the key of {VALIDATOR_FILE}.")
    return keys


def absent(directory: Path) -> None:
    """Raises `BadInput` when a key would be overwritten."""
    for name in FILES:
        if (directory / name).exists():
            raise BadInput(
                f"{directory / name} exists, and keys are never overwritten. `--read {directory}` uses them."
            )


def write(keys: Keys, directory: Path) -> None:
    """Every file, for its owner only. Raises `BadInput` when one exists or cannot be written."""
    absent(directory)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, text in keys.files().items():
            handle = os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(handle)
    except OSError as error:
        raise BadInput(f"{error.filename or directory}: {error.strerror}.") from None


def check_entry(**own: str | None) -> None:
    """Raises `BadInput` for what the register's own check would refuse (`index.js`), and for a mistyped address."""
    for option, (key, problem) in _OWN.items():
        given = own.get(key)
        if given is not None and (wrong := problem(given)):
            raise BadInput(f"--{option} {wrong}.")


def _at_most(count: int) -> Callable[[str], str]:
    return lambda text: "" if text.strip() and len(text) <= count else f"must have 1 to {count} characters"


def _address_problem(text: str) -> str:
    # As a stack's file has it. Only this option needs what Pulumi's SDK brings.
    from nodeyard.inputs import EthereumAddress

    try:
        TypeAdapter(EthereumAddress).validate_python(text)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["error"])
    return ""


def _url_problem(text: str) -> str:
    return "" if re.fullmatch(r"https://[^\s/]+\.[^\s]+", text) else "must be a URL, https://..."


_OWN: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "name": ("name", _at_most(24)),
    "description": ("desc", _at_most(200)),
    "address": ("address", _address_problem),
    "url": ("url", _url_problem),
}
"""What the operator says of themselves, by its option: its key in the register, and what is wrong with a value."""


def entry(keys: Keys, **own: str | None) -> dict[str, str]:
    """What `sequencers/<chain id>/all.json` of MetisProtocol/metis-sequencer-resources wants of a sequencer (its README
    and `index.js`). What the operator has not given says what it should be."""
    wanted = {
        "name": "<at most 24 characters>",
        "avatar": "{BASEDIR}/assets/<name>.png",
        "desc": "<at most 200 characters>",
        "address": "<the whitelisted address that locks METIS>",
        "url": "<https://...>",
    }
    given = {name: own.get(name) or text for name, text in wanted.items()}
    url = given.pop("url")
    return {**given, "seq_addr": keys.address, "pubkey": keys.public_key, "url": url}


def _read_validator(path: Path) -> PrivateKey:
    return PrivateKey(_private(_read(path, priv_validator_key_problem)))


def _read_node(path: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_private(_read(path, node_key_problem))[:32])


def _private(text: str) -> bytes:
    """Of a file that has been found right."""
    return base64.b64decode(json.loads(text)["priv_key"]["value"])


def _read(path: Path, problem: Callable[[str], str]) -> str:
    """The text of a file that has the form of a key, as the component asks for it."""
    text = _text(path)
    if wrong := problem(text):
        raise BadInput(f"{path} {wrong}.")
    return text


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not UTF-8 text.") from None


def _amino(type_: str, value: bytes) -> dict[str, str]:
    return {"type": type_, "value": base64.b64encode(value).decode()}


def _public(node: Ed25519PrivateKey) -> bytes:
    return node.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
