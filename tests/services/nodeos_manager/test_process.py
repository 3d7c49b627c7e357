"""The manager as a process, with a program for nodeos and a Lease, on loopback."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.services.nodeos_manager.keys import signing
from tests.services.nodeos_manager.processes.chain import Chain
from tests.services.nodeos_manager.processes.leases import Leases, written
from tests.services.nodeos_manager.processes.loopback import free_port
from tests.services.nodeos_manager.processes.pod import until

HERE = Path(__file__).parent
SERVICES = HERE.parents[2] / "services"


class Running:
    def __init__(self, directory: Path, leases: Leases, chain: Chain) -> None:
        self.directory = directory
        self.port, self.nodeos_port, self.proxy_port, self.metrics_port = (free_port() for _ in range(4))
        for name in ("config", "data"):
            (directory / name).mkdir()
        (directory / "token").write_text("a-token\n")
        program = directory / "nodeos"
        program.write_text(f"#!{sys.executable}\n{(HERE / 'processes/nodeos_program.py').read_text()}")
        program.chmod(0o755)
        (directory / "kubeconfig").write_text(written(leases.kubeconfig()))
        self.log = (directory / "log").open("w")
        command = [sys.executable, "-m", "nodeos_manager", f"--nodeos-path={program}", "--pod-name=bp-0", "--pod-uid=u"]
        (directory / "keys").write_text(signing())
        command += [f"--config-dir={directory}/config", f"--data-dir={directory}/data", "--namespace=chain"]
        command += [f"--api-addr=http://127.0.0.1:{self.nodeos_port}", *chain.arguments()]
        command += ["--nodeos-arg=--name=bp-0"]
        command += [f"--run-dir={directory}/run", f"--signature-provider-file={directory}/keys"]
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
def leases() -> Iterator[Leases]:
    leases = Leases()
    yield leases
    leases.stop()


@pytest.fixture
def running(tmp_path: Path, leases: Leases) -> Iterator[Running]:
    chain = Chain(1, tmp_path)
    running = Running(tmp_path, leases, chain)
    yield running
    running.process.kill()
    running.process.wait()
    running.log.close()
    chain.stop()


def test_a_producer_starts_paused_resumes_with_the_lease_and_stops_in_order(running: Running, leases: Leases) -> None:
    until(lambda: running.ask("GET", "healthz").status_code == 200, "a fresh head", 60)
    assert running.nodeos_says_paused()
    assert running.ask("GET", "livez").text == "ok"
    assert (running.proxied("/v1/chain/get_info"), running.proxied("/v1/producer/resume")) == (200, 404)

    resumed = running.ask("POST", "nodeos/safely_resume_production?sync=true")
    assert (resumed.status_code, resumed.json()["outcome"]) == (200, "done"), resumed.text
    assert not running.nodeos_says_paused()
    until(lambda: "nodeos_paused 0.0" in running.scraped(), "the metrics", 60)
    assert leases.lease is not None
    assert leases.lease["spec"]["holderIdentity"] == "bp-0_u"

    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    lines = running.lines()
    assert any(line["message"] == "info  it stops in order" and line["from"] == "nodeos" for line in lines)
    first = next(line for line in lines if "it starts with" in line["message"])
    assert (first["level"], "--pause-on-startup" in first["message"]) == ("warn", True)
    # By hand, a right is kept over a restart.
    assert leases.lease["spec"]["holderIdentity"] == "bp-0_u"
