"""files/l2geth-fresh.sh and files/own-node-key.sh, run for real by dash and by busybox."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.charts.harness import METIS_FILES, Stubs

NOW = 1_790_000_000
CURL = """
case "$*" in *eth_getBlockByNumber*latest*http://127.0.0.1:8545) ;; *) exit 3 ;; esac
[ -e "$ANSWER" ] || exit 7
cat "$ANSWER"
"""


class Head:
    def __init__(self, root: Path, stubs: Stubs, programs: str) -> None:
        self.answer, self.path = root / "answer", f"{stubs.directory}:{programs}"
        stubs.add("curl", CURL)
        stubs.add("date", f"echo {NOW}\n")

    def is_fresh(self, block: str | None) -> bool:
        if block is not None:
            self.answer.write_text(block)
        result = subprocess.run(
            ["/usr/bin/env", "sh", METIS_FILES / "l2geth-fresh.sh", "120"],
            env={"PATH": self.path, "ANSWER": str(self.answer), "LOCAL_L2_CLIENT_HTTP": "http://127.0.0.1:8545"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode in (0, 1), result
        assert not result.stderr, result
        return result.returncode == 0


@pytest.fixture
def head(tmp_path: Path, stubs: Stubs, programs: str) -> Head:
    return Head(tmp_path, stubs, programs)


def block(age: int) -> str:
    return f'{{"jsonrpc":"2.0","id":1,"result":{{"number":"0x10", "timestamp": "{NOW - age:#x}","hash":"0xab"}}}}\n'


@pytest.mark.parametrize(("age", "fresh"), [(0, True), (-5, True), (120, True), (121, False), (86400, False)])
def test_a_head_is_fresh_while_its_newest_block_is_young(head: Head, age: int, fresh: bool) -> None:
    assert head.is_fresh(block(age)) is fresh


@pytest.mark.parametrize(
    "answer", [None, "", "<html>", '{"jsonrpc":"2.0","id":1,"error":{"code":-32601}}', '{"result":null}']
)
def test_who_does_not_tell_its_head_takes_no_calls(head: Head, answer: str | None) -> None:
    assert not head.is_fresh(answer)


# --- the node key ---


def own(disk: Path, programs: str, owner: str) -> None:
    script = (METIS_FILES / "own-node-key.sh").read_text()
    env = {"PATH": programs, "DISK": str(disk), "OWNER": owner}
    subprocess.run(["/usr/bin/env", "sh", "-c", script], env=env, check=True)


def test_a_disk_of_another_replicas_snapshot_loses_its_node_key_once(tmp_path: Path, programs: str) -> None:
    key = tmp_path / "geth/nodekey"
    key.parent.mkdir()
    for owner in ("metis-rpc/rpc-replica-0", "metis-rpc/rpc-replica-1"):
        key.write_text("of whoever was here before")
        own(tmp_path, programs, owner)
        assert not key.exists()
        key.write_text(f"of {owner}")
        own(tmp_path, programs, owner)
        assert key.read_text() == f"of {owner}"


def test_a_new_disk_has_no_key_to_lose(tmp_path: Path, programs: str) -> None:
    own(tmp_path, programs, "metis-rpc/rpc-replica-0")
    assert (tmp_path / ".nodeyard/node-key-of").read_text() == "metis-rpc/rpc-replica-0\n"
