"""The managers of the other ordinals, asked over their HTTP API."""

import asyncio
from collections.abc import Mapping, Sequence

import httpx2

from chain_store.clock import Clock

from .proof import Fellow, Standing

#: Seconds. One that does not answer by then is unknown.
TIMEOUT = 2.0


class HttpFellows:
    """`addresses`: of each other ordinal's manager, as `http://nodeos-bp-1:8080`."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        addresses: Mapping[str, str],
        token: str,
        clock: Clock,
        timeout: float = TIMEOUT,
    ) -> None:
        self._client = client
        self._addresses = addresses
        self._headers = {"Authorization": f"Bearer {token}"}
        self._clock = clock
        self._timeout = timeout

    async def ask(self) -> Sequence[Fellow]:
        return await asyncio.gather(*(self._one(ordinal, at) for ordinal, at in self._addresses.items()))

    async def _one(self, ordinal: str, address: str) -> Fellow:
        try:
            async with self._clock.timeout(self._timeout):
                response = await self._client.get(f"{address}/v1/production", headers=self._headers)
            answer = response.raise_for_status().json()
            # Another one answers at this address: it says nothing of the one that was asked.
            if answer["ordinal"] != ordinal:
                return Fellow(ordinal, Standing.UNKNOWN)
            head = answer["head"]
            reloads = bool(answer.get("reloads", False))
            return Fellow(ordinal, Standing(answer["standing"]), None if head is None else int(head), reloads)
        except (TimeoutError, httpx2.HTTPError, ValueError, KeyError, TypeError):
            return Fellow(ordinal, Standing.UNKNOWN)
