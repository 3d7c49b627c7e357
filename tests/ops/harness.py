"""What `nodeyard` meets: a Pulumi that has stacks, a node that answers, clouds' command lines that really forward."""

import json
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import pytest
from typer.testing import CliRunner, Result

from ops import output
from ops.app import app

P = TypeVar("P")

CHECKOUT = Path(__file__).parents[2]
REGION = "us-east-2"
TOOLS = Path(__file__).parent / "tools"


def aws_stack(**outputs: Any) -> dict[str, Any]:
    return {"cloud": {"cloud": "aws", "account": "123456789012", "region": REGION}, **outputs}


def theta_stack(**outputs: Any) -> dict[str, Any]:
    return aws_stack(**{"kind": "theta", "component": "theta_edge_node", **outputs})


def theta_node(**fields: Any) -> dict[str, Any]:
    """As a stack exports it."""
    return {
        "instance": None,
        "group": None,
        "pod": "",
        "zone": "us-east-2a",
        "disk": "vol-0123456789abcdef0",
        "dashboard": "https://dashboard.invalid",
        "alarms": [],
        "session": "echo shell on a node",
        "secret": None,
        "logs": "/nodeyard/theta",
        **fields,
    }


@dataclass
class Command:
    """`nodeyard`, run within a directory of its own, with its own PATH."""

    directory: Path
    monkeypatch: pytest.MonkeyPatch
    stacks: dict[str, dict[str, Any]] = field(default_factory=dict)

    def deploy(self, name: str, **outputs: Any) -> None:
        (self.directory / f"{name}.json").write_text(json.dumps(outputs))

    def install(self, name: str, tool: str = "") -> None:
        """Puts one of the stand-ins beside this file on PATH; `tool` is its file's name where that is another."""
        target = self.directory / "bin" / name
        shutil.copy(TOOLS / f"{tool or name}.py", target)
        target.write_text(f"#!{sys.executable}\n" + target.read_text())
        target.chmod(target.stat().st_mode | stat.S_IXUSR)

    def calls(self, name: str) -> list[list[str]]:
        """The arguments of every call of a stand-in."""
        log = self.directory / f"{name}.calls"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def pids(self) -> list[int]:
        """Every process that the stand-ins started."""
        log = self.directory / "pids"
        return [int(pid) for pid in log.read_text().split()] if log.exists() else []

    def on_a_terminal(self) -> None:
        """From now on `nodeyard` believes that it can ask."""
        self.monkeypatch.setattr(output, "_can_ask", lambda: True)

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=stdin)


def told(result: Result) -> Any:
    """What a command told as JSON, in the one envelope of all of them."""
    envelope = json.loads(result.stdout)
    assert list(envelope) == ["stack", "result", "problems", "notes"]
    return envelope["result"]


def parts(result: Result) -> list[dict[str, Any]]:
    """What `nodeyard status` told of each part, its details among the rest."""
    return [{**each, **each["details"]} for each in told(result)["parts"]]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def eventually(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


STATUS = {
    "address": "0x095f9CF353a4e2B8CD1f876cd8990d42bEcf6455",
    "chain_id": "mainnet",
    "peer_id": "0x095f9CF353a4e2B8CD1f876cd8990d42bEcf6455",
    "current_height": "25223860",
    "current_time": "1715637778",
}
JOBS = [
    {
        "id": "0xe2224253ef22cf30676e8dc7fd39b0e8ecf7ac83-1697950280774",
        "start_time": 1697950280774,
        "end_time": 1698056784630,
        "status": "completed",
        "reward_amount": 200000000000000000,
        "error": "",
    },
    {
        "id": "13862_17706",
        "start_time": 1698690889000,
        "end_time": 1698690899000,
        "status": "errored",
        "reward_amount": 0,
        "error": "out of memory",
    },
]


@contextmanager
def served(handlers: Mapping[P, type[BaseHTTPRequestHandler]]) -> Iterator[dict[P, int]]:
    """A server on loopback for each handler; the ports that they have, by what the handlers are called."""
    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), handler) for name, handler in handlers.items()}
    for server in servers.values():
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield {name: server.server_address[1] for name, server in servers.items()}
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


@dataclass
class EdgeNode:
    """A node's two processes: one server each, whose answers have the documented shapes. A test changes one thing."""

    ports: dict[int, int] = field(default_factory=dict)
    """Their documented ports, and where they are here."""
    height: int = 25223860
    growth: int = 1
    peers: Any = field(default_factory=lambda: ["0x095f9CF353a4e2B8CD1f876cd8990d42bEcf6455", "0xaf0000000000000000"])
    jobs: Any = field(default_factory=lambda: JOBS)
    version: Any = field(default_factory=lambda: {"version": "1.8.0", "git_hash": "9d7669a", "timestamp": "now"})
    delay: float = 0
    status: int = 200
    raw: str | None = None
    """Answers this instead."""
    asked: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def answer(self, port: int, request: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((port, request))
        method = request["method"]
        if (port, method) == (17888, "edgecore.GetStatus"):
            self.height += self.growth
            return {"result": {**STATUS, "current_height": str(self.height), "current_time": str(int(time.time()))}}
        if (port, method) == (17888, "edgecore.GetPeers"):
            return {"result": {"peers": self.peers}}
        if (port, method) == (17888, "edgecore.GetVersion") and self.version:
            return {"result": self.version}
        if (port, method) == (15888, "edgelauncher.GetPastJobs"):
            if request["params"][0]["type"] not in ("lavita", "fedml"):
                return {"error": {"code": -32000, "message": "Invalid job type"}}
            return {"result": {"status": "success", "body": self.jobs}}
        return {"error": {"code": -32601, "message": f"rpc: can't find method {method}"}}

    @contextmanager
    def serving(self) -> Iterator[None]:
        with served({port: self._handler(port) for port in (17888, 15888)}) as self.ports:
            yield

    def _handler(node, port: int) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - two selves
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                time.sleep(node.delay)
                known = self.path == "/rpc" and request["jsonrpc"] == "2.0"
                answered = {"jsonrpc": "2.0", "id": request["id"], **node.answer(port, request)}
                text = (node.raw if node.raw is not None else json.dumps(answered)).encode()
                reply(self, node.status if known else 404, text)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def reply(handler: BaseHTTPRequestHandler, status: int, text: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(text)))
    handler.end_headers()
    with suppress(ConnectionError):  # who asked has had enough
        handler.wfile.write(text)


def environment(directory: Path) -> dict[str, str]:
    """For a stand-in, and for a `nodeyard` in a process of its own."""
    return {
        "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "STAND_IN": str(directory),
        "FORWARD": str(TOOLS / "forward.py"),
        "NODEYARD_PULUMI": f"{directory / 'bin' / 'pulumi'} --color never",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
