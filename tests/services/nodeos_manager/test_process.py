"""The manager as a process, with a program for nodeos and a Lease, on loopback."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.ports import free_port
from tests.services.nodeos_manager.keys import finalizer, finalizer_public, signing
from tests.services.nodeos_manager.processes.chain import Chain
from tests.services.nodeos_manager.processes.leases import Leases, written
from tests.services.nodeos_manager.processes.pod import until

HERE = Path(__file__).parent
SERVICES = HERE.parents[2] / "services"


class Running:
    """A manager's process, with a directory of its own. `options` are added to those that every node has."""

    def __init__(self, directory: Path, leases: Leases, chain: Chain, options: Sequence[str]) -> None:
        self.directory = directory
        self.port, self.nodeos_port, self.proxy_port, self.metrics_port = (free_port() for _ in range(4))
        for name in ("config", "data"):
            (directory / name).mkdir(exist_ok=True)
        (directory / "token").write_text("a-token\n")
        program = directory / "nodeos"
        program.write_text(f"#!{sys.executable}\n{(HERE / 'processes/nodeos_program.py').read_text()}")
        program.chmod(0o755)
        (directory / "kubeconfig").write_text(written(leases.kubeconfig()))
        self.log = (directory / "log").open("a")
        command = [sys.executable, "-m", "nodeos_manager", f"--nodeos-path={program}", "--pod-name=bp-0"]
        command += [f"--config-dir={directory}/config", f"--data-dir={directory}/data", f"--run-dir={directory}/run"]
        command += [f"--api-addr=http://127.0.0.1:{self.nodeos_port}", *chain.arguments()]
        command += ["--nodeos-arg=--name=bp-0"]
        command += [f"--manager-api-port={self.port}", "--host=127.0.0.1", *options]
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
def chain(tmp_path: Path) -> Iterator[Chain]:
    chain = Chain(1, tmp_path)
    yield chain
    chain.stop()


@contextlib.contextmanager
def managed(directory: Path, leases: Leases, chain: Chain, *options: str) -> Iterator[Running]:
    running = Running(directory, leases, chain, options)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()
        running.log.close()


def producers_options(directory: Path) -> list[str]:
    (directory / "keys").write_text(signing())
    (directory / "finalizer").write_text(finalizer())
    keys = [f"--signature-provider-file={directory}/keys", f"--finalizer-key-file={directory}/finalizer"]
    return ["--bp-mode", "--producer=ours", "--pod-uid=u", "--namespace=chain", *keys]


@pytest.fixture
def running(tmp_path: Path, leases: Leases, chain: Chain) -> Iterator[Running]:
    with managed(tmp_path, leases, chain, *producers_options(tmp_path), "--disk-id=vol-1") as running:
        yield running


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


def test_a_line_that_is_the_managers_to_set_stops_the_start_until_it_is_removed(running: Running) -> None:
    until(lambda: running.ask("GET", "healthz").status_code == 200, "a fresh head", 60)
    config = running.directory / "config/config.ini"
    config.write_text("chain-threads = 4\nhttp-server-address = 0.0.0.0:8888\n")
    assert running.ask("GET", "configuration").json()["reload_pending"]
    for command in ("reload", "safely_reload"):
        assert running.ask("POST", f"{command}?sync=true").status_code == 500
        assert running.ask("GET", "is_running").json()["is_running"]
    running.ask("POST", "maintenance?sync=true")
    assert running.ask("POST", "resume?sync=true").status_code == 500
    state = running.ask("GET", "is_running").json()
    assert (state["is_running"], state["state"]) == (False, "unusable")
    assert state["reason"].startswith("config.ini, line 2: http-server-address is the node manager's to set")

    config.write_text("chain-threads = 4\n")
    assert running.ask("POST", "resume?sync=true").status_code == 200
    assert not running.ask("GET", "configuration").json()["reload_pending"]
    written = running.directory / "run/config.ini"
    assert "chain-threads = 4" in written.read_text()
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_a_finalizer_key_does_not_follow_its_ordinal_to_another_disk(
    running: Running, leases: Leases, chain: Chain
) -> None:
    until(lambda: running.ask("GET", "healthz").status_code == 200, "a fresh head", 60)
    told = running.ask("GET", "finalizer").json()
    assert (told["key"], told["voted"]) == (finalizer_public(), False)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0

    options = producers_options(running.directory)
    with managed(running.directory, leases, chain, *options, "--disk-id=vol-2") as copied:
        until(lambda: copied.ask("GET", "is_running").json()["state"] == "unusable", "a refusal", 60)
        assert "was used before, and not on this disk" in copied.ask("GET", "is_running").json()["reason"]
    assert "PVT_BLS" not in (running.directory / "log").read_text()


def test_an_api_node_needs_no_api_server_and_never_produces(tmp_path: Path, leases: Leases, chain: Chain) -> None:
    leases.stop()
    with managed(tmp_path, leases, chain) as running:
        until(lambda: running.ask("GET", "healthz").status_code == 200, "a fresh head", 60)
        assert running.nodeos_says_paused()
        assert running.proxied("/v1/chain/get_info") == 200
        assert running.ask("POST", "safely_resume_production?sync=true").status_code == 404
        config = (tmp_path / "run/config.ini").read_text()
        assert not any(name in config for name in ("producer-name", "signature-provider"))
        assert running.ask("GET", "status").json()["bp_mode"] is False
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0
