"""An ordinal's pod: the manager's process, and a kubelet that probes it and starts it anew."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from sandbox.ports import free_port

from ..keys import signing
from .leases import written

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
TOKEN = "a-token"
PROBE, FAILURES = 0.6, 3
"""Seconds of a liveness probe, and of the pause between two; and how many fail before the container is killed. Together
less than the fence."""
NAMESPACE = "default"


@dataclass(frozen=True)
class Program:
    """How a pod's manager is started."""

    rate: float = 1.0
    """Of its clock: seconds per second."""
    leave_out: str = ""


class Pod:
    def __init__(self, ordinal: str, directory: Path, program: Program, options: Sequence[str]) -> None:
        self.ordinal = ordinal
        self.directory = directory
        self.port, self.nodeos_port, self.proxy_port, self.metrics_port = (free_port() for _ in range(4))
        self.process: subprocess.Popen[bytes] | None = None
        self.lives = 0
        """How often a manager was started in it."""
        self._program = program
        self._options = options
        self._uid = 0
        self._scheduled = threading.Event()
        self._ended = threading.Event()
        self._log = (directory / "log").open("ab")
        self._http = httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}/v1/", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
        )
        for name in ("config", "data", "run"):
            (directory / name).mkdir()
        (directory / "token").write_text(TOKEN)
        (directory / "keys").write_text(signing())
        self._nodeos = directory / "nodeos"
        self._nodeos.write_text(f"#!{sys.executable}\n{(HERE / 'nodeos_program.py').read_text()}")
        self._nodeos.chmod(0o755)

    def start(self, kubeconfig: dict[str, Any], fellows: dict[str, int]) -> None:
        """Starts the kubelet. `fellows` are the ports on which the others are reached, by ordinal."""
        (self.directory / "kubeconfig").write_text(written(kubeconfig))
        self._fellows = [f"--fellow={ordinal}=http://127.0.0.1:{port}" for ordinal, port in fellows.items()]
        self._scheduled.set()
        self._kubelet = threading.Thread(target=self._run, daemon=True)
        self._kubelet.start()

    # What an operator asks.

    def ask(self, path: str) -> Any:
        return self._http.get(path, timeout=5).raise_for_status().json()

    def command(self, path: str, timeout: float = 60.0) -> httpx2.Response:
        return self._http.post(f"{path}{'&' if '?' in path else '?'}sync=true", timeout=timeout)

    def nodeos(self, path: str, body: Any) -> None:
        httpx2.post(f"http://127.0.0.1:{self.nodeos_port}/v1/{path}", json=body, timeout=5, trust_env=False)

    # What a fault does.

    def kill_manager(self) -> None:
        if self.process is not None:
            self.process.kill()

    def signal_manager(self, which: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(which)

    def signal_nodeos(self, which: signal.Signals) -> None:
        """Only a child of this pod's manager gets it."""
        for child in self._children():
            os.kill(child, which)

    def lose(self) -> None:
        """Its machine is off: what runs in it ends, and comes back as another pod when `replace` says so."""
        self._scheduled.clear()
        self.kill_manager()

    def replace(self) -> None:
        self._uid += 1
        self._scheduled.set()

    def stop(self) -> None:
        self._ended.set()
        self.kill_manager()
        self._kubelet.join(20)
        self._http.close()
        self._log.close()

    # The kubelet.

    def _run(self) -> None:
        while not self._ended.is_set():
            if not self._scheduled.wait(0.2):
                continue
            self._restore()
            self.process = self._launch()
            self.lives += 1
            self._probe(self.process)
            self.process.kill()
            self.process.wait()
            self._ended.wait(1.0)

    def _probe(self, process: "subprocess.Popen[bytes]") -> None:
        """Until the manager has ended, or its probe has failed too often. A start takes as long as it takes."""
        failed, alive = 0, False
        while process.poll() is None and not self._ended.wait(PROBE):
            try:
                ok = self._http.get("livez", timeout=PROBE).status_code == 200
            except httpx2.HTTPError:
                ok = False
            alive = alive or ok
            failed = 0 if ok or not alive else failed + 1
            if failed >= FAILURES:
                return
            if ok:
                self._restore_unusable()

    def _restore_unusable(self) -> None:
        """An operator restores what a kill has left dirty."""
        try:
            if self.ask("is_running")["state"] == "unusable":
                self._restore()
                self.command("resume", 10)
        except httpx2.HTTPError:
            return

    def _restore(self) -> None:
        shutil.rmtree(self.directory / "data/state", ignore_errors=True)

    def _launch(self) -> "subprocess.Popen[bytes]":
        program, directory = self._program, self.directory
        command = [sys.executable, str(HERE / "manage.py"), str(program.rate), program.leave_out, "--"]
        command += ["--bp-mode", f"--nodeos-path={self._nodeos}", f"--token-file={directory}/token"]
        command += [f"--pod-name={self.ordinal}", f"--pod-uid={self.ordinal}-{self._uid}", f"--namespace={NAMESPACE}"]
        command += [f"--config-dir={directory}/config", f"--data-dir={directory}/data", f"--run-dir={directory}/run"]
        command += ["--host=127.0.0.1", f"--manager-api-port={self.port}", f"--proxy-port={self.proxy_port}"]
        command += [f"--metrics-port={self.metrics_port}", f"--api-addr=http://127.0.0.1:{self.nodeos_port}"]
        command += [
            f"--nodeos-arg=--name={self.ordinal}",
            "--producer=ours",
            f"--signature-provider-file={directory}/keys",
            *self._options,
            *self._fellows,
        ]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}/services", "KUBECONFIG": str(directory / "kubeconfig")}
        return subprocess.Popen(command, env=environment, stdout=self._log, stderr=self._log)

    def _children(self) -> list[int]:
        if self.process is None:
            return []
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            return [int(child) for child in listed.read_text().split()]
        except FileNotFoundError:
            return []


def until(condition: Callable[[], object], what: str, patience: float) -> float:
    """Waits for it, and returns the seconds that it took."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        try:
            if condition():
                return time.monotonic() - began
        except httpx2.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"It did not come about within {patience:g} s: {what}")
