"""What is asked of a node of Tendermint 0.32, as themis is one: by its RPC, since its metrics tell not who signed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from .metrics import Reading
from .probes import Target

MOST = 60
"""Blocks that one reading looks at. What lies further back, after a pause, is left out."""


@dataclass
class Tendermint:
    """How far the node is, and which blocks its key signed. It counts from the block that was the newest at first."""

    name: str
    target: Target
    signed: int = 0
    missed: int = 0
    _looked_at: int = 0
    """The block that was counted last."""
    _validated: bool = False
    """Whether the key was a validator's at the reading before: a block from before it came is none that it missed."""

    async def read(self, http: httpx2.AsyncClient) -> Sequence[Reading]:
        status = await self._get(http, "status")
        sync, validator = status["sync_info"], status["validator_info"]
        height, power = int(sync["latest_block_height"]), int(validator["voting_power"])
        peers = int((await self._get(http, "net_info"))["n_peers"])
        await self._count(http, height, validator["address"], power > 0)
        age = datetime.now(UTC) - datetime.fromisoformat(sync["latest_block_time"])
        return [
            Reading("nodeyard_head_block_number", height),
            Reading("nodeyard_head_block_age_seconds", age.total_seconds()),
            Reading("nodeyard_peers", peers),
            Reading("nodeyard_syncing", bool(sync["catching_up"])),
            Reading("nodeyard_voting_power", power),
            Reading("nodeyard_signed_blocks", self.signed),
            Reading("nodeyard_missed_blocks", self.missed),
        ]

    async def _count(self, http: httpx2.AsyncClient, height: int, address: str, validates: bool) -> None:
        """Up to the block below the newest: the commit of that one still gets signatures."""
        if validates and self._validated:
            for number in range(max(self._looked_at + 1, height - MOST), height):
                if address.upper() in await self._signers(http, number):
                    self.signed += 1
                else:
                    self.missed += 1
                self._looked_at = number
        else:
            self._looked_at = height - 1
        self._validated = validates

    async def _signers(self, http: httpx2.AsyncClient, height: int) -> set[str]:
        commit = await self._get(http, f"commit?height={height}")
        precommits = commit["signed_header"]["commit"]["precommits"]
        # In the place of who did not sign stands null.
        return {vote["validator_address"].upper() for vote in precommits if vote}

    async def _get(self, http: httpx2.AsyncClient, path: str) -> Any:
        answer = await http.get(f"{self.target.url}/{path}")
        return answer.raise_for_status().json()["result"]
