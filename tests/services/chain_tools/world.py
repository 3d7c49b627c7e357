"""A chain that is told by stand-ins of nodes, one node's disk, and what the tools make of it."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from chain_store.bucket import Bucket, bucket
from chain_store.clock import SystemClock
from chain_store.library import Library
from chain_tools.backup import BackupSettings, Making
from chain_tools.options import Chain
from chain_tools.restore import Restoring
from chain_tools.shelf import shelf

ROOT = Path(__file__).parents[3]
LOG = logging.getLogger("test")
GENESIS = "0x" + "ab" * 32
CHAIN = Chain("mantis-testnet", GENESIS)
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
"""A key that documentations use, https://web3js.readthedocs.io among them. Nobody's."""

RAW = b"an unknown form of " + bytes.fromhex(KEY)
"""A key that no look into the file finds: its name alone gives it away."""

GETH = {
    "geth/chaindata/000001.ldb": b"a table",
    "geth/chaindata/000002.log": b"LevelDB's newest writes",
    "geth/chaindata/CURRENT": b"MANIFEST-000003\n",
    "geth/chaindata/ancient/bodies.0000.cdat": bytes(3 << 20) + b"bodies",
    ".initialised": b"",
}
MANTIS = {
    "rocksdb/000001.sst": b"a table",
    "rocksdb/000002.log": b"RocksDB's newest writes",
    "rocksdb/MANIFEST-000003": b"which tables there are",
    "rocksdb/IDENTITY": b"7a3e1f0c-8f1e-4b0e-9a37-0f3b8a52b1aa",
}
NEVER = {
    "keystore/UTC--2026-11-30--0a": RAW,
    "geth/nodekey": RAW,
    "geth/jwtsecret": RAW,
    "node.key": RAW,
    "password.txt": RAW,
    "geth/LOCK": RAW,
    "geth/chaindata/LOG": RAW,
    "geth/chaindata/LOG.old.17": RAW,
    "rocksdb/ancient/FLOCK": RAW,
    "logs/mantis.log": RAW,
    "mantis.log.gz": RAW,
    "geth/nodes/000001.ldb": RAW,
    # Whatever a file is called.
    "notes": f"0x{KEY.upper()}\n".encode(),
    "copied": f'{{"address": "0a", "crypto": {{"ciphertext": "{KEY}"}}}}\n'.encode(),
    "id": f"-----BEGIN EC PRIVATE KEY-----\n{KEY}\n-----END EC PRIVATE KEY-----\n".encode(),
}


def block_hash(number: int, fork: str = "main") -> str:
    return "0x" + hashlib.sha256(f"{fork} {number}".encode()).hexdigest() if number else GENESIS


@dataclass
class Told:
    """What a stand-in of a node answers."""

    head: int
    fork: str = "main"
    genesis: str = GENESIS
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, which: str) -> Any:
        number = self.head if which == "latest" else int(which, 16)
        if number > self.head:
            return None
        return {"number": hex(number), "hash": block_hash(number, self.fork) if number else self.genesis}


@contextmanager
def rpc(told: Told, port: int = 0) -> Iterator[Told]:
    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append(call["method"])
            data = json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": told.answer(call["params"][0])}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Answers)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


class Hurried(SystemClock):
    """Its waits take no time, and count as if they did. `ahead`: seconds that it is wrong by."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead
        self.waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.waited

    def wall(self) -> float:
        return super().wall() + self.ahead

    async def sleep(self, seconds: float) -> None:
        if seconds < 60:  # a mark's renewal waits for longer
            self.waited += seconds
            await super().sleep(0.001)
        else:
            await super().sleep(seconds)


class Disk:
    """A node's disk. `files` is what the client leaves on it."""

    def __init__(self, place: Path, files: dict[str, bytes] | None = None) -> None:
        self.data_dir, self.stop_file = place / "data", place / "signals/stop"
        self.directory = CHAIN.directory(self.data_dir)
        self.data_dir.mkdir(parents=True)
        self.stop_file.parent.mkdir()
        for name, data in (files or {}).items():
            self.write(name, data)

    def write(self, name: str, data: bytes) -> None:
        (self.directory / name).parent.mkdir(parents=True, exist_ok=True)
        (self.directory / name).write_bytes(data)

    def read(self) -> dict[str, bytes]:
        files = (path for path in self.directory.rglob("*") if path.is_file())
        return {path.relative_to(self.directory).as_posix(): path.read_bytes() for path in files}

    def is_stopped(self) -> None:
        """As a node that was already asked to stop, and did."""
        self.stop_file.with_name("stopped").touch()


def library(url: str, clock: SystemClock | None = None, chain: Chain = CHAIN) -> Library:
    return shelf(bucket(url), chain, clock or SystemClock(), LOG)


async def backed_up(disk: Disk, url: str, head: int = 100, **changes: Any) -> None:
    """A backup of a disk whose node is at the tip, and stops when it is told to."""
    disk.is_stopped()
    disk.stop_file.unlink(missing_ok=True)
    with rpc(Told(head)) as told:
        await making(disk, url, [told.url], told.url, **changes).run()


def making(
    disk: Disk,
    url: str,
    peers: list[str],
    node: str,
    clock: SystemClock | None = None,
    through: Bucket | None = None,
    chain: Chain = CHAIN,
    **changes: Any,
) -> Making:
    given = {"keep": 48, "deadline": 30.0, "stop_wait": 30.0, **changes}
    settings = BackupSettings(
        chain=chain, data_dir=disk.data_dir, rpc_url=node, peers=peers, stop_file=disk.stop_file, **given
    )
    time_ = clock or Hurried()
    return Making(settings, shelf(through or bucket(url), chain, time_, LOG), time_, LOG)


def restoring(disk: Disk, url: str, through: Bucket | None = None, chain: Chain = CHAIN) -> Restoring:
    kept = shelf(through or bucket(url), chain, SystemClock(), LOG)
    return Restoring(disk.data_dir, chain.directory(disk.data_dir), kept, LOG)


class Killed(BaseException):
    """What ends a process that nobody asks."""


class UntilKilled(Bucket):
    """A bucket that hears of no more than so many requests: after them the process is dead, and cleans nothing up."""

    def __init__(self, url: str, requests: int) -> None:
        super().__init__(bucket(url)._store)
        self.left = requests

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    async def find(self, prefix: str) -> Any:
        self._count()
        return await super().find(prefix)

    async def read(self, name: str) -> bytes:
        self._count()
        return await super().read(name)

    async def remove(self, names: Any) -> None:
        self._count()
        await super().remove(names)

    async def _put(self, name: str, data: bytes, mode: Any = "overwrite") -> None:
        self._count()
        await super()._put(name, data, mode)


def command(name: str, url: str, disk: Disk, **more: str) -> "subprocess.Popen[str]":
    """The program, as a container runs it: all that it is told stands in its environment."""
    told = {"STORE_URL": url, "NETWORK": CHAIN.network, "GENESIS_HASH": GENESIS, "DATA_DIR": str(disk.data_dir), **more}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "services"), **told}
    program = [sys.executable, "-m", "chain_tools", name]
    return subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@contextmanager
def node(disk: Disk, head: int) -> Iterator[str]:
    """A node as a process of its own, which changes its disk until STOP_FILE is there. Its URL."""
    program = [sys.executable, "-m", "tests.services.chain_tools.node_program"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "services")])}
    words = [str(disk.directory), str(disk.stop_file), str(head)]
    process = subprocess.Popen([*program, *words], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def until(true: Any, seconds: float = 60.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "It did not come."
        time.sleep(0.02)
