"""What `nodeyard recover` makes of the state that a killed `up` left."""

import json
import os
import socket
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nodeyard.clouds.contract.left_over import LOOKING
from ops.errors import Unhealthy
from ops.pulumi import Failed
from ops.recover.backend import Files, Lock
from ops.recover.pending import UNREAD
from ops.recover.work import Work
from tests.ops.harness import Command, aws_stack

HEAD = "urn:pulumi:cut::nodeyard::"
PROVIDER = f"{HEAD}pulumi:providers:aws::default"
AWS = {
    "urn": PROVIDER,
    "custom": True,
    "type": "pulumi:providers:aws",
    "id": "p",
    "inputs": {"region": "us-east-2", "allowedAccountIds": '["123456789012"]'},
}


def resource(type_: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"urn": f"{HEAD}{type_}::{name}", "custom": True, "type": type_, "provider": f"{PROVIDER}::p", **fields}


def role(name: str = "role-1234567", **fields: Any) -> dict[str, Any]:
    return resource("aws:iam/role:Role", "role", inputs={"name": name}, protect=True, **fields)


class Cut:
    """A stack whose `up` was killed."""

    name = "cut"

    def __init__(self, nodeyard: Command) -> None:
        self.nodeyard = nodeyard
        self.directory = nodeyard.directory
        (self.directory / "Pulumi.yaml").write_text("name: nodeyard\n")

    def left(self, *operations: tuple[str, dict[str, Any]], there: tuple[str, ...] = (), **more: Any) -> None:
        pending = [{"type": kind, "resource": each} for kind, each in operations]
        resources = [AWS, *more.get("resources", [])]
        state = {"version": 3, "deployment": {"resources": resources, "pending_operations": pending}}
        (self.directory / "cut.state").write_text(json.dumps(state))
        (self.directory / "cut.cloud").write_text(json.dumps(there))

    def recover(self, *options: str, stdin: str | None = None) -> Any:
        return self.nodeyard("-C", str(self.directory), "recover", "cut", *options, stdin=stdin)

    @property
    def deployment(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / "cut.state").read_text())["deployment"]
        return found

    def of(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.deployment["resources"] if each["urn"].endswith(f"::{name}")]


@pytest.fixture
def cut(nodeyard: Command) -> Cut:
    return Cut(nodeyard)


def test_what_was_made_comes_into_the_state_as_the_program_asked_for_it(cut: Cut) -> None:
    cut.left(("creating", role()), there=("role-1234567",))

    done = cut.recover("--yes")

    assert done.exit_code == 0, done.output
    assert cut.of("role") == [role(id="role-1234567", outputs={"read": True})]
    assert not cut.deployment["pending_operations"]
    assert "role (aws:iam/role:Role): taken" in done.output
    assert "pulumi up -s cut" in done.output


def test_what_was_not_made_is_forgotten(cut: Cut) -> None:
    cut.left(("creating", role()))

    done = cut.recover("--yes")

    assert done.exit_code == 0, done.output
    assert not cut.of("role")
    assert "is not there" in done.output


def test_a_second_recover_has_nothing_to_do(cut: Cut) -> None:
    cut.left(("creating", role()), there=("role-1234567",))
    cut.recover("--yes")
    before = cut.deployment

    done = cut.recover("--yes")

    assert done.exit_code == 0
    assert "Nothing of cut is pending" in done.output
    assert cut.deployment == before


def test_nothing_changes_without_the_operators_yes(cut: Cut) -> None:
    cut.left(("creating", role()), there=("role-1234567",))
    before = cut.deployment

    done = cut.recover()

    assert done.exit_code == 2
    assert "give --yes" in done.output
    assert cut.deployment == before


def test_what_is_replaced_goes_only_when_its_new_one_is_there(cut: Cut) -> None:
    old = role("role-0000000", id="role-0000000")
    cut.left(("creating", role()), resources=[old], there=("role-0000000", "role-1234567"))
    assert cut.recover("--yes").exit_code == 0
    assert [(each["id"], each.get("delete", False)) for each in cut.of("role")] == [
        ("role-0000000", True),
        ("role-1234567", False),
    ]

    cut.left(("creating", role()), resources=[old], there=("role-0000000",))
    assert cut.recover("--yes").exit_code == 0
    assert [(each["id"], each.get("delete", False)) for each in cut.of("role")] == [("role-0000000", False)]


def test_what_is_deleted_already_makes_place_for_its_new_one(cut: Cut) -> None:
    old = role("role-0000000", id="role-0000000", pendingReplacement=True)
    cut.left(("creating", role()), resources=[old], there=("role-1234567",))

    assert cut.recover("--yes").exit_code == 0
    assert [each["id"] for each in cut.of("role")] == ["role-1234567"]


@pytest.mark.parametrize("operation", ["updating", "deleting"])
def test_what_is_in_the_state_is_read_anew(cut: Cut, operation: str) -> None:
    inside = role(id="role-1234567")
    cut.left((operation, inside), resources=[inside], there=("role-1234567",))
    assert cut.recover("--yes").exit_code == 0
    assert cut.of("role")[0]["outputs"] == {"read": True}

    cut.left((operation, inside), resources=[inside])
    assert cut.recover("--yes").exit_code == 0
    assert not cut.of("role")


def test_what_could_not_be_read_is_read_by_the_next_recover(cut: Cut) -> None:
    cut.left(("creating", role()), there=("role-1234567",))
    (cut.directory / "cut.unreachable").touch()
    failed = cut.recover("--yes")
    assert failed.exit_code == 3
    assert "the cloud cannot be reached" in failed.output
    assert cut.of("role")[0]["initErrors"] == [UNREAD]

    (cut.directory / "cut.unreachable").unlink()
    assert cut.recover("--yes").exit_code == 0
    assert "initErrors" not in cut.of("role")[0]


def test_a_type_that_no_table_has_is_asked_for_and_nothing_changes(cut: Cut) -> None:
    strange = resource("aws:iot/thing:Thing", "thing", inputs={"name": "thing"})
    cut.left(("creating", strange), there=("thing=7",))
    before = cut.deployment

    asked = cut.recover("--yes")
    assert asked.exit_code == 1
    assert "Only you can say what thing is" in asked.output
    assert cut.deployment == before

    assert cut.recover("--yes", "--id", "thing=thing=7").exit_code == 0
    assert cut.of("thing")[0]["id"] == "thing=7"


def test_what_only_a_state_holds_is_forgotten(cut: Cut) -> None:
    password = resource("random:index/randomPassword:RandomPassword", "password", inputs={"length": 20})
    cut.left(("creating", password), ("creating", resource("nodeyard:index:Workload", "part", custom=False)))

    done = cut.recover("--yes")

    assert done.exit_code == 0
    assert "nowhere but in Pulumi's state" in done.output
    assert not cut.of("password") + cut.of("part")


def test_an_id_of_which_a_part_is_secret_is_asked_for(cut: Cut) -> None:
    hidden = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    cut.left(("creating", resource("aws:iam/role:Role", "role", inputs={"name": hidden})))

    done = cut.recover("--yes")

    assert done.exit_code == 1
    assert "its `name` is not in the state" in done.output


def test_the_table_is_json_for_programs(cut: Cut) -> None:
    cut.left(("creating", role()), there=("role-1234567",))

    told = json.loads(cut.recover("--yes", "--json").stdout)["result"]

    assert told[0]["urn"] == role()["urn"]
    assert (told[0]["do"], told[0]["id"]) == ("take", "role-1234567")


def test_a_stack_that_is_not_there_is_wrong_input(cut: Cut) -> None:
    done = cut.recover("--yes")

    assert done.exit_code == 2
    assert "There is no stack cut" in done.output


def ended() -> int:
    """The id of a process that is no more."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_lock_is_left_when_its_process_was_here_and_is_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    here, at = socket.gethostname(), "2026-11-30T07:01:01Z"
    assert Lock("me", here, ended(), at).is_left
    assert not Lock("me", here, os.getpid(), at).is_left
    assert not Lock("me", "elsewhere", ended(), at).is_left, "who of another machine lives is not known here"

    def not_ours(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", not_ours)
    assert not Lock("root", here, ended(), at).is_left, "it lives, and is somebody else's"


def test_a_lock_is_removed_when_its_process_is_no_more(cut: Cut) -> None:
    cut.left(("creating", role()), there=("role-1234567",))
    (cut.directory / "cut.lock").write_text(f"me@{socket.gethostname()} (pid {ended()}) at 2026-11-30T07:01:01Z")

    done = cut.recover("--yes")

    assert done.exit_code == 0, done.output
    assert f"locked by me@{socket.gethostname()}" in done.output
    assert "That process is no more" in done.output
    assert cut.of("role")


@pytest.mark.parametrize(
    "holder", [f"me@{socket.gethostname()} (pid {os.getpid()})", "me@elsewhere (pid 1)"], ids=["here", "elsewhere"]
)
def test_the_lock_of_a_process_that_may_live_stays_until_the_operator_says_so(cut: Cut, holder: str) -> None:
    cut.left(("creating", role()), there=("role-1234567",))
    before = cut.deployment
    lock = cut.directory / "cut.lock"
    lock.write_text(f"{holder} at 2026-11-30T07:01:01Z")

    refused = cut.recover("--yes")
    assert refused.exit_code == 1
    assert "since 2026-11-30T07:01:01Z" in refused.output
    assert "--break-lock" in refused.output
    assert lock.exists()
    assert cut.deployment == before

    broken = cut.recover("--yes", "--break-lock")
    assert broken.exit_code == 0
    assert "You say that no process holds it" in broken.output
    assert "is no more" not in broken.output
    assert cut.of("role")


def in_files(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the stack's state, in a backend of files; what the stand-in reads is a link to it."""
    monkeypatch.setenv("STAND_IN_BACKEND", f"file://{cut.directory}/states")
    file = cut.directory / "states/.pulumi/stacks/nodeyard/cut.json"
    file.parent.mkdir(parents=True)
    file.write_bytes((cut.directory / "cut.state").read_bytes())
    (cut.directory / "cut.state").unlink()
    (cut.directory / "cut.state").symlink_to(file)
    return file


def lock_file(cut: Cut, name: str, pid: int) -> None:
    file = cut.directory / f"states/.pulumi/locks/organization/nodeyard/cut/{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    held = {"pid": pid, "username": "me", "hostname": socket.gethostname(), "timestamp": "2026-11-30T07:01:01Z"}
    file.write_text(json.dumps(held))


def test_a_lock_among_files_is_seen_when_nothing_else_is_left(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> None:
    cut.left()
    in_files(cut, monkeypatch)
    lock_file(cut, "a", ended())

    done = cut.recover("--yes")

    assert done.exit_code == 0, done.output
    assert "Remove" not in done.output
    assert any("cancel" in call for call in cut.nodeyard.calls("pulumi"))


def test_of_two_locks_the_one_of_a_process_that_lives_keeps_both(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> None:
    cut.left()
    in_files(cut, monkeypatch)
    lock_file(cut, "a", ended())
    lock_file(cut, "b", os.getpid())

    done = cut.recover("--yes")

    assert done.exit_code == 1
    assert f"process {os.getpid()}" in done.output
    assert not any("cancel" in call for call in cut.nodeyard.calls("pulumi"))


def test_an_empty_state_gets_pulumis_own_copy_back(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> None:
    cut.left(("creating", role()), there=("role-1234567",))
    file = in_files(cut, monkeypatch)
    copy = file.with_name("cut.json.bak")
    copy.write_bytes(file.read_bytes())
    copy.chmod(0o640)
    file.write_bytes(b"")

    asked = cut.recover()
    assert asked.exit_code == 2
    assert file.read_bytes() == b""

    done = cut.recover("--yes")
    assert done.exit_code == 0, done.output
    assert "empty or cut off" in done.output
    assert file.with_name("cut.json.broken").read_bytes() == b""
    assert stat.S_IMODE(file.stat().st_mode) == 0o640, "colleagues may share the files"
    assert cut.of("role")


@pytest.mark.parametrize(
    ("backend", "command"),
    [
        ("s3://states", "aws s3 cp s3://states/.pulumi/stacks/nodeyard/cut.json.bak s3://states/.pulumi/stacks"),
        ("gs://states", "gcloud storage cp gs://states/.pulumi/stacks/nodeyard/cut.json.bak"),
        ("azblob://states", "az storage blob copy start"),
        ("https://api.pulumi.com", "pulumi stack export --stack cut --version"),
    ],
)
def test_elsewhere_the_command_is_said_that_brings_an_empty_state_back(
    cut: Cut, monkeypatch: pytest.MonkeyPatch, backend: str, command: str
) -> None:
    monkeypatch.setenv("STAND_IN_BACKEND", backend)
    (cut.directory / "cut.state").write_bytes(b"")

    done = cut.recover("--yes")

    assert done.exit_code == 3
    assert command in done.output


def test_an_empty_file_of_attributes_goes_and_the_state_stays(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> None:
    cut.left(("creating", role()), there=("role-1234567",))
    file = in_files(cut, monkeypatch)
    before = file.read_bytes()
    file.with_name("cut.json.bak").write_text("{}")
    attributes = file.with_name("cut.json.attrs")
    attributes.touch()

    Work("cut", cut.directory, yes=True, break_lock=False)._put_back(Failed("stack export", "EOF"))

    assert not attributes.exists()
    assert file.read_bytes() == before


def test_a_state_that_was_cut_off_gets_its_copy_back_and_keeps_its_attributes(
    cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut.left()
    file = in_files(cut, monkeypatch)
    copy, attributes = file.with_name("cut.json.bak"), file.with_name("cut.json.attrs")
    copy.write_bytes(file.read_bytes())
    attributes.write_text("{}")
    file.write_bytes(copy.read_bytes()[:40])

    Work("cut", cut.directory, yes=True, break_lock=False)._put_back(Failed("stack export", "EOF"))

    assert file.read_bytes() == copy.read_bytes()
    assert attributes.exists()


def test_an_empty_state_without_a_copy_is_said_with_its_place(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> None:
    cut.left()
    file = in_files(cut, monkeypatch)
    file.write_bytes(b"")

    done = cut.recover("--yes")

    assert done.exit_code == 3
    assert "has no copy beside it" in " ".join(done.output.split())


def test_a_state_that_is_packed_is_found_with_its_copy(tmp_path: Path) -> None:
    packed = tmp_path / "stacks/nodeyard/cut.json.gz"
    packed.parent.mkdir(parents=True)
    packed.touch()
    files = Files(tmp_path, "nodeyard", "cut")
    assert (files.state, files.copy) == (packed, packed.with_name("cut.json.gz.bak"))


def test_nothing_is_written_over_a_state_that_changed_meanwhile(cut: Cut) -> None:
    cut.left()
    work = Work("cut", cut.directory, yes=True, break_lock=False)
    told = work.state()
    cut.left(resources=[role(id="role-1234567")])

    with pytest.raises(Unhealthy, match="has changed meanwhile"):
        work.do([], told)
    assert cut.of("role")


def test_a_stack_without_anything_pending_says_so(cut: Cut) -> None:
    cut.nodeyard.deploy("cut", **aws_stack())
    cut.left()

    assert "Nothing of cut is pending" in cut.recover().output


def plans(cut: Cut, *states: dict[str, Any]) -> None:
    steps = [{"op": "create", "urn": each["urn"], "newState": each} for each in states]
    (cut.directory / "cut.preview").write_text(json.dumps({"steps": steps}))


def test_what_a_provider_made_that_died_is_found_by_what_is_planned(cut: Cut) -> None:
    other = resource("aws:iam/role:Role", "other", inputs={"name": "other"})
    cut.left(there=("role-1234567",))
    plans(cut, role(), other)
    assert "--planned" in cut.recover("--yes").output

    done = cut.recover("--yes", "--planned")

    assert done.exit_code == 0, done.output
    assert cut.of("role") == [role(id="role-1234567", outputs={"read": True})]
    assert not cut.of("other")


def test_a_preview_that_fails_says_its_errors_and_not_its_json(cut: Cut, monkeypatch: pytest.MonkeyPatch) -> None:
    cut.left()
    monkeypatch.setattr("ops.recover.work.LOOKING", "NOT_" + LOOKING)

    done = cut.recover("--yes", "--planned")

    assert done.exit_code == 3
    said = "pulumi preview failed: error: a disk is there already, kept when an earlier stack went"
    assert said in " ".join(done.output.split())
    assert "severity" not in done.output


def test_what_is_planned_and_cannot_have_been_made_is_not_looked_for(cut: Cut) -> None:
    waits = resource("aws:iam/role:Role", "a", inputs={"name": "a"}, dependencies=[f"{HEAD}aws:x:X::b"])
    unknown = resource("aws:iam/role:Role", "c", inputs={"name": "c", "path": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"})
    hidden = resource("aws:iam/role:Role", "d", inputs={"name": "d", "description": "[secret]"})
    elsewhere = {**resource("aws:iam/role:Role", "e", inputs={"name": "e"}), "provider": "urn:new::x"}
    cut.left(there=("a", "c", "d", "e"))
    plans(cut, waits, unknown, hidden, elsewhere)

    done = cut.recover("--yes", "--planned")

    assert "Nothing of cut is pending" in done.output
    assert cut.deployment["resources"] == [AWS]
