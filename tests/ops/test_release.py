"""`nodeyard release`: what is said of a release, and what is mended, on a stand-in of kubectl.

tests/cluster/test_mantis.py does the same on a real control plane, with Helm's own records.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from ops.reach import helm
from ops.release.objects import Objects, _name
from ops.workloads.tasks import Release
from tests.ops.harness import Command
from tests.ops.tasks_cluster import NAMESPACE, RELEASE, cluster, record, write

STACK = "a-stack"
OWN = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "miner-0"}, "spec": {"replicas": 1}}
POLICY = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "miner-0"}, "spec": {}}
MANIFEST = yaml.safe_dump_all([OWN, POLICY])
LONG_AGO = "2026-01-01T00:00:00Z"


def there(item: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """As the cluster has it."""
    metadata = {**item["metadata"], "namespace": NAMESPACE, "uid": "1", "generation": 4}
    return {**item, "metadata": metadata, "spec": {**item["spec"], **spec}, "status": {"replicas": 1}}


def deploy(nodeyard: Command, *objects: dict[str, Any], name: str = RELEASE, **more: Any) -> None:
    inputs = {"name": name, "namespace": NAMESPACE}
    type_ = "kubernetes:helm.sh/v3:Release"
    resource = {
        "urn": f"urn:pulumi:{STACK}::nodeyard::{type_}::{name}",
        "type": type_,
        "inputs": inputs,
        "outputs": inputs,
    }
    state = {"deployment": {"resources": [resource], "pending_operations": None}}
    (nodeyard.directory / f"{STACK}.json").write_text("{}")
    (nodeyard.directory / f"{STACK}.state").write_text(json.dumps(state))
    write(nodeyard, *objects, **more)


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def record_of(nodeyard: Command, version: int) -> helm.Record:
    (secret,) = [
        each
        for each in cluster(nodeyard)["objects"]
        if each["kind"] == "Secret" and each["metadata"]["labels"]["version"] == str(version)
    ]
    return helm.Record.of(secret)


def changes(nodeyard: Command) -> list[str]:
    return [
        call[0]
        for call in nodeyard.calls("kubectl")
        if call[0] != "get" and not [each for each in call if each.startswith("--dry-run")]
    ]


def test_a_release_that_is_as_helm_left_it_is_well(nodeyard: Command) -> None:
    deploy(nodeyard, record(3, manifest=MANIFEST), there(OWN), there(POLICY))
    shown = nodeyard("release", "status", STACK)
    assert shown.exit_code == 0, shown.stderr
    assert [RELEASE, NAMESPACE, "deployed", "3", "2026-11-30", "03:25", "0", "0"] in [
        line.split() for line in shown.stdout.splitlines()
    ]
    assert changes(nodeyard) == []


def test_what_is_missing_and_what_was_changed_is_named(nodeyard: Command) -> None:
    deploy(nodeyard, record(3, manifest=MANIFEST), there(OWN, replicas=0))
    shown = nodeyard("release", "status", STACK, "--json")
    assert shown.exit_code == 1
    (told,) = json.loads(shown.stdout)["result"]
    assert told["missing"] == ["networkpolicy.networking.k8s.io/miner-0"]
    assert told["changed"] == [
        {"object": "statefulset.apps/miner-0", "path": "spec.replicas", "before": "0", "after": "1"}
    ]
    assert f"nodeyard release repair {STACK} {RELEASE}" in shown.stderr


@pytest.mark.parametrize(
    ("objects", "advice"),
    [
        ([there(OWN)], f"repair {STACK} {RELEASE}` makes what is missing"),
        ([there(OWN, replicas=0), there(POLICY)], f"repair {STACK} {RELEASE} --changed` puts the fields back"),
    ],
    ids=["missing", "changed"],
)
def test_a_release_is_not_well_for_either_alone(nodeyard: Command, objects: list[dict[str, Any]], advice: str) -> None:
    deploy(nodeyard, record(3, manifest=MANIFEST), *objects)
    shown = nodeyard("release", "status", STACK)
    assert (shown.exit_code, advice in shown.stderr) == (1, True), shown.stderr


def test_of_what_differs_what_the_server_says_by_itself_is_not_told_and_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}, "spec": {}, "data": {"a": "canary"}}
    now = [there(OWN, replicas=0), {**there(secret), "data": {"a": "other"}}]
    servers = {"generation": 5, "resourceVersion": "8", "managedFields": [{"manager": "nodeyard"}]}

    async def apply(*_: Any) -> str:
        asked = [there(one) for one in (OWN, secret)]
        items = [{**one, "metadata": {**one["metadata"], **servers}, "status": {}} for one in asked]
        return json.dumps({"kind": "List", "items": items})

    wanted, found = ({_name(one): one for one in those} for those in ([OWN, secret], now))
    objects = Objects(Release(RELEASE, NAMESPACE), wanted, found)
    monkeypatch.setattr(Objects, "_apply", apply)
    (told,) = asyncio.run(objects.differences())
    assert (told.object, told.change.path) == ("statefulset.apps/miner-0", "spec.replicas")


def test_of_two_releases_one_that_is_well_does_not_hide_the_other_and_one_that_goes_is_none(nodeyard: Command) -> None:
    deploy(nodeyard, record(3, manifest=MANIFEST), there(OWN), there(POLICY))
    file = nodeyard.directory / f"{STACK}.state"
    (well,) = json.loads(file.read_text())["deployment"]["resources"]
    other, gone = ({**well, "inputs": {**well["inputs"], "name": name}, "outputs": {}} for name in ("other", "gone"))
    file.write_text(json.dumps({"deployment": {"resources": [well, other, {**gone, "delete": True}]}}))
    shown = nodeyard("release", "status", STACK, "--json")
    told = {one["release"]: one["status"] for one in json.loads(shown.stdout)["result"]}
    assert (shown.exit_code, told) == (1, {RELEASE: "deployed", "other": "not there"})


def test_whoever_may_not_patch_is_told_that_fields_are_not_known(nodeyard: Command) -> None:
    deploy(nodeyard, record(3, manifest=MANIFEST), there(OWN), there(POLICY), forbidden=["apply"])
    shown = nodeyard("release", "status", STACK)
    assert shown.exit_code == 0
    assert "whether fields were changed is not known" in shown.stderr
    programs = nodeyard("release", "status", STACK, "--json")
    assert "whether fields were changed is not known" in json.loads(programs.stdout)["notes"][0]
    assert programs.stderr == "", "a note is said once"


def test_what_is_not_known_to_be_changed_is_not_put_back(nodeyard: Command) -> None:
    deploy(nodeyard, record(3, manifest=MANIFEST), there(OWN, replicas=0), forbidden=["apply"])
    refused = nodeyard("release", "repair", STACK, "--changed", "--yes")
    assert (refused.exit_code, changes(nodeyard)) == (1, [])
    assert "whether fields were changed is not known" in refused.stderr


def test_a_release_that_helm_does_not_know(nodeyard: Command) -> None:
    deploy(nodeyard)
    shown = nodeyard("release", "status", STACK)
    assert (shown.exit_code, f"pulumi refresh -s {STACK}" in shown.stderr) == (1, True)
    assert nodeyard("release", "repair", STACK, "--yes").exit_code == 1


def test_a_failed_release_waits_for_the_next_up(nodeyard: Command) -> None:
    failed = record(4, status="failed", manifest="")
    deploy(nodeyard, failed, record(3, manifest=MANIFEST), there(OWN), there(POLICY))
    shown = nodeyard("release", "status", STACK)
    assert (shown.exit_code, f"`pulumi up -s {STACK}` goes on" in shown.stderr) == (1, True)


def test_a_failed_release_is_to_have_what_the_last_one_had_that_did_not_fail(nodeyard: Command) -> None:
    deploy(nodeyard, record(4, status="failed", manifest=""), record(3, manifest=MANIFEST), there(OWN))
    (told,) = json.loads(nodeyard("release", "status", STACK, "--json").stdout)["result"]
    assert told["missing"] == ["networkpolicy.networking.k8s.io/miner-0"]


@pytest.mark.parametrize("status", helm.PENDING)
def test_a_pending_release_is_unlocked_and_nothing_else_changes(nodeyard: Command, status: str) -> None:
    pending = record(2, status=status, at=LONG_AGO, manifest=MANIFEST, nodes={"miner-0": {}})
    deploy(nodeyard, pending, there(OWN))
    said = nodeyard("release", "status", STACK)
    assert (said.exit_code, f"nodeyard release unlock {STACK} {RELEASE}" in said.stderr) == (1, True)
    unlocked = nodeyard("release", "unlock", STACK, "--yes")
    assert unlocked.exit_code == 0, unlocked.stderr
    now = record_of(nodeyard, 2)
    assert (now.status, now.secret["metadata"]["labels"]["status"]) == ("failed", "failed")
    assert (now.manifest, now.values) == (MANIFEST, {"nodes": {"miner-0": {}}})
    assert status in now.description
    assert changes(nodeyard) == ["replace"]
    assert "Nothing is to be unlocked" in nodeyard("release", "unlock", STACK, "--yes").stderr


def test_a_young_operation_is_left_alone_unless_forced(nodeyard: Command) -> None:
    deploy(nodeyard, record(2, status="pending-upgrade", at=ago(3)))
    refused = nodeyard("release", "unlock", STACK, "--yes")
    assert (refused.exit_code, "since 3 minutes" in refused.stderr, changes(nodeyard)) == (1, True, [])
    assert nodeyard("release", "unlock", STACK, "--yes", "--force").exit_code == 0
    assert record_of(nodeyard, 2).status == "failed"


@pytest.mark.parametrize("command", ["unlock", "repair", "status"])
@pytest.mark.parametrize("deployment", [{}, {"resources": []}, None], ids=["new", "destroyed", "empty"])
def test_a_stack_that_never_came_up_is_told_so_before_any_cluster_is_asked(
    nodeyard: Command, command: str, deployment: dict[str, Any] | None
) -> None:
    (nodeyard.directory / f"{STACK}.state").write_text(json.dumps({"version": 3, "deployment": deployment}))
    result = nodeyard("release", command, STACK)
    assert (result.exit_code, result.stdout, nodeyard.calls("kubectl")) == (2, "", [])
    assert result.stderr == (
        "nodeyard: Stack a-stack has no Helm release: it was never deployed, or is destroyed. `pulumi up -s a-stack` "
        "first.\n"
    )


def test_without_a_yes_nothing_is_unlocked(nodeyard: Command) -> None:
    deploy(nodeyard, record(2, status="pending-upgrade", at=LONG_AGO))
    assert nodeyard("release", "unlock", STACK).exit_code == 2
    assert changes(nodeyard) == []


def test_missing_objects_are_made_as_helm_knows_its_own(nodeyard: Command) -> None:
    own = {**OWN, "metadata": {**OWN["metadata"], "labels": {"node": "miner-0"}}}
    policy = {**POLICY, "spec": {"egress": []}}
    deploy(nodeyard, record(3, manifest=yaml.safe_dump_all([own, policy])), there(POLICY, egress=["all"]))
    mended = nodeyard("release", "repair", STACK, "--yes")
    assert mended.exit_code == 0, mended.stderr
    (made,) = [each for each in cluster(nodeyard)["objects"] if each["kind"] == "StatefulSet"]
    assert made["spec"] == OWN["spec"]
    assert made["metadata"]["labels"] == {"node": "miner-0", "app.kubernetes.io/managed-by": "Helm"}
    assert made["metadata"]["annotations"] == {
        "meta.helm.sh/release-name": RELEASE,
        "meta.helm.sh/release-namespace": NAMESPACE,
    }
    assert changes(nodeyard) == ["create"]
    assert "Nothing is to be repaired" in nodeyard("release", "repair", STACK, "--yes").stderr


def test_changed_fields_are_put_back_on_wish(nodeyard: Command) -> None:
    deploy(nodeyard, record(3, manifest=MANIFEST), there(OWN, replicas=0), there(POLICY))
    assert nodeyard("release", "repair", STACK, "--changed", "--yes").exit_code == 0
    (now,) = [each for each in cluster(nodeyard)["objects"] if each["kind"] == "StatefulSet"]
    assert (now["spec"]["replicas"], changes(nodeyard)) == (1, ["apply"])
    put_back = nodeyard.calls("kubectl")[-1]
    assert {"--server-side", "--force-conflicts"} <= set(put_back), "whoever changed a field has it since"


def test_a_pending_release_is_not_repaired(nodeyard: Command) -> None:
    deploy(nodeyard, record(3, status="pending-upgrade", at=LONG_AGO, manifest=MANIFEST))
    refused = nodeyard("release", "repair", STACK, "--yes")
    assert (refused.exit_code, "release unlock" in refused.stderr, changes(nodeyard)) == (1, True, [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", STACK, "nobody"), f"has no release nobody. It has: {RELEASE}"),
        (("status", "nothing"), "There is no stack nothing"),
    ],
)
def test_what_is_not_there_is_refused(nodeyard: Command, words: tuple[str, ...], said: str) -> None:
    deploy(nodeyard)
    refused = nodeyard("release", *words)
    assert (refused.exit_code, said in refused.stderr) == (2, True)


def test_a_first_up_that_was_cut_off_has_its_release_among_what_is_pending(nodeyard: Command) -> None:
    deploy(nodeyard, record(1, status="pending-install", at=LONG_AGO))
    file = nodeyard.directory / f"{STACK}.state"
    state = json.loads(file.read_text())["deployment"]
    pending = [{"type": "creating", "resource": {**state["resources"][0], "outputs": None}}]
    file.write_text(json.dumps({"deployment": {"resources": None, "pending_operations": pending}}))
    assert json.loads(nodeyard("release", "status", STACK, "--json").stdout)["result"][0]["status"] == "pending-install"
