"""redact.py and logs.sh: the password reaches no log, however it is written and wherever a chunk ends."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodeyard.theta_edge_node.boot import LOG_FILES
from tests.boot.harness import AWS, PASSWORD, Boot, Machine


@pytest.fixture
def node(machine: Callable[..., Machine]) -> Machine:
    node = machine(AWS)
    (node.run_dir / "password").write_text(PASSWORD)
    return node


def filtered(node: Machine, *chunks: bytes) -> bytes:
    """What comes out when the chunks come in one after the other."""
    program = subprocess.Popen(
        ["python3", str(node.lib / "redact.py")],
        env=node.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdin
    for chunk in chunks[:-1]:
        program.stdin.write(chunk)
        program.stdin.flush()
        time.sleep(0.1)
    out, _ = program.communicate(chunks[-1], timeout=30)
    return out


SPELLINGS = {
    "plain": PASSWORD,
    "JSON": json.dumps({"password": PASSWORD}),
    "JSON in UTF-8": json.dumps({"password": PASSWORD}, ensure_ascii=False),
    "URL": urllib.parse.quote(PASSWORD, safe=""),
    "form": urllib.parse.quote_plus(PASSWORD),
    "base64": base64.b64encode(PASSWORD.encode()).decode(),
    "base64 without padding": base64.b64encode(PASSWORD.encode()).decode().rstrip("="),
    "Python": repr({"password": PASSWORD}),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_the_password_is_taken_out_however_it_is_written(node: Machine, spelling: str) -> None:
    out = filtered(node, f"before {spelling} after {spelling}\n".encode()).decode()
    assert out.count("[redacted]") == 2
    assert out.startswith("before ")
    assert " after " in out
    assert not any(form in out for form in SPELLINGS.values())


def test_everything_else_goes_through_as_it_is(node: Machine) -> None:
    text = b"height 25223860\n\xff\xfe no UTF-8\r\n\n" + bytes(range(256)) + b"\nno line end"
    assert filtered(node, text) == text


def test_a_chunk_that_ends_inside_the_password_shows_no_part_of_it(node: Machine) -> None:
    line = f"PASSWORD={PASSWORD}!\n".encode()
    for cut in (12, 20, len(line) - 4):
        assert filtered(node, line[:cut], line[cut:]) == b"PASSWORD=[redacted]!\n"


def test_an_endless_line_is_passed_on_without_it(node: Machine) -> None:
    secret = PASSWORD.encode()
    text = b"x" * (65536 - 10) + secret + b"y" * 70000 + secret + b"z" * 65536
    out = filtered(node, text)
    assert out == text.replace(secret, b"[redacted]")


def test_a_password_that_comes_after_the_filter_counts(node: Machine) -> None:
    (node.run_dir / "password").unlink()
    program = subprocess.Popen(
        ["python3", str(node.lib / "redact.py")], env=node.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert program.stdin
    assert program.stdout
    program.stdin.write(b"waiting\n")
    program.stdin.flush()
    assert program.stdout.readline() == b"waiting\n"
    (node.run_dir / "password").write_text(PASSWORD)
    out, _ = program.communicate(f"now {PASSWORD}\n".encode(), timeout=30)
    assert out == b"now [redacted]\n"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    password=st.text(st.characters(exclude_categories=("C", "Z")), min_size=4, max_size=40),
    around=st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=50), min_size=2, max_size=5),
)
def test_no_password_gets_through(node: Machine, password: str, around: list[str]) -> None:
    (node.run_dir / "password").write_text(password)
    out = filtered(node, password.join(around).encode())
    # Its own replacement apart, whose place no password spans: one may be a part of that word.
    assert password.encode() not in out.replace(b"[redacted]", b"\n")


def test_the_log_for_the_cloud_is_written_by_the_filter_alone(node: Machine, tmp_path: Path) -> None:
    log = tmp_path / "node.log"
    node.program("journalctl", f"cat {tmp_path}/journal")
    (tmp_path / "journal").write_text(f"start.sh: {PASSWORD}\ncloud-init: done\n")
    assert node.script("logs.sh", NODEYARD_LOG=str(log)).returncode == 0
    assert log.read_text() == "start.sh: [redacted]\ncloud-init: done\n"
    [call] = node.called("journalctl")
    assert "--boot" in call
    named = {word for word in call.split() if word.endswith(".service")}
    # journalctl looks a pattern up once, when it starts: before the units that it is for.
    assert "*" not in call
    assert named >= {Path(path).name for path in AWS.but(spot=True).files if path.endswith(".service")}
    assert named >= {"cloud-init.service", "cloud-final.service"}


@pytest.mark.parametrize("old", ["old\n", ""], ids=["as it is", "just rotated"])
def test_after_a_restart_it_goes_on_where_the_log_ends(node: Machine, tmp_path: Path, old: str) -> None:
    # From the beginning of the boot again, old measurements would pass for new ones.
    log = tmp_path / "node.log"
    log.write_text(old)
    os.utime(log, (1_700_000_000, 1_700_000_000))
    node.program("journalctl", "echo new")
    assert node.script("logs.sh", NODEYARD_LOG=str(log)).returncode == 0
    assert "--since @1700000000" in node.called("journalctl")[0]
    assert log.read_text() == f"{old}new\n"


def test_the_agent_reads_the_filtered_log_and_nothing_else(boot: Boot) -> None:
    config = boot.cloud.agent_config
    read = {word.strip('",- ') for word in config.split() if word.strip('",- ').startswith("/var/log")}
    # On Azure a resource of the component says what is read: LOG_FILES is what it is told.
    assert read == (set() if boot.name_of_cloud == "azure" else set(LOG_FILES))
    assert "/var/log/theta-edge-node/node.log" in boot.files["/usr/local/lib/nodeyard/logs.sh"]
    assert LOG_FILES == ("/var/log/theta-edge-node/node.log",)
