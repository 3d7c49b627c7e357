"""The init container that lets strangers' code start only once the pod is fenced in, run for real by sh and curl
against servers that stand for what is forbidden and what is allowed."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.charts.test_theta_edge_node import pod, rendered, sample


def container() -> dict[str, Any]:
    first: dict[str, Any] = pod(rendered())["initContainers"][0]
    return first


@pytest.fixture(scope="module")
def script() -> str:
    return str(container()["args"][0])


@pytest.fixture
def allowed() -> Iterator[str]:
    with closing(server()) as listening:
        yield address(listening)


def server() -> socket.socket:
    """The kernel takes its connections; nobody says a word on them."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.listen(64)
    return listening


def address(listening: socket.socket) -> str:
    return f"127.0.0.1:{listening.getsockname()[1]}"


def nothing() -> str:
    """Where nobody listens."""
    with closing(server()) as gone:
        return address(gone)


def waits(script: str, forbidden: str, *allowed: str, patience: float = 30) -> str:
    """What it said before it ended well; TimeoutExpired when it still waits."""
    env = {"PATH": os.defpath, "FORBIDDEN": forbidden, "ALLOWED": " ".join(allowed), "RETRY": "0.1"}
    result = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=True, timeout=patience)
    return result.stdout


CURL = """#!/bin/sh
read -r took <"$LOOKS"
sed -i 1d "$LOOKS"
echo "$took"
"""
NO, YES = "0.000000", "0.000123"
"""How long a connection took, as curl says it of none and of one."""


def test_strangers_code_starts_after_it_and_nothing_before() -> None:
    assert container()["name"] == "wait-until-fenced"
    assert container()["securityContext"]["runAsNonRoot"] is True


def test_it_asks_for_what_the_policy_forbids_and_for_what_it_allows() -> None:
    env = {one["name"]: one["value"] for one in container()["env"]}
    forbidden = ip_address(env["FORBIDDEN"].partition(":")[0])
    assert any(forbidden in ip_network(cidr) for cidr in sample()["forbidden"])
    assert env["ALLOWED"].split() == [f"{resolver}:53" for resolver in sample()["resolvers"]]


def test_a_pod_that_is_fenced_in_starts(script: str, allowed: str) -> None:
    assert waits(script, nothing(), nothing(), allowed).count("\n") == 1


def test_a_pod_that_is_still_open_waits_until_it_is_fenced_in(script: str, allowed: str) -> None:
    forbidden = server()
    threading.Timer(1, forbidden.close).start()
    said = waits(script, address(forbidden), allowed)
    assert "the NetworkPolicy does not hold yet" in said.splitlines()[0]
    assert "as the NetworkPolicy says" in said.splitlines()[-1]


def test_a_pod_that_stays_open_never_starts(script: str, allowed: str) -> None:
    with closing(server()) as forbidden, pytest.raises(subprocess.TimeoutExpired):
        waits(script, address(forbidden), allowed, patience=5)


def test_a_pod_without_a_network_is_not_taken_for_one_that_is_fenced_in(script: str) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        waits(script, nothing(), nothing(), patience=2)


def test_one_look_is_no_policy(script: str, tmp_path: Path) -> None:
    """Three in a row count: in between the policy did not hold, or there was no network."""
    fenced, looks = [NO, YES], tmp_path / "looks"
    looks.write_text("\n".join([*fenced * 2, YES, *fenced * 2, NO, NO, *fenced * 3, "left"]))
    (tmp_path / "curl").write_text(CURL)
    (tmp_path / "curl").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.defpath}", "LOOKS": str(looks), "FORBIDDEN": "a:1", "ALLOWED": "b:1", "RETRY": "0"}
    subprocess.run(["sh", "-c", script], env=env, check=True, timeout=30)
    assert looks.read_text() == "left"


def test_told_to_stop_it_has_not_succeeded(script: str) -> None:
    with closing(server()) as forbidden:
        env = {"PATH": os.defpath, "FORBIDDEN": address(forbidden), "ALLOWED": nothing()}
        with subprocess.Popen(["sh", "-c", script], env=env, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert b"does not hold yet" in process.stdout.readline()
            process.terminate()
            assert process.wait(30) == 143
