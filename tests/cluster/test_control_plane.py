"""`./sandbox/cluster`: control planes come and go with their clusters, keep to themselves, and leave nothing behind."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import bootstrap
from sandbox.controlplane import binaries
from sandbox.controlplane.processes import Process, start_time
from tests.cluster.harness import Kubernetes, Sandbox, until

SECOND = "https://second.gr7.us-east-2.eks.amazonaws.com"
NAMES = {"etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "kwok", "agent"}


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of the sandbox's business."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def test_before_the_start_kubectl_says_how_to_start(sandbox: Sandbox) -> None:
    result = sandbox.kubectl("get", "nodes", check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("sandbox: no control plane runs: ./sandbox/cluster start")
    assert sandbox.cluster("status").stdout == "off\n"


def test_start_says_where_its_kubernetes_is_not_the_clusters(sandbox: Sandbox) -> None:
    sandbox.cloud.cluster()
    said = sandbox.cluster("start").stderr
    assert "platform asks for Kubernetes 1.33; its control plane here is v1." in said


def test_every_process_runs_and_is_recorded(sandbox: Sandbox, kubernetes: Kubernetes) -> None:
    processes = sandbox.control_plane().processes
    assert {process.name for process in processes} == NAMES
    assert all(process.alive for process in processes)
    assert "platform: Kubernetes v1." in sandbox.cluster("status").stdout


def test_everything_listens_on_loopback_only(sandbox: Sandbox, kubernetes: Kubernetes) -> None:
    addresses = [address for process in sandbox.control_plane().processes for address in listening(process.pid)]
    assert len(addresses) == 3  # etcd's two and the API server's
    assert set(addresses) == {"0100007F"}


def test_only_the_one_who_started_it_gets_in(sandbox: Sandbox, kubernetes: Kubernetes) -> None:
    plane = sandbox.control_plane()
    for file in ("kubeconfig", "tokens.csv", "sa.key", "cluster.json"):
        assert stat.S_IMODE((plane.directory / file).stat().st_mode) == 0o600
    context = kubernetes.client.tls
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"https://127.0.0.1:{plane.record['port']}/api/v1/nodes", context=context)


def test_a_cluster_made_later_gets_one_too_and_kubectl_asks_which(sandbox: Sandbox, kubernetes: Kubernetes) -> None:
    sandbox.cloud.cluster("second", SECOND)
    sandbox.cluster("start")
    assert sandbox.control_plane("second").running
    result = sandbox.kubectl("get", "nodes", check=False)
    assert "several control planes run (platform, second): kubectl --cluster-name NAME" in result.stderr
    sandbox.kubectl("--cluster-name", "second", "create", "namespace", "only-there")
    assert kubernetes.client.find("Namespace", "only-there") is None


def test_a_cluster_that_is_deleted_takes_its_control_plane_along(sandbox: Sandbox, kubernetes: Kubernetes) -> None:
    plane = sandbox.control_plane("second")
    processes = plane.processes
    sandbox.cloud.remove_cluster("second")
    until(lambda: not any(process.alive for process in processes), "the end of its processes")
    until(lambda: not plane.directory.exists(), "the end of its state")
    assert sandbox.control_plane().running


def test_what_a_restart_of_the_machine_leaves_is_recognised_and_no_other_process_is_ended(
    sandbox: Sandbox, kubernetes: Kubernetes, bystander: subprocess.Popen[bytes]
) -> None:
    plane = sandbox.control_plane()
    file = plane.directory / "processes.json"
    before = json.loads(file.read_text())
    for process in plane.processes:
        process.end()
    for entry in before["processes"]:
        entry["pid"] = bystander.pid  # as after a restart: the ids are somebody else's
    file.write_text(json.dumps(before))
    assert "platform: not running" in sandbox.cluster("status").stdout
    sandbox.cluster("start")
    assert sandbox.control_plane().running
    assert bystander.poll() is None


def test_it_ends_with_the_process_that_owns_it(sandbox: Sandbox, bystander: subprocess.Popen[bytes]) -> None:
    sandbox.cluster("stop")
    sandbox.cluster("start", SANDBOX_CLUSTER_OWNER=str(bystander.pid))
    processes = sandbox.control_plane().processes
    bystander.kill()
    bystander.wait()
    until(lambda: not any(process.alive for process in processes), "the end of its processes")


def test_stop_leaves_nothing_behind(sandbox: Sandbox) -> None:
    sandbox.cluster("start")
    processes = sandbox.control_plane().processes
    sandbox.cluster("stop")
    assert not any(process.alive for process in processes)
    assert [path.name for path in (sandbox.home / "clusters").iterdir()] == ["lock"]


def test_a_process_is_known_by_its_start_and_not_by_its_id_alone(bystander: subprocess.Popen[bytes]) -> None:
    assert Process("sleep", bystander.pid, start_time(bystander.pid)).alive
    impostor = Process("sleep", bystander.pid, "at another time")
    impostor.end()
    assert not impostor.alive
    assert bystander.poll() is None


def test_without_go_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bootstrap, "CACHE", tmp_path)
    with pytest.raises(
        bootstrap.Missing, match=r"Go 1.26 or newer is needed to build Kubernetes v1\.36\.3: install it"
    ):
        binaries.built()


def test_it_ends_when_its_home_is_deleted_under_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    sandbox = Sandbox(home)
    sandbox.cloud.cluster()
    sandbox.cluster("start")
    processes = sandbox.control_plane().processes
    while home.exists():  # as long as something is still being written there
        shutil.rmtree(home, ignore_errors=True)
    until(lambda: not any(process.alive for process in processes), "the end of its processes")
    assert not home.exists()


def listening(pid: int) -> list[str]:
    """The addresses on which a process listens, as Linux writes them."""
    links = [file.readlink() for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]
    inodes = {str(link)[8:-1] for link in links if str(link).startswith("socket:[")}
    rows = [row.split() for kind in ("tcp", "tcp6") for row in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
    return [row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes]
