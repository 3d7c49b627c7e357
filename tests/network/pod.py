"""A pod of the rendered chart, run as processes of this machine.

Commands, environment, files and their places are those of the rendered objects. This is all that differs:

- An address of its own on the loopback interface stands for a pod's own addresses (0.0.0.0 and 127.0.0.1), and for the
  names of the Services that select the pod. So all pods listen on the product's ports.
- A directory stands for each place that a container mounts, and for the image's /bin: busybox, as the clients' images
  have it, and geth. The tools' container is `chain_tools` with this Python.
- What the cloud's identity gives to a pod is the environment that opens the stand-in of S3.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.charts.harness import REPO
from tests.network.release import NAME, Release, key_of

TOOLS = [sys.executable, "-m", "chain_tools"]
"""The tools' image."""
TOOLS_ENV = {**os.environ, "PYTHONPATH": str(REPO / "services")}
_SERVICE = re.compile(rf"([a-z0-9-]+)\.{NAME}\.svc\b")
_OWN_ADDRESS = re.compile(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b")


@dataclass
class Cluster:
    """What all pods stand on."""

    root: Path
    geth: Path
    release: Release
    net: str
    """The first three numbers of the pods' addresses."""
    identity: Mapping[str, str] = field(default_factory=dict)
    _tasks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.root / "bin").mkdir(parents=True)
        subprocess.run(["busybox", "--install", "-s", self.bin], check=True)
        (self.bin / "geth").symlink_to(self.geth)

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    def address(self, task: str) -> str:
        if task not in self._tasks:
            self._tasks.append(task)
        return f"{self.net}.{10 + self._tasks.index(task)}"

    def service(self, name: str) -> str:
        """The address of a pod that a Service selects."""
        wanted = self.release.rendered.of("Service")[name]["spec"]["selector"].items()
        templates = self.release.rendered.templates
        return self.address(
            next(task for task, pod in templates.items() if wanted <= pod["metadata"]["labels"].items())
        )

    def here(self, text: str, task: str) -> str:
        """A text with addresses of this machine."""
        text = _OWN_ADDRESS.sub(self.address(task), text)
        return _SERVICE.sub(lambda found: self.service(found[1]), text)


@dataclass
class Pod:
    """A task's one pod: its disk stays, and everything else is new with each start."""

    cluster: Cluster
    task: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    """Of the containers that run, by name."""

    @property
    def root(self) -> Path:
        return self.cluster.root / self.task

    @property
    def address(self) -> str:
        return self.cluster.address(self.task)

    @property
    def spec(self) -> dict[str, Any]:
        return self.cluster.release.rendered.pod(self.task)

    def start(self) -> None:
        for volume in self.spec["volumes"]:
            self._fill(volume)
        for container in self._names("initContainers"):
            code = self._run(container).wait(timeout=120)
            assert code == 0, self.log(container)
        self.processes = {container: self._run(container) for container in self._names("containers")}

    def _names(self, kind: str) -> list[str]:
        return [container["name"] for container in self.spec.get(kind, [])]

    def log(self, container: str = "node") -> str:
        return (self.root / f"{container}.log").read_text(errors="replace")

    def end(self) -> None:
        """Every process of the pod is killed, as a machine's loss does."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        self.ended()

    def ended(self) -> dict[str, int]:
        """The containers' codes, once all have ended."""
        codes = {name: process.wait(timeout=120) for name, process in self.processes.items()}
        self.processes = {}
        return codes

    def exec(self, *words: str) -> str:
        """What a command prints in the container `node`."""
        command = [self._here(word, "node") for word in words]
        env = self.environment("node")
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60).stdout

    # --- volumes ---

    def places(self, container: str = "node") -> dict[str, Path]:
        """Where a container's directories are, by what the container calls them."""
        mounts = self._container(container)["volumeMounts"]
        return {
            "/bin": self.cluster.bin,
            **{mount["mountPath"]: self.root / mount["name"] / mount.get("subPath", "") for mount in mounts},
        }

    def _fill(self, volume: dict[str, Any]) -> None:
        """A disk keeps what it has. Whatever else there is belongs to one pod."""
        if "persistentVolumeClaim" in volume:
            return
        directory = self.root / volume["name"]
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for name, text in self._files(volume).items():
            (directory / name).write_text(text)

    def _files(self, volume: dict[str, Any]) -> dict[str, str]:
        if "csi" in volume:
            files = self.cluster.release.values["nodes"][self.task]["secretFiles"]
            return dict.fromkeys(files.values(), key_of(self.task))
        sources: Iterable[dict[str, Any]] = volume.get("projected", {}).get("sources", [volume])
        maps = self.cluster.release.rendered.of("ConfigMap")
        names = [source["configMap"]["name"] for source in sources if "configMap" in source]
        return {file: self.cluster.here(text, self.task) for name in names for file, text in maps[name]["data"].items()}

    # --- containers ---

    def environment(self, container: str) -> dict[str, str]:
        told = {each["name"]: each.get("value", self.address) for each in self._container(container)["env"]}
        own = {**TOOLS_ENV, **self.cluster.identity} if self._is_tools(container) else {"PATH": str(self.cluster.bin)}
        return {**own, **{name: self._here(value, container) for name, value in told.items()}}

    def _run(self, name: str) -> subprocess.Popen[bytes]:
        container = self._container(name)
        for directory in self.places(name).values():
            directory.mkdir(parents=True, exist_ok=True)
        words = [self._here(word, name) for word in [*container.get("command", []), *container.get("args", [])]]
        with (self.root / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*TOOLS, *words] if self._is_tools(name) else words,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _container(self, name: str) -> dict[str, Any]:
        return self.cluster.release.rendered.containers(self.task)[name]

    def _is_tools(self, container: str) -> bool:
        return bool(self._container(container)["image"] == self.cluster.release.values["images"].get("tools"))

    def _here(self, word: str, container: str) -> str:
        """A word with places and addresses of this machine."""
        for place, directory in self.places(container).items():
            if word == place or word.startswith(f"{place}/"):
                return f"{directory}{word.removeprefix(place)}"
        return self.cluster.here(word, self.task)
