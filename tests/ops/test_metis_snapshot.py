"""`nodeyard metis snapshot`: what each cloud is asked, and what is refused."""

import json
import re
from typing import Any

import pytest

from tests.ops.harness import REGION, Command, aws_stack, told

STACK, NAME = "mainnet", "metis-mainnet"
RELEASE = {"namespace": "metis-mainnet", "release": NAME}
"""The stack is called otherwise than what it makes."""
AZURE_DISK = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/metis-mainnet-l2geth"
GCP_DISK = "projects/p/zones/us-central1-a/disks/metis-mainnet-l2geth"


def deploy(nodeyard: Command, cloud: str, **disks: str) -> None:
    nodeyard.deploy(STACK, kind="metis", cloud={"cloud": cloud, "account": "a", "region": REGION}, **RELEASE)
    resources = [volume(f"{NAME}-{part}", disk) for part, disk in disks.items()]
    state = {"version": 3, "deployment": {"resources": [{"type": "pulumi:pulumi:Stack", "urn": "u"}, *resources]}}
    (nodeyard.directory / f"{STACK}.state").write_text(json.dumps(state))
    for tool in ("aws", "az", "gcloud"):
        nodeyard.install(tool)


def volume(name: str, disk: str) -> dict[str, Any]:
    type_ = "kubernetes:core/v1:PersistentVolume"
    outputs = {"spec": {"csi": {"driver": "csi", "volumeHandle": disk}}}
    return {"type": type_, "urn": f"urn:pulumi:{STACK}::nodeyard::{type_}::{name}", "outputs": outputs}


def test_both_disks_of_a_sequencer_on_aws_are_snapshot(nodeyard: Command) -> None:
    deploy(nodeyard, "aws", l2geth="vol-2", l1dtl="vol-1", themis="vol-3")
    result = nodeyard("metis", "snapshot", STACK, "--json")
    assert told(result) == [
        {"part": "l2geth", "disk": "vol-2", "snapshot": "snap-of-vol-2", "state": "pending"},
        {"part": "l1dtl", "disk": "vol-1", "snapshot": "snap-of-vol-1", "state": "pending"},
    ]
    first, second = sorted(nodeyard.calls("aws"))
    assert second[:4] == ["ec2", "create-snapshot", "--volume-id", "vol-2"]
    assert re.fullmatch(
        r"ResourceType=snapshot,Tags=\[\{Key=Name,Value=metis-mainnet-l1dtl-\d{8}-\d{6}\}\]",
        first[first.index("--tag-specifications") + 1],
    )
    assert first[-4:] == ["--region", REGION, "--output", "json"]


def test_on_azure_it_is_an_incremental_one_beside_its_disk(nodeyard: Command) -> None:
    deploy(nodeyard, "azure", l2geth=AZURE_DISK)
    result = nodeyard("metis", "snapshot", STACK, "--part", "l2geth", "--json")
    (made,) = told(result)
    assert re.fullmatch(r"/subscriptions/s/snapshots/metis-mainnet-l2geth-\d{8}-\d{6}", made["snapshot"])
    assert made["state"] == "0%"
    (asked,) = nodeyard.calls("az")
    assert asked[4:8] == ["--source", AZURE_DISK, "--incremental", "true"]
    assert asked[-6:-2] == ["--resource-group", "g", "--subscription", "s"]


def test_on_google_cloud_it_is_called_by_its_name(nodeyard: Command) -> None:
    deploy(nodeyard, "gcp", l2geth=GCP_DISK)
    result = nodeyard("metis", "snapshot", STACK, "--part", "l2geth", "--json")
    (made,) = told(result)
    assert re.fullmatch(r"metis-mainnet-l2geth-\d{8}-\d{6}", made["snapshot"])
    (asked,) = nodeyard.calls("gcloud")
    disk = ["--source-disk", "metis-mainnet-l2geth", "--source-disk-zone", "us-central1-a", "--project", "p"]
    assert asked[:10] == ["compute", "snapshots", "create", made["snapshot"], *disk]


def test_of_replicas_the_first_ones_disks_are_snapshot(nodeyard: Command) -> None:
    deploy(nodeyard, "aws", **{"1-l2geth": "vol-9", "0-l2geth": "vol-2", "0-l1dtl": "vol-1"})
    nodeyard.deploy(STACK, kind="metis_replica", **aws_stack(**RELEASE))
    assert [each["disk"] for each in told(nodeyard("metis", "snapshot", STACK, "--json"))] == ["vol-2", "vol-1"]


def test_a_table_for_people(nodeyard: Command) -> None:
    deploy(nodeyard, "aws", l2geth="vol-2", l1dtl="vol-1")
    result = nodeyard("metis", "snapshot", STACK)
    row = next(line for line in result.stdout.splitlines() if "l1dtl" in line)
    assert row.split() == ["l1dtl", "snap-of-vol-1", "pending", "vol-1"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--part", "themis"], 2, "A validator that starts from an old one can sign twice"),
        (["--part", "bridge"], 2, "There are snapshots of l2geth and l1dtl, and not of bridge."),
        ([], 2, "The stack's state has no disk of l1dtl. Was it brought up?"),
    ],
)
def test_what_is_refused_asks_no_cloud(nodeyard: Command, words: list[str], code: int, said: str) -> None:
    deploy(nodeyard, "aws", l2geth="vol-2", themis="vol-3")
    result = nodeyard("metis", "snapshot", STACK, *words)
    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr
    assert not nodeyard.calls("aws")


@pytest.mark.parametrize(("cloud", "disk"), [("azure", "vol-2"), ("gcp", "vol-2")])
def test_an_id_that_is_none_of_the_clouds_is_told(nodeyard: Command, cloud: str, disk: str) -> None:
    deploy(nodeyard, cloud, l2geth=disk)
    result = nodeyard("metis", "snapshot", STACK, "--part", "l2geth")
    assert (result.exit_code, "vol-2 is no" in result.stderr) == (3, True), result.stderr


def test_a_cloud_at_endpoints_of_its_own_is_not_asked_by_the_clouds_command_lines(nodeyard: Command) -> None:
    deploy(nodeyard, "aws", l2geth="vol-2")
    place = {**aws_stack()["cloud"], "endpoints": {"secretsmanager": "http://127.0.0.1:1"}}
    nodeyard.deploy(STACK, kind="metis", cloud=place)
    result = nodeyard("metis", "snapshot", STACK, "--part", "l2geth")
    assert (result.exit_code, "none of them is of disks" in result.stderr) == (3, True), result.stderr
    assert not nodeyard.calls("aws")
