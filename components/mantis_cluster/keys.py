"""A node's key: 32 bytes, as 64 hexadecimal digits. It says who the node is on the network, and is its account's key.

On the network a node is its public key (ethereum/devp2p, `enode.md`): the point's two coordinates. Its address is the
end of that key's hash (Ethereum's Yellow Paper, appendix F).
"""

import re
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..keccak import keccak256

_ADDRESS_BYTES: Final = 20


def public_id(key: str) -> str:
    """The public half of a key, as 128 hexadecimal digits. Raises `ValueError`, which does not name the key."""
    if not re.fullmatch("[0-9a-fA-F]{64}", key):
        raise ValueError("is no key: 64 hexadecimal digits")
    try:
        private = ec.derive_private_key(int(key, 16), ec.SECP256K1())
    except ValueError:
        raise ValueError("is no key: its number is zero, or not below the order of secp256k1") from None
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return point[1:].hex()  # the first byte says only that both coordinates follow


def address(key: str) -> str:
    """The account of a key: 0x and 40 hexadecimal digits in small letters. Raises `ValueError` as `public_id` does."""
    return address_of(public_id(key))


def address_of(public_id: str) -> str:
    """The account of a public key."""
    return "0x" + keccak256(bytes.fromhex(public_id))[-_ADDRESS_BYTES:].hex()
