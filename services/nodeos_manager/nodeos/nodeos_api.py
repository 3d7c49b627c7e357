"""What the manager asks of nodeos: the chain, producer, net and db_size APIs, over loopback.

nodeos runs what changes something on its main thread. A nodeos that hangs there answers nothing, and may still do
later what it was asked: an unanswered request is one whose effect is not known.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from chain_store.clock import Clock

from ..production.schedule import Schedule, timestamp

#: Seconds. nodeos answers within milliseconds, unless it is in a block: half a second.
TIMEOUT = 3.0
SNAPSHOT_TIMEOUT = 1800.0
"""Seconds. nodeos answers when the block of the snapshot is irreversible, for which more blocks must come: within
seconds on a Savanna chain, minutes before. Then it writes gigabytes."""
_CREATED = 201
_ANSWERED = (200, _CREATED)


class Unanswered(Exception):
    """nodeos gave no answer in time. It may have done what it was asked, or may do so later."""


class NeverReached(Unanswered):
    """No connection came about: nodeos was not asked at all."""


class Refused(Exception):
    """nodeos answered, and did not do it."""


@dataclass(frozen=True)
class Head:
    """The newest block that a node has."""

    number: int
    id: str
    time: float
    """Its slot's time, in seconds since 1970."""
    producer: str
    irreversible: int
    """The number of the last irreversible block."""
    chain_id: str


@dataclass(frozen=True)
class CreatedSnapshot:
    """A snapshot that nodeos wrote."""

    file: str
    """Its path, as nodeos sees it."""
    id: str
    """Of the block whose state it is."""
    number: int


@dataclass(frozen=True)
class Block:
    """A block of the branch that the node is on."""

    number: int
    id: str
    time: float
    """Its slot's time, in seconds since 1970."""
    producer: str


@dataclass(frozen=True)
class Connection:
    """One of nodeos' peers."""

    peer: str
    """HOST:PORT, as nodeos was told it. Empty where the peer came by itself."""
    is_up: bool
    """Whether the peer's handshake has come. nodeos forgets it when the connection closes (`connection::_close` of
    AntelopeIO/spring, plugins/net_plugin): `connecting` alone is false for a closed one, too."""


@dataclass(frozen=True)
class DatabaseSize:
    """Bytes of the chain state database."""

    size: int
    free: int


class Nodeos(Protocol):
    """A nodeos that one may ask. Every method raises Unanswered or Refused."""

    async def pause(self) -> None: ...

    async def resume(self) -> None: ...

    async def paused(self) -> bool:
        """Whether nodeos says that it is paused. Spring also says so of a pause of its own that ends by itself."""
        ...

    async def head(self) -> Head: ...

    async def schedule(self) -> Schedule: ...


class HttpNodeos:
    """nodeos at an address, as `http://127.0.0.1:8888`."""

    def __init__(self, client: httpx2.AsyncClient, address: str, clock: Clock, timeout: float = TIMEOUT) -> None:
        self._client = client
        self._address = address
        self._clock = clock
        self._timeout = timeout

    async def pause(self) -> None:
        await self._change("producer/pause")

    async def resume(self) -> None:
        await self._change("producer/resume")

    async def paused(self) -> bool:
        answer = await self._read("producer/paused")
        if not isinstance(answer, bool):
            raise Refused("producer/paused answered neither true nor false.")
        return answer

    async def head(self) -> Head:
        answer = await self._object("chain/get_info")
        with _understood("chain/get_info"):
            return Head(
                number=int(answer["head_block_num"]),
                id=str(answer["head_block_id"]),
                time=timestamp(answer["head_block_time"]),
                producer=str(answer["head_block_producer"]),
                irreversible=int(answer["last_irreversible_block_num"]),
                chain_id=str(answer["chain_id"]),
            )

    async def schedule(self) -> Schedule:
        try:
            return Schedule.active(await self._object("chain/get_producer_schedule"))
        except ValueError as wrong:
            raise Refused(str(wrong)) from wrong

    async def active_finalizers(self) -> Collection[str]:
        """The public keys whose votes the chain counts. None before Savanna is active."""
        answer = await self._object("chain/get_finalizer_info")
        with _understood("chain/get_finalizer_info"):
            policy = answer["active_finalizer_policy"]
            finalizers = [] if policy is None else policy["finalizers"]
            return frozenset(str(finalizer["public_key"]) for finalizer in finalizers)

    async def block(self, number: int) -> Block:
        answer = await self._object("chain/get_block", {"block_num_or_id": number})
        with _understood("chain/get_block"):
            return Block(
                number=int(answer["block_num"]),
                id=str(answer["id"]),
                time=timestamp(answer["timestamp"]),
                producer=str(answer["producer"]),
            )

    async def connections(self) -> list[Connection]:
        answer = await self._read("net/connections")
        if not isinstance(answer, list):
            raise Refused("net/connections answered no list.")
        return [_connection(peer) for peer in answer if isinstance(peer, dict)]

    async def peers(self) -> int:
        """How many peers have completed their handshake with nodeos."""
        return sum(connection.is_up for connection in await self.connections())

    async def connect(self, peer: str) -> None:
        await self._change("net/connect", peer)

    async def disconnect(self, peer: str) -> None:
        await self._change("net/disconnect", peer)

    async def database_size(self) -> DatabaseSize:
        answer = await self._object("db_size/get")
        with _understood("db_size/get"):
            return DatabaseSize(size=int(answer["size"]), free=int(answer["free_bytes"]))

    async def create_snapshot(self) -> CreatedSnapshot:
        """Asks for a snapshot, and waits until it is written. EOSIO 2.0 does not say its block's number, which is the
        beginning of every block's id (`block_header::num_from_id` of AntelopeIO/spring)."""
        answer = await self._object("producer/create_snapshot", timeout=SNAPSHOT_TIMEOUT)
        with _understood("producer/create_snapshot"):
            identifier = str(answer["head_block_id"])
            number = int(answer.get("head_block_num", int(identifier[:8], 16)))
            return CreatedSnapshot(str(answer["snapshot_name"]), identifier, number)

    async def _change(self, call: str, body: object = None) -> None:
        response = await self._post(call, body)
        if response.status_code != _CREATED:
            raise Refused(f"{call} answered {response.status_code}, not {_CREATED}.")

    async def _read(self, call: str, body: object = None, timeout: float | None = None) -> Any:
        response = await self._post(call, body, timeout)
        if response.status_code not in _ANSWERED:
            raise Refused(f"{call} answered {response.status_code}.")
        try:
            return response.json()
        except ValueError as wrong:
            raise Refused(f"{call} answered no JSON.") from wrong

    async def _object(self, call: str, body: object = None, timeout: float | None = None) -> Mapping[str, Any]:
        answer = await self._read(call, body, timeout)
        if not isinstance(answer, dict):
            raise Refused(f"{call} answered no object.")
        return answer

    async def _post(self, call: str, body: object = None, timeout: float | None = None) -> httpx2.Response:
        patience = self._timeout if timeout is None else timeout
        try:
            # httpx counts each read anew: an answer that drips would take for ever.
            async with self._clock.timeout(patience):
                return await self._client.post(f"{self._address}/v1/{call}", json=body, timeout=patience)
        except httpx2.ConnectError as unreached:
            raise NeverReached(f"{call}: nobody listens.") from unreached
        except (TimeoutError, httpx2.HTTPError) as unanswered:
            raise Unanswered(f"{call} was not answered within {patience:g} s.") from unanswered


@contextmanager
def _understood(path: str) -> Iterator[None]:
    """Refuse an answer that lacks what is read of it here."""
    try:
        yield
    except (KeyError, TypeError, ValueError) as wrong:
        raise Refused(f"{path} answered something else.") from wrong


def _connection(told: Mapping[str, Any]) -> Connection:
    handshake = told.get("last_handshake")
    generation = handshake.get("generation", 0) if isinstance(handshake, dict) else 0
    is_up = not told.get("connecting", True) and isinstance(generation, int) and generation > 0
    return Connection(str(told.get("peer", "")), is_up)
