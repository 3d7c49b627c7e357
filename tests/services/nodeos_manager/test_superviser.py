"""The superviser, with real processes."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from chain_store.clock import SystemClock
from nodeos_manager.nodeos.process import SystemLauncher
from nodeos_manager.nodeos.superviser import Limits, NotStopped, NotYet, State, Superviser, Unusable, Verdict

LOG = logging.getLogger("test")
#: Quick ones, so that the tests are.
LIMITS = Limits(stop=5.0, ask_again=0.2, restart=0.01, longest_restart=0.05, crashes=3)


class Script:
    """A Python script as the software."""

    def __init__(self, *lines: str, verdict: Verdict = Verdict.RESTART) -> None:
        self.script = "\n".join(lines)
        self.verdict = verdict
        self.heard: list[str] = []
        self.ends: list[tuple[int, bool]] = []
        self.unusable = False

    def command(self) -> Sequence[str]:
        if self.unusable:
            raise Unusable("no")
        return [sys.executable, "-u", "-c", self.script]

    def said(self, line: str) -> None:
        self.heard.append(line)

    def ended(self, code: int, asked: bool) -> Verdict:
        self.ends.append((code, asked))
        return self.verdict


WAITS = ("import signal, sys, time", "signal.signal(15, lambda *_: sys.exit(0))", "print('ready')", "time.sleep(60)")
DEAF = ("import signal, time", "signal.signal(15, signal.SIG_IGN)", "print('ready')", "time.sleep(60)")


def supervised(software: Script, test: Callable[[Superviser], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        superviser = Superviser(software, SystemLauncher(), SystemClock(), LIMITS, LOG)
        try:
            await test(superviser)
        finally:
            await superviser.kill()
            superviser.abandon()

    asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


def test_what_it_writes_is_heard_on_both_ways_and_kept() -> None:
    software = Script("import sys, time", "print('out')", "print('err', file=sys.stderr)", "time.sleep(60)")

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: len(software.heard) == 2)
        assert sorted(superviser.lines) == ["err", "out"]

    supervised(software, test)


def test_a_stop_asks_and_waits() -> None:
    software = Script(*WAITS)

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: software.heard == ["ready"])
        assert superviser.running() == 1
        await superviser.stop()
        assert superviser.running() is None
        assert (superviser.state, software.ends) == (State.STOPPED, [(0, True)])

    supervised(software, test)


def test_a_stop_that_takes_too_long_says_so_and_kills_nothing() -> None:
    software = Script(*DEAF)

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: software.heard == ["ready"])
        with pytest.raises(NotStopped, match="still runs"):
            await superviser.stop(0.5)
        assert superviser.running() == 1
        assert superviser.state is State.STOPPING

    supervised(software, test)


def test_a_kill_ends_it_in_the_middle_of_a_stop() -> None:
    software = Script(*DEAF)

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: software.heard == ["ready"])
        stopping = asyncio.create_task(superviser.stop())
        await asyncio.sleep(0.1)
        await superviser.kill()
        assert superviser.running() is None
        await stopping

    supervised(software, test)


def test_an_exit_that_nobody_asked_for_starts_it_anew() -> None:
    software = Script("import sys", "print('once')", "sys.exit(3)")

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: len(software.ends) >= 2)
        assert software.ends[:2] == [(3, False), (3, False)]

    supervised(software, test)


def test_a_crash_loop_ends_the_starts_until_a_command() -> None:
    software = Script("import sys", "sys.exit(3)")

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: superviser.state is State.CRASH_LOOP)
        await asyncio.sleep(0.2)
        assert superviser.starts == LIMITS.crashes
        software.script = "\n".join(WAITS)
        await superviser.start()
        await until(lambda: software.heard == ["ready"])
        assert superviser.state is State.RUNNING

    supervised(software, test)


def test_what_cannot_start_with_its_disk_is_not_started_again() -> None:
    software = Script("import sys", "sys.exit(2)", verdict=Verdict.UNUSABLE)

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: superviser.state is State.UNUSABLE)
        await asyncio.sleep(0.2)
        assert superviser.starts == 1
        software.unusable = True
        with pytest.raises(Unusable):
            await superviser.start()

    supervised(software, test)


def test_a_crash_leaves_no_core_with_keys_in_it() -> None:
    software = Script("import resource, time", "print(resource.getrlimit(resource.RLIMIT_CORE))", "time.sleep(60)")

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: len(software.heard) == 1)
        assert software.heard[0] in ("(1, 1)", "(0, 0)")

    supervised(software, test)


def test_each_start_is_counted_as_another_process() -> None:
    software = Script(*WAITS)

    async def test(superviser: Superviser) -> None:
        for number in (1, 2):
            await superviser.start()
            assert superviser.running() == number
            await until(lambda: len(software.heard) == number)  # noqa: B023
            await superviser.stop()

    supervised(software, test)


MANAGER = """
import asyncio, logging, sys
from nodeos_manager.nodeos.process import SystemLauncher

async def main():
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    child = await SystemLauncher().launch([sys.executable, "-c", deaf])
    print(child.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_the_child_never_outlives_a_manager_that_is_killed() -> None:
    services = Path(__file__).parents[3] / "services"
    command = [sys.executable, "-c", MANAGER]
    environment = {**os.environ, "PYTHONPATH": str(services)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as manager:
        assert manager.stdout is not None
        child = int(manager.stdout.readline())
        assert _runs(child)
        manager.send_signal(signal.SIGKILL)
        manager.wait()
    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_private_key_in_a_line_goes_no_further() -> None:
    software = Script("import time", "print('PUB=KEY:secret')", "time.sleep(60)")

    async def test(superviser: Superviser) -> None:
        await superviser.start()
        await until(lambda: len(software.heard) == 1)
        assert software.heard == list(superviser.lines) == ["PUB=KEY:***"]

    supervised(software, test)


def test_what_cannot_start_yet_is_tried_again_until_it_starts() -> None:
    software, waits = Script(*WAITS), [NotYet("the signer does not answer")] * 4

    async def prepare() -> None:
        if waits:
            raise waits.pop()

    async def run() -> None:
        superviser = Superviser(software, SystemLauncher(), SystemClock(), LIMITS, LOG, prepare)
        with pytest.raises(NotYet, match="signer"):
            await superviser.start()
        assert (superviser.state, superviser.running()) == (State.WAITING, None)
        assert superviser.reason == "the signer does not answer"
        await until(lambda: superviser.state is State.RUNNING)
        await superviser.stop()
        assert (waits, superviser.starts, superviser.reason) == ([], 1, "")

    asyncio.run(run())


def test_a_start_that_fails_on_the_machine_is_tried_again_and_is_a_crash_loop_at_last() -> None:
    full = [OSError("no space left on device")] * 2

    async def prepare() -> None:
        if full:
            raise full.pop()

    async def run() -> None:
        superviser = Superviser(Script(*WAITS), SystemLauncher(), SystemClock(), LIMITS, LOG, prepare)
        with pytest.raises(OSError, match="no space left"):
            await superviser.start()
        assert (superviser.state, superviser.reason) == (State.WAITING, "it cannot be started: no space left on device")
        await until(lambda: superviser.state is State.RUNNING)
        await superviser.stop()
        full.extend([OSError("no space left on device")] * LIMITS.crashes)
        with pytest.raises(OSError, match="no space left"):
            await superviser.start()
        await until(lambda: superviser.state is State.CRASH_LOOP)
        assert (full, superviser.running()) == ([], None)

    asyncio.run(run())


def test_a_stop_ends_the_attempts_to_start() -> None:
    async def prepare() -> None:
        raise NotYet("never")

    async def run() -> None:
        superviser = Superviser(Script(*WAITS), SystemLauncher(), SystemClock(), LIMITS, LOG, prepare)
        with pytest.raises(NotYet):
            await superviser.start()
        await superviser.stop()
        await asyncio.sleep(0.2)
        assert (superviser.state, superviser.starts) == (State.STOPPED, 0)

    asyncio.run(run())


def test_what_may_not_start_is_unusable() -> None:
    async def prepare() -> None:
        raise Unusable("a line of config.ini is not the user's")

    async def run() -> None:
        superviser = Superviser(Script(*WAITS), SystemLauncher(), SystemClock(), LIMITS, LOG, prepare)
        with pytest.raises(Unusable):
            await superviser.start()
        assert (superviser.state, superviser.starts) == (State.UNUSABLE, 0)
        assert superviser.reason == "a line of config.ini is not the user's"

    asyncio.run(run())


def test_nothing_starts_any_more_once_the_manager_ends() -> None:
    async def run() -> None:
        superviser = Superviser(Script(*WAITS), SystemLauncher(), SystemClock(), LIMITS, LOG)
        await superviser.start()
        superviser.retire()
        await superviser.stop()
        await superviser.start()
        assert (superviser.state, superviser.running()) == (State.STOPPED, None)

    asyncio.run(run())
