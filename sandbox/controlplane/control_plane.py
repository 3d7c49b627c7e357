"""One Kubernetes control plane for one cluster of the world: its processes, its state directory, its API server.

The state is thrown away when it stops. Nothing is lost with it that Pulumi made: the world remembers, and a control
plane that starts is brought what the world has (restore.py).
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from sandbox.ports import free_port

from . import definitions
from .client import Client
from .clouds import Cluster
from .processes import Process, end_all, spawn

HERE = Path(__file__).resolve().parent
#: What `on` says while every cluster of the world has a control plane: where the binaries are.
MARKER = "on"
#: What the agent leaves in the state directory once it has seen the world and made the first nodes.
AT_WORK = "at-work"
MOUNTED = "sandbox.nodeyard.io/started"
START_SECONDS = 120


class NotStarted(Exception):
    """A control plane did not come up; the text ends with what its log says."""


class ControlPlane:
    def __init__(self, home: Path, name: str):
        self.home = home
        self.directory = home / "clusters" / name
        self.name = name

    # --- what there is

    @property
    def record(self) -> dict[str, Any]:
        """What was started here; empty when nothing was, or when it did not come up."""
        return read(self.directory / "cluster.json")

    @property
    def processes(self) -> list[Process]:
        return [Process(**entry) for entry in read(self.directory / "processes.json").get("processes", [])]

    @property
    def running(self) -> bool:
        """False too for what a restart of the machine left behind: the recorded processes are others, or none."""
        return bool(self.record) and all(process.alive for process in self.processes)

    def serves(self, cluster: Cluster) -> bool:
        return self.running and self.record["cluster"] == asdict(cluster)

    @property
    def client(self) -> Client:
        return Client(self.record["port"], self.record["token"], self.directory / "certs/apiserver.crt")

    @property
    def kubeconfig(self) -> Path:
        return self.directory / "kubeconfig"

    # --- start and stop

    def start(self, cluster: Cluster, binaries: Path) -> None:
        self.stop()
        self.directory.mkdir(parents=True)
        self.directory.chmod(0o700)
        (self.directory / "logs").mkdir()
        try:
            record = self._api_server(binaries)
            self._controllers(binaries, record)
            write(self.directory / "cluster.json", {"cluster": asdict(cluster), **record})
            self._spawn("agent", Path(sys.executable), ["-I", str(HERE / "agent.py"), str(self.home), self.name])
            self._wait((self.directory / AT_WORK).exists, "agent")
        except NotStarted:
            end_all(self.processes)
            raise

    def stop(self) -> None:
        end_all(self.processes)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _api_server(self, binaries: Path) -> dict[str, Any]:
        kube = binaries / "kube"
        etcd, peer, port = (free_port() for _ in range(3))
        token = secrets.token_hex(16)
        private(self.directory / "tokens.csv", f"{token},admin,admin,system:masters\n")
        private(self.directory / "sa.key", run_as(kube, "signing-key"))
        self._spawn("etcd", kube, etcd_flags(self.directory, etcd, peer))
        self._spawn("kube-apiserver", kube, api_server_flags(self.directory, etcd, port))
        certificate = self.directory / "certs/apiserver.crt"
        self._wait(lambda: written(certificate), "kube-apiserver")
        private(self.kubeconfig, yaml.safe_dump(kubeconfig(self.name, port, token, certificate)))
        client = Client(port, token, certificate)
        self._wait(client.ready, "kube-apiserver")
        for definition in definitions.definitions(binaries):
            client.apply(definition, "sandbox")
        return {"port": port, "token": token, "binaries": str(binaries)}

    def _controllers(self, binaries: Path, record: dict[str, Any]) -> None:
        config = ["--kubeconfig", str(self.kubeconfig)]
        alone = [*config, "--secure-port", "0", "--leader-elect=false"]
        key = ["--service-account-private-key-file", str(self.directory / "sa.key")]
        root = ["--root-ca-file", str(self.directory / "certs/apiserver.crt")]
        self._spawn("kube-scheduler", binaries / "kube", alone)
        self._spawn(
            "kube-controller-manager",
            binaries / "kube",
            [*alone, *key, *root, "--use-service-account-credentials=false"],
        )
        stages = self.directory / "stages.yaml"
        stages.write_text(yaml.safe_dump_all(stages_of(binaries)))
        selector = "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake"
        self._spawn(
            "kwok",
            binaries / "kwok",
            [*config, "--config", str(stages), "--node-port", "0", "--node-lease-duration-seconds=40", selector],
        )
        client = Client(record["port"], record["token"], self.directory / "certs/apiserver.crt")
        self._wait(lambda: client.find("ServiceAccount", "default", "default") is not None, "kube-controller-manager")

    def _spawn(self, name: str, executable: Path, arguments: Sequence[str]) -> None:
        log = self.directory / "logs" / f"{name}.log"
        called = name if executable.name == "kube" else str(executable)
        started = spawn(name, executable, [called, *arguments], log)
        write(
            self.directory / "processes.json",
            {"processes": [asdict(process) for process in [*self.processes, started]]},
        )

    def _wait(self, condition: Any, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            dead = next((process.name for process in self.processes if not process.alive), None)
            if dead or time.monotonic() > deadline:
                log = (self.directory / "logs" / f"{dead or name}.log").read_text().splitlines()
                raise NotStarted("\n".join([f"{dead or name} of the cluster {self.name} did not start:", *log[-8:]]))
            time.sleep(0.05)


# --- all of them


def control_planes(home: Path) -> list[ControlPlane]:
    found = (home / "clusters").glob("*/processes.json")
    return [ControlPlane(home, file.parent.name) for file in sorted(found)]


def binaries_in_use(home: Path) -> Path | None:
    """Where the binaries are while the cluster is on, else None."""
    directory = read(home / "clusters" / MARKER).get("binaries")
    return Path(directory) if directory else None


def switch_on(home: Path, binaries: Path) -> None:
    write(home / "clusters" / MARKER, {"binaries": str(binaries)})


def switch_off(home: Path) -> None:
    (home / "clusters" / MARKER).unlink(missing_ok=True)


@contextlib.contextmanager
def one_at_a_time(home: Path) -> Iterator[None]:
    (home / "clusters").mkdir(parents=True, exist_ok=True)
    with open(home / "clusters/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- what the programs are told


def etcd_flags(directory: Path, port: int, peer: int) -> list[str]:
    client, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    urls = {"listen-client-urls": client, "advertise-client-urls": client, "listen-peer-urls": peers}
    urls |= {"initial-advertise-peer-urls": peers, "initial-cluster": f"default={peers}"}
    return [
        "--data-dir",
        str(directory / "etcd"),
        "--unsafe-no-fsync",
        "--log-level=warn",
        *(f"--{k}={v}" for k, v in urls.items()),
    ]


def api_server_flags(directory: Path, etcd: int, port: int) -> list[str]:
    key = directory / "sa.key"
    return [
        *("--etcd-servers", f"http://127.0.0.1:{etcd}"),
        *("--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", str(port)),
        "--endpoint-reconciler-type=none",  # a loopback address is no valid endpoint
        *("--cert-dir", str(directory / "certs")),
        "--service-cluster-ip-range=172.20.0.0/16",
        "--service-account-issuer=https://kubernetes.default.svc",
        *("--service-account-key-file", str(key), "--service-account-signing-key-file", str(key)),
        *("--authorization-mode", "RBAC", "--token-auth-file", str(directory / "tokens.csv")),
        "--allow-privileged=true",  # as on every managed cluster: per-node agents need it
    ]


def kubeconfig(name: str, port: int, token: str, authority: Path) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": f"https://127.0.0.1:{port}", "certificate-authority": str(authority)}}
        ],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "admin"}}],
        "current-context": name,
    }


def stages_of(binaries: Path) -> Iterator[dict[str, Any]]:
    """kwok's own stages, but that a pod becomes ready only once our agent found what its kubelet would wait for."""
    for stage in yaml.safe_load_all((binaries / "stages.yaml").read_text()):
        if stage["metadata"]["name"] == "pod-ready":
            found = {"key": f'.metadata.annotations["{MOUNTED}"]', "operator": "Exists"}
            stage["spec"]["selector"]["matchExpressions"].append(found)
        yield stage


def written(certificate: Path) -> bool:
    """Whether it is there to its end: the API server writes it while we wait."""
    return certificate.exists() and certificate.read_text().rstrip().endswith("-----END CERTIFICATE-----")


def run_as(executable: Path, name: str) -> str:
    return subprocess.run([name], executable=executable, check=True, capture_output=True, text=True).stdout


def read(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found


def write(file: Path, content: dict[str, Any]) -> None:
    part = file.with_name(f".{file.name}.{os.getpid()}")
    file.parent.mkdir(parents=True, exist_ok=True)
    private(part, json.dumps(content))
    part.replace(file)


def private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)
