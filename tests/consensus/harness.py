"""The engine that themis embeds, as a reader of files and as nodes, and a net of homes that the init script makes.

What runs here is the engine with its own kvstore as its application (engine/main.go). It is not themis.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ops.metis_keys import VALIDATOR_FILE, Keys
from sandbox.ports import free_port
from tests.charts.harness import Stubs
from tests.charts.themis_home import Themis, bootstrap, keys
from tests.go_tool import go_tool

Found = TypeVar("Found")

MODULE = Path(__file__).parent / "engine"
CHAIN = "nodeyard-test"
BLOCK_SECONDS = 0.05
PATIENCE_SECONDS = 90
"""For something that takes a second or two on a machine with nothing else to do."""


def engine() -> Path:
    """The program. engine/go.mod pins what it is made of."""
    return go_tool("consensus-engine", MODULE, ".", usual="about 1 to 2 minutes on two cores")


class Reader:
    """Asks the engine's own readers about texts, in one process."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([program, "read"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self, kind: str, text: str | bytes) -> dict[str, Any]:
        """What it holds, or `error`."""
        data = text.encode() if isinstance(text, str) else text
        asked = {"kind": kind, "text": base64.b64encode(data).decode()}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        self.process.communicate(timeout=30)


def genesis(validators: Sequence[Keys]) -> bytes:
    """Of a chain on which each of them has the same power."""
    members = [
        {**{key: held[key] for key in ("address", "pub_key")}, "power": "10", "name": str(number)}
        for number, held in enumerate(json.loads(one.files()[VALIDATOR_FILE]) for one in validators)
    ]
    document = {
        "genesis_time": "2026-01-01T00:00:00Z",
        "chain_id": CHAIN,
        # Otherwise a block is a second younger than the one before, and quick blocks run ahead of the clock.
        "consensus_params": {
            "block": {"max_bytes": "22020096", "max_gas": "-1", "time_iota_ms": "1"},
            "evidence": {"max_age": "100000"},
            "validator": {"pub_key_types": ["secp256k1"]},
        },
        "validators": members,
        "app_hash": "",
    }
    return json.dumps(document).encode()


def until(what: str, ask: Callable[[], Found | None]) -> Found:
    """What `ask` gives, once it gives something."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(BLOCK_SECONDS)
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")


@dataclass
class Node:
    """The engine, run from a home that the init script made."""

    program: Path
    themis: Themis
    number: int
    p2p: int = field(default_factory=free_port)
    rpc: int = field(default_factory=free_port)
    peers: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def peer(self) -> str:
        return f"{self.node_id}@127.0.0.1:{self.p2p}"

    @property
    def node_id(self) -> str:
        return keys(self.number).node_id

    @property
    def address(self) -> str:
        return keys(self.number).address.removeprefix("0x").upper()

    @property
    def log_file(self) -> Path:
        return self.themis.home.parent / "log"

    def run(self, *changes: str) -> Node:
        """Starts it: with quick blocks and rounds, on loopback, and with a log of what it signs."""
        ours = [
            "consensus.timeout_commit=50ms",
            # A round without its proposer would take five seconds.
            *(f"consensus.timeout_{step}=300ms" for step in ("propose", "prevote", "precommit")),
            f"p2p.laddr=tcp://127.0.0.1:{self.p2p}",
            f"p2p.external_address=127.0.0.1:{self.p2p}",
            f"p2p.persistent_peers={self.peers}",
            "p2p.addr_book_strict=false",
            "p2p.allow_duplicate_ip=true",
            f"rpc.laddr=tcp://127.0.0.1:{self.rpc}",
            "log_level=consensus:info,*:error",
        ]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [self.program, "run", self.themis.home, *ours, *changes], stdout=log, stderr=log
            )
        return self

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def ask(self, path: str) -> dict[str, Any] | None:
        """The result of a call, or nothing while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rpc}/{path}", timeout=5) as answer:
                return dict(json.load(answer)["result"])
        except (OSError, KeyError):
            return None

    @property
    def height(self) -> int:
        status = self.ask("status")
        return int(status["sync_info"]["latest_block_height"]) if status else 0

    def reach(self, height: int) -> int:
        def reached() -> int | None:
            assert self.process is None or self.process.poll() is None, self.log[-2000:]
            return self.height if self.height >= height else None

        return until(f"height {height} of {self.themis.home}", reached)

    def signers(self, height: int) -> set[str]:
        """Whose precommits its chain holds for a block."""
        commit = until(f"the commit of {height}", lambda: self.ask(f"commit?height={height}"))
        votes = commit["signed_header"]["commit"]["precommits"]
        return {vote["validator_address"] for vote in votes if vote}

    def signed_heights(self) -> list[int]:
        """At which it signed, by its log."""
        lines = [line for line in self.log.splitlines() if "Signed and pushed vote" in line]
        return [int(found[1]) for line in lines if (found := re.search(r" height=(\d+)", line))]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
        self.process = None


class Net:
    """Validators' homes on one chain, each made by the init script as that of a new validator."""

    def __init__(self, root: Path, stubs: Stubs, program: Path, size: int) -> None:
        self.root, self.stubs, self.program = root, stubs, program
        self.genesis = genesis([keys(number) for number in range(1, size + 1)])
        self.nodes = [self.home(number, f"validator-{number}") for number in range(1, size + 1)]
        for node in self.nodes:
            node.peers = ",".join(other.peer for other in self.nodes if other is not node)
            node.themis.started(**bootstrap())

    def home(self, number: int, name: str, volume: str = "vol-1") -> Node:
        """An empty disk with validator `number`'s keys in the secret store. Nothing was started yet."""
        themis = Themis(self.root / name, self.stubs, keys(number), self.genesis)
        themis.volume = volume
        return Node(self.program, themis, number)

    def beside(self, node: Node) -> str:
        """The peers of a node that takes this one's place."""
        return ",".join(other.peer for other in self.nodes if other is not node)

    def stop(self) -> None:
        for node in self.nodes:
            node.stop(signal.SIGKILL)


@contextlib.contextmanager
def running(*nodes: Node) -> Iterator[None]:
    """The nodes run, until the block ends."""
    try:
        for node in nodes:
            node.run()
        yield
    finally:
        for node in nodes:
            node.stop(signal.SIGKILL)
