"""Snapshots on Azure without a platform: the site's own backup vault."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.azure.roles import Role
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.site import SiteSpec
from nodeyard.errors import InputError
from sandbox.mocks import SandboxMocks
from tests.unit.recording import Recording, record

CLOUD = clouds.named(CloudName.AZURE)

SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/theta"
ZONE = "eastus2-1"
VAULT = "azure-native:dataprotection:BackupVault"
POLICY = "azure-native:dataprotection:BackupPolicy"
INSTANCE = "azure-native:dataprotection:BackupInstance"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"


def deploy(home: Path, *, site: bool, existing: str | None = None, disk: bool = True) -> Recording:
    """A site and a disk that asks for snapshots."""

    def program() -> None:
        parent = pulumi.ComponentResource("nodeyard:index:Test", "test")
        provider = CLOUD.cloud_provider("test", SUBSCRIPTION, "eastus2", ResourceOptions(parent=parent))
        inside = ResourceOptions(parent=parent, providers=[provider])
        spec = SiteSpec(account=SUBSCRIPTION, region="eastus2", zones=[ZONE], snapshots=site)
        stand = CLOUD.Site("theta", spec, inside)
        there = ResourceOptions.merge(inside, ResourceOptions(depends_on=[stand]))
        wanted: Any = {"zone": ZONE, "size_gib": 256, "existing": existing, "snapshots": "daily-7" if disk else ""}
        CLOUD.Disk("theta-edge-1", DiskSpec(**wanted), stand.platform, there)

    recording = record(program, SandboxMocks(home, region="eastus2"))
    recording.check()
    return recording


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return deploy(tmp_path_factory.mktemp("world"), site=True)


def test_a_machine_s_disk_is_on_the_nightly_schedule_of_its_site(deployed: Recording) -> None:
    instance = deployed.one(INSTANCE)
    properties = instance.inputs["properties"]
    assert instance.protect
    assert instance.inputs["vaultName"] == deployed.one(VAULT).inputs["vaultName"]
    assert properties["dataSourceInfo"]["resourceID"] == f"{GROUP}/providers/Microsoft.Compute/disks/theta-edge-1"
    assert properties["policyInfo"]["policyId"] == (
        f"{GROUP}/providers/Microsoft.DataProtection/backupVaults/theta/backupPolicies/daily-7"
    )


def test_what_keeps_the_schedule_outlives_a_destroy(deployed: Recording) -> None:
    rights = [r for r in deployed.of(ASSIGNMENT) if r.name in ("theta-snapshots", "theta-disks")]
    assert len(rights) == 2
    assert all(r.protect for r in [*rights, deployed.one(VAULT), deployed.one(POLICY)])


def test_the_site_s_vault_reads_disks_and_takes_snapshots_in_its_group_and_nowhere_else(deployed: Recording) -> None:
    rights = {r.name: r.inputs for r in deployed.of(ASSIGNMENT)}
    assert {right["scope"] for right in rights.values()} == {GROUP}
    assert rights["theta-disks"]["roleDefinitionId"].endswith(Role.DISK_BACKUP_READER)
    assert rights["theta-snapshots"]["roleDefinitionId"].endswith(Role.DISK_SNAPSHOT_CONTRIBUTOR)
    assert len({right["principalId"] for right in rights.values()}) == 1


def test_a_site_without_snapshots_has_no_backup_vault(tmp_path: Path) -> None:
    made = {r.type for r in deploy(tmp_path, site=False, disk=False).resources}
    assert not made & {VAULT, POLICY, INSTANCE, ASSIGNMENT}


@pytest.mark.parametrize(
    ("site", "existing", "why"),
    [
        (False, None, "need a platform, or a site that was made with snapshots"),
        (True, GROUP.replace("theta", "other") + "/providers/Microsoft.Compute/disks/d", "resource group theta only"),
    ],
)
def test_a_disk_that_nothing_could_schedule_is_refused(
    tmp_path: Path, site: bool, existing: str | None, why: str
) -> None:
    with pytest.raises(InputError) as raised:
        deploy(tmp_path, site=site, existing=existing)
    [(path, reason)] = raised.value.problems
    assert path == "snapshots"
    assert why in reason
