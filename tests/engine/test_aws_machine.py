"""What a change does to a machine on AWS, its disk and its container image, as the engine sees it."""

from pathlib import Path

import pytest

from tests.engine.conftest import MakeProject
from tests.engine.harness import CHECKOUT, STACK, Project
from tests.engine.worlds import Worlds

PROGRAM = """
    import sys

    sys.path.insert(0, {checkout!r})
    from pulumi import ResourceOptions

    from nodeyard.clouds import aws as CLOUD
    from nodeyard.clouds.contract.disk import DiskSpec
    from nodeyard.clouds.contract.log_group import LogGroupSpec
    from nodeyard.clouds.contract.machine import MachineSpec
    from nodeyard.clouds.contract.secret import SecretSpec
    from nodeyard.clouds.contract.site import SiteSpec

    opts = ResourceOptions(provider=CLOUD.cloud_provider("aws", {account!r}, "eu-central-1", ResourceOptions()))
    place = CLOUD.Site("site", SiteSpec(account={account!r}, region="eu-central-1"), opts).platform
    disk = CLOUD.Disk({name!r}, DiskSpec(zone={zone!r}, size_gib=256), place, opts)
    secret = CLOUD.Secret({name!r}, SecretSpec(name="theta/" + {name!r}), place, opts)
    log_group = CLOUD.LogGroup({name!r}, LogGroupSpec(), place, opts)
    spec = MachineSpec(
        zone={zone!r},
        instance_type={type!r},
        image={image!r},
        user_data=disk.disk_id,
        container_image={container!r},
        disk=disk,
        secrets=[secret],
        log_group=log_group,
        log_files=["/var/log/node.log"],
        metrics_namespace="Nodeyard/Theta",
    )
    CLOUD.Machine({name!r}, spec, place, opts)
"""
LOOKED_UP = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"


def program(**changes: str) -> str:
    given = {
        "checkout": str(CHECKOUT),
        "account": "123456789012",
        "name": "node",
        "zone": "eu-central-1a",
        "type": "g4dn.xlarge",
        "image": LOOKED_UP,
        "container": "edge@sha256:1",
    }
    return PROGRAM.format(**{**given, **changes})


def steps(probe: Project) -> dict[str, str]:
    """Type -> operation of everything that a preview would change."""
    planned = probe.preview(STACK)["steps"]
    return {s["urn"].split("::")[2].split("$")[-1]: s["op"] for s in planned if s["op"] not in ("same", "read")}


@pytest.fixture
def probe(worlds: Worlds, tmp_path: Path) -> Project:
    """A project with a machine that is up."""
    return worlds.project("aws-machine", program(), tmp_path)


def test_a_change_touches_what_it_must_and_never_the_disk(probe: Project) -> None:
    assert steps(probe) == {}
    for changed, touched in (
        ({"type": "g4dn.2xlarge"}, {"aws:ec2/launchTemplate:LaunchTemplate": "update", GROUP: "update"}),
        ({"container": "edge@sha256:2"}, {"aws:ssm/parameter:Parameter": "update"}),
    ):
        probe.program(program(**changed))
        assert steps(probe) == touched
    probe.program(program(type="g4dn.2xlarge"))
    probe.up(STACK)
    assert version(probe) == "2"
    assert steps(probe) == {}


def version(probe: Project) -> object:
    [group] = [r for r in probe.export(STACK)["deployment"]["resources"] if r["type"] == GROUP]
    return group["inputs"]["launchTemplate"]["version"]


GROUP = "aws:autoscaling/group:Group"


def test_another_zone_stops_at_the_disks_protection(probe: Project) -> None:
    probe.program(program(zone="eu-central-1b"))
    assert "protect" in probe.fails("preview", "--stack", STACK)


def test_an_image_is_looked_up_once_until_another_is_named(probe: Project) -> None:
    probe.program(program(image=LOOKED_UP.replace("24.04", "26.04")))
    planned = steps(probe)
    assert planned.pop("pulumi:index:Stash") == "replace"
    assert planned == {"aws:ec2/launchTemplate:LaunchTemplate": "update", GROUP: "update"}


def test_a_newer_answer_of_the_look_up_leaves_the_machine_alone(project: MakeProject) -> None:
    published = """
        import pulumi_aws as aws

        aws.ssm.Parameter("golden", name="/golden", type="String", value={ami!r})
    """
    golden = project(published.format(ami="ami-0000000000000000a"), named="golden")
    golden.up(STACK)
    probe = project(program(name="keeps", image="/golden"))
    probe.up(STACK)
    golden.program(published.format(ami="ami-0000000000000000b"))
    golden.up(STACK)
    assert steps(probe) == {"pulumi:index:Stash": "update"}
    probe.up(STACK)
    [template] = [r for r in probe.export(STACK)["deployment"]["resources"] if "LaunchTemplate" in r["type"]]
    assert template["inputs"]["imageId"] == "ami-0000000000000000a"
