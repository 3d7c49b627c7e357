"""files/l2geth-alive.sh, run for real by dash and by busybox, with stand-ins for l2geth, for l1dtl and for the clock:
whether l2geth is restarted, as the kubelet learns it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.charts.harness import METIS_FILES, Stubs
from tests.charts.metis import Release

SCRIPT = METIS_FILES / "l2geth-alive.sh"
EVERY = 60
"""Seconds from one look to the next. The chart's own are fewer, which changes nothing but how long a test takes."""

CURL = """
case "$*" in
*eth_blockNumber*http://10.0.0.7:8545) from=head ;;
*rollup_getInfo*http://10.0.0.7:8545) from=syncing ;;
*http://10.0.0.7:8545) from=rpc ;;
*http://metis-l1dtl:7878/eth/context/latest) from=l1; echo asked >>"$ROOT/l1-asked" ;;
*) exit 3 ;;
esac
[ -e "$ROOT/$from" ] || exit 7
case "$*" in *"-o /dev/null "*) ;; *) cat "$ROOT/$from" ;; esac
"""


class Pod:
    """l2geth's container, and what the pod keeps while containers come and go."""

    def __init__(self, root: Path, stubs: Stubs, programs: str) -> None:
        self.root, self.path = root, f"{stubs.directory}:{programs}"
        self.now = 1_790_000_000
        self.memory = root / "memory"
        (root / "process/fd").mkdir(parents=True)
        self.log = root / "process/fd/1"
        self.log.touch()
        stubs.add("curl", CURL)
        stubs.add("date", f"cat {root}/clock\n")
        self.starts()
        self.head(100)
        self.syncs(False)
        self.reaches_l1(True)

    def starts(self) -> None:
        """Another process, as after a restart."""
        (self.root / "process/stat").write_text(f"1 (geth) S {' '.join(['0'] * 18)} {self.now} 0 0\n")
        self.answers(True)

    def answers(self, answers: bool) -> None:
        self._say("rpc", "" if answers else None)

    def head(self, number: int | None) -> None:
        self._say("head", None if number is None else f'{{"jsonrpc":"2.0","id":1,"result":"{number:#x}"}}\n')

    def syncs(self, syncs: bool | None) -> None:
        """None: it does not say."""
        value = f'"syncing": {str(syncs).lower()}, "ethContext": {{"blockNumber": 1}}'
        self._say("syncing", None if syncs is None else f'{{"result": {{"mode": "sequencer", {value}}}}}\n')

    def reaches_l1(self, reaches: bool) -> None:
        self._say("l1", '{"blockNumber": 1}\n' if reaches else None)

    def _say(self, what: str, text: str | None) -> None:
        file = self.root / what
        file.unlink(missing_ok=True) if text is None else file.write_text(text)

    def look(self) -> subprocess.CompletedProcess[str]:
        (self.root / "clock").write_text(str(self.now))
        return subprocess.run(
            ["/usr/bin/env", "sh", SCRIPT, "180", "3"],
            env={
                "PATH": self.path,
                "ROOT": str(self.root),
                "MEMORY": str(self.memory),
                "PROCESS": str(self.root / "process"),
                "LOCAL_L2_CLIENT_HTTP": "http://10.0.0.7:8545",
                "ROLLUP_CLIENT_HTTP": "http://metis-l1dtl:7878",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def lives(self, seconds: int) -> bool:
        """Whether each look found it alive, for so long."""
        alive = True
        for _ in range(seconds // EVERY):
            self.now += EVERY
            result = self.look()
            assert result.returncode in (0, 1), result
            assert result.stderr == "", result
            alive = alive and result.returncode == 0
        return alive

    def is_restarted(self) -> bool:
        """Whether it is, after ten minutes in which its head stands."""
        if self.lives(600):
            return False
        self.now += 60
        self.starts()
        return True


@pytest.fixture
def pod(tmp_path: Path, stubs: Stubs, programs: str) -> Pod:
    return Pod(tmp_path, stubs, programs)


def test_shellcheck_finds_nothing() -> None:
    result = subprocess.run(["shellcheck", SCRIPT], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_it_lives_while_its_head_moves_however_slowly(pod: Pod) -> None:
    for number in range(100, 105):
        pod.head(number)
        assert pod.lives(180)


def test_a_head_that_stands_while_l1_answers_is_restarted_and_the_log_says_so(pod: Pod) -> None:
    assert pod.lives(180)
    pod.head(255)
    assert pod.lives(180)
    assert pod.log.read_text() == ""
    assert not pod.lives(EVERY * 2)
    said = "l2geth has stood at block 255 for 180 s, though L1 answers: it is restarted\n"
    assert pod.log.read_text() == said
    # It goes on failing until the kubelet has seen enough, and writes no second line.
    result = pod.look()
    assert (result.returncode, result.stdout) == (1, said.replace("180", "240"))
    assert pod.log.read_text() == said


def test_it_is_left_alone_once_the_head_moves_again(pod: Pod) -> None:
    assert not pod.lives(300)
    pod.head(101)
    assert pod.lives(180)


@pytest.mark.parametrize("syncs", [True, None])
def test_it_is_never_restarted_while_it_only_syncs_or_does_not_say(pod: Pod, syncs: bool | None) -> None:
    pod.syncs(syncs)
    assert pod.lives(600)
    assert not (pod.root / "l1-asked").exists()


def test_the_time_begins_when_it_has_caught_up(pod: Pod) -> None:
    pod.syncs(True)
    assert pod.lives(600)
    pod.syncs(False)
    assert pod.lives(180 - EVERY)
    assert not pod.lives(EVERY)


def test_the_time_begins_when_l1_is_back(pod: Pod) -> None:
    pod.reaches_l1(False)
    assert pod.lives(600)
    pod.reaches_l1(True)
    assert pod.lives(180 - EVERY)
    assert not pod.lives(EVERY)


def test_l1_is_asked_only_while_the_head_stands(pod: Pod) -> None:
    for number in range(100, 110):
        pod.head(number)
        assert pod.lives(EVERY)
    assert not (pod.root / "l1-asked").exists()
    pod.now += EVERY - 1
    assert pod.look().returncode == 0
    assert not (pod.root / "l1-asked").exists(), "it may cost money by the call"
    assert pod.lives(EVERY)
    assert (pod.root / "l1-asked").exists()


def test_one_that_answers_nothing_more_stands_still_too(pod: Pod) -> None:
    assert pod.lives(EVERY)
    pod.head(None)
    pod.syncs(None)
    assert pod.lives(180 - EVERY)
    assert not pod.lives(EVERY * 2)


def test_one_that_hangs_while_it_syncs_is_not_restarted(pod: Pod) -> None:
    pod.syncs(True)
    assert pod.lives(EVERY)
    pod.head(None)
    pod.syncs(None)
    assert pod.lives(600)


def test_a_process_that_does_not_answer_fails_at_once_whatever_it_did_before(pod: Pod) -> None:
    pod.syncs(True)
    assert pod.lives(EVERY)
    pod.answers(False)
    assert pod.look().stdout == "l2geth does not answer\n"
    assert not pod.lives(EVERY)


def test_a_restart_has_its_own_time(pod: Pod) -> None:
    assert pod.is_restarted()
    assert pod.lives(180)


def test_three_restarts_an_hour_and_no_more(pod: Pod) -> None:
    assert [pod.is_restarted() for _ in range(4)] == [True, True, True, False]
    pod.now += 3600
    assert pod.is_restarted()


@pytest.mark.parametrize("damage", ["", "nonsense\n", "1 0x1", "1 (geth) - - -\n"])
def test_a_damaged_memory_begins_anew(pod: Pod, damage: str) -> None:
    assert pod.lives(120)
    (pod.memory / "state").write_text(damage)
    (pod.memory / "restarts").write_text("x\n\n" + "99999999999\n" * 3)
    assert pod.lives(180)
    assert pod.is_restarted()


def test_where_nothing_can_be_remembered_nothing_is_restarted(pod: Pod) -> None:
    pod.memory.write_text("not a directory")
    for _ in range(6):
        pod.now += EVERY
        assert pod.look().returncode == 0


def test_a_clock_that_is_set_back_restarts_nothing(pod: Pod) -> None:
    assert pod.lives(120)
    pod.now -= 86_400
    assert pod.lives(180)


def test_the_chart_gives_it_what_it_needs_and_two_minutes(release: Release) -> None:
    l2geth = release.containers()["l2geth/l2geth"]
    env = {entry["name"] for entry in l2geth["env"]}
    assert {"LOCAL_L2_CLIENT_HTTP", "ROLLUP_CLIENT_HTTP"} <= env
    probe = l2geth["livenessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == 120
    mounts = {mount["mountPath"]: mount["name"] for mount in l2geth["volumeMounts"]}
    assert probe["exec"]["command"] == ["sh", "/scripts/l2geth-alive.sh", "180", "3"]
    assert release.config_file("l2geth", "l2geth-alive.sh").strip() == SCRIPT.read_text().strip()
    volumes = {volume["name"]: volume for volume in release.pods["l2geth"]["volumes"]}
    assert volumes[mounts["/scripts"]]["configMap"] == {"name": "metis-l2geth"}
    # Memory that a restarted container finds again.
    assert volumes[mounts["/tmp"]] == {"name": "tmp", "emptyDir": {}}
