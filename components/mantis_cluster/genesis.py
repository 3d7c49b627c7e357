"""The first block of a chain, and its hash.

Every client of Ethereum reads nearly the same JSON: go-ethereum's `core/genesis.go`, Mantis'
`blockchain/data/GenesisDataLoader.scala`. Numbers are written in the way that all of them read: those of the block in
hexadecimal digits, balances in decimal ones, and addresses without 0x.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import rlp  # type: ignore[import-untyped]
from trie.constants import BLANK_NODE_HASH
from trie.hexary import HexaryTrie

from ..keccak import keccak256

_NO_HASH: Final = bytes(32)
_NO_BLOOM: Final = bytes(256)
_NO_UNCLES: Final = keccak256(rlp.encode([]))
_NO_CODE: Final = keccak256(b"")


def genesis_text(
    *,
    difficulty: int,
    gas_limit: int,
    alloc: Mapping[str, int],
    extra_data: bytes = b"",
    timestamp: int = 0,
    nonce: int = 0,
    **more: Any,
) -> str:
    """The JSON. `alloc` is wei by address; `more` is what one client reads besides."""
    genesis = {
        **more,
        "nonce": f"0x{nonce:016x}",
        "timestamp": hex(timestamp),
        "extraData": "0x" + extra_data.hex(),
        "gasLimit": hex(gas_limit),
        "difficulty": hex(difficulty),
        "mixHash": "0x" + _NO_HASH.hex(),
        "coinbase": "0x" + "0" * 40,
        "alloc": {_digits(address): {"balance": str(wei)} for address, wei in sorted(alloc.items())},
    }
    return json.dumps(genesis, indent=2) + "\n"


def genesis_hash(genesis: str) -> str:
    """The hash of the block that a JSON describes: 0x and 64 hexadecimal digits."""
    block = json.loads(genesis)
    header: list[Any] = [
        _NO_HASH,  # of the parent
        _NO_UNCLES,
        _bytes(block["coinbase"]),
        _state_root(block["alloc"]),
        BLANK_NODE_HASH,  # of the transactions
        BLANK_NODE_HASH,  # of the receipts
        _NO_BLOOM,
        int(block["difficulty"], 16),
        0,  # the number
        int(block["gasLimit"], 16),
        0,  # gas used
        int(block["timestamp"], 16),
        _bytes(block["extraData"]),
        _bytes(block["mixHash"]),
        _bytes(block["nonce"]),
    ]
    if "baseFeePerGas" in block:  # EIP-1559
        header.append(int(block["baseFeePerGas"], 16))
    return "0x" + keccak256(rlp.encode(header)).hex()


def read_gas_limit(genesis: str) -> int:
    """The gas limit of the block that a JSON describes."""
    return int(json.loads(genesis)["gasLimit"], 16)


def _state_root(alloc: Mapping[str, Mapping[str, str]]) -> bytes:
    """The root of the tree of accounts, which have a balance and nothing else."""
    accounts = HexaryTrie(db={})
    for address, account in alloc.items():
        leaf = [0, int(account["balance"]), BLANK_NODE_HASH, _NO_CODE]
        accounts[keccak256(bytes.fromhex(address))] = rlp.encode(leaf)
    return bytes(accounts.root_hash)


def _digits(address: str) -> str:
    return address.removeprefix("0x").lower()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
