"""The sequencer's secrets: who reads each, and what form its value has.

The keys' forms are those of Themis' Tendermint fork (MetisProtocol/themis `go.mod`: maticnetwork/tendermint;
`crypto/secp256k1/secp256k1.go`, `privval/file.go`, `p2p/key.go`), in go-amino's JSON: a type, and bytes in base64.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..keccak import keccak256
from ..metis.secrets import endpoint_problem
from ..secret_use import SecretUse, by_output

NODE_KEY_TYPE: Final = "tendermint/PrivKeyEd25519"
VALIDATOR_KEY_TYPE: Final = "tendermint/PrivKeySecp256k1"
VALIDATOR_PUBLIC_TYPE: Final = "tendermint/PubKeySecp256k1"
NO_NUMBER: Final = "is no key of secp256k1: its number is zero, or not below the order of the curve"

_PEER = re.compile(r"[0-9a-f]{40}@[0-9A-Za-z._-]+:([1-9][0-9]{0,4})")


def seq_priv_problem(value: str) -> str:
    """l2geth takes it with `0x` or without (MetisProtocol/mvm, `l2geth/rollup/sync_service.go`)."""
    if value.lstrip().startswith("{"):
        return "is JSON, as `themisd show-privatekey` prints it: give the hexadecimal number in it alone"
    digits = value.rstrip().removeprefix("0x")
    if not re.fullmatch(r"[0-9a-fA-F]{64}", digits):
        return "is no private key: 64 hexadecimal digits"
    return "" if _public_key(bytes.fromhex(digits)) else NO_NUMBER


def node_key_problem(value: str) -> str:
    key = _bytes(_object(value), "priv_key", NODE_KEY_TYPE, 64)
    if key is None:
        return f"is no node_key.json: its priv_key must be a {NODE_KEY_TYPE} with 64 bytes in base64"
    if Ed25519PrivateKey.from_private_bytes(key[:32]).public_key().public_bytes_raw() != key[32:]:
        return "is damaged: the public half of its priv_key is not that of the private half"
    return ""


def priv_validator_key_problem(value: str) -> str:
    found = _object(value)
    private = _bytes(found, "priv_key", VALIDATOR_KEY_TYPE, 32)
    if private is None:
        return f"is no priv_validator_key.json: its priv_key must be a {VALIDATOR_KEY_TYPE} with 32 bytes in base64"
    public = _bytes(found, "pub_key", VALIDATOR_PUBLIC_TYPE, 65)
    if public is None:
        return f"is no priv_validator_key.json of themis: its pub_key must be a {VALIDATOR_PUBLIC_TYPE} with 65 bytes"
    if str(found.get("address", "")).lower() != address_of(public[1:]):
        return "is damaged: its address is not that of its pub_key"
    own = _public_key(private)
    if own is None:
        return NO_NUMBER
    return "" if own == public else "is damaged: its pub_key is not that of its priv_key"


def address_of(public_key: bytes) -> str:
    """The 40 digits of the address of a public key of 64 bytes."""
    return keccak256(public_key)[-20:].hex()


def persistent_peers_problem(value: str) -> str:
    """themis names a peer that it cannot read, and ends (`p2p/netaddress.go`)."""
    peers = [_PEER.fullmatch(peer.strip()) for peer in value.split(",")]
    if all(peer and int(peer[1]) < 2**16 for peer in peers):
        return ""
    return "is no list of peers: <node id, 40 hexadecimal digits>@<host>:<port>, separated by commas"


def _public_key(private: bytes) -> bytes | None:
    """Uncompressed, with its leading 04; None where the number is no key of secp256k1."""
    try:
        key = derive_private_key(int.from_bytes(private), SECP256K1())
    except ValueError:
        return None
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _object(value: str) -> Mapping[str, Any]:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(found: Mapping[str, Any], key: str, type_: str, length: int) -> bytes | None:
    held = found.get(key)
    if not isinstance(held, dict) or held.get("type") != type_:
        return None
    try:
        value = base64.b64decode(str(held.get("value", "")), validate=True)
    except binascii.Error:
        return None
    return value if len(value) == length else None


_SEQUENCER = (
    "It is the sequencer's private key, and belongs to priv_validator_key.json: with another one blocks are signed by "
    "an address that is not whitelisted."
)
_NODE = "It is the node's name among its peers: those who list it in persistent_peers no longer find it."
_VALIDATOR = (
    "It is the validator's identity: with another key this is another validator, which is not whitelisted and has no "
    "stake. The old key must run nowhere before it is put anywhere else."
)

SECRETS = {
    "seq_priv": SecretUse(env=["l2geth"], problem=seq_priv_problem, lost=_SEQUENCER),
    "node_key": SecretUse(file=["themis"], mode=0o600, problem=node_key_problem, lost=_NODE),
    "priv_validator_key": SecretUse(file=["themis"], mode=0o600, problem=priv_validator_key_problem, lost=_VALIDATOR),
    # The exporter reads the balance of the bridge's wallet there.
    "l1_rpc_endpoint": SecretUse(env=["l1dtl", "themis", "exporter"], problem=endpoint_problem),
    "l1_beacon_endpoint": SecretUse(env=["l1dtl"], problem=endpoint_problem),
    "persistent_peers": SecretUse(file=["themis"], problem=persistent_peers_problem),
}
"""Every secret by its key in `MetisSecretsArgs`. Each pod reads exactly what this table gives it."""


def use_of(entry: str) -> SecretUse:
    """What an entry of the output `secrets` is. Raises `LookupError`."""
    return by_output(SECRETS)[entry]
