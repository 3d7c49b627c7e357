"""The files of a node's machine in a directory of the test's own, and programs that stand in for the cloud's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nodeyard import clouds
from nodeyard.clouds.contract.machine_boot import MachineBoot, MachineBootSpec
from nodeyard.theta_edge_node.boot import LOG_FILES, BootChoices, files, metrics, render

Result = subprocess.CompletedProcess[str]

# Where Debian keeps root's programs, which a user's PATH leaves out.
WITH_SBIN = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
LIB, ETC = "/usr/local/lib/nodeyard/", "/etc/nodeyard/"
IMAGE = "docker.io/thetalabsorg/edgelauncher_mainnet@sha256:" + "a" * 64
NEWER = "docker.io/thetalabsorg/edgelauncher_mainnet@sha256:" + "b" * 64
PASSWORD = 'o\'so "secret" $(id) #1 grün'
ADDRESS = "0x095f9CF353a4e2B8CD1f876cd8990d42bEcf6455"


MAINNET = BootChoices(network="mainnet", gpu=True)


@dataclass(frozen=True)
class Boot:
    """The boot of one node's machine: what an operator chose, and what the cloud adds for what was made."""

    platform: Any
    made: MachineBootSpec
    choices: BootChoices = MAINNET

    def but(self, **choices: Any) -> Boot:
        """The same with other choices."""
        chosen = replace(self.choices, **choices)
        return replace(self, choices=chosen, made=replace(self.made, gpu=chosen.gpu))

    @property
    def node(self) -> str:
        return self.made.machine

    @property
    def name_of_cloud(self) -> str:
        return str(self.platform["cloud"])

    @property
    def cloud(self) -> MachineBoot:
        return clouds.of(self.platform).machine_boot(self.made, self.platform)

    @property
    def files(self) -> dict[str, str]:
        return files(self.node, self.choices, self.cloud)

    @property
    def text(self) -> str:
        return render(self.node, self.choices, self.cloud)

    @property
    def secret(self) -> str:
        return self.cloud.settings["SECRET"]

    @property
    def identity(self) -> str:
        return self.cloud.settings["IDENTITY"]

    @property
    def image_source(self) -> str:
        return self.cloud.settings["IMAGE_SOURCE"]


NODE = "theta-mainnet-a"
AWS = Boot(
    {"cloud": "aws", "region": "us-east-2"},
    MachineBootSpec(
        machine=NODE,
        disk="vol-0abc123",
        secret="arn:aws:secretsmanager:us-east-2:111122223333:secret:theta-mainnet/a/password-AbCdEf",
        log_group="nodeyard/theta-mainnet",
        log_files=LOG_FILES,
        metrics_namespace=metrics.NAMESPACE,
        gpu=True,
    ),
)
AZURE = Boot(
    {"cloud": "azure", "account": "s", "region": "eastus2", "azure": {"resource_group": "g"}},
    replace(
        AWS.made,
        disk="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/theta-mainnet-a",
        secret="/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/theta-vault/secrets/password",
    ),
)
GCP = Boot(
    {"cloud": "gcp", "account": "acme", "region": "us-central1"},
    replace(
        AWS.made,
        disk="projects/acme/zones/us-central1-a/disks/theta-mainnet-a",
        secret="projects/acme/secrets/theta-mainnet-a-password",
        log_group="theta-mainnet",
    ),
)
BOOTS = {boot.name_of_cloud: boot for boot in (AWS, AZURE, GCP)}


class Machine:
    """A node's files under `root`, its programs stood in for by shell scripts."""

    def __init__(self, root: Path, boot: Boot, **settings: str) -> None:
        self.root, self.boot = root, boot
        self.lib, self.etc, self.bin = root / "lib", root / "etc", root / "bin"
        self.run_dir, self.state, self.mount = root / "run", root / "state", root / "data"
        self.calls = root / "calls"
        for directory in (self.lib, self.etc, self.bin, self.run_dir, self.state, self.mount):
            directory.mkdir(exist_ok=True)
        self.calls.touch()
        self._install({"MOUNT": str(self.mount), **settings})

    def _install(self, settings: dict[str, str]) -> None:
        for path, text in self.boot.files.items():
            for prefix, directory in ((LIB, self.lib), (ETC, self.etc)):
                if path.startswith(prefix):
                    target = directory / path.removeprefix(prefix)
                    target.write_text(text)
                    target.chmod(0o755)
        env = self.etc / "theta.env"
        text = env.read_text()
        for key, value in settings.items():
            text, found = re.subn(rf"^{key}=.*$", lambda _, k=key, v=value: f"{k}='{v}'", text, flags=re.M)
            assert found == 1, key
        env.write_text(text)

    @property
    def settings(self) -> dict[str, str]:
        lines = (self.etc / "theta.env").read_text().splitlines()
        return {key: value.strip("'") for key, _, value in (line.partition("=") for line in lines)}

    def program(self, name: str, script: str) -> None:
        """A stand-in, which first notes how it was called."""
        file = self.bin / name
        file.write_text(f"#!/bin/bash\nprintf '%s\\n' \"{name} $*\" >>{self.calls}\n{script}\n")
        file.chmod(0o755)

    def called(self, name: str) -> list[str]:
        return [line for line in self.calls.read_text().splitlines() if line.split(" ")[0] == name]

    def environment(self, **env: str) -> dict[str, str]:
        return {
            "PATH": f"{self.bin}:{WITH_SBIN['PATH']}",
            "NODEYARD_ETC": str(self.etc),
            "NODEYARD_LIB": str(self.lib),
            "NODEYARD_RUN": str(self.run_dir),
            "NODEYARD_STATE": str(self.state),
            "PYTHONDONTWRITEBYTECODE": "1",
            **env,
        }

    def script(self, name: str, *args: str, **env: str) -> Result:
        return self._run([str(self.lib / name), *args], self.environment(**env))

    def python(self, name: str, *args: str, **env: str) -> Result:
        """As a unit runs it: with the settings in its environment. By this interpreter: pyenv's changes PATH."""
        return self._run([sys.executable, str(self.lib / name), *args], self.environment(**{**self.settings, **env}))

    @staticmethod
    def _run(command: list[str], env: dict[str, str]) -> Result:
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


Answer = tuple[int, Any]
"""Status and body: text as it is, anything else as JSON."""


@contextmanager
def server(answer: Callable[[Request], Answer]) -> Iterator[tuple[str, list[Request]]]:
    """A server on loopback: (its URL, what it was asked)."""
    asked: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(length).decode()
            request = Request(self.command, self.path, dict(self.headers), json.loads(text) if text else None)
            asked.append(request)
            status, body = answer(request)
            sent = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = respond  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Says nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}", asked
    finally:
        httpd.shutdown()
        httpd.server_close()
