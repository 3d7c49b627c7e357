"""The manager's HTTP API: its table in the docs, the token, commands and their ids."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from chain_store.bucket import Failed
from chain_store.manifests import Kind
from nodeos_manager.commands import Operator, OperatorSettings, Work
from nodeos_manager.http.http_api import PREFIXES, ROUTES, application
from nodeos_manager.manager import Manager, MayNotReload
from nodeos_manager.nodeos.config_file import Ours
from nodeos_manager.nodeos.configuration import Configuration, Keys
from nodeos_manager.nodeos.superviser import Limits, Superviser, Verdict
from nodeos_manager.plugins.readings import About, Readings
from nodeos_manager.production.api_node import NeverProduces
from nodeos_manager.production.finalizer import Finalizer, FinalizerKey
from nodeos_manager.production.freshness import Freshness
from nodeos_manager.production.http_fellows import HttpFellows
from nodeos_manager.production.keeper import Keeper, KeeperSettings
from nodeos_manager.production.production import Production, ProductionSettings
from nodeos_manager.production.proof import Fellow, Standing
from nodeos_manager.production.right import Identity, ManualRight
from nodeos_manager.store.copies import Copies, Refusal
from tests.services.nodeos_manager.simulation.loop import simulated
from tests.services.nodeos_manager.stand_ins import Fellows, Nodeos, Store, clock

LOG = logging.getLogger("test")
TOKEN = "a-token"
DOCS = Path(__file__).parents[3] / "docs/services/nodeos-manager.md"
OURS = frozenset({"ours"})
SETTINGS = KeeperSettings(OURS)


class Child:
    """A nodeos that ends a second after it was asked to."""

    pid = 7

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    async def wait(self) -> int:
        await self._ended.wait()
        return 0

    def terminate(self) -> None:
        asyncio.get_running_loop().call_later(1.0, self._ended.set)

    def kill(self) -> None:
        self._ended.set()

    async def lines(self) -> Any:
        await self._ended.wait()
        for line in ("info  the end",):
            yield line


class Launcher:
    async def launch(self, command: Sequence[str]) -> Child:
        return Child()


class Software:
    def command(self) -> Sequence[str]:
        return ["nodeos", "--pause-on-startup"]

    def said(self, line: str) -> None:
        pass

    def ended(self, code: int, asked: bool) -> Verdict:
        return Verdict.RESTART


class Kept:
    """Copies that take a minute each, and note what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.fails: Exception | None = None

    async def first_start(self) -> None: ...

    async def snapshot(self) -> str:
        return await self._do("snapshot")

    def backup(self, timeout: float) -> Work:
        return lambda: self._do("backup", timeout)

    def restore(self, kind: Kind, name: str | None, timeout: float) -> Work:
        return lambda: self._do("restore", str(kind), name)

    async def listing(self) -> dict[str, object]:
        if self.fails is not None:
            raise self.fails
        return {"backups": [], "snapshots": [{"name": "a"}]}

    async def _do(self, *what: object) -> str:
        self.asked.append(what)
        await asyncio.sleep(60.0)
        if self.fails is not None:
            raise self.fails
        return f"{what[0]} is done."


class Case:
    """A manager that runs, and a client of it. `produces`: with False, that of an API node."""

    def __init__(
        self,
        directory: Path = Path("/not-there"),
        produces: bool = True,
        settings: KeeperSettings = SETTINGS,
    ) -> None:
        time = clock()
        self.nodeos = Nodeos()
        self.store = Store()
        self.copies = Kept()
        right = ManualRight(self.store, Identity("nodeos-bp-0", "uid"), time)
        superviser = Superviser(Software(), Launcher(), time, Limits(), LOG)
        production = Production(self.nodeos, superviser, time, ProductionSettings(OURS))
        fellows = Fellows(Fellow("nodeos-bp-1", Standing.UNKNOWN))
        keeper = Keeper(right, production, self.nodeos, superviser, fellows, time, settings, LOG)
        operator = Operator(time, OperatorSettings(), LOG)
        about = About("nodeos-bp-0", "antelope", True, "manual", OURS, Path("/"))
        added = {"snapshot": {"name": "a", "height": 7, "age": 60.0}}
        self.readings = Readings(about, self.nodeos, superviser, time, production, right, lambda: added)
        self.configuration = Configuration(directory, directory / "run", Ours("127.0.0.1:8888"), Keys())
        self.manager = Manager(
            "nodeos-bp-0",
            superviser,
            keeper if produces else NeverProduces(),
            production if produces else None,
            self.nodeos,
            operator,
            time,
            Freshness(),
            self.readings,
            self.configuration,
            copies=cast(Copies, self.copies),
        )
        transport = httpx2.ASGITransport(application(self.manager, TOKEN))
        self.http = httpx2.AsyncClient(
            transport=transport, base_url="http://manager", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=None
        )

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.http.get(path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        return await self.http.post(path, **options)


def case(test: Callable[[Case], Coroutine[Any, Any, None]], **options: Any) -> None:
    async def run() -> None:
        case = Case(**options)
        running = asyncio.create_task(case.manager.run())
        await asyncio.sleep(1.0)
        await test(case)
        running.cancel()

    simulated(run())


def test_the_docs_have_every_path_with_its_codes_and_no_other() -> None:
    rows = re.findall(r"^\| (GET|POST) \| `([^`]+)` \| ([0-9, ]+) \|", DOCS.read_text(), re.MULTILINE)
    documented = {(method, name, tuple(map(int, codes.split(", ")))) for method, name, codes in rows}
    assert documented == {(path.method, path.name, path.codes) for path in ROUTES}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_path_is_there_under_every_prefix(prefix: str) -> None:
    async def test(case: Case) -> None:
        for path in ROUTES:
            place = f"{prefix}/{path.name.replace('{id}', 'none')}"
            response = await case.http.request(path.method, place)
            assert response.status_code in path.codes, place

    case(test)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}])
def test_only_the_probes_are_answered_without_the_token(headers: dict[str, str]) -> None:
    async def test(case: Case) -> None:
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(application(case.manager, TOKEN)), base_url="http://manager"
        ) as stranger:
            for path in ROUTES:
                place = f"/v1/{path.name.replace('{id}', 'none')}"
                answer = await stranger.request(path.method, place, headers=headers)
                assert (answer.status_code == 401) is not path.is_open, place
            assert (await stranger.get("/healthz")).status_code == 200

    case(test)


def test_an_empty_token_is_refused() -> None:
    async def run() -> None:
        with pytest.raises(ValueError, match="empty token"):
            application(Case().manager, "")

    simulated(run())


def test_it_is_healthy_while_nodeos_runs_and_its_head_is_young() -> None:
    async def test(case: Case) -> None:
        assert (await case.get("/v1/healthz")).status_code == 200
        case.nodeos.behind = 6.0
        stale = await case.get("/v1/healthz")
        assert (stale.status_code, stale.text.startswith("the head is 6.")) == (503, True)
        case.nodeos.behind = 0.0
        await case.post("/v1/maintenance?sync=true")
        assert (await case.get("/v1/healthz")).text == "nodeos: stopped"

    case(test)


def test_a_synchronous_command_answers_when_it_is_done() -> None:
    async def test(case: Case) -> None:
        answer = await case.post("/v1/nodeos/maintenance?sync=true")
        assert (answer.status_code, answer.json()["outcome"]) == (200, "done")
        assert (await case.get("/v1/is_running")).json() == {"is_running": False, "state": "stopped", "reason": ""}
        await case.post("/v1/nodeos/resume?sync=true")
        assert (await case.get("/v1/is_running")).json() == {"is_running": True, "state": "running", "reason": ""}

    case(test)


def test_an_asynchronous_command_answers_at_once_with_an_id_to_poll() -> None:
    async def test(case: Case) -> None:
        answer = await case.post("/v1/reload")
        assert (answer.status_code, answer.json()["outcome"]) == (201, "queued")
        await asyncio.sleep(5.0)
        polled = (await case.get(f"/v1/commands/{answer.json()['id']}")).json()
        assert (polled["outcome"], polled["message"]) == ("done", "nodeos was started anew.")

    case(test)


def test_a_command_that_conflicts_is_refused_with_the_id_of_the_one_that_runs() -> None:
    async def test(case: Case) -> None:
        first = await case.post("/v1/reload")
        await asyncio.sleep(0.1)
        second = await case.post("/v1/maintenance")
        assert (second.status_code, second.json()["running"]) == (409, first.json()["id"])

    case(test)


def test_a_synchronous_command_that_fails_answers_500_and_why() -> None:
    async def test(case: Case) -> None:
        answer = await case.post("/v1/nodeos/safely_resume_production?sync=true")
        assert answer.status_code == 500
        assert answer.json()["message"] == "nodeos-bp-1 does not answer: nobody knows whether it produces."
        assert case.nodeos.is_paused

    case(test)


def test_production_is_resumed_and_paused_with_the_right() -> None:
    async def test(case: Case) -> None:
        resumed = await case.post("/v1/safely_resume_production?sync=true&lost=nodeos-bp-1")
        assert resumed.status_code == 200
        assert (await case.get("/v1/production")).json()["standing"] == "may produce"
        assert case.store.record is not None
        assert case.store.record.ordinal == "nodeos-bp-0"
        paused = await case.post("/v1/safely_pause_production?sync=true")
        assert paused.status_code == 200
        assert (await case.get("/v1/production")).json()["standing"] == "paused"
        assert case.store.record.holder == ""

    case(test)


def test_the_status_says_who_stands_aside_since_a_command_paused_it() -> None:
    async def test(case: Case) -> None:
        assert (await case.get("/v1/status")).json()["right"]["stands_aside"] is False
        await case.post("/v1/safely_pause_production?sync=true")
        assert (await case.get("/v1/status")).json()["right"]["stands_aside"] is True
        await case.post("/v1/safely_resume_production?sync=true&lost=nodeos-bp-1")
        assert (await case.get("/v1/status")).json()["right"]["stands_aside"] is False

    case(test)


def test_the_status_says_who_has_no_signing_key_and_never_stands_aside() -> None:
    async def test(case: Case) -> None:
        right = (await case.get("/v1/status")).json()["right"]
        assert (right["can_sign"], right["stands_aside"]) == (False, False)

    case(test, settings=KeeperSettings(OURS, can_sign=False))


@pytest.mark.parametrize("timeout", ["soon", "0", "-1", "nan", "inf"])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(timeout: str) -> None:
    async def test(case: Case) -> None:
        assert (await case.post(f"/v1/safely_pause_production?timeout={timeout}")).status_code == 400

    case(test)


def test_the_status_is_one_object_with_what_is_known_and_what_the_plugins_add() -> None:
    async def test(case: Case) -> None:
        before = (await case.get("/v1/status")).json()
        assert (before["standing"], before["head"], before["schedule"]) == ("paused", None, None)
        await case.post("/v1/safely_resume_production?sync=true&lost=nodeos-bp-1")
        status = (await case.get("/v1/status")).json()
        told = {"holder": "nodeos-bp-0", "held": True, "failover": "manual", "can_sign": True, "stands_aside": False}
        assert status["right"] == told
        assert (status["standing"], status["state"], status["bp_mode"]) == ("may produce", "running", True)
        assert status["snapshot"] == {"name": "a", "height": 7, "age": 60.0}
        assert status["backup"] is None

    case(test)


def test_an_ordinal_without_a_signing_key_never_takes_the_right() -> None:
    async def test(case: Case) -> None:
        refused = await case.post("/v1/safely_resume_production?sync=true&lost=nodeos-bp-1")
        assert (refused.status_code, refused.json()["message"]) == (500, "This ordinal has no signing key.")
        await asyncio.sleep(60.0)
        assert case.store.record is None

    case(test, settings=KeeperSettings(OURS, can_sign=False, first=True))


def test_an_api_node_answers_404_to_all_that_is_a_producers() -> None:
    async def test(case: Case) -> None:
        for path in ("safely_pause_production", "safely_resume_production"):
            answer = await case.post(f"/v1/{path}?sync=true")
            assert (answer.status_code, answer.json()["error"]) == (404, "This is an API node: it never produces.")
        assert (await case.get("/v1/production")).status_code == 404
        assert case.nodeos.asked == []

    case(test, produces=False)


def test_an_api_node_is_stopped_started_and_reloaded_as_a_producer_is() -> None:
    async def test(case: Case) -> None:
        assert (await case.get("/v1/healthz")).status_code == 200
        assert (await case.get("/v1/livez")).status_code == 200
        stopped = await case.post("/v1/maintenance?sync=true")
        assert (stopped.status_code, stopped.json()["message"]) == (200, "nodeos is stopped.")
        for command in ("resume", "reload", "safely_reload"):
            assert (await case.post(f"/v1/{command}?sync=true")).status_code == 200
            assert (await case.get("/v1/is_running")).json() == {"is_running": True, "state": "running", "reason": ""}
        assert {"pause", "resume"}.isdisjoint(case.nodeos.asked)

    case(test, produces=False)


def test_the_configuration_that_runs_is_told_from_the_mounted_one(tmp_path: Path) -> None:
    async def test(case: Case) -> None:
        before = (await case.get("/v1/configuration")).json()
        assert (before["reload_pending"], before["running"]) == (False, None)
        await case.configuration.write()
        same = (await case.get("/v1/configuration")).json()
        assert same == {"reload_pending": False, "running": before["mounted"], "mounted": before["mounted"]}
        (tmp_path / "config.ini").write_text("chain-threads = 4")
        changed = (await case.get("/v1/configuration")).json()
        assert (changed["reload_pending"], changed["running"]) == (True, same["running"])
        assert changed["mounted"] != same["mounted"]

    case(test, directory=tmp_path)


def test_a_standby_is_reloaded_by_itself_and_a_producer_is_not() -> None:
    async def test(case: Case) -> None:
        await case.manager.reload_standby()
        assert case.manager.superviser.starts == 2
        await case.post("/v1/safely_resume_production?sync=true&lost=nodeos-bp-1")
        with pytest.raises(MayNotReload, match="no standby any more"):
            await case.manager.reload_standby()
        assert case.manager.superviser.starts == 2

    case(test)


def test_the_finalizer_key_is_told_with_the_chains_word_on_it() -> None:
    async def test(case: Case) -> None:
        assert (await case.get("/v1/finalizer")).status_code == 404
        case.manager.finalizer = FinalizerStandIn()
        assert (await case.get("/v1/finalizer")).json() == {"key": "PUB_BLS_ours", "active": True, "voted": False}

    case(test)


class FinalizerStandIn(Finalizer):
    def __init__(self) -> None:
        self.key = FinalizerKey("PUB_BLS_ours", b"", "PUB_BLS_ours=KEY:PVT_BLS_secret")

    async def is_active(self) -> bool:
        return True

    def has_voted(self) -> bool:
        return False


def test_an_ordinal_that_reloads_says_so_to_its_fellows() -> None:
    async def test(case: Case) -> None:
        assert (await case.get("/v1/production")).json()["reloads"] is False
        case.manager.is_reloading = True
        assert (await case.get("/v1/production")).json()["reloads"] is True

    case(test)
    told = {"ordinal": "nodeos-bp-1", "standing": "paused", "head": 100, "reloads": True}
    assert fellow(200, told) == Fellow("nodeos-bp-1", Standing.PAUSED, 100, reloads=True)


def fellow(status: int, body: object) -> Fellow:
    async def run() -> Fellow:
        def answer(request: httpx2.Request) -> httpx2.Response:
            assert request.headers["Authorization"] == f"Bearer {TOKEN}"
            assert request.url == "http://nodeos-bp-1:8080/v1/production"
            return httpx2.Response(status, content=json.dumps(body))

        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
            fellows = HttpFellows(http, {"nodeos-bp-1": "http://nodeos-bp-1:8080"}, TOKEN, clock())
            return (await fellows.ask())[0]

    return simulated(run())


def test_a_fellow_is_what_its_manager_says() -> None:
    said = {"ordinal": "nodeos-bp-1", "standing": "paused", "head": 100}
    assert fellow(200, said) == Fellow("nodeos-bp-1", Standing.PAUSED, 100)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"error": "no"}),
        (500, {}),
        (200, []),
        (200, {"ordinal": "nodeos-bp-1", "standing": "asleep", "head": 1}),
        (200, {"ordinal": "nodeos-bp-2", "standing": "paused", "head": 1}),
    ],
)
def test_a_fellow_that_says_anything_else_is_unknown(status: int, body: object) -> None:
    assert fellow(status, body) == Fellow("nodeos-bp-1", Standing.UNKNOWN)


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("restore", "backup", None),
        ("restore?source=snapshot", "snapshot", None),
        ("restore?source=backup&name=0000000007-ab", "backup", "0000000007-ab"),
        ("restore?source=snapshot&name=0000000007-ab", "snapshot", "0000000007-ab"),
        ("restore?backupName=0000000007-ab", "backup", "0000000007-ab"),
        ("restore?snapshotName=0000000007-ab", "snapshot", "0000000007-ab"),
        ("snapshot_restore", "snapshot", None),
        ("snapshot_restore?snapshotName=0000000007-ab", "snapshot", "0000000007-ab"),
    ],
)
def test_a_restore_takes_our_words_and_manageos_own(path: str, kind: str, name: str | None) -> None:
    async def test(case: Case) -> None:
        answer = await case.post(f"/v1/manageos/{path}{'&' if '?' in path else '?'}sync=true")
        assert (answer.status_code, answer.json()["message"]) == (200, "restore is done.")
        assert case.copies.asked == [("restore", kind, name)]

    case(test)


def test_a_source_that_is_none_is_refused() -> None:
    async def test(case: Case) -> None:
        answer = await case.post("/v1/restore?source=disk")
        assert (answer.status_code, answer.json()) == (400, {"error": "source is snapshot or backup."})

    case(test)


@pytest.mark.parametrize("path", ["restore?name=", "restore?backupName=", "snapshot_restore?snapshotName="])
def test_a_name_that_is_empty_is_not_taken_for_the_latest(path: str) -> None:
    async def test(case: Case) -> None:
        answer = await case.post(f"/v1/{path}")
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "The name is empty. Leave it out to restore the latest."},
        )
        assert not case.copies.asked

    case(test)


def test_a_snapshot_waits_behind_a_backup_and_a_restore_does_not() -> None:
    async def test(case: Case) -> None:
        backup = await case.post("/v1/backup?timeout=7")
        await asyncio.sleep(0.1)
        snapshot = await case.post("/v1/snapshot")
        restore = await case.post("/v1/restore")
        again = await case.post("/v1/backup")
        assert [answer.status_code for answer in (backup, snapshot, restore, again)] == [201, 201, 409, 409]
        assert restore.json()["running"] == backup.json()["id"]
        await asyncio.sleep(130.0)
        assert case.copies.asked == [("backup", 7.0), ("snapshot",)]

    case(test)


@pytest.mark.parametrize(
    ("fails", "code", "said"),
    [(Refusal("There is no bucket."), 400, "There is no bucket."), (Failed("It is away."), 502, "It is away.")],
)
def test_a_listing_that_cannot_be_had_says_why(fails: Exception, code: int, said: str) -> None:
    async def test(case: Case) -> None:
        assert (await case.get("/v1/list_backups")).json() == {"backups": [], "snapshots": [{"name": "a"}]}
        case.copies.fails = fails
        answer = await case.get("/v1/list_backups")
        assert (answer.status_code, answer.json()) == (code, {"error": said})

    case(test)
