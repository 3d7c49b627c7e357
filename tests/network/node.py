"""What a node of a network says: by the socket in its pod, and by the network."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.charts.mantis import METRICS, RPC
from tests.network.pod import Pod

Found = TypeVar("Found")

PATIENCE_SECONDS = 180
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


def ask_by_http(url: str, method: str, *params: Any) -> Any:
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    headers = {"Content-Type": "application/json", "Host": "passive-0.mantis-testnet.svc"}
    with urllib.request.urlopen(urllib.request.Request(url, call, headers), timeout=10) as response:
        return _result(json.load(response))


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise RpcError(answer["error"]["message"])
    return answer["result"]


class Node(Pod):
    """A pod whose container `node` is a client."""

    @property
    def data(self) -> Path:
        """The directory of its own genesis."""
        return self.disk / self.cluster.release.genesis_hash[2:18]

    @property
    def disk(self) -> Path:
        return self.places()["/data"]

    @property
    def url(self) -> str:
        """Of the RPC API that other pods reach."""
        return f"http://{self.address}:{RPC}"

    def ask(self, method: str, *params: Any) -> Any:
        """By the socket in its pod."""
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        with socket.socket(socket.AF_UNIX) as there:
            there.settimeout(10)
            there.connect(str(self.places()["/run/node"] / "geth.ipc"))
            there.sendall(call.encode())
            return _result(json.loads(there.makefile("rb").readline()))

    def answer(self, method: str, *params: Any) -> Any:
        """The same, or nothing while it does not answer."""
        process = self.processes.get("node")
        assert process is None or process.poll() is None, self.log()[-3000:]
        with contextlib.suppress(OSError, ValueError, RpcError):
            return self.ask(method, *params)
        return None

    def http(self, method: str, *params: Any) -> Any:
        """By the network."""
        return ask_by_http(self.url, method, *params)

    @property
    def metrics(self) -> dict[str, float]:
        """Those that are one number, as Prometheus reads them."""
        place = f"http://{self.address}:{METRICS}/debug/metrics/prometheus"
        with urllib.request.urlopen(place, timeout=10) as response:
            text = response.read().decode()
        return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE)}

    @property
    def enode(self) -> str:
        found: str = until(f"{self.task}'s enode", lambda: self.answer("admin_nodeInfo"))["enode"]
        return found

    @property
    def height(self) -> int:
        return int(self.answer("eth_blockNumber") or "0x0", 16)

    def block(self, number: int) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.answer("eth_getBlockByNumber", hex(number), False)
        return found

    def hash(self, number: int) -> str:
        return str((self.block(number) or {}).get("hash"))

    def reach(self, height: int) -> int:
        return until(f"block {height} of {self.task}", lambda: self.height if self.height >= height else None)

    def signer(self, number: int) -> str:
        """Whose seal a block of clique has."""
        return str(self.ask("clique_getSigner", hex(number)))

    @property
    def begun_at(self) -> int:
        """The block that was on its disk when it last started."""
        until("its socket", lambda: self.answer("net_version"))
        found = re.findall(r"Loaded most recent local full block +number=([\d,]+)", self.log())
        return int(found[-1].replace(",", ""))
