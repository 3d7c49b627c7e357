"""Who made each block: of proof of work, the header's coinbase; of clique, whoever sealed the header."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import rlp  # type: ignore[import-untyped]
from eth_hash.auto import keccak
from eth_keys.datatypes import Signature

from ..rpc import Node
from .metrics import Reading
from .probes import Target

MOST = 60
"""Blocks that one reading looks at. What lies further back, after a pause, is left out."""

VANITY: Final = 32
"""Bytes of a clique header's extra data before the signers. Proof of work has no more than these."""
SEAL: Final = 65
"""Bytes of the signature at its end."""

SEALED: Final = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas"),
)
"""What a seal is over, in its order (go-ethereum v1.10.26, consensus/clique/clique.go, encodeSigHeader). Headers from
before the London fork have no base fee."""
NUMBERS: Final = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}


def maker(block: Mapping[str, Any]) -> str:
    """The address of who made a block, in small letters."""
    extra = bytes.fromhex(block["extraData"][2:])
    if len(extra) < VANITY + SEAL:
        return str(block["miner"]).lower()
    seal = Signature(signature_bytes=extra[-SEAL:])
    return seal.recover_public_key_from_msg_hash(seal_hash(block)).to_address()


def seal_hash(block: Mapping[str, Any]) -> bytes:
    """What a clique signer signs."""
    header = {**block, "extraData": block["extraData"][: -2 * SEAL]}
    fields = [
        int(header[name], 16) if name in NUMBERS else bytes.fromhex(header[name][2:])
        for name in SEALED
        if header.get(name) is not None
    ]
    return keccak(rlp.encode(fields))


@dataclass
class Mined:
    """Counts blocks by who made them, from the one that was the newest at first. A block that the chain gives up later
    stays counted."""

    name: str
    target: Target
    miners: Mapping[str, str] = field(default_factory=dict)
    """Names by address. Whoever has none is called by the address."""
    _made: Counter[str] = field(default_factory=Counter)
    _looked_at: int | None = None
    """The block that was counted last."""

    def __post_init__(self) -> None:
        """A miner that has made no block yet has a series, too: else nobody could tell that it makes none."""
        self._made.update(dict.fromkeys(self.miners.values(), 0))

    async def read(self, http: httpx2.AsyncClient) -> Sequence[Reading]:
        node = Node(http, self.target.url)
        head = int(await node.call("eth_blockNumber"), 16)
        if self._looked_at is None:
            self._looked_at = head
        for number in range(max(self._looked_at, head - MOST) + 1, head + 1):
            address = maker(await node.call("eth_getBlockByNumber", hex(number), False))
            self._made[self.miners.get(address, address)] += 1
            self._looked_at = number
        return [Reading("nodeyard_mined_blocks", blocks, {"miner": miner}) for miner, blocks in self._made.items()]
