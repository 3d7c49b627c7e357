"""start.sh, between a mounted disk and the container: the password is waited for, checked, handed over, never shown."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.boot.harness import ADDRESS, AWS, AZURE, GCP, IMAGE, PASSWORD, Boot, Machine, Request, Result, server


@pytest.fixture
def node(machine: Callable[..., Machine]) -> Machine:
    """On AWS, with its secret filled."""
    return prepared(machine(AWS))


def prepared(node: Machine) -> Machine:
    for name in ("mountpoint", "nft"):
        node.program(name, "exit 0")
    node.program("docker", "exit 0")
    holds(node, PASSWORD)
    return node


def holds(node: Machine, *values: str | None) -> None:
    """The secret's value at each look, the last one from then on; None is a secret without one."""
    for number, value in enumerate(values):
        text = "" if value is None else json.dumps({"SecretString": value})
        (node.root / f"secret-{number}").write_text(text)
    node.program(
        "aws",
        f"""
case "$*" in
*"secretsmanager get-secret-value --secret-id {node.boot.secret} "*)
  n=$(($(grep -c get-secret-value {node.calls}) - 1)); [ $n -lt {len(values)} ] || n={len(values) - 1}
  [ -s {node.root}/secret-$n ] || {{ echo "ResourceNotFoundException: no AWSCURRENT" >&2; exit 254; }}
  cat {node.root}/secret-$n ;;
*"ssm get-parameter --name {node.boot.image_source} "*) echo {IMAGE} ;;
*) echo "unexpected $*" >&2; exit 2 ;;
esac""",
    )


def keys_on(node: Machine, below: str = "edgecore") -> Path:
    keys = node.mount / "edgelauncher" / below / "key" / "encrypted"
    keys.mkdir(parents=True, exist_ok=True)
    (keys / "UTC--key").write_text("{}")
    return keys


def started(result: Result) -> None:
    assert result.returncode == 0, result.stderr


def refused(node: Machine, result: Result) -> str:
    assert result.returncode == 1
    assert "theta-edge-node: refused: " in result.stderr
    assert (node.run_dir / "refused").exists()
    assert not (node.run_dir / "env").exists()
    return result.stderr


def test_the_password_is_in_a_file_that_only_root_reads(node: Machine) -> None:
    started(node.script("start.sh"))
    env = node.run_dir / "env"
    assert env.read_text() == f"PASSWORD={PASSWORD}\n"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    # The secret's raw value is not left behind.
    assert sorted(file.name for file in node.run_dir.iterdir()) == ["env", "password"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in node.run_dir.iterdir()} == {0o600}


def test_the_password_is_in_no_output_and_in_no_argument(node: Machine) -> None:
    result = node.script("start.sh")
    started(result)
    assert PASSWORD not in result.stdout + result.stderr + node.calls.read_text()


def test_the_password_stays_in_memory_but_for_what_guards_it(node: Machine) -> None:
    started(node.script("start.sh"))
    on_disk = [file for place in (node.mount, node.state) for file in place.rglob("*") if file.is_file()]
    assert [file.name for file in on_disk] == ["identity.json", "image"]
    assert not any(PASSWORD in file.read_text() for file in on_disk)
    assert stat.S_IMODE(on_disk[0].stat().st_mode) == 0o600


@pytest.mark.parametrize("empty", [None, "", " \n"], ids=["no value", "empty", "blank"])
def test_while_the_secret_is_empty_it_waits_and_says_so(node: Machine, empty: str | None) -> None:
    holds(node, empty, empty, empty, PASSWORD)
    result = node.script("start.sh")
    started(result)
    assert len(node.called("sleep")) == 3
    assert f"waiting: the secret {node.boot.secret} has no value that this machine can read" in result.stderr
    assert (node.run_dir / "env").read_text() == f"PASSWORD={PASSWORD}\n"
    assert not (node.run_dir / "waiting").exists()


def test_it_never_starts_with_an_empty_secret(node: Machine) -> None:
    holds(node, None)
    result = node.script("start.sh")  # the stand-in sleep ends it after many
    assert result.returncode == -9
    assert len(node.called("sleep")) == 40
    assert (node.run_dir / "waiting").exists()
    assert not (node.run_dir / "env").exists()
    # Not a line for each look.
    assert result.stderr.count("waiting: ") == 4
    assert "ResourceNotFoundException" in result.stderr


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_end_of_a_file_is_no_part_of_the_password(node: Machine, end: str) -> None:
    holds(node, PASSWORD + end)
    started(node.script("start.sh"))
    assert (node.run_dir / "env").read_text() == f"PASSWORD={PASSWORD}\n"


@pytest.mark.parametrize("value", ["two\nlines", "a\tb", "a\x00b"])
def test_what_no_environment_can_hold_is_refused_and_not_shown(node: Machine, value: str) -> None:
    holds(node, value)
    said = refused(node, node.script("start.sh"))
    assert "it must be one line of text" in said
    assert value not in said


def test_without_the_disk_nothing_starts(node: Machine) -> None:
    node.program("mountpoint", "exit 1")
    result = node.script("start.sh")
    assert result.returncode == 1
    assert f"the data disk is not mounted on {node.mount}" in result.stderr
    assert not node.called("aws")


def test_without_the_firewall_nothing_starts(node: Machine) -> None:
    node.program("nft", "exit 1")
    result = node.script("start.sh")
    assert result.returncode == 1
    assert "the firewall's rules are not loaded" in result.stderr
    assert not node.called("aws")


def test_a_second_start_with_the_same_password_goes_on(node: Machine) -> None:
    started(node.script("start.sh"))
    keys_on(node)
    result = node.script("start.sh")
    started(result)
    assert "password and disk belong together" in result.stderr


def test_another_password_than_the_disks_is_refused(node: Machine) -> None:
    started(node.script("start.sh"))
    keys_on(node)
    record = (node.mount / ".nodeyard" / "identity.json").read_text()
    holds(node, "changed since")
    said = refused(node, node.script("start.sh"))
    assert "the secret holds another password than the one the identity on this disk was made with" in said
    assert "changed since" not in said
    assert (node.mount / ".nodeyard" / "identity.json").read_text() == record
    # The old one put back, it goes on.
    holds(node, PASSWORD)
    started(node.script("start.sh"))
    assert not (node.run_dir / "refused").exists()


def test_before_there_are_keys_the_password_may_still_change(node: Machine) -> None:
    started(node.script("start.sh"))
    holds(node, "a better one")
    started(node.script("start.sh"))
    keys_on(node)
    started(node.script("start.sh"))
    holds(node, PASSWORD)
    refused(node, node.script("start.sh"))


def test_a_disk_from_elsewhere_is_started_and_recorded_once_its_node_answers(node: Machine) -> None:
    keys_on(node)
    result = node.script("start.sh")
    started(result)
    assert "the disk brings an identity of its own" in result.stderr
    assert not (node.mount / ".nodeyard").exists()
    assert node.python("identity.py", "record", ADDRESS).returncode == 0
    holds(node, "wrong")
    assert ADDRESS in refused(node, node.script("start.sh"))


def test_an_identity_whose_keys_are_gone_is_not_replaced_by_a_new_one(node: Machine) -> None:
    started(node.script("start.sh"))
    keys = keys_on(node)
    assert node.python("identity.py", "record", ADDRESS).returncode == 0
    (keys / "UTC--key").unlink()
    said = refused(node, node.script("start.sh"))
    assert f"this disk belongs to {ADDRESS}, but its keys are gone from {node.mount}/edgelauncher" in said


@pytest.mark.parametrize("below", ["", "edgecore", "edgelauncher/edgecore"])
def test_keys_are_found_however_deep_upstream_keeps_them(node: Machine, below: str) -> None:
    started(node.script("start.sh"))
    keys_on(node, below)
    holds(node, "changed since")
    assert "another password" in refused(node, node.script("start.sh"))


def test_a_node_whose_keys_we_do_not_find_starts_again_and_with_its_own_password_only(node: Machine) -> None:
    started(node.script("start.sh"))
    recorded = node.python("identity.py", "record", ADDRESS)
    assert "keeps no key that we know of" in recorded.stderr
    started(node.script("start.sh"))
    holds(node, "changed since")
    said = refused(node, node.script("start.sh"))
    assert f"another password than the one {ADDRESS} was made with" in said


def test_keys_that_appear_after_the_first_answer_are_guarded_from_then_on(node: Machine) -> None:
    started(node.script("start.sh"))
    assert node.python("identity.py", "record", ADDRESS).returncode == 0
    keys = keys_on(node)
    assert node.python("identity.py", "record", ADDRESS).returncode == 0
    (keys / "UTC--key").unlink()
    # Seen once is enough: another answer without them does not forget.
    assert node.python("identity.py", "record", ADDRESS).returncode == 0
    assert "its keys are gone" in refused(node, node.script("start.sh"))


def test_a_node_that_answers_as_another_identity_is_told(node: Machine) -> None:
    started(node.script("start.sh"))
    assert node.python("identity.py", "record", ADDRESS).returncode == 0
    assert node.python("identity.py", "record", ADDRESS.lower()).returncode == 0
    result = node.python("identity.py", "record", "0x1")
    assert result.returncode == 1
    assert f"the node answers as 0x1, but this disk belongs to {ADDRESS}" in result.stderr
    assert (node.run_dir / "refused").exists()


def test_a_damaged_record_is_told_and_not_overwritten(node: Machine) -> None:
    record = node.mount / ".nodeyard" / "identity.json"
    record.parent.mkdir()
    record.write_text('{"scrypt":')
    assert "is damaged" in refused(node, node.script("start.sh"))
    assert record.read_text() == '{"scrypt":'


def test_the_record_is_as_costly_to_guess_from_as_a_wallet_file(node: Machine) -> None:
    started(node.script("start.sh"))
    first = json.loads((node.mount / ".nodeyard" / "identity.json").read_text())
    assert first["cost"] == {"n": 131072, "r": 8, "p": 1}
    assert len(bytes.fromhex(first["salt"])) == 16
    (node.mount / ".nodeyard" / "identity.json").unlink()
    started(node.script("start.sh"))
    second = json.loads((node.mount / ".nodeyard" / "identity.json").read_text())
    # The same password leaves another record on another disk.
    assert first["salt"] != second["salt"]
    assert first["scrypt"] != second["scrypt"]


class Fake:
    """Metadata service and secret store of Azure or Google Cloud, over HTTP on loopback; curl is the real one."""

    def __init__(self, boot: Boot) -> None:
        self.boot, self.value = boot, PASSWORD

    def answer(self, request: Request) -> tuple[int, object]:
        return self._azure(request) if self.boot.name_of_cloud == "azure" else self._gcp(request)

    def _azure(self, request: Request) -> tuple[int, object]:
        if request.path.startswith("/metadata/identity/oauth2/token?api-version=2018-02-01"):
            wants = f"resource=https%3A%2F%2Fvault.azure.net&msi_res_id={quote(self.boot.identity, safe='')}"
            ok = request.headers.get("Metadata") == "true" and wants in request.path
            return (200, {"access_token": "t0ken"}) if ok else (400, {})
        if request.path.startswith("/metadata/instance/compute/tagsList?"):
            return 200, [{"name": "other", "value": "x"}, {"name": self.boot.image_source, "value": IMAGE}]
        if request.path == "/secrets/theta?api-version=7.4" and request.headers.get("Authorization") == "Bearer t0ken":
            return 200, {"value": self.value, "id": "x"}
        return 403, {"error": {"code": "Forbidden"}}

    def _gcp(self, request: Request) -> tuple[int, object]:
        import base64

        local = request.headers.get("Metadata-Flavor") == "Google"
        if local and request.path == "/computeMetadata/v1/instance/service-accounts/default/token":
            return 200, {"access_token": "t0ken", "token_type": "Bearer"}
        if local and request.path == f"/computeMetadata/v1/instance/attributes/{self.boot.image_source}":
            return 200, IMAGE
        known = f"/v1/{self.boot.secret}/versions/latest:access"
        if request.path == known and request.headers.get("Authorization") == "Bearer t0ken":
            return 200, {"payload": {"data": base64.b64encode(self.value.encode()).decode()}}
        return 403, {"error": {"status": "PERMISSION_DENIED"}}


@pytest.fixture(params=["azure", "gcp"])
def elsewhere(request: pytest.FixtureRequest, machine: Callable[..., Machine]) -> Iterator[tuple[Machine, Fake, str]]:
    boot = {"azure": AZURE, "gcp": GCP}[request.param]
    fake = Fake(boot)
    with server(fake.answer) as (url, _):
        node = prepared(machine(boot, **({"SECRET": f"{url}/secrets/theta"} if boot.name_of_cloud == "azure" else {})))
        yield node, fake, url


def test_on_azure_and_google_cloud_it_asks_with_the_machines_own_token(elsewhere: tuple[Machine, Fake, str]) -> None:
    node, _, url = elsewhere
    result = node.script("start.sh", METADATA_URL=url, SECRETS_URL=url)
    started(result)
    assert (node.run_dir / "env").read_text() == f"PASSWORD={PASSWORD}\n"
    assert (node.state / "image").read_text() == f"{IMAGE}\n"
    assert PASSWORD not in result.stderr


def test_on_azure_and_google_cloud_an_empty_secret_is_waited_for(elsewhere: tuple[Machine, Fake, str]) -> None:
    node, fake, url = elsewhere
    fake.value = ""
    result = node.script("start.sh", METADATA_URL=url, SECRETS_URL=url, MOST="3")
    assert result.returncode == -9
    assert not (node.run_dir / "env").exists()


def test_the_token_is_on_no_command_line(elsewhere: tuple[Machine, Fake, str]) -> None:
    node, _, url = elsewhere
    node.program("curl", 'exec /usr/bin/curl "$@"')
    started(node.script("start.sh", METADATA_URL=url, SECRETS_URL=url))
    assert len(node.called("curl")) >= 3
    assert "t0ken" not in node.calls.read_text()
