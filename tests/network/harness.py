"""A network of real nodes on this machine: go-ethereum, by the chart's start script, as the component renders it.

Each node has an address of its own on the loopback interface, so that all of them listen on the ports of the product.
In place of the names of Services stand those addresses. It shows the configuration, and nothing of Mantis.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from nodeyard.mantis_cluster import keys
from nodeyard.mantis_cluster.clients import core_geth
from nodeyard.mantis_cluster.clients.contract import (
    Bootstrap,
    Chain,
    Consensus,
    GenesisPlan,
    Node,
    Ports,
    Rendered,
    Role,
)
from tests.charts.harness import CHARTS, REPO

Found = TypeVar("Found")

SCRIPT = CHARTS / "mantis/files" / core_geth.SCRIPT
SERVICES = REPO / "services"
PORTS = Ports()
PERIOD_SECONDS = 1
PATIENCE_SECONDS = 90
"""For something that takes some seconds on a machine with nothing else to do."""


def until(what: str, ask: Callable[[], Found | None], patience: float = PATIENCE_SECONDS) -> Found:
    """What `ask` finds, once it finds something."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := ask():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {patience} seconds")


class RpcError(Exception):
    """What a node answers to a call that it refuses."""


@dataclass
class Process:
    """One node: its disk, its configuration and, while it runs, its start script."""

    program: Path
    root: Path
    node: Node
    rendered: Rendered
    chain: Chain
    key: str = ""
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        for name in ("data", "config", "run", "bin", "stop"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "bin/geth").symlink_to(self.program)
        if self.key:
            (self.root / "key").write_text(self.key)
        self.configure()

    def configure(self) -> None:
        """As the chart puts it into /config."""
        words = "".join(f"{word}\n" for word in self.rendered.arguments)
        for name, text in {**self.rendered.files, "genesis.json": self.chain.genesis, "arguments": words}.items():
            (self.root / "config" / name).write_text(text)

    @property
    def genesis_hash(self) -> str:
        return core_geth.genesis_hash(self.chain.genesis)

    @property
    def data(self) -> Path:
        return self.root / "data" / self.genesis_hash[2:18]

    @property
    def address(self) -> str:
        return self.node.listen

    @property
    def url(self) -> str:
        """Of the RPC API that other pods reach."""
        return f"http://{self.address}:{PORTS.rpc}"

    def start(self) -> Process:
        places = {"DATA_DIR": "data", "CONFIG_DIR": "config", "RUN_DIR": "run", "HOME": "run"}
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                ["sh", SCRIPT],
                env={
                    "PATH": f"{self.root}/bin:/usr/bin:/bin",
                    "GENESIS_HASH": self.genesis_hash,
                    "POD_IP": self.address,
                    "KEY_FILE": str(self.root / "key") if self.key else "",
                    **{name: str(self.root / place) for name, place in places.items()},
                    **self.env,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    @property
    def log(self) -> str:
        return (self.root / "log").read_text(errors="replace")

    def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """The script's code. A kill reaches every process of the pod, as a machine's loss does."""
        process, self.process = self.process, None
        if process is None:
            return 0
        if how is signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        return process.wait(timeout=60)

    def ended(self) -> int:
        """The code with which it ended by itself."""
        assert self.process
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    # --- what it says ---

    def ask(self, method: str, *params: Any) -> Any:
        """By the socket in its pod."""
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        with socket.socket(socket.AF_UNIX) as there:
            there.settimeout(10)
            there.connect(str(self.root / "run/geth.ipc"))
            there.sendall(call.encode())
            answer = json.loads(there.makefile("rb").readline())
        if "error" in answer:
            raise RpcError(answer["error"]["message"])
        return answer["result"]

    def answer(self, method: str, *params: Any) -> Any:
        """The same, or nothing while it does not answer."""
        assert self.process is None or self.process.poll() is None, self.log[-3000:]
        with contextlib.suppress(OSError, ValueError, RpcError):
            return self.ask(method, *params)
        return None

    def http(self, method: str, *params: Any) -> Any:
        """By the network."""
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Content-Type": "application/json", "Host": "passive-0.mantis-testnet.svc"}
        request = urllib.request.Request(self.url, call, headers)
        with urllib.request.urlopen(request, timeout=10) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RpcError(answer["error"]["message"])
        return answer["result"]

    @property
    def metrics(self) -> dict[str, float]:
        """Those that are one number, as Prometheus reads them."""
        place = f"http://{self.address}:{PORTS.metrics}/debug/metrics/prometheus"
        with urllib.request.urlopen(place, timeout=10) as response:
            text = response.read().decode()
        return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}

    @property
    def enode(self) -> str:
        found: str = until(f"{self.node.name}'s enode", lambda: self.answer("admin_nodeInfo"))["enode"]
        return found

    @property
    def height(self) -> int:
        return int(self.answer("eth_blockNumber") or "0x0", 16)

    @property
    def peers(self) -> int:
        return int(self.answer("net_peerCount") or "0x0", 16)

    def block(self, number: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.answer("eth_getBlockByNumber", hex(number), False)
        return found

    def reach(self, height: int, patience: float = PATIENCE_SECONDS) -> int:
        name = self.node.name
        return until(f"block {height} of {name}", lambda: self.height if self.height >= height else None, patience)

    def signer(self, number: int) -> str:
        """Whose seal a block of clique has."""
        return str(self.ask("clique_getSigner", hex(number)))


class Network:
    """Nodes on one chain. Its first miners are in the genesis."""

    def __init__(self, root: Path, program: Path, miners: int = 3, consensus: Consensus = Consensus.CLIQUE) -> None:
        self.root, self.program = root, program
        # A net of its own in 127.0.0.0/8, since several may run at once.
        self.prefix = f"127.{random.randrange(64, 255)}.{random.randrange(1, 255)}"
        self.nodes: dict[str, Process] = {}
        self.keys = [random.randbytes(32).hex() for _ in range(miners)]
        addresses = [keys.address(key) for key in self.keys]
        self.plan = GenesisPlan(
            chain_id=42,
            consensus=consensus,
            period=PERIOD_SECONDS,
            gas_limit=8_000_000,
            difficulty=1,
            signers=addresses,
            alloc=dict.fromkeys(addresses, 2**200),
        )
        self.chain = Chain(
            name="mantis-testnet",
            chain_id=self.plan.chain_id,
            consensus=consensus,
            genesis=core_geth.genesis(self.plan),
            bootstrap=[
                Bootstrap(name=f"miner-{place}", public_id=keys.public_id(key), host=f"{self.prefix}.{10 + place}")
                for place, key in enumerate(self.keys)
            ],
            rpc_apis=core_geth.RPC_APIS,
        )

    def again(self) -> Chain:
        """The same network with its next genesis."""
        return replace(self.chain, genesis=core_geth.genesis(replace(self.plan, generation=1)))

    def miner(self, place: int) -> Process:
        """The miner of a number, which has a new key where it is none of the first."""
        if place == len(self.keys):
            self.keys.append(random.randbytes(32).hex())
        key = self.keys[place]
        return self.made(
            Node(
                name=f"miner-{place}",
                role=Role.MINER,
                address=keys.address(key),
                listen=f"{self.prefix}.{10 + place}",
            ),
            key,
        )

    def passive(self, place: int) -> Process:
        return self.made(Node(name=f"passive-{place}", role=Role.PASSIVE, listen=f"{self.prefix}.{110 + place}"))

    def backup(self) -> Process:
        return self.made(Node(name="backup", role=Role.BACKUP, listen=f"{self.prefix}.210"))

    def made(self, node: Node, key: str = "") -> Process:
        process = Process(self.program, self.root / node.name, node, core_geth.node(self.chain, node), self.chain, key)
        self.nodes[node.name] = process
        return process

    @property
    def running(self) -> list[Process]:
        return [process for process in self.nodes.values() if process.process]

    def agree(self, *nodes: Process) -> int:
        """The height at which all of them have one block, once they have a new one."""
        several = nodes or tuple(self.running)
        height = max(node.height for node in several) + 1
        for node in several:
            node.reach(height)

        def hashes() -> set[str]:
            return {str((node.block(height) or {}).get("hash")) for node in several}

        until(f"one block {height}", lambda: len(hashes()) == 1)
        return height

    def stop(self) -> None:
        for node in self.running:
            node.end()
        shutil.rmtree(self.root, ignore_errors=True)


def chain_tools(command: str, node: Process, **env: str) -> subprocess.CompletedProcess[str]:
    """The program of the tools' containers, on the disk of a node."""
    told = {"NETWORK": node.chain.name, "GENESIS_HASH": node.genesis_hash, "DATA_DIR": str(node.root / "data")}
    return subprocess.run(
        [sys.executable, "-m", "chain_tools", command],
        env={**os.environ, "PYTHONPATH": str(SERVICES), **told, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@contextlib.contextmanager
def network(root: Path, program: Path, **given: Any) -> Iterator[Network]:
    made = Network(root, program, **given)
    try:
        yield made
    finally:
        made.stop()
