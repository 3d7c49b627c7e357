"""Keys that have the form of keys, and that nobody has."""

import base64
import hashlib

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def wif(byte: int = 1) -> str:
    data = bytes([0x80]) + bytes([byte]) * 32
    return base58(data + hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4])


def public(byte: int = 1) -> str:
    return "EOS" + base58(bytes([2]) + bytes([byte]) * 36)


def signing(byte: int = 1) -> str:
    return f"{public(byte)}=KEY:{wif(byte)}"


def finalizer_bytes(byte: int = 1) -> bytes:
    return bytes([byte]) * 96


def finalizer_public(byte: int = 1) -> str:
    return "PUB_BLS_" + base64.urlsafe_b64encode(finalizer_bytes(byte) + b"sums").decode().rstrip("=")


def finalizer(byte: int = 1) -> str:
    private = "PVT_BLS_" + base64.urlsafe_b64encode(bytes([byte]) * 32 + b"sums").decode().rstrip("=")
    return f"{finalizer_public(byte)}=KEY:{private}"
