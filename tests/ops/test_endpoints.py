"""A stack whose cloud is at endpoints of its own: those alone are asked, here the sandbox's, whatever the environment
has of a real cloud."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from ops.errors import BadInput, Unreachable
from ops.secrets.store import Store, store_of
from ops.stacks import Account, Stack
from sandbox.endpoints import Answer, Request, server, services
from sandbox.simulation.world import World
from tests.ops.harness import Command
from tests.ops.secret_worlds import MADE, Made, made_in

VALUE = "https://l1.example.com/a-key"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AZURE_TENANT_ID": "11111111-1111-1111-1111-111111111111",
    "AZURE_CLIENT_ID": "22222222-2222-2222-2222-222222222222",
    "AZURE_CLIENT_SECRET": "real",
}
CREDENTIAL_HEADERS = ("authorization", "x-amz-security-token", "x-goog-api-key", "x-goog-user-project")
PROXY = "http://192.0.2.1:3128"


@pytest.fixture(autouse=True)
def trapped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Any]]:
    """Whoever is asked that is not on this machine, by a process that has credentials, and a proxy to go by."""
    asked: list[Any] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def trap_connect(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            asked.append(address)
            raise ConnectionRefusedError(f"trap: {address}")
        connect(self, address)

    def trap_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", "::1", "localhost"):
            asked.append(host)
            raise socket.gaierror(f"trap: {host}")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", trap_connect)
    monkeypatch.setattr(socket, "getaddrinfo", trap_look_up)
    google = tmp_path / "google.json"
    google.write_text(json.dumps({"type": "authorized_user", "client_id": "a", "client_secret": "b"} | REFRESH))
    for name, value in (CREDENTIALS | {"GOOGLE_APPLICATION_CREDENTIALS": str(google)}).items():
        monkeypatch.setenv(name, value)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, PROXY)
        monkeypatch.setenv(name.lower(), PROXY)
    yield asked
    assert asked == []


REFRESH = {"refresh_token": "c", "quota_project_id": "acme"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    return tmp_path / "sandbox"


@pytest.fixture
def endpoints(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Those of a sandbox, whose server runs here, and is told nobody's credentials."""
    serving, told = server.Server(home), []
    answer = serving.answer

    def watched(request: Request) -> Answer:
        told.extend(value for name, value in request.headers.items() if name.lower() in CREDENTIAL_HEADERS)
        return answer(request)

    monkeypatch.setattr(serving, "answer", watched)
    Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield {name: f"{serving.url}/{name}{service.url}" for name, service in services().items()}
    serving.shutdown()
    serving.server_close()
    assert told == []


@pytest.fixture(params=MADE)
def secret(request: pytest.FixtureRequest, home: Path) -> Made:
    return made_in(World(home / "world.sqlite"), request.param)


def store(secret: Made, endpoints: dict[str, str]) -> Store:
    return store_of(Account(cloud=secret.cloud, account=secret.account, region=secret.region, endpoints=endpoints))


def test_a_value_goes_to_the_endpoint_and_to_nobody_else(secret: Made, endpoints: dict[str, str]) -> None:
    asked = store(secret, endpoints)
    assert not asked.filled(secret.id)
    asked.put(secret.id, SecretStr("first"))
    asked.put(secret.id, SecretStr(VALUE))
    assert asked.filled(secret.id)
    assert asked.get(secret.id).get_secret_value() == VALUE
    assert secret.value() == VALUE, "the world has it, and with it the cluster's CSI driver"


def test_a_secret_that_is_not_there_is_told_in_the_clouds_words(secret: Made, endpoints: dict[str, str]) -> None:
    for ask in (store(secret, endpoints).filled, lambda id_: store(secret, endpoints).put(id_, SecretStr(VALUE))):
        with pytest.raises(Unreachable, match=r"can't find|not found"):
            ask(secret.other)


def test_an_empty_secret_has_no_value_to_get(secret: Made, endpoints: dict[str, str]) -> None:
    with pytest.raises(Unreachable, match=r"can't find|disabled|no versions"):
        store(secret, endpoints).get(secret.id)


def test_a_service_that_has_no_endpoint_is_not_asked(secret: Made) -> None:
    with pytest.raises(Unreachable, match="at endpoints of its own, of else: none of them is of"):
        store(secret, {"else": "http://127.0.0.1:1"})


def test_another_sandboxs_url_is_refused(secret: Made, endpoints: dict[str, str]) -> None:
    other = {name: url.replace(url.split("/")[3], "0" * 32) for name, url in endpoints.items()}
    with pytest.raises(Unreachable, match="another sandbox"):
        store(secret, other).put(secret.id, SecretStr(VALUE))
    assert secret.value() is None


@pytest.mark.parametrize("url", ["http://vault.example.com", "http://10.0.0.1", "ftp://127.0.0.1", "127.0.0.1:80", ""])
def test_a_value_is_sent_in_clear_to_this_machine_alone(url: str) -> None:
    cloud = {"cloud": "aws", "account": "1", "region": "us-east-2", "endpoints": {"secretsmanager": url}}
    with pytest.raises(BadInput, match=r"cloud\.endpoints\.secretsmanager: .*must be an https? "):
        Stack("metis", {"cloud": cloud}).account()


def test_machines_are_not_reached_by_the_clouds_command_lines(nodeyard: Command, endpoints: dict[str, str]) -> None:
    for tool in ("aws", "az", "gcloud"):
        nodeyard.install(tool)
    for cloud in ("aws", "azure", "gcp"):
        place = {"cloud": cloud, "account": "1", "region": "r", "endpoints": endpoints}
        node = {"instance": "i", "group": "g", "zone": "z", "session": "touch session-was-opened"}
        nodeyard.deploy("theta", component="theta_edge_node", cloud=place, nodes={"a": node})
        for command in ("status", "logs", "restart", "shell"):
            result = nodeyard(command, "theta", *(["a"] if command != "status" else []))
            assert (result.exit_code, "none of them is of machines" in result.stderr) == (3, True), result.output
    assert [nodeyard.calls(tool) for tool in ("aws", "az", "gcloud")] == [[], [], []]
    assert not Path("session-was-opened").exists()


def test_a_cluster_is_reached_by_the_stacks_own_kubeconfig(nodeyard: Command, endpoints: dict[str, str]) -> None:
    """Whatever context the operator is in."""
    nodeyard.install("kubectl", "kubectl_context")
    place = {"cloud": "aws", "account": "1", "region": "r", "endpoints": endpoints}
    nodeyard.deploy("metis", cloud=place, release="metis", namespace="metis", kubeconfig=config("https://own"))
    nodeyard("logs", "metis")
    assert servers(nodeyard) == {"get": {"https://own"}}
    assert "KUBECONFIG" not in os.environ


def test_a_context_that_leads_to_the_same_cluster_is_kept(nodeyard: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may know another role, or a way through a bastion."""
    mine = nodeyard.directory / "kubeconfig"
    mine.write_text(json.dumps(config("https://own", user="me")))
    monkeypatch.setenv("KUBECONFIG", str(mine))
    nodeyard.install("kubectl", "kubectl_context")
    nodeyard.deploy("metis", release="metis", namespace="metis", kubeconfig=config("https://own"))
    nodeyard("logs", "metis")
    assert [call["users"] for call in uses(nodeyard)["get"]] == [[{"name": "me"}]]
    nodeyard.deploy("metis", release="metis", namespace="metis", kubeconfig=config("https://another"))
    nodeyard("logs", "metis")
    assert servers(nodeyard)["get"] == {"https://own", "https://another"}


def test_without_a_kubeconfig_no_cluster_is_reached(nodeyard: Command, endpoints: dict[str, str]) -> None:
    nodeyard.install("kubectl", "kubectl_context")
    place = {"cloud": "aws", "account": "1", "region": "r", "endpoints": endpoints}
    nodeyard.deploy("metis", cloud=place, release="metis", namespace="metis")
    result = nodeyard("restart", "metis", "themis", "--yes")
    assert (result.exit_code, "none of them is of kubernetes" in result.stderr) == (3, True)
    assert uses(nodeyard) == {}


def config(server: str, user: str = "ci") -> dict[str, Any]:
    cluster = {"name": "c", "cluster": {"server": server}}
    return {"clusters": [cluster], "users": [{"name": user}], "current-context": "c"}


def uses(nodeyard: Command) -> dict[str, list[dict[str, Any]]]:
    """By which kubeconfig each command of kubectl went, but for the look at the current context."""
    log = nodeyard.directory / "kubectl.uses"
    found: dict[str, list[dict[str, Any]]] = {}
    for line in log.read_text().splitlines() if log.exists() else []:
        verb, used = json.loads(line)
        found.setdefault(verb, []).append(used)
    return found


def servers(nodeyard: Command) -> dict[str, set[str]]:
    return {verb: {use["clusters"][0]["cluster"]["server"] for use in each} for verb, each in uses(nodeyard).items()}
