"""The manager as a process, with a program for nodeos and a Lease, on loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from tests.services.nodeos_manager.keys import signing

HERE = Path(__file__).parent
SERVICES = HERE.parents[2] / "services"


class Leases(BaseHTTPRequestHandler):
    """One Lease, by resourceVersion."""

    lease: dict[str, Any] | None = None
    version = 0

    def do_GET(self) -> None:
        self._answer(200 if Leases.lease else 404, Leases.lease)

    def do_POST(self) -> None:
        self._store(201)

    def do_PUT(self) -> None:
        self._store(200)

    def _store(self, code: int) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        stored = str(Leases.version) if Leases.lease else None
        if given["metadata"].get("resourceVersion") != stored:
            self._answer(409, None)
            return
        Leases.version += 1
        given["metadata"]["resourceVersion"] = str(Leases.version)
        Leases.lease = given
        self._answer(code, given)

    def _answer(self, code: int, body: dict[str, Any] | None) -> None:
        data = json.dumps(body or {"kind": "Status", "code": code, "message": "refused"}).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Running:
    def __init__(self, directory: Path, api_server: str) -> None:
        self.directory = directory
        self.port, self.nodeos_port, self.proxy_port, self.metrics_port = (free_port() for _ in range(4))
        for name in ("config", "data"):
            (directory / name).mkdir()
        (directory / "token").write_text("a-token\n")
        program = directory / "nodeos"
        program.write_text(f"#!{sys.executable}\n{(HERE / 'nodeos_program.py').read_text()}")
        program.chmod(0o755)
        kube = {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": api_server}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }
        (directory / "kubeconfig").write_text(yaml.safe_dump(kube))
        self.log = (directory / "log").open("w")
        command = [sys.executable, "-m", "nodeos_manager", f"--nodeos-path={program}", "--pod-name=bp-0", "--pod-uid=u"]
        (directory / "keys").write_text(signing())
        command += [f"--config-dir={directory}/config", f"--data-dir={directory}/data", "--namespace=chain"]
        command += [f"--run-dir={directory}/run", f"--signature-provider-file={directory}/keys"]
        command += [f"--api-addr=http://127.0.0.1:{self.nodeos_port}", f"--nodeos-arg=--port={self.nodeos_port}"]
        command += [f"--manager-api-port={self.port}", "--host=127.0.0.1", "--bp-mode"]
        command += ["--producer=ours"]
        command += [f"--proxy-port={self.proxy_port}", f"--metrics-port={self.metrics_port}"]
        environment = {**os.environ, "PYTHONPATH": str(SERVICES), "KUBECONFIG": str(directory / "kubeconfig")}
        self.process = subprocess.Popen(
            [*command, f"--token-file={directory}/token"], env=environment, stdout=self.log, stderr=self.log
        )

    def ask(self, method: str, path: str) -> httpx2.Response:
        return httpx2.request(
            method,
            f"http://127.0.0.1:{self.port}/v1/{path}",
            headers={"Authorization": "Bearer a-token"},
            timeout=60,
            trust_env=False,
        )

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.directory / "log").read_text().splitlines()]

    def proxied(self, path: str) -> int:
        return httpx2.post(f"http://127.0.0.1:{self.proxy_port}{path}", timeout=10, trust_env=False).status_code

    def scraped(self) -> str:
        return httpx2.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10, trust_env=False).text

    def nodeos_says_paused(self) -> bool:
        address = f"http://127.0.0.1:{self.nodeos_port}/v1/producer/paused"
        return bool(httpx2.post(address, timeout=10, trust_env=False).json())


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    Leases.lease, Leases.version = None, 0
    server = HTTPServer(("127.0.0.1", 0), Leases)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    running = Running(tmp_path, f"http://127.0.0.1:{server.server_port}")
    yield running
    running.process.kill()
    running.process.wait()
    running.log.close()
    server.shutdown()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError("It did not come about within 60 s.")


def test_a_producer_starts_paused_resumes_with_the_lease_and_stops_in_order(running: Running) -> None:
    until(lambda: running.ask("GET", "healthz").status_code == 200)
    assert running.nodeos_says_paused()
    assert running.ask("GET", "livez").text == "ok"
    assert (running.proxied("/v1/chain/get_info"), running.proxied("/v1/producer/resume")) == (200, 404)

    resumed = running.ask("POST", "nodeos/safely_resume_production?sync=true")
    assert (resumed.status_code, resumed.json()["outcome"]) == (200, "done"), resumed.text
    assert not running.nodeos_says_paused()
    until(lambda: "nodeos_paused 0.0" in running.scraped())
    assert Leases.lease is not None
    assert Leases.lease["spec"]["holderIdentity"] == "bp-0_u"

    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    lines = running.lines()
    assert any(line["message"] == "info  it stops in order" and line["from"] == "nodeos" for line in lines)
    first = next(line for line in lines if "it starts with" in line["message"])
    assert (first["level"], "--pause-on-startup" in first["message"]) == ("warn", True)
    # By hand, a right is kept over a restart.
    assert Leases.lease["spec"]["holderIdentity"] == "bp-0_u"
