"""A player's key pair, in the form that the node's configuration has it.

Upstream makes the key with openssl, as a DER file in base64: `openssl ecparam -name P-256 -genkey -outform DER` and
`openssl ec -pubout -outform DER` (Blockdaemon/builder-vault-helm, examples/tsm-node-multiinstance/tsm0.yaml). The
curve here is P-256, and no other one.
"""

import base64
import binascii
import hashlib
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
)

CURVE: Final = ec.SECP256R1


def new_private_key() -> str:
    """A new private key."""
    return _private_text(ec.generate_private_key(CURVE()))


def private_key_of_pem(pem: str) -> str:
    """The private key that a PEM file holds. Raises `ValueError` for any other file."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("is no private key of an elliptic curve")
    return _private_text(key)


def read_private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """The private key that `text` holds. Raises `ValueError`, in words that do not name the value."""
    try:
        key = load_der_private_key(_bytes(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no private key: a DER file in base64, as `nodeyard tsm keygen` makes one") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, CURVE):
        raise ValueError("is no private key of the curve P-256")
    return key


def read_public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The public key that `text` holds. Raises `ValueError`."""
    try:
        key = load_der_public_key(_bytes(text))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no public key: a DER file in base64, as `nodeyard tsm keygen` prints one") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, CURVE):
        raise ValueError("is no public key of the curve P-256")
    return key


def public_key_of(private_key: str) -> str:
    """The public half of a private key. Raises `ValueError`."""
    key = read_private_key(private_key).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def key_hash(key: str) -> str:
    """The hash of an API key as the configuration has it (Blockdaemon/builder-vault-helm,
    examples/tsm-node-multiinstance/tsm0.yaml: `openssl dgst -sha256 -binary | openssl base64`)."""
    return base64.b64encode(hashlib.sha256(key.encode()).digest()).decode()


def private_key_problem(value: str) -> str:
    """Why `value` is no private key of a player; empty when it is one."""
    try:
        read_private_key(value)
    except ValueError as error:
        return str(error)
    return ""


def public_key_problem(value: str) -> str:
    """Why `value` is no public key of a player; empty when it is one."""
    try:
        read_public_key(value)
    except ValueError as error:
        return str(error)
    return ""


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError("is not in base64") from error


def _private_text(key: ec.EllipticCurvePrivateKey) -> str:
    """SEC 1, as openssl writes it."""
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())).decode()
