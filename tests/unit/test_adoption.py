"""The ids of what is adopted: each cloud knows its own by their form."""

import pytest

from nodeyard import clouds
from nodeyard.clouds.contract.adoption import Adoptable
from nodeyard.clouds.contract.platform import CloudName

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/platform/providers"
IDS: dict[str, dict[Adoptable, str]] = {
    "aws": {
        "address": "eipalloc-0123456789abcdef0",
        "bucket": "backups-123456789012-us-east-2-an",
        "database": "tsm-mainnet-0",
        "disk": "vol-0123456789abcdef0",
        "secret": "arn:aws:secretsmanager:us-east-2:123456789012:secret:metis/seq-priv-a1b2c3",
        "snapshot": "snap-0123456789abcdef0",
    },
    "azure": {
        "address": f"{GROUP}/Microsoft.Network/publicIPAddresses/a",
        "bucket": f"{GROUP}/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
        "disk": f"{GROUP}/Microsoft.Compute/disks/d",
        "secret": f"{GROUP}/Microsoft.KeyVault/vaults/v/secrets/s",
        "snapshot": f"{GROUP}/Microsoft.Compute/snapshots/s",
    },
    "gcp": {
        "address": "projects/p/regions/us-central1/addresses/a",
        "bucket": "a_bucket.example.com",
        "database": "a-database",
        "disk": "projects/p/zones/us-central1-a/disks/d",
        "secret": "projects/p/secrets/s",
        "snapshot": "projects/p/global/snapshots/s",
    },
}

NAMES = {
    *(("aws", "bucket", "database"), ("aws", "database", "bucket")),
    *(("gcp", "bucket", "database"), ("gcp", "snapshot", "bucket"), ("gcp", "snapshot", "database")),
}
"""Kinds that may be told by a name alone: nothing in the name says of what kind it is."""


def problem(cloud: str, kind: Adoptable, id_: str) -> str:
    return clouds.named(CloudName(cloud)).adoption_problem(kind, id_, None)


@pytest.mark.parametrize(("cloud", "kind"), [(cloud, kind) for cloud, ids in IDS.items() for kind in ids])
def test_an_id_of_its_own_kind_is_taken_and_one_of_another_kind_is_not(cloud: str, kind: Adoptable) -> None:
    assert problem(cloud, kind, IDS[cloud][kind]) == ""
    for other, id_ in IDS[cloud].items():
        if other != kind and (cloud, kind, other) not in NAMES:
            assert "it has the form" in problem(cloud, kind, id_), other


@pytest.mark.parametrize("kind", ["address", "disk", "secret", "snapshot"])  # databases have plain names on two clouds
def test_an_id_of_another_cloud_is_refused(kind: Adoptable) -> None:
    assert problem("aws", kind, IDS["gcp"][kind])
    assert problem("azure", kind, IDS["aws"][kind])
    assert problem("gcp", kind, IDS["azure"][kind])


@pytest.mark.parametrize(
    "snapshot",
    [
        "by-hand",
        "projects/p/regions/us-central1/snapshots/s",
        "https://www.googleapis.com/compute/v1/projects/p/global/snapshots/s",
    ],
)
def test_a_snapshot_on_google_cloud_may_be_a_name_or_a_link_and_may_be_regional(snapshot: str) -> None:
    assert problem("gcp", "snapshot", snapshot) == ""


@pytest.mark.parametrize("bucket", ["their.own-backups", "2024", "abc"])
def test_a_bucket_on_aws_may_have_dots_and_begin_with_a_digit(bucket: str) -> None:
    assert problem("aws", "bucket", bucket) == ""


@pytest.mark.parametrize("bucket", ["Backups", "a..b", "ab", "-abc", "a" * 64, "arn:aws:s3:::backups", "s3://backups"])
def test_what_is_no_name_of_a_bucket_on_aws_is_refused(bucket: str) -> None:
    assert "<name of the bucket>" in problem("aws", "bucket", bucket)


def test_arm_ids_are_the_same_in_capital_and_small_letters() -> None:
    assert problem("azure", "disk", IDS["azure"]["disk"].upper()) == ""
