"""The keys of an Antelope chain, as nodeos writes them.

AntelopeIO/spring, libraries/libfc: `src/crypto/{elliptic_common,public_key,private_key}.cpp` (base 58 with four bytes
of RIPEMD-160, WIF with four of a double SHA-256), `include/fc/crypto/bls_common.hpp` (base 64 for URLs, four bytes of
RIPEMD-160). Whether a private key belongs to its public one, nodeos says when it starts.
"""

import base64
import binascii
import hashlib
from typing import Final

from Crypto.Hash import RIPEMD160

_DIGITS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CHECK: Final = 4
_PUBLIC: Final = 33
_PRIVATE: Final = 32
_CURVES: Final = ("K1", "R1")
"""secp256k1 and secp256r1, by their numbers in a packed key."""
_BLS_SIZES: Final = {"PUB_BLS_": 96, "PVT_BLS_": 32}


def public_key_bytes(text: str) -> bytes:
    """A public key as nodeos packs it: the curve's number, and the point. Raises `ValueError`."""
    if text.startswith("EOS"):
        return b"\0" + _checked(text[3:], _PUBLIC, b"")
    for number, curve in enumerate(_CURVES):
        if text.startswith(f"PUB_{curve}_"):
            return bytes([number]) + _checked(text[7:], _PUBLIC, curve.encode())
    raise ValueError("is no public key")


def private_key_bytes(text: str) -> bytes:
    """A private key's number. Raises `ValueError`, which does not name the value."""
    for curve in _CURVES:
        if text.startswith(f"PVT_{curve}_"):
            return _checked(text[7:], _PRIVATE, curve.encode())
    whole = _base58(text, 1 + _PRIVATE + _CHECK)
    content, check = whole[:-_CHECK], whole[-_CHECK:]
    if content[0] != 0x80 or hashlib.sha256(hashlib.sha256(content).digest()).digest()[:_CHECK] != check:
        raise ValueError("is mistyped: its checksum is another one")
    return content[1:]


def bls_key_bytes(text: str) -> bytes:
    """A finalizer's public or private key. Raises `ValueError`, which does not name the value."""
    prefix = text[:8]
    if prefix not in _BLS_SIZES:
        raise ValueError("is no key of a finalizer")
    try:
        whole = base64.b64decode(text[8:] + "=" * (-len(text[8:]) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("is no key of a finalizer") from None
    content, check = whole[:-_CHECK], whole[-_CHECK:]
    if len(content) != _BLS_SIZES[prefix] or RIPEMD160.new(content).digest()[:_CHECK] != check:
        raise ValueError("is mistyped: its checksum is another one")
    return content


def _checked(text: str, size: int, curve: bytes) -> bytes:
    whole = _base58(text, size + _CHECK)
    content, check = whole[:-_CHECK], whole[-_CHECK:]
    if RIPEMD160.new(content + curve).digest()[:_CHECK] != check:
        raise ValueError("is mistyped: its checksum is another one")
    return content


def _base58(text: str, size: int) -> bytes:
    number = 0
    for digit in text:
        place = _DIGITS.find(digit)
        if place < 0:
            raise ValueError("has a character that no key has")
        number = number * 58 + place
    try:
        return number.to_bytes(size, "big")
    except OverflowError:
        raise ValueError("is too long") from None
