"""The start scripts of a network's nodes, run by sh with a stand-in for the client. tests/network has geth."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.charts.harness import CHARTS, Stubs

FILES = CHARTS / "mantis/files"
CLIENTS = ["core-geth", "mantis"]
GENESIS = "0x" + "0123456789abcdef" * 4
OWN = "0123456789abcdef"
KEY = "4c" * 32

GETH = """
echo "$*" >>"$RECORD/calls"
case "$*" in
*' init '*)
  [ ! -e "$RECORD/init-fails" ] || exit 1
  mkdir -p "$2/geth/chaindata"
  ;;
'account import'*) cp "$8" "$5/keystore-file" ;;
attach*) echo "$5" >"$RECORD/attached" ;;
*) exec sh "$RECORD/client" "$@" ;;
esac
"""
CLIENT = """
printf '%s\\n' "$@" >"$RECORD/words"
trap 'exit "$(cat "$RECORD/code")"' TERM
[ ! -e "$RECORD/crashes" ] || exit 7
: >"$RECORD/runs"
while :; do sleep 0.05; done
"""

every_client = pytest.mark.parametrize("client", CLIENTS)


def until(path: Path) -> None:
    for _ in range(400):
        if path.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{path} did not appear")


@dataclass
class Pod:
    """What the chart gives to a start script."""

    root: Path
    stubs: Stubs
    client: str = "core-geth"
    arguments: Sequence[str] = ("--networkid", "42")
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("data", "config", "run", "record", "stop"):
            (self.root / name).mkdir()
        for name, script in {"geth": GETH, "mantis": 'exec sh "$RECORD/client" "$@"\n'}.items():
            self.stubs.add(name, script)
        self.put("record/client", CLIENT)
        self.put("record/code", "0")
        self.put("config/arguments", "\n".join(self.arguments))
        self.put("config/peers-before-mining", "2\n")

    def put(self, path: str, text: str = "") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def with_key(self) -> Pod:
        self.env["KEY_FILE"] = str(self.put("secrets/key", KEY))
        return self

    def start(self) -> subprocess.Popen[str]:
        places = {name: str(self.root / path) for name, path in PLACES.items()}
        return subprocess.Popen(
            ["sh", FILES / f"{self.client}.sh"],
            env={
                "PATH": f"{self.stubs.directory}:/usr/bin:/bin",
                "GENESIS_HASH": GENESIS,
                "POD_IP": "10.1.2.3",
                **places,
                **self.env,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self) -> subprocess.Popen[str]:
        """The script, with its client up."""
        process = self.start()
        until(self.root / "record/runs")
        return process

    def started(self) -> list[str]:
        """The client's words. It was started, and stopped again."""
        process = self.run()
        process.terminate()
        assert process.wait(timeout=20) == 0, process.stderr and process.stderr.read()
        (self.root / "record/runs").unlink()
        return self.read("record/words").splitlines()

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    @property
    def calls(self) -> list[str]:
        return self.read("record/calls").splitlines()

    @property
    def attached(self) -> list[str]:
        """What the console was told."""
        file = self.root / "record/attached"
        return [file.read_text()] if file.exists() else []

    @property
    def disk(self) -> set[str]:
        return {path.name for path in (self.root / "data").iterdir()}


PLACES = {"DATA_DIR": "data", "CONFIG_DIR": "config", "RUN_DIR": "run", "RECORD": "record"}


@pytest.fixture
def pod(tmp_path: Path, stubs: Stubs, request: pytest.FixtureRequest) -> Pod:
    callspec = getattr(request.node, "callspec", None)
    return Pod(tmp_path, stubs, callspec.params.get("client", "core-geth") if callspec else "core-geth")


@pytest.mark.parametrize("script", [f"{client}.sh" for client in CLIENTS])
def test_shellcheck_finds_nothing(script: str) -> None:
    command = ["shellcheck", "--shell=sh", "--external-sources", script]
    result = subprocess.run(command, cwd=FILES, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@every_client
def test_the_client_gets_the_rendered_words_last_and_as_they_are(pod: Pod, client: str) -> None:
    pod.put("config/arguments", "--bootnodes\na b\n$HOME *\n--last")
    assert pod.started()[-4:] == ["--bootnodes", "a b", "$HOME *", "--last"]


@every_client
@pytest.mark.parametrize(("advertised", "announced"), [("", "10.1.2.3"), ("203.0.113.9", "203.0.113.9")])
def test_a_node_announces_its_pod_unless_it_is_told_another_address(
    pod: Pod, client: str, advertised: str, announced: str
) -> None:
    pod.env["ADVERTISED"] = advertised
    own = {"core-geth": f"extip:{announced}", "mantis": f"-Dmantis.network.discovery.host={announced}"}
    assert own[client] in pod.started()


@every_client
def test_the_data_of_another_genesis_is_removed_and_nothing_else(pod: Pod, client: str) -> None:
    pod.put("data/fedcba9876543210/geth/chaindata/1")
    for kept in ("lost+found/1", "ethash/full", "fedcba987654321/1", f"{OWN}/mine", ".restoring/1"):
        pod.put(f"data/{kept}")
    pod.started()
    assert pod.disk == {"lost+found", "ethash", "fedcba987654321", OWN, ".restoring"}
    assert (pod.root / "data" / OWN / "mine").exists()


@every_client
def test_a_clean_start_removes_the_nodes_own_data_once(pod: Pod, client: str) -> None:
    pod.put(f"data/{OWN}/old")
    pod.put("data/clean-start")
    pod.started()
    assert pod.disk == {OWN}
    assert not (pod.root / "data" / OWN / "old").exists()
    pod.put(f"data/{OWN}/new")
    pod.started()
    assert (pod.root / "data" / OWN / "new").exists()


@every_client
def test_a_client_is_stopped_when_its_backup_asks_for_it(pod: Pod, client: str) -> None:
    pod.env["STOP_FILE"] = str(pod.root / "stop/now")
    process = pod.run()
    pod.put("stop/now")
    assert process.wait(timeout=20) == 0
    assert (pod.root / "stop/stopped").exists()


@every_client
@pytest.mark.parametrize("code", [1, 137])
def test_a_client_that_fails_to_stop_in_order_is_not_said_to_be_stopped(pod: Pod, client: str, code: int) -> None:
    pod.env["STOP_FILE"] = str(pod.root / "stop/now")
    pod.put("record/code", str(code))
    process = pod.run()
    pod.put("stop/now")
    assert process.wait(timeout=20) == code
    assert not (pod.root / "stop/stopped").exists()


@every_client
@pytest.mark.parametrize("code", [0, 143])  # Java ends of SIGTERM with 143
def test_a_signal_reaches_the_client_and_its_good_end_is_a_good_end(pod: Pod, client: str, code: int) -> None:
    pod.env["STOP_FILE"] = str(pod.root / "stop/now")
    pod.put("record/code", str(code))
    process = pod.run()
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert not (pod.root / "stop/stopped").exists()


@every_client
def test_a_client_that_ends_by_itself_ends_the_script_with_its_code(pod: Pod, client: str) -> None:
    pod.put("record/crashes")
    assert pod.with_key().start().wait(timeout=20) == 7


def test_geth_begins_its_chain_once_and_again_after_a_beginning_that_failed(pod: Pod) -> None:
    pod.put("record/init-fails")
    assert pod.start().wait(timeout=20) == 1
    (pod.root / "record/init-fails").unlink()
    pod.started()
    pod.started()
    begun = f"--datadir {pod.root}/data/{OWN} init {pod.root}/config/genesis.json"
    assert [call for call in pod.calls if " init " in call] == [begun, begun]


def test_a_geth_miners_key_is_in_memory_alone(pod: Pod) -> None:
    words = pod.with_key().started()
    holding = {path.parts[-2] for path in pod.root.rglob("*") if path.is_file() and KEY in path.read_text()}
    assert holding == {"secrets", "account"}
    assert (pod.root / "run/account").stat().st_mode & 0o77 == 0
    assert words[words.index("--nodekey") + 1] == pod.env["KEY_FILE"]
    password = Path(words[words.index("--password") + 1]).read_text()
    pod.started()  # as a container that is started again in its pod
    assert len(password) == 64
    assert Path(words[words.index("--password") + 1]).read_text() != password


def test_a_geth_miner_waits_for_its_node_for_others_and_for_its_account(pod: Pod) -> None:
    (pod.root / "run/geth.ipc").touch()  # of a container before this one; no socket
    process = pod.with_key().run()
    time.sleep(1.5)
    assert not pod.attached
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(pod.root / "run/geth.ipc"))
        until(pod.root / "record/attached")
    process.terminate()
    assert process.wait(timeout=20) == 0
    (console,) = pod.attached
    assert console.startswith("var others = 2;")
    steps = ("second < 60 && net.peerCount < others", 'eth.sign(eth.coinbase, "0x00")', "miner.start(1)")
    assert sorted(steps, key=console.index) == list(steps)


def test_a_geth_node_without_a_key_mines_nothing_and_has_no_account(pod: Pod) -> None:
    words = pod.started()
    assert not [call for call in pod.calls if call.startswith(("attach", "account"))]
    assert "--nodekey" not in words
    assert "--password" not in words


def test_mantis_is_told_its_places_and_its_key(pod: Pod) -> None:
    pod.client = "mantis"
    words = pod.with_key().started()
    assert words[:5] == [
        f"-Dconfig.file={pod.root}/config/mantis.conf",
        f"-Dmantis.datadir={pod.root}/data/{OWN}",
        f"-Dmantis.keyStore.keystore-dir={pod.root}/run/keystore",
        f"-Dmantis.pow.ethash-dir={pod.root}/data/ethash",
        "-Dmantis.network.discovery.host=10.1.2.3",
    ]
    assert f"-Dmantis.node-key-file={pod.env['KEY_FILE']}" in words
