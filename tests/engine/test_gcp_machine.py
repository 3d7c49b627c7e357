"""A machine on Google Cloud as the engine sees it: what a change replaces, and what it leaves alone."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.harness import CHECKOUT, STACK, Project
from tests.engine.worlds import Worlds

MACHINE = "gcp:compute/perInstanceConfig:PerInstanceConfig"
TEMPLATE = "gcp:compute/instanceTemplate:InstanceTemplate"
GROUP = "gcp:compute/instanceGroupManager:InstanceGroupManager"

PROGRAM = """
    import sys

    sys.path.insert(0, {checkout!r})
    from pulumi import ResourceOptions
    from nodeyard.clouds.contract.disk import DiskSpec
    from nodeyard.clouds.contract.log_group import LogGroupSpec
    from nodeyard.clouds.contract.machine import MachineSpec
    from nodeyard.clouds.contract.secret import SecretSpec
    from nodeyard.clouds.contract.site import SiteSpec
    from nodeyard.clouds.contract.telemetry import Alarm, Panel, TelemetrySpec
    from nodeyard.clouds import gcp as CLOUD

    ZONE = "us-central1-a"
    google = CLOUD.cloud_provider("google", "nodeyard-test", "us-central1", ResourceOptions())
    site = CLOUD.Site("site", SiteSpec(account="nodeyard-test", region="us-central1", zones=[ZONE]),
                      ResourceOptions(providers=[google]))
    on_site = ResourceOptions(providers=[google], depends_on=[site])
    disk = CLOUD.Disk("node", DiskSpec(zone=ZONE, size_gib=256), site.platform, on_site)
    secret = CLOUD.Secret("node-password", SecretSpec(name="node/password", value="{password}"), site.platform, on_site)
    logs = CLOUD.LogGroup("node", LogGroupSpec(), site.platform, on_site)
    machine = CLOUD.Machine("node", MachineSpec(
        zone=ZONE, instance_type="{type}", image="ubuntu-os-cloud/ubuntu-2404-lts-amd64", user_data="{data}",
        container_image="{image}", disk=disk, secrets=[secret], log_group=logs, log_files=[],
        metrics_namespace="theta",
    ), site.platform, on_site)
    CLOUD.Telemetry("node", TelemetrySpec(
        node="node", machine=machine, disk=disk, namespace="theta", panels=[Panel(title="CPU", system="cpu")],
        alarms=[Alarm(name="silent", description="d", metric="node_ready", condition="missing")],
    ), site.platform, on_site)
"""
GIVEN = {
    "checkout": str(CHECKOUT),
    "type": "n2-standard-4",
    "image": "i@sha256:1",
    "data": "#cloud-config",
    "password": "open sesame",
}


def program(**changes: str) -> str:
    return PROGRAM.format(**{**GIVEN, **changes})


def steps(probe: Project) -> dict[str, str]:
    """Of the plan, what is done to what, by type: everything but `same`."""
    plan = probe.preview(STACK)
    found: dict[str, set[str]] = {}
    for step in plan["steps"]:
        if step["op"] != "same":
            found.setdefault(step["urn"].split("::")[2].split("$")[-1], set()).add(step["op"])
    return {type_: " ".join(sorted(ops)) for type_, ops in found.items()}


def resource(probe: Project, type_: str) -> dict[str, Any]:
    (found,) = [r for r in probe.export(STACK)["deployment"]["resources"] if r["type"] == type_]
    return dict(found)


@pytest.fixture
def node(worlds: Worlds, tmp_path: Path) -> Project:
    """A project with a machine that is up."""
    return worlds.project("gcp-machine", program(), tmp_path)


def test_nothing_changes_by_itself_and_another_type_replaces_the_machine_and_not_the_disk(node: Project) -> None:
    assert steps(node) == {}
    first = resource(node, MACHINE)
    disk = first["outputs"]["preservedState"]["disks"][0]["source"]

    node.program(program(type="n2-standard-8"))
    planned = steps(node)
    assert planned.keys() == {TEMPLATE, GROUP, MACHINE}
    # A group that has a machine since it was made refuses to be updated: its fingerprint is another one.
    assert planned[GROUP] == planned[MACHINE] == "replace"
    node.up(STACK)
    assert steps(node) == {}
    machine = resource(node, MACHINE)
    assert machine["outputs"]["preservedState"]["disks"][0]["source"] == disk
    template = resource(node, TEMPLATE)
    assert resource(node, GROUP)["outputs"]["versions"][0]["instanceTemplate"] == template["id"]
    assert template["outputs"]["machineType"] == "n2-standard-8"


def test_the_old_machine_is_gone_before_the_new_one_comes(node: Project) -> None:
    node.program(program(data="#cloud-config other"))
    events = [line for line in node.up(STACK).splitlines() if "PerInstanceConfig" in line]
    gone, comes = (
        next(index for index, line in enumerate(events) if what in line) for what in ("deleted original", "creating")
    )
    assert gone < comes, events


def test_another_container_image_touches_neither_machine_nor_disk(node: Project) -> None:
    node.program(program(image="i@sha256:2"))
    assert steps(node) == {MACHINE: "update"}
    node.up(STACK)
    machine = resource(node, MACHINE)
    assert machine["outputs"]["preservedState"]["metadata"] == {"nodeyard-container-image": "i@sha256:2"}


def test_destroy_stops_at_the_disk_and_takes_all_but_disk_and_secret(node: Project) -> None:
    assert "cannot be deleted" in node.fails("destroy", "-s", STACK, "--yes")
    node.ok("destroy", "-s", STACK, "--yes", "--exclude-protected")
    left = {r["type"] for r in node.export(STACK)["deployment"]["resources"] if r.get("protect")}
    assert left == {"gcp:compute/disk:Disk", "gcp:secretmanager/secret:Secret"}
