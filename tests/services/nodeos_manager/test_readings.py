"""What is read of a nodeos, and what the metrics say of that."""

import asyncio
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from nodeos_manager import __version__
from nodeos_manager.commands import Operator, OperatorSettings, Outcome
from nodeos_manager.nodeos.nodeos_api import Block, DatabaseSize, Head, Unanswered
from nodeos_manager.plugins.metrics import Metrics
from nodeos_manager.plugins.readings import About, Readings
from nodeos_manager.production.proof import Paused, Proof
from nodeos_manager.production.schedule import TURN, Schedule, slot_at, slot_time

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs/services/nodeos-manager.md"
NOW = slot_time(12_000 * TURN) + 0.2
"""A moment in a turn of ours."""


class Clock:
    now = NOW

    def wall(self) -> float:
        return self.now


class Nodeos:
    """At the head of a chain where every second turn is ours."""

    is_silent = False

    async def head(self) -> Head:
        if self.is_silent:
            raise Unanswered("hangs")
        slot = slot_at(Clock.now)
        return Head(slot, "aa", slot_time(slot), "ours", slot - 3, "chain")

    async def schedule(self) -> Schedule:
        return Schedule(1, ("ours", "other"))

    async def peers(self) -> int:
        return 4

    async def database_size(self) -> DatabaseSize:
        return DatabaseSize(size=100, free=30)

    async def block(self, number: int) -> Block:
        return Block(number, "aa", slot_time(number), "ours")


class Production:
    paused: Proof | None = Paused(1)

    async def proof(self) -> Proof | None:
        return self.paused


class Case:
    def __init__(self, data: Path, bp_mode: bool = True, added: Mapping[str, object] | None = None) -> None:
        self.nodeos, self.clock, self.production = Nodeos(), Clock(), Production()
        superviser: Any = SimpleNamespace(state="running", starts=3)
        right: Any = SimpleNamespace(remaining=lambda: 9.0, holder="nodeos-bp-0")
        about = About("nodeos-bp-0", "antelope", bp_mode, "automatic", frozenset({"ours"} if bp_mode else ()), data)
        given: Any = (self.nodeos, superviser, self.clock, self.production, right)
        if not bp_mode:
            given = (self.nodeos, superviser, self.clock, None, None)
        self.readings = Readings(about, *given, lambda: added or {})
        self.operator = Operator(self.clock, OperatorSettings(), logging.getLogger("test"))  # type: ignore[arg-type]

    def read(self) -> None:
        asyncio.run(self.readings.read())

    def scraped(self) -> dict[tuple[str, str], float]:
        """By a sample's name, and the values of its labels."""
        return {
            (sample.name, ",".join(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
        }

    def text(self) -> str:
        async def scrape() -> str:
            transport = httpx2.ASGITransport(Metrics(self.readings, self.operator).application())
            async with httpx2.AsyncClient(transport=transport, base_url="http://manager") as http:
                return (await http.get("/metrics")).text

        return asyncio.run(scrape())


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path, added={"snapshot": {"name": "a", "height": 7, "age": 60.0}, "reload_pending": True})


def test_a_scrape_says_what_was_read(case: Case) -> None:
    case.read()
    case.operator.ended["backup", Outcome.FAILED] += 1
    found = case.scraped()
    expected = {
        ("nodeos_up", ""): 1,
        ("nodeos_state", "running"): 1,
        ("nodeos_state", "stopped"): 0,
        ("nodeos_restarts_total", ""): 2,
        ("nodeos_peers", ""): 4,
        ("nodeos_head_block_number", ""): slot_at(NOW),
        ("nodeos_paused", ""): 1,
        ("nodeos_right_held", ""): 1,
        ("nodeos_in_schedule", ""): 1,
        ("nodeos_round", "producing"): 1,
        ("nodeos_round", "not producing"): 0,
        ("nodeos_database_size_bytes", ""): 100,
        ("nodeos_database_free_bytes", ""): 30,
        ("nodeos_snapshot_age_seconds", ""): 60,
        ("nodeos_reload_pending", ""): 1,
        ("nodeos_commands_total", "backup,failed"): 1,
    }
    assert {key: found.get(key) for key in expected} == expected
    assert found[("nodeos_head_block_age_seconds", "")] == pytest.approx(0.2)
    assert found[("nodeos_disk_free_bytes", "")] > 0
    assert ("nodeos_backup_age_seconds", "") not in found


def test_a_nodeos_that_hangs_leaves_a_head_that_grows_old_and_nothing_that_it_did_not_say(case: Case) -> None:
    case.read()
    case.nodeos.is_silent = True
    case.clock.now = NOW + 40
    case.production.paused = None
    case.read()
    found = case.scraped()
    assert (found["nodeos_up", ""], found["nodeos_paused", ""]) == (0, 0)
    assert found["nodeos_head_block_age_seconds", ""] == pytest.approx(40.2)
    assert ("nodeos_peers", "") not in found


def test_an_api_node_has_no_metrics_of_production(tmp_path: Path) -> None:
    case = Case(tmp_path, bp_mode=False)
    case.read()
    names = {name for name, _ in case.scraped()}
    assert "nodeos_head_block_number" in names
    assert not names & {"nodeos_paused", "nodeos_right_held", "nodeos_round", "nodeos_missed_blocks_total"}
    told = asyncio.run(case.readings.told())
    assert (told["standing"], told["right"], told["bp_mode"]) == (None, None, False)


def test_the_status_has_the_newest_head_and_the_turn(case: Case) -> None:
    case.read()
    told = asyncio.run(case.readings.told())
    assert told["head"] == {
        "number": slot_at(NOW),
        "id": "aa",
        "age": pytest.approx(0.2),
        "irreversible": slot_at(NOW) - 3,
    }
    assert told["schedule"] == {"in": True, "round": "producing"}
    assert told["right"] == {"holder": "nodeos-bp-0", "held": True, "failover": "automatic"}
    assert (told["peers"], told["restarts"], told["reload_pending"]) == (4, 2, True)


def section(title: str) -> str:
    return DOCS.read_text().partition(f"\n{title}\n")[2].partition("\n## ")[0]


def test_the_docs_have_every_metric_and_no_other(case: Case) -> None:
    documented = re.findall(r"^\| `(nodeos_[a-z_]+)` \|", section("## Metrics"), re.MULTILINE)
    families = Metrics(case.readings, case.operator).collect()
    suffix = {"counter": "_total", "info": "_info"}
    assert documented == [family.name + suffix.get(family.type, "") for family in families]


def test_the_docs_have_every_key_of_the_status_and_no_other(case: Case) -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", section("### `status`"), re.MULTILINE)
    documented = [key for row in rows for key in re.findall(r"`([a-z_]+)`", row)]
    assert sorted(documented) == sorted(asyncio.run(case.readings.told()))


def test_the_manager_has_the_version_of_what_it_is_released_with() -> None:
    assert f'__version__ = "{__version__}"' in (ROOT / "components/__init__.py").read_text()
