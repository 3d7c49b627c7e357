"""A TSM node's two ports on loopback, and a config.toml that is right."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.ops.harness import served

KEY = "a-key-of-the-management-port"
PROMETHEUS = """# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 42
process_resident_memory_bytes 5.24288e+07
process_start_time_seconds 1.7e+09
sessions{protocol="DKLS23",state="open"} 3
sessions{protocol="a } b",state="closed"} NaN 1395066363000
"""
EXPVAR = {"cmdline": ["/node", "--secret"], "memstats": {"Sys": 104857600}, "mpc": {"sessions": 7, "open": True}}


@dataclass
class TsmNode:
    """Answers as documented: `/ping` at the SDK's port, the management API at its own. A test changes one thing."""

    sdk: str = ""
    management: str = ""
    pong: str = "pong"
    health: Any = field(default_factory=lambda: {"some": "thing"})
    """The fields are not published."""
    metrics: str | None = PROMETHEUS
    statuses: dict[str, int] = field(default_factory=dict)
    """Another HTTP status, by the path."""
    raw: dict[str, str] = field(default_factory=dict)
    """Another body, by the path."""
    delays: dict[str, float] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Port and path of every request."""

    def answer(self, port: str, path: str, authorization: str | None) -> tuple[int, str]:
        self.asked.append((port, path))
        time.sleep(self.delays.get(path, 0))
        if path in self.statuses or path in self.raw:
            return self.statuses.get(path, 200), self.raw.get(path, "")
        if (port, path) == ("sdk", "/ping"):
            return 200, self.pong
        if port != "management" or not path.startswith("/management/"):
            return 404, ""
        if authorization != f"APIKEY {KEY}":
            return 401, json.dumps({"code": "UNAUTHORIZED", "message": "no such key"})
        if path == "/management/health":
            return 200, json.dumps(self.health)
        if path == "/management/metrics" and self.metrics is not None:
            return 200, self.metrics
        return 404, ""

    @contextmanager
    def serving(self) -> Iterator[None]:
        with served({port: self._handler(port) for port in ("sdk", "management")}) as ports:
            self.sdk, self.management = (f"http://127.0.0.1:{ports[port]}" for port in ("sdk", "management"))
            yield

    def _handler(node, port: str) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - two selves
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, text = node.answer(port, self.path, self.headers["Authorization"])
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                with suppress(ConnectionError):  # who asked has had enough
                    self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextmanager
def silent() -> Iterator[str]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def dripping() -> Iterator[str]:
    """Answers a byte at a time, and never ends."""
    ended = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with suppress(ConnectionError):
                while not ended.wait(0.1):
                    self.wfile.write(b".")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()


def refused() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
