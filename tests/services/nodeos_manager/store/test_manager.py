"""The manager as a process, with its bucket: by its command line and its HTTP API alone."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from sandbox.ports import free_port
from tests.services.nodeos_manager.store.nodes import CHAIN, PROGRAM

SERVICES = Path(__file__).parents[4] / "services"


class Running:
    def __init__(self, directory: Path, url: str, *more: str, program: str) -> None:
        for name in ("config", "data"):
            (directory / name).mkdir(parents=True)
        (directory / "token").write_text("a-token")
        (directory / "config/config.ini").write_text("")
        (directory / "config/genesis.json").write_text("{}")
        nodeos = directory / "nodeos"
        nodeos.write_text(f"#!{sys.executable}\n{PROGRAM.read_text()}")
        nodeos.chmod(0o755)
        self.data, self.port, self.nodeos, self.proxy = directory / "data", free_port(), free_port(), free_port()
        options = {
            "nodeos-path": nodeos,
            "pod-name": directory.name,
            "config-dir": directory / "config",
            "run-dir": directory / "run",
            "data-dir": self.data,
            "token-file": directory / "token",
            "api-addr": f"http://127.0.0.1:{self.nodeos}",
            "host": "127.0.0.1",
            "manager-api-port": self.port,
            "proxy-port": self.proxy,
            "metrics-port": free_port(),
            "store-url": url,
            "chain-id": CHAIN,
        }
        given = [f"--{name}={value}" for name, value in options.items()]
        given += [f"--nodeos-arg=--{name}" for name in (f"port={self.nodeos}", f"chain={CHAIN}")]
        self.log = (directory / "log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", program, *given, *more],
            env={**os.environ, "PYTHONPATH": f"{SERVICES}:{SERVICES.parent}"},
            stdout=self.log,
            stderr=self.log,
        )

    def ask(self, method: str, path: str) -> Any:
        answer = httpx2.request(
            method,
            f"http://127.0.0.1:{self.port}/v1/{path}",
            headers={"Authorization": "Bearer a-token"},
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def command(self) -> str:
        """nodeos' last command line."""
        headers = {"Authorization": "Bearer a-token"}
        place = f"http://127.0.0.1:{self.port}/v1/start_command"
        return httpx2.get(place, headers=headers, timeout=10, trust_env=False).text

    def state(self) -> str:
        """By the proxy, so when it is open."""
        deadline = time.monotonic() + 180  # on a busy machine the two programs take a while to start
        while time.monotonic() < deadline:
            try:
                place = f"http://127.0.0.1:{self.proxy}/v1/chain/get_info"
                return str(
                    httpx2.post(place, timeout=10, trust_env=False).raise_for_status().json()["server_version_string"]
                )
            except httpx2.HTTPError:
                time.sleep(0.1)
        raise AssertionError("The proxy did not open within 180 s.")


@contextmanager
def manager(directory: Path, url: str, *more: str, program: str = "nodeos_manager") -> Iterator[Running]:
    """`program`: a module that takes the manager's command line."""
    running = Running(directory, url, *more, program=program)
    try:
        yield running
    finally:
        running.process.terminate()
        try:
            running.process.wait(30)
        finally:
            running.process.kill()
            running.log.close()


def test_a_new_node_boots_from_the_snapshot_that_another_one_was_told_to_take(one_url: str, tmp_path: Path) -> None:
    with manager(tmp_path / "api-0", one_url) as first:
        assert first.state() == "genesis"
        assert first.ask("POST", "snapshot?sync=true")["message"].endswith("is in the bucket.")
        (listed,) = first.ask("GET", "list_backups")["snapshots"]
        assert first.ask("GET", "status")["snapshot"]["name"] == listed["name"]
        # It goes on, and starts from its own snapshot as well.
        message = first.ask("POST", f"nodeos/restore?source=snapshot&name={listed['name']}&sync=true")["message"]
        assert message == f"nodeos starts from the snapshot {listed['name']}."
        assert first.state() == "genesis"
        assert "--snapshot=" in first.command()
    assert first.process.returncode == 0
    with manager(tmp_path / "api-1", one_url, "--auto-restore=snapshot") as second:
        assert second.state() == "genesis"
        assert "--snapshot=" in second.command()
