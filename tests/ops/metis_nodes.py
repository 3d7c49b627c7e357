"""A sequencer's processes on loopback, each with its documented answers. A test changes one thing."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.ops.harness import Command, aws_stack, served
from tests.ops.tasks_cluster import NAMESPACE, RELEASE, pod, stateful_set, write

STACK = "metis-mainnet"
CHART = "metis-sequencer"
RPC, L1DTL, THEMIS, BRIDGE, ALERTMANAGER = 8545, 7878, 26657, 8646, 9093


@dataclass
class Sequencer:
    """Well, and in sync."""

    syncing: bool = False
    catching_up: bool = False
    bridge: int = 200
    """Its HTTP status."""
    age: float = 3
    """Seconds since the newest block, of both chains."""
    peers: int = 7
    l1: tuple[int | None, int | None] = (20_000_000, 20_000_002)
    """How far l1dtl has read L1, and L1's newest block; None in its place where L1 is not reached."""
    power: int = 100
    alerts: list[dict[str, Any]] = field(default_factory=list)
    delays: dict[int, float] = field(default_factory=dict)
    """Seconds, by port."""
    raw: dict[int, str] = field(default_factory=dict)
    """Answers this instead."""
    silent: set[int] = field(default_factory=set)
    """Ports at which nobody listens."""
    down: set[str] = field(default_factory=set)
    """Tasks whose pod does not run."""
    ports: dict[int, int] = field(default_factory=dict)
    asked: list[tuple[int, str]] = field(default_factory=list)

    def answer(self, port: int, path: str, body: str) -> tuple[int, str]:
        self.asked.append((port, path))
        time.sleep(self.delays.get(port, 0))
        if port in self.raw:
            return 200, self.raw[port]
        if port == RPC:
            return 200, json.dumps([self._rpc(each) for each in json.loads(body)])
        if port == L1DTL:
            return self._l1dtl(path)
        if port == THEMIS:
            return 200, json.dumps({"jsonrpc": "2.0", "id": -1, "result": self._themis(path)})
        if port == ALERTMANAGER:
            return 200, json.dumps(self.alerts)
        return self.bridge, "ok"

    def _rpc(self, asked: dict[str, Any]) -> dict[str, Any]:
        results: dict[str, Any] = {
            "rollup_getInfo": {"mode": "sequencer", "syncing": self.syncing, "ethContext": {"blockNumber": 20_000_000}},
            "eth_getBlockByNumber": {"number": hex(19_000_000), "timestamp": hex(int(time.time() - self.age))},
            "net_peerCount": hex(self.peers),
        }
        return {"jsonrpc": "2.0", "id": asked["id"], "result": results[asked["method"]]}

    def _l1dtl(self, path: str) -> tuple[int, str]:
        highest, tip = self.l1
        if path == "/highest/l1":
            return 200, json.dumps({"blockNumber": highest})
        if tip is None:
            return 400, json.dumps({"error": "Error: could not reach https://l1.invalid/canary-key"})
        return 200, json.dumps({"blockNumber": tip, "timestamp": int(time.time()), "blockHash": "0x00"})

    def _themis(self, path: str) -> dict[str, Any]:
        if path == "/net_info":
            return {"listening": True, "listeners": [], "n_peers": str(self.peers), "peers": []}
        at = (datetime.now(UTC) - timedelta(seconds=self.age)).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
        sync = {"latest_block_height": "5000000", "latest_block_time": at, "catching_up": self.catching_up}
        return {
            "node_info": {},
            "sync_info": sync,
            "validator_info": {"address": "AB", "voting_power": str(self.power)},
        }

    @contextmanager
    def listening(self) -> Iterator[None]:
        with served({port: self._handler(port) for port in (RPC, L1DTL, THEMIS, BRIDGE, ALERTMANAGER)}) as self.ports:
            yield

    @contextmanager
    def serving(self, nodeyard: Command, **pods: Any) -> Iterator[None]:
        """With kubectl's stand-in, which leads there."""
        with self.listening():
            self.write(nodeyard, **pods)
            yield

    def write(self, nodeyard: Command, **more: Any) -> None:
        """The cluster's objects, as they are by now."""
        near = {port: 1 if port in self.silent else self.ports[port] for port in self.ports}
        tasks = ("l2geth", "l1dtl", "themis", "exporter")
        pods = [pod(f"metis-{name}-0", name, running=name not in self.down, chart=CHART) for name in tasks]
        for each in pods[:3]:
            each["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
            each["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
        write(
            nodeyard,
            *(stateful_set(name, chart=CHART) for name in tasks),
            *pods,
            **{
                "processes": {
                    "metis-l2geth-0": {
                        "places": {"/bin": "/bin"},
                        "env": {
                            "PATH": f"{nodeyard.directory / 'inside'}{os.pathsep}{os.environ['PATH']}",
                            "LOCAL_L2_CLIENT_HTTP": f"http://127.0.0.1:{near[RPC]}",
                        },
                    }
                },
                "says": {f"metis-{name}-0": {"-k": DF} for name in tasks},
                "ports": {
                    "metis-replica-0": {str(L1DTL): near[L1DTL]},
                    "metis-l1dtl-0": {str(L1DTL): near[L1DTL]},
                    "metis-themis-0": {str(THEMIS): near[THEMIS], str(BRIDGE): near[BRIDGE]},
                    "alertmanager-operated": {str(ALERTMANAGER): near[ALERTMANAGER]},
                },
                **more,
            },
        )
        inside = nodeyard.directory / "inside"
        inside.mkdir(exist_ok=True)
        (inside / "df").write_text(f"#!/bin/sh\ncat <<'END'\n{DF}\nEND\n")
        (inside / "df").chmod(0o755)

    def _handler(node, port: int) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - two selves
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                status, text = node.answer(port, self.path, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                with suppress(ConnectionError):  # who asked has had enough
                    self.wfile.write(text.encode())

            do_POST = do_GET  # noqa: N815 - as the server calls it

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def stack(**outputs: Any) -> dict[str, Any]:
    known = {"kind": "metis", "component": "metis_sequencer", "namespace": NAMESPACE, "release": RELEASE, "missing": []}
    return aws_stack(**{**known, **outputs})


@pytest.fixture
def sequencer(nodeyard: Command) -> Iterator[Sequencer]:
    """Of a stack that is deployed."""
    nodeyard.deploy(STACK, **stack())
    node = Sequencer()
    with node.serving(nodeyard):
        yield node


DF = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/nvme1n1 1000000 400000 600000 40% /data"
