"""The server of one sandbox's endpoints: a process that outlives the command that needed it first.

    server.py SANDBOX_HOME

It ends when nobody has asked anything for ten minutes, when the world is gone, or with the process that
SANDBOX_CLUSTER_OWNER names. Whoever asks must know a part of the URL that is made anew for each start.
"""

import fcntl
import json
import os
import secrets
import sys
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

sys.path.append(str(Path(__file__).resolve().parents[2]))
from sandbox.controlplane.control_plane import read, write
from sandbox.controlplane.processes import Process, spawn, start_time
from sandbox.endpoints import Answer, Request, services
from sandbox.simulation.resource import CloudError
from sandbox.simulation.world import World

IDLE_SECONDS = 600
START_SECONDS = 60
PAUSE = 0.5


def urls(home: Path) -> dict[str, str]:
    """Where each service answers, which it does from now on."""
    (home / "endpoints").mkdir(exist_ok=True)
    with (home / "endpoints/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        base = answering(home) or started(home)
    return {name: f"{base}/{name}{service.url}" for name, service in services().items()}


def answering(home: Path) -> str:
    """The URL of the server that runs; empty where none does."""
    known = read(home / "endpoints/server.json")
    if not known or not Process(**known["process"]).alive:
        return ""
    try:
        build_opener(ProxyHandler({})).open(known["url"], timeout=5).close()
    except (URLError, OSError):
        return ""
    return str(known["url"])


def started(home: Path) -> str:
    record, log = home / "endpoints/server.json", home / "endpoints/server.log"
    record.unlink(missing_ok=True)
    child = spawn("endpoints", Path(sys.executable), [sys.executable, "-I", __file__, str(home)], log)
    deadline = time.monotonic() + START_SECONDS
    while not record.exists():
        if not child.alive or time.monotonic() > deadline:
            sys.exit(f"sandbox: the endpoints did not start: {log.read_text().strip()[-500:]}")
        time.sleep(0.05)
    return str(read(record)["url"])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    timeout = PAUSE

    def __init__(self, home: Path):
        super().__init__(("127.0.0.1", 0), Handler)
        self.world = World(home / "world.sqlite")
        self.services = services()
        self.path = f"/{secrets.token_hex(16)}"
        self.asked = time.monotonic()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{self.path}"

    def answer(self, request: Request) -> Answer:
        base, _, rest = request.path.removeprefix("/").partition("/")
        if f"/{base}" != self.path:
            return refused(403, "this is another sandbox's")
        self.asked = time.monotonic()
        name, _, path = rest.partition("/")
        if not name:
            return Answer()
        if name not in self.services:
            return refused(404, f"the sandbox has no {name}")
        try:
            return self.services[name].answer(
                self.world, Request(request.method, f"/{path}", request.headers, request.body)
            )
        except CloudError as problem:
            return refused(400, str(problem))


def refused(status: int, text: str) -> Answer:
    """What any cloud's client reads the text from."""
    return Answer({"message": text, "error": {"message": text}}, status)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self) -> None:
        assert isinstance(self.server, Server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.answer(Request(self.command, self.path, dict(self.headers), body))
        text = (answer.text or json.dumps(answer.body)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/xml" if answer.text else "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = reply  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """A request may hold a secret."""


def main(home: Path) -> None:
    server = Server(home)
    own = Process("endpoints", os.getpid(), start_time(os.getpid()))
    write(home / "endpoints/server.json", {"url": server.url, "process": asdict(own)})
    owner = int(os.environ.get("SANDBOX_CLUSTER_OWNER") or own.pid)
    begun = start_time(owner)
    while begun and start_time(owner) == begun and server.world.file.exists():
        if time.monotonic() - server.asked > IDLE_SECONDS:
            break
        server.handle_request()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
