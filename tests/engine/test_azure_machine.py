"""A machine on Azure as the engine sees it: what a change replaces, and what it leaves alone."""

from pathlib import Path

import pytest

from tests.engine.harness import CHECKOUT, STACK, Project
from tests.engine.worlds import Worlds

PROGRAM = """
    import sys

    sys.path.insert(0, {checkout!r})
    from pulumi import ComponentResource, ResourceOptions

    from nodeyard.clouds import azure as CLOUD
    from nodeyard.clouds.contract.disk import DiskSpec
    from nodeyard.clouds.contract.log_group import LogGroupSpec
    from nodeyard.clouds.contract.machine import MachineSpec
    from nodeyard.clouds.contract.secret import SecretSpec
    from nodeyard.clouds.contract.site import SiteSpec

    account, zone, name = "12345678-0000-0000-0000-000000000000", {zone!r}, "node"
    provider = CLOUD.cloud_provider("azure", account, "eastus2", ResourceOptions())
    inside = ResourceOptions(parent=ComponentResource("nodeyard:index:Test", name), providers=[provider])
    zones = ["eastus2-1", "eastus2-2"]
    site = CLOUD.Site(name, SiteSpec(account=account, region="eastus2", zones=zones), inside)
    place, opts = site.platform, ResourceOptions.merge(inside, ResourceOptions(depends_on=[site]))
    disk = CLOUD.Disk(name, DiskSpec(zone=zone, size_gib=256), place, opts)
    secret = CLOUD.Secret(name, SecretSpec(name="theta/" + name), place, opts)
    spec = MachineSpec(
        zone=zone,
        instance_type={type!r},
        image="Canonical:ubuntu-24_04-lts:server",
        user_data={user_data!r},
        container_image={container!r},
        disk=disk,
        secrets=[secret],
        log_group=CLOUD.LogGroup(name, LogGroupSpec(), place, opts),
        log_files=["/var/log/node.log"],
        metrics_namespace="Nodeyard/Theta",
        spot={spot!r},
    )
    CLOUD.Machine(name, spec, place, opts)
"""
MACHINE = "azure-native:compute:VirtualMachine"
WITH_IT = {
    "azure-native:authorization:RoleAssignment",
    "azure-native:compute:VirtualMachineExtension",
    "azure-native:monitor:DataCollectionRuleAssociation",
}
"""What Azure deletes with a machine."""


def program(**changes: object) -> str:
    given = {
        "checkout": str(CHECKOUT),
        "zone": "eastus2-1",
        "type": "Standard_D4s_v5",
        "user_data": "b25l",
        "container": "edge@sha256:1",
        "spot": False,
    }
    return PROGRAM.format(**{**given, **changes})


def steps(probe: Project) -> dict[str, str]:
    """Type -> operation of everything that a preview would change."""
    planned = probe.preview(STACK)["steps"]
    return {
        step["urn"].split("::")[2].split("$")[-1]: step["op"]
        for step in planned
        if step["op"] not in ("same", "read", "delete-replaced", "create-replacement")
    }


@pytest.fixture
def probe(worlds: Worlds, tmp_path: Path) -> Project:
    """A project with a machine that is up."""
    return worlds.project("azure-machine", program(), tmp_path)


def test_nothing_changes_by_itself(probe: Project) -> None:
    assert steps(probe) == {}


@pytest.mark.parametrize(
    "change", [{"type": "Standard_D8s_v5"}, {"user_data": "dHdv"}, {"spot": True}], ids=lambda change: str(*change)
)
def test_another_machine_takes_over_the_same_disk(probe: Project, change: dict[str, object]) -> None:
    probe.program(program(**change))
    told = {"nodeyard:azure:Machine": "update"} if "user_data" in change else {}  # it shows the boot in clear
    assert steps(probe) == dict.fromkeys({MACHINE, *WITH_IT}, "replace") | told
    probe.up(STACK)
    assert steps(probe) == {}


def test_another_container_image_changes_the_machine_s_tag_alone(probe: Project) -> None:
    probe.program(program(container="edge@sha256:2"))
    assert steps(probe) == {MACHINE: "update"}


def test_another_zone_stops_at_the_disk_s_protection(probe: Project) -> None:
    probe.program(program(zone="eastus2-2"))
    assert "protect" in probe.fails("preview", "--stack", STACK)


def test_what_cannot_be_made_again_outlives_the_stack(probe: Project) -> None:
    probe.ok("destroy", "--stack", STACK, "--yes", "--skip-preview", "--exclude-protected")
    left = {r["type"] for r in probe.export(STACK)["deployment"]["resources"]}
    assert {"azure-native:compute:Disk", "azure-native:keyvault:Secret", "azure-native:keyvault:Vault"} <= left
    assert MACHINE not in left
    probe.up(STACK)
    assert steps(probe) == {}
