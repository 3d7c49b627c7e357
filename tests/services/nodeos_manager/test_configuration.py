"""What nodeos is started with, and whether that is what is mounted."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from nodeos_manager.nodeos.config_file import Ours
from nodeos_manager.nodeos.configuration import Configuration, Keys
from nodeos_manager.nodeos.superviser import NotYet, Unusable
from nodeos_manager.production.finalizer import FinalizerKey
from tests.services.nodeos_manager.keys import finalizer, finalizer_bytes, finalizer_public, public, signing

OURS = Ours("127.0.0.1:8888", ["peer.example:9876"], ["ours"])


class Case:
    def __init__(self, directory: Path) -> None:
        self.mounted, self.run = directory / "config", directory / "run"
        self.mounted.mkdir()
        self.config("chain-threads = 4\n")
        (self.mounted / "genesis.json").write_text("{}")
        self.keys = directory / "keys"
        self.keys.write_text(signing())

    def config(self, text: str) -> None:
        (self.mounted / "config.ini").write_text(text)

    def configuration(self, keys: Keys | None = None, arguments: Sequence[str] = ()) -> Configuration:
        return Configuration(self.mounted, self.run, OURS, Keys([self.keys]) if keys is None else keys, arguments)

    def lines(self) -> list[str]:
        return (self.run / "config.ini").read_text().splitlines()


class Signer:
    """Away, until it has keys."""

    def __init__(self) -> None:
        self.has: list[str] = []

    async def keys(self) -> list[str]:
        if not self.has:
            raise NotYet("away")
        return self.has


class Finalizer:
    directory = Path("/nodeos-data/finalizers")

    def __init__(self) -> None:
        self.admitted = 0
        self.refuses = False

    async def admit(self) -> FinalizerKey:
        if self.refuses:
            raise Unusable("it has voted")
        self.admitted += 1
        return self.read()

    def read(self) -> FinalizerKey:
        return FinalizerKey(finalizer_public(), finalizer_bytes(), finalizer())


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_nodeos_starts_with_the_users_lines_ours_and_the_keys(case: Case) -> None:
    asyncio.run(case.configuration().write())
    lines = case.lines()
    assert {"chain-threads = 4", "producer-name = ours", f"signature-provider = {signing()}"} <= set(lines)
    assert not any("finalizer" in line for line in lines)


def test_a_change_of_what_is_mounted_is_pending_until_the_next_start(case: Case) -> None:
    configuration = case.configuration()
    assert (configuration.running, configuration.is_reload_pending()) == (None, False)
    asyncio.run(configuration.write())
    assert not configuration.is_reload_pending()
    case.config("chain-threads = 8\n")
    assert configuration.is_reload_pending()
    assert "chain-threads = 4" in case.lines()
    asyncio.run(configuration.write())
    assert not configuration.is_reload_pending()
    assert "chain-threads = 8" in case.lines()
    (case.mounted / "genesis.json").write_text('{"initial_timestamp": 1}')
    assert configuration.is_reload_pending()


def test_a_configuration_that_is_refused_does_not_run(case: Case) -> None:
    configuration = case.configuration()
    asyncio.run(configuration.write())
    case.config("http-server-address = 0.0.0.0:8888\n")
    with pytest.raises(Unusable, match=r"config\.ini, line 1: http-server-address"):
        asyncio.run(configuration.write())
    assert configuration.is_reload_pending()
    assert "http-server-address = 127.0.0.1:8888" in case.lines()


def test_an_ordinal_without_a_signing_key_names_no_producer(case: Case) -> None:
    configuration = case.configuration(Keys())
    assert not configuration.keys.can_sign
    asyncio.run(configuration.write())
    assert not any(line.startswith(("producer-name", "signature-provider")) for line in case.lines())
    assert "plugin = eosio::producer_plugin" in case.lines()


def test_nodeos_waits_for_its_signer(case: Case) -> None:
    signer = Signer()
    configuration = case.configuration(Keys(signer=cast(Any, signer)))
    with pytest.raises(NotYet):
        asyncio.run(configuration.write())
    assert not (case.run / "config.ini").exists()
    signer.has = [f"{public(2)}=KEOSD:http://signer/v1/wallet/sign_digest"]
    asyncio.run(configuration.write())
    assert f"signature-provider = {signer.has[0]}" in case.lines()


def test_a_key_that_is_given_twice_is_refused_without_its_private_half(case: Case) -> None:
    with pytest.raises(Unusable, match=f"The signing key {public()} is given twice") as refused:
        asyncio.run(case.configuration(Keys([case.keys, case.keys])).write())
    assert "KEY:" not in str(refused.value)


def test_a_finalizer_key_comes_with_the_directory_of_its_votes(case: Case) -> None:
    keys = Keys([case.keys], finalizer=cast(Any, Finalizer()))
    asyncio.run(case.configuration(keys).write())
    assert {f"signature-provider = {finalizer()}", "finalizers-dir = /nodeos-data/finalizers"} <= set(case.lines())
    assert "producer-name = ours" in case.lines()


def test_a_finalizer_key_is_admitted_after_all_else_is_right(case: Case) -> None:
    key = Finalizer()
    configuration = case.configuration(Keys([case.keys], finalizer=cast(Any, key)))
    case.config("private-key = x")
    with pytest.raises(Unusable):
        asyncio.run(configuration.write())
    assert key.admitted == 0
    case.config("")
    key.refuses = True
    with pytest.raises(Unusable, match="it has voted"):
        asyncio.run(configuration.write())
    assert not (case.run / "config.ini").exists()


def test_an_argument_that_is_ours_is_refused(case: Case) -> None:
    with pytest.raises(Unusable, match="--nodeos-arg=--data-dir"):
        asyncio.run(case.configuration(arguments=["--data-dir=/elsewhere"]).write())


def test_a_comment_in_another_encoding_does_no_harm(case: Case) -> None:
    (case.mounted / "config.ini").write_bytes(b"# \xff\nchain-threads = 4\n")
    asyncio.run(case.configuration().write())
    assert "chain-threads = 4" in case.lines()


def test_what_nodeos_could_not_start_with_is_known_before_and_nothing_is_written(case: Case) -> None:
    key = Finalizer()
    configuration = case.configuration(Keys([case.keys], finalizer=cast(Any, key)))
    asyncio.run(configuration.check())
    case.config("pause-on-startup = false")
    with pytest.raises(Unusable, match="line 1: pause-on-startup"):
        asyncio.run(configuration.check())
    assert (key.admitted, case.run.exists(), configuration.running) == (0, False, None)
