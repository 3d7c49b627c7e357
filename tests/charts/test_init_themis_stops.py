"""files/init-themis.sh, stopped anywhere: the next start ends as one that was not stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.harness import Stubs
from tests.charts.themis_home import Themis, bootstrap, keys, resume


def restored(themis: Themis) -> None:
    themis.started(**bootstrap())
    themis.sign(1000)
    themis.restored_to("vol-2")


def too_high(themis: Themis) -> None:
    restored(themis)
    themis.started(**resume("vol-2", 90_000_000))


def another_key(themis: Themis) -> None:
    themis.started(**bootstrap())
    themis.give(keys(2))


def broken(themis: Themis) -> None:
    themis.started(**bootstrap())
    themis.state.write_text("{")


CASES: dict[str, Callable[[Themis], None]] = {
    "bootstrap": lambda themis: None,
    "resume": restored,
    "resume on an empty volume": lambda themis: None,
    "resume over a broken state": broken,
    "another height": too_high,
    "another key": another_key,
}
"""What was on the volume before."""


def stop_at(themis: Themis, command: str, number: int) -> None:
    """Makes the script die at the nth call of a command, as a node that loses its power does."""
    count = themis.stubs.directory / "count"
    count.write_text("0")
    themis.stubs.add(
        command,
        f"n=$(($(/bin/cat {count}) + 1)); echo $n >{count}\n[ $n -ne {number} ] || kill -9 0\n"
        f'exec /bin/{command} "$@"\n',
    )


def contents(themis: Themis) -> dict[str, str]:
    return {
        str(f.relative_to(themis.home)): f.read_text()
        for f in themis.home.rglob("*")
        if f.is_file() and f.suffix != ".bak"  # its name is the time
    }


@pytest.mark.parametrize("command", ["mv", "sync", "cat"])
@pytest.mark.parametrize("case", CASES)
def test_a_start_stopped_anywhere_ends_like_one_that_was_not(
    tmp_path: Path, stubs: Stubs, command: str, case: str
) -> None:
    def prepared(root: Path) -> Themis:
        root.mkdir()
        themis = Themis(root, stubs)
        if case == "resume":
            themis.started(**bootstrap())
            themis.sign(1000)
            themis.restored_to("vol-2")
        return themis

    env = bootstrap() if case == "bootstrap" else resume("vol-2" if case == "resume" else "vol-1")
    whole = prepared(tmp_path / "whole")
    whole.started(**env)
    expected = contents(whole)
    for number in range(1, 100):
        themis = prepared(tmp_path / f"stopped-{number}")
        stop_at(themis, command, number)
        stopped = themis.start(**env).returncode != 0
        stubs.remove(command)
        if case == "resume" and themis.record.read_text().startswith("vol-2"):
            assert themis.height == 5000, "an old state must never pass for the current volume's"
        themis.started(**env)
        assert contents(themis) == expected, number
        if not stopped:
            assert number > 3
            return
    pytest.fail("the script never came to its end")
