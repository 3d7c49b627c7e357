"""The init container that lets nothing start on another network's data, run for real by sh."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.charts.metis import Release
from tests.charts.test_theta_edge_node import pod, rendered, sample

OWNERS = {"l2geth": "andromeda l2geth", "l1dtl": "andromeda l1dtl"}


def run(script: str, disk: Path, owner: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.defpath, "DISK": str(disk), "OWNER": owner}
    return subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def script(release: Release) -> str:
    """The same for everyone."""
    scripts = {release.containers()[f"{process}/own-disk"]["args"][0] for process in OWNERS}
    assert len(scripts) == 1
    return str(scripts.pop())


def test_every_chain_process_asks_the_whole_disk_for_its_own_data(release: Release) -> None:
    for process, owner in OWNERS.items():
        container = release.containers()[f"{process}/own-disk"]
        assert container["env"] == [{"name": "DISK", "value": "/disk"}, {"name": "OWNER", "value": owner}]
        assert container["volumeMounts"] == [{"name": "data", "mountPath": "/disk"}]


def test_it_may_write_to_a_new_disk_whoever_the_image_runs_as(release: Release) -> None:
    """A new disk is root's. The edge node's image for it is one that asks the node how it is, and runs as nobody."""
    everyone = [release.containers()[f"{process}/own-disk"] for process in OWNERS]
    for container in [*everyone, of_edge_node("mainnet")]:
        assert container["securityContext"]["runAsUser"] == 0
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("network", ["mainnet", "testnet"])
def test_an_edge_node_in_a_cluster_asks_as_a_machine_does(network: str) -> None:
    assert {"name": "OWNER", "value": network} in of_edge_node(network)["env"]


def of_edge_node(network: str) -> dict[str, Any]:
    every = pod(rendered(sample(network)))["initContainers"]
    [container] = [container for container in every if container["name"] == "own-disk"]
    return dict(container)


def test_an_empty_disk_is_told_whose_it_is_and_then_lets_it_in_again(script: str, tmp_path: Path) -> None:
    for _ in range(2):
        assert run(script, tmp_path, "andromeda l2geth").returncode == 0
    assert (tmp_path / ".nodeyard/network").read_text() == "andromeda l2geth\n"


@pytest.mark.parametrize("other", ["sepolia l2geth", "andromeda l1dtl", ""])
def test_anothers_disk_stops_the_start_and_is_left_as_it_was(script: str, tmp_path: Path, other: str) -> None:
    (tmp_path / ".nodeyard").mkdir()
    (tmp_path / ".nodeyard/network").write_text(f"{other}\n")
    result = run(script, tmp_path, "andromeda l2geth")
    assert result.returncode == 1
    assert result.stderr == f"the disk is of {other}, and this is andromeda l2geth: nothing was started\n"
    assert (tmp_path / ".nodeyard/network").read_text() == f"{other}\n"


def test_data_from_before_there_was_a_word_is_taken_as_its_own(script: str, tmp_path: Path) -> None:
    (tmp_path / "geth").mkdir()
    assert run(script, tmp_path, "andromeda l2geth").returncode == 0
    assert (tmp_path / "geth").is_dir()


def test_a_start_that_was_killed_before_the_word_was_whole_begins_again(script: str, tmp_path: Path) -> None:
    (tmp_path / ".nodeyard").mkdir()
    (tmp_path / ".nodeyard/network.new").write_text("andro")
    assert run(script, tmp_path, "andromeda l2geth").returncode == 0
    assert (tmp_path / ".nodeyard/network").read_text() == "andromeda l2geth\n"


def test_the_word_is_on_the_disk_before_it_stands_in_its_place(script: str, tmp_path: Path) -> None:
    """A node that loses its power could else keep an empty word, which lets nobody in."""
    disk, tools = tmp_path / "disk", tmp_path / "tools"
    tools.mkdir()
    (tools / "sync").write_text(f'#!/bin/sh\n[ ! -e "{disk}/.nodeyard/network" ] && cat "$1" >"{tmp_path}/synced"\n')
    (tools / "sync").chmod(0o755)
    assert run(script.replace("set -eu", f"PATH={tools}:$PATH; set -eu", 1), disk, "andromeda l2geth").returncode == 0
    assert (tmp_path / "synced").read_text() == "andromeda l2geth\n"


def test_a_disk_that_cannot_be_written_to_stops_the_start(script: str, tmp_path: Path) -> None:
    (tmp_path / "no-directory").write_text("")  # root may write wherever there is a directory
    assert run(script, tmp_path / "no-directory", "andromeda l2geth").returncode != 0
