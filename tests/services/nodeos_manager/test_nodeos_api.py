"""What is asked of nodeos, and what its answers are taken for."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from chain_store.clock import SystemClock
from nodeos_manager.nodeos.nodeos_api import (
    Block,
    CreatedSnapshot,
    DatabaseSize,
    HttpNodeos,
    NeverReached,
    Refused,
    Unanswered,
)
from nodeos_manager.production.schedule import timestamp

INFO = {
    "chain_id": "aca3",
    "head_block_num": 100,
    "head_block_id": "00000064ab",
    "head_block_time": "2026-11-29T15:25:00.500",
    "head_block_producer": "eosnationftw",
    "last_irreversible_block_num": 97,
}


def asked(
    what: Callable[[HttpNodeos], Awaitable[object]],
    answer: Callable[[httpx2.Request], Awaitable[httpx2.Response]],
    timeout: float = 1.0,
) -> object:
    async def asking() -> object:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
            return await what(HttpNodeos(client, "http://127.0.0.1:8888", SystemClock(), timeout))

    return asyncio.run(asking())


def saying(status: int, body: object) -> Callable[[httpx2.Request], Awaitable[httpx2.Response]]:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, json=body)

    return answer


def test_a_pause_is_a_post_that_is_answered_with_201() -> None:
    seen: list[tuple[str, str]] = []

    async def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append((request.method, request.url.path))
        return httpx2.Response(201, json={"result": "ok"})

    asked(HttpNodeos.pause, answer)
    asked(HttpNodeos.resume, answer)
    assert seen == [("POST", "/v1/producer/pause"), ("POST", "/v1/producer/resume")]


@pytest.mark.parametrize("status", [200, 202, 404, 500])
def test_a_pause_that_is_answered_otherwise_is_none(status: int) -> None:
    with pytest.raises(Refused, match=str(status)):
        asked(HttpNodeos.pause, saying(status, {}))


def test_an_answer_that_does_not_come_in_time_says_nothing() -> None:
    async def silent(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(30)
        raise AssertionError

    with pytest.raises(Unanswered):
        asked(HttpNodeos.resume, silent, timeout=0.05)


def test_nobody_was_asked_where_nobody_listens() -> None:
    async def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with pytest.raises(NeverReached):
        asked(HttpNodeos.resume, refuse)


@pytest.mark.parametrize("paused", [True, False])
def test_paused_is_nodeos_own_word(paused: bool) -> None:
    assert asked(HttpNodeos.paused, saying(201, paused)) is paused


@pytest.mark.parametrize("body", [{"paused": True}, "true", None])
def test_what_is_neither_true_nor_false_is_refused(body: object) -> None:
    with pytest.raises(Refused):
        asked(HttpNodeos.paused, saying(200, body))


def test_the_head_is_what_get_info_says() -> None:
    async def head(nodeos: HttpNodeos) -> object:
        return await nodeos.head()

    answer = asked(head, saying(200, INFO))
    assert repr(answer).startswith("Head(number=100, id='00000064ab'")
    assert f"time={timestamp('2026-11-29T15:25:00.500')}" in repr(answer)


@pytest.mark.parametrize("missing", sorted(INFO))
def test_a_head_that_lacks_something_is_refused(missing: str) -> None:
    with pytest.raises(Refused):
        asked(HttpNodeos.head, saying(200, {key: INFO[key] for key in INFO if key != missing}))


def test_only_peers_that_are_connected_are_counted() -> None:
    """A closed connection is not connecting, and has no handshake."""
    come, closed = {"generation": 2}, {"generation": 0}
    peers = [
        {"peer": "a:9876", "connecting": False, "last_handshake": come},
        {"peer": "b:9876", "connecting": True, "last_handshake": come},
        {"peer": "c:9876", "connecting": False, "last_handshake": closed},
        {"peer": "d:9876", "connecting": False},
    ]
    assert asked(HttpNodeos.peers, saying(200, peers)) == 1


def test_a_peer_is_connected_by_its_address_as_a_json_text() -> None:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        assert (request.url.path, request.content) == ("/v1/net/connect", b'"a:9876"')
        return httpx2.Response(201, json="added connection")

    async def connect(nodeos: HttpNodeos) -> None:
        await nodeos.connect("a:9876")

    asked(connect, answer)


def test_a_block_is_asked_for_by_its_number() -> None:
    body = {"block_num": 7, "id": "07", "timestamp": "2026-11-29T15:25:00.500", "producer": "ours", "transactions": []}

    async def answer(request: httpx2.Request) -> httpx2.Response:
        assert json.loads(request.content) == {"block_num_or_id": 7}
        return httpx2.Response(200, json=body)

    async def block(nodeos: HttpNodeos) -> Block:
        return await nodeos.block(7)

    assert asked(block, answer) == Block(7, "07", timestamp("2026-11-29T15:25:00.500"), "ours")


def test_the_database_has_a_size_and_room() -> None:
    answer = saying(200, {"free_bytes": 10, "used_bytes": 5, "reclaimable_bytes": 0, "size": 15, "indices": []})
    assert asked(HttpNodeos.database_size, answer) == DatabaseSize(size=15, free=10)


def test_the_active_finalizers_are_those_whose_votes_the_chain_counts() -> None:
    policy = {"generation": 1, "threshold": 1, "finalizers": [{"description": "ours", "weight": 1, "public_key": "P1"}]}
    pending = {**policy, "finalizers": [{"description": "ours", "weight": 1, "public_key": "P2"}]}
    answer = {"active_finalizer_policy": policy, "pending_finalizer_policy": pending, "last_tracked_votes": []}
    assert asked(HttpNodeos.active_finalizers, saying(200, answer)) == {"P1"}


def test_before_savanna_no_finalizer_is_active() -> None:
    answer = saying(200, {"active_finalizer_policy": None, "pending_finalizer_policy": None, "last_tracked_votes": []})
    assert asked(HttpNodeos.active_finalizers, answer) == frozenset()


@pytest.mark.parametrize(
    "body", [{}, {"active_finalizer_policy": {}}, {"active_finalizer_policy": {"finalizers": [1]}}]
)
def test_finalizers_of_another_form_are_refused(body: object) -> None:
    with pytest.raises(Refused, match="something else"):
        asked(HttpNodeos.active_finalizers, saying(200, body))


SNAPSHOT = {"head_block_id": "0000006412ab", "snapshot_name": "/data/snapshots/snapshot-0000006412ab.bin"}


@pytest.mark.parametrize(
    "more",
    [{}, {"head_block_num": 100, "head_block_time": "2026-11-29T15:25:00.500", "version": 6}],
    ids=["eos", "spring"],
)
def test_a_snapshot_is_of_a_block_whatever_the_flavour_says_of_it(more: dict[str, object]) -> None:
    created = asked(HttpNodeos.create_snapshot, saying(201, {**SNAPSHOT, **more}))
    assert created == CreatedSnapshot("/data/snapshots/snapshot-0000006412ab.bin", "0000006412ab", 100)


@pytest.mark.parametrize("missing", sorted(SNAPSHOT))
def test_a_snapshot_that_lacks_something_is_refused(missing: str) -> None:
    with pytest.raises(Refused, match="create_snapshot answered something else"):
        asked(HttpNodeos.create_snapshot, saying(201, {key: SNAPSHOT[key] for key in SNAPSHOT if key != missing}))


def test_a_snapshot_may_take_longer_than_any_other_answer() -> None:
    async def slow(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(0.2)
        return httpx2.Response(201, json=SNAPSHOT)

    asked(HttpNodeos.create_snapshot, slow, timeout=0.05)
