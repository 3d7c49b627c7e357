"""The keys by which the players of a mesh know one another.

A key is an elliptic-curve key on P-256: DER, in base64 on one line. The private key is SEC1's or PKCS#8's, the public
key X.509's SubjectPublicKeyInfo. Source: builder-vault-tsm.docs.blockdaemon.com/docs/player-index-and-keys, which makes
them by OpenSSL. There P-384 and P-521 are allowed as well; Nodeyard has one curve, so that players cannot differ.
"""

import base64
import binascii
from typing import Final

from Crypto.PublicKey import ECC

CURVE: Final = "NIST P-256"


class WrongKey(ValueError):
    """Why a text is no such key. It never says the text."""


def public_of(private_key: str) -> str:
    """The public key of a private one, in the one form that players exchange. Raises `WrongKey`."""
    key = _read(private_key)
    if not key.has_private():
        raise WrongKey("is a public key, not a private one")
    return _written(key.public_key())


def checked_public(public_key: str) -> str:
    """A public key in the one form that players exchange, to be compared. Raises `WrongKey`."""
    key = _read(public_key)
    if key.has_private():
        raise WrongKey("is a private key: it must not leave its player")
    return _written(key)


def _read(text: str) -> ECC.EccKey:
    try:
        der = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise WrongKey("is not base64") from None
    # The library reads PEM and OpenSSH's form as well, which a node does not.
    if not der.startswith(b"\x30"):
        raise WrongKey("is not DER")
    try:
        key = ECC.import_key(der)
    except (ValueError, IndexError, TypeError):  # what it raises depends on where the bytes go wrong
        raise WrongKey("is not an elliptic-curve key in DER") from None
    if key.curve != CURVE:
        raise WrongKey(f"is on the curve {key.curve}, not on {CURVE}")
    return key


def _written(key: ECC.EccKey) -> str:
    return base64.b64encode(key.export_key(format="DER", compress=False)).decode()
