"""`nodeyard nodeos backup`, `restore` and `reload` to the end.

A spare's manager and its nodeos are processes, with a disk and a bucket.
"""

import contextlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.ops.harness import TOOLS, Command, aws_stack, eventually
from tests.ops.nodeos_cluster import LEASE, NAMESPACE, Pod, node, printed_pod, printed_stateful_set
from tests.services.chain_store import servers
from tests.services.nodeos_manager.store import hurried
from tests.services.nodeos_manager.store.test_manager import Running, manager

STACK, SPARE = "nodeos-jungle", "nodeos-bp-2"


@pytest.fixture
def spare(nodeyard: Command, tmp_path: Path) -> Iterator[Running]:
    dead = "127.0.0.1:9"
    with servers.gcs() as store:
        for name, value in {"AWS_METADATA_ENDPOINT": f"http://{dead}", **store.environment}.items():
            nodeyard.monkeypatch.setenv(name, value)
        url = store.create("nodeos-ops")
        with manager(tmp_path / SPARE, url, program=hurried.__name__) as running, kubernetes(running) as at:
            nodeyard.install("kubectl", "kubectl_nodeos")
            nodeyard.monkeypatch.setenv("CONTROL", at)
            nodeyard.monkeypatch.setenv("FORWARD", str(TOOLS / "forward.py"))
            ordinals = {SPARE: {"service": SPARE, "pod": f"{SPARE}-0", "mayProduce": False}}
            nodeyard.deploy(
                STACK,
                **aws_stack(namespace=NAMESPACE, ordinals=ordinals, lease=LEASE, failover="manual", missing=[]),
            )
            assert running.state() == "genesis"
            # The proxy asks nodeos itself. What the manager tells of the head, it read up to a second before.
            assert eventually(lambda: running.ask("GET", "status")["head"] is not None, 60)
            yield running


@contextlib.contextmanager
def kubernetes(running: Running) -> Iterator[str]:
    """What the stand-in of kubectl asks: a pod, and the port of its manager."""
    ordinal = cast(Any, SimpleNamespace(name=SPARE, is_spare=True))
    pod = Pod(ordinal, "uid", node="node-2", is_spare=True)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            words = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            items = [node("node-2"), printed_pod(pod), printed_stateful_set(pod)]
            told = {"port": running.port} if words[0] == "port-forward" else {"printed": json.dumps({"items": items})}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def run(nodeyard: Command, *words: str) -> str:
    token = str(nodeyard.directory / SPARE / "token")
    # A busy machine may keep an answer back for longer than the ten seconds of an operator.
    result = nodeyard("nodeos", words[0], STACK, *words[1:], "--token-file", token, "--timeout", "60")
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_spare_keeps_a_backup_and_a_snapshot_and_starts_from_either(nodeyard: Command, spare: Running) -> None:
    said = [run(nodeyard, "backup"), run(nodeyard, "backup", "--snapshot")]
    listed = spare.ask("GET", "list_backups")
    ((backup,), (snapshot,)) = listed["backups"], listed["snapshots"]
    assert said == [
        f"{SPARE}: The backup {backup['name']} is in the bucket.\n",
        f"{SPARE}: The snapshot {snapshot['name']} is in the bucket.\n",
    ]
    assert run(nodeyard, "restore", "--ordinal", SPARE, "--yes").endswith(f"from the snapshot {snapshot['name']}.\n")
    assert (spare.state(), "--snapshot=" in spare.command()) == ("genesis", True)
    (spare.data / "blocks/blocks.log").write_bytes(b"")
    words = ("--ordinal", SPARE, "--source", "backup", "--name", backup["name"], "--yes")
    assert run(nodeyard, "restore", *words) == f"{SPARE}: nodeos starts from the backup {backup['name']}.\n"
    assert (spare.state(), "--snapshot=" in spare.command()) == ("genesis", False)
    assert (spare.data / "blocks/blocks.log").stat().st_size > 0


def test_a_spare_takes_a_changed_configuration_when_it_is_told(nodeyard: Command, spare: Running) -> None:
    assert run(nodeyard, "reload", "--dry-run") == "Nothing is to be done.\n"
    (spare.data.parent / "config/config.ini").write_text("max-clients = 7\n")
    assert run(nodeyard, "reload", "--dry-run").startswith(f"1. {SPARE}: start nodeos anew")
    assert "max-clients" not in (spare.data.parent / "run/config.ini").read_text()
    run(nodeyard, "reload")
    assert "max-clients = 7" in (spare.data.parent / "run/config.ini").read_text()
    assert (spare.ask("GET", "configuration")["reload_pending"], spare.state()) == (False, "genesis")
