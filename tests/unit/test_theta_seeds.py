"""One identity, one disk: what `ThetaEdgeNode` asks each cloud about a snapshot before it makes a disk from it."""

from pathlib import Path
from typing import Any

import pytest

from nodeyard.clouds.absent import found
from nodeyard.errors import InputError
from sandbox.simulation.resource import CloudError
from tests.cloud_operator import DISKS, Operator
from tests.unit.recording import Recording
from tests.unit.theta_fleet import CLOUDS, deploy

AWS_COPY = "aws:ebs/snapshotCopy:SnapshotCopy"


@pytest.fixture(params=CLOUDS)
def operator(request: pytest.FixtureRequest, tmp_path: Path) -> Operator:
    return operator_of(request.param, tmp_path)


def operator_of(cloud: str, home: Path) -> Operator:
    site = CLOUDS[cloud].site
    operator = Operator(cloud, home, site["region"], site.get("account", ""))
    if cloud == "azure":
        operator.make("azure-native:resources:ResourceGroup", {"resourceGroupName": "old"})
    if cloud == "gcp":
        operator.make("gcp:projects/service:Service", {"service": "compute.googleapis.com"})
    return operator


def disk(operator: Operator, name: str = "old") -> str:
    """The disk of some node, which this fleet knows nothing of."""
    zone = CLOUDS[operator.cloud].zones[0]
    asked: dict[str, dict[str, Any]] = {
        "aws": {"availabilityZone": zone, "size": 256},
        "azure": {
            "resourceGroupName": "old",
            "diskName": name,
            "diskSizeGB": 256,
            "creationData": {"createOption": "Empty"},
        },
        "gcp": {"name": name, "zone": zone, "size": 256},
    }
    return operator.make(DISKS[operator.cloud], asked[operator.cloud])


def restored(operator: Operator, seed: str, **more: Any) -> Recording:
    node = {"seed_from": seed, "password": {"external": True}, **more}
    return deploy(operator.home, operator.cloud, nodes={"edge-1b": node})


def refusal(operator: Operator, seed: str, **more: Any) -> str:
    """Why nothing was made."""
    before = operator.everything()
    with pytest.raises(InputError) as raised:
        restored(operator, seed, **more)
    assert operator.everything() == before
    [(path, reason)] = raised.value.problems
    assert path == "nodes.edge-1b.seed_from"
    return reason


def seed_of(recording: Recording, cloud: str) -> str:
    inputs = recording.one(DISKS[cloud]).inputs
    if cloud == "azure":
        seed: str = inputs["creationData"]["sourceResourceId"]
        return seed
    return str(inputs["snapshotId" if cloud == "aws" else "snapshot"])


# --- on every cloud ---


def test_nothing_is_made_while_the_disk_of_the_snapshot_lives(operator: Operator) -> None:
    old = disk(operator)
    reason = refusal(operator, operator.snapshot(old))
    assert f"was taken of {old}, which lives" in reason


def test_nobodys_word_counts_where_the_cloud_knows_better(operator: Operator) -> None:
    assert "which lives" in refusal(operator, operator.snapshot(disk(operator)), old_disk_is_gone=True)


def test_the_disk_is_made_when_the_old_one_is_gone(operator: Operator) -> None:
    old = disk(operator)
    snapshot = operator.snapshot(old)
    operator.delete_disk(old)
    assert seed_of(restored(operator, snapshot), operator.cloud) == snapshot


def test_a_snapshot_that_is_gone_stops_nobody(operator: Operator) -> None:
    """The disk has been made from it long ago, or the cloud refuses to."""
    old = disk(operator)
    snapshot = operator.snapshot(old)
    operator.delete_snapshot(snapshot)
    assert seed_of(restored(operator, snapshot), operator.cloud) == snapshot


def test_every_snapshot_of_a_living_disk_is_named_at_once(operator: Operator) -> None:
    seeds = [operator.snapshot(disk(operator, name), name) for name in ("one", "two")]
    nodes = {f"edge-{n}": {"seed_from": seed, "password": {"external": True}} for n, seed in enumerate(seeds)}
    with pytest.raises(InputError) as raised:
        deploy(operator.home, operator.cloud, nodes=nodes)
    assert [path for path, _ in raised.value.problems] == ["nodes.edge-0.seed_from", "nodes.edge-1.seed_from"]


# --- where names are given again ---


@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_a_later_disk_of_the_same_name_is_another_one(cloud: str, tmp_path: Path) -> None:
    operator = operator_of(cloud, tmp_path)
    old = disk(operator)
    snapshot = operator.snapshot(old)
    operator.delete_disk(old)
    assert disk(operator) == old
    assert seed_of(restored(operator, snapshot), cloud) == snapshot


# --- where the cloud cannot tell ---


def test_a_copy_on_aws_takes_the_operators_word(tmp_path: Path) -> None:
    operator = operator_of("aws", tmp_path)
    snapshot = operator.snapshot(disk(operator))
    copy = operator.make(AWS_COPY, {"sourceSnapshotId": snapshot, "sourceRegion": operator.region})
    assert "old_disk_is_gone" in refusal(operator, copy)
    assert seed_of(restored(operator, copy, old_disk_is_gone=True), "aws") == copy


def test_a_snapshot_that_another_account_shares_takes_the_operators_word(tmp_path: Path) -> None:
    operator = operator_of("aws", tmp_path)
    snapshot = operator.snapshot(disk(operator))
    operator.share(snapshot, "210987654321")
    with pytest.raises(InputError, match="old_disk_is_gone"):
        deploy(tmp_path, nodes={"edge-1b": {"seed_from": snapshot, "password": {"external": True}}})


@pytest.mark.parametrize(
    ("cloud", "elsewhere"),
    [
        ("azure", "/subscriptions/other/resourceGroups/g/providers/Microsoft.Compute/snapshots/s"),
        ("gcp", "projects/other/global/snapshots/s"),
        ("gcp", "https://www.googleapis.com/compute/v1/projects/other/global/snapshots/s"),
        ("gcp", "projects/nodeyard-theta/regions/us-central1/snapshots/s"),
    ],
)
def test_a_snapshot_of_another_account_takes_the_operators_word(cloud: str, elsewhere: str, tmp_path: Path) -> None:
    operator = operator_of(cloud, tmp_path)
    assert "old_disk_is_gone" in refusal(operator, elsewhere)
    assert seed_of(restored(operator, elsewhere, old_disk_is_gone=True), cloud) == elsewhere


def test_a_snapshot_of_a_snapshot_on_azure_takes_the_operators_word(tmp_path: Path) -> None:
    operator = operator_of("azure", tmp_path)
    first = operator.snapshot(disk(operator))
    copy = {"createOption": "Copy", "sourceResourceId": first}
    second = operator.make(
        "azure-native:compute:Snapshot", {"resourceGroupName": "old", "snapshotName": "copy", "creationData": copy}
    )
    assert "old_disk_is_gone" in refusal(operator, second)


def test_a_disk_may_begin_as_a_snapshot_by_its_name_alone_on_google_cloud(tmp_path: Path) -> None:
    operator = operator_of("gcp", tmp_path)
    operator.snapshot(disk(operator), "by-name")
    assert "which lives" in refusal(operator, "by-name")


# --- what is no answer ---


def test_only_what_is_not_there_is_gone_and_no_failure_else() -> None:
    def fail(text: str) -> None:
        raise CloudError("", text)

    assert found(lambda: fail('Status=404 Code="ResourceNotFound"'), "Status=404") is None
    with pytest.raises(CloudError, match="AuthorizationFailed"):
        found(lambda: fail('Status=403 Code="AuthorizationFailed"'), "Status=404")
