"""What `ThetaEdgeNode` refuses, before anything is made."""

from pathlib import Path
from typing import Any

import pytest

from nodeyard.errors import InputError
from nodeyard.theta_edge_node.images import IMAGES
from nodeyard.theta_edge_node.instance_types import DEFAULTS, instance_type_problem
from tests.unit.examples import platform
from tests.unit.theta_fleet import IN_CLUSTER, deploy, problems


def test_every_problem_is_told_at_once_before_anything_is_made() -> None:
    found = problems(
        image="edgelauncher:latest",
        zones=None,
        expose="vpc",
        nodes={
            "edge-1": {"instance_type": "m7g.xlarge"},
            "edge-2": {"existing_disk": "vol-1"},
            "edge-3": {"seed_from": "snap-1", "password": {"existing": "arn", "external": True}},
            "Edge_4": {"image": "latest"},
        },
    )
    assert set(found) == {
        "image",
        "zones",
        "expose_cidrs",
        "nodes.edge-1.instance_type",
        "nodes.edge-2.zone",
        "nodes.edge-2.password",
        "nodes.edge-3.password",
        "nodes.Edge_4",
        "nodes.Edge_4.image",
    }


def test_one_identity_has_one_disk() -> None:
    seeded = {"seed_from": "snap-1", "old_disk_is_gone": True, "password": {"external": True}}
    assert set(problems(nodes={"edge-1": seeded, "edge-2": seeded})) == {"nodes.*.seed_from"}


def test_a_platform_or_a_site_and_not_both() -> None:
    assert set(problems(site=None, zones=None)) == {"platform"}


def test_a_zone_without_a_subnet_is_named_before_a_disk_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        deploy(tmp_path, nodes={"edge-1": {"zone": "eu-central-1z"}})
    assert dict(raised.value.problems).keys() == {"nodes.edge-1.zone"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"instance_type": "c6a.xlarge"}, "nodes.edge-1.instance_type"),
        ({"namespace": "another"}, "namespace"),
        ({"platform": platform(namespaces=["theta"], network_policy=False)}, "platform"),
        ({"release_version": None}, "release_version"),
        ({"release_version": "1.33.5"}, "release_version"),
        ({"probe_image": None}, "probe_image"),
        ({"user": "1000:1000"}, "user"),
        ({"read_only_root": True}, "read_only_root"),
        ({"resolvers": ["1.1.1.1", "1.0.0.1", "9.9.9.9", "8.8.8.8"]}, "resolvers"),
        ({"machine_image": "ami-0123456789abcdef0"}, "machine_image"),
        ({"expose": "vpc", "expose_cidrs": ["10.9.0.0/16"]}, "expose"),
    ],
)
def test_what_a_cluster_cannot_do_is_told_before_anything_is_made(changes: dict[str, Any], path: str) -> None:
    assert set(problems(**{**IN_CLUSTER, **changes})) == {path}


def test_a_cluster_needs_a_platform() -> None:
    assert set(problems(placement="cluster")) == {"placement"}


@pytest.mark.parametrize(
    ("cloud", "type_", "gpu", "fine"),
    [
        ("aws", "g4dn.2xlarge", True, True),
        ("aws", "g5.xlarge", True, True),
        ("aws", "g5g.xlarge", True, False),
        ("aws", "g4ad.xlarge", True, False),
        ("aws", "c6a.xlarge", True, False),
        ("aws", "c6a.xlarge", False, True),
        ("aws", "t3.xlarge", False, True),
        ("aws", "c7gn.xlarge", False, False),
        ("aws", "c4.xlarge", False, False),
        ("aws", "i3.xlarge", False, False),
        ("aws", "i3en.xlarge", False, True),
        ("azure", "Standard_NC8as_T4_v3", True, True),
        ("azure", "Standard_NV6ads_A10_v5", True, False),
        ("azure", "Standard_ND96isr_MI300X_v5", True, False),
        ("azure", "Standard_D4ps_v5", False, False),
        ("azure", "Standard_E4-2ps_v6", False, False),
        ("azure", "Standard_D4as_v5", False, True),
        ("gcp", "g2-standard-4", True, True),
        ("gcp", "e2-standard-4", True, False),
        ("gcp", "t2a-standard-4", False, False),
    ],
)
def test_an_instance_type_is_judged_by_its_name(cloud: Any, type_: str, gpu: bool, fine: bool) -> None:
    assert (instance_type_problem(cloud, type_, gpu=gpu) is None) is fine


def test_the_defaults_are_fine_and_have_an_image() -> None:
    assert set(DEFAULTS) == set(IMAGES)
    for (cloud, gpu), type_ in DEFAULTS.items():
        assert instance_type_problem(cloud, type_, gpu=gpu) is None
