"""Ethereum's hash, for what has to do without Pulumi's SDK too."""

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """The Keccak of 256 bits, which is not SHA-3's."""
    return keccak.new(digest_bits=256, data=data).digest()
