"""How a node pool's spec is rendered for EKS, and what an instance type's name tells."""

import json
import tomllib
from email import message_from_string
from typing import Any

import pytest
import yaml
from pulumi import ResourceOptions

from nodeyard.clouds.aws.address import Address
from nodeyard.clouds.aws.identity import Identity
from nodeyard.clouds.aws.instance_type import capacity
from nodeyard.clouds.aws.node_image import bottlerocket_settings, node_config
from nodeyard.clouds.aws.node_pool import NodePool
from nodeyard.clouds.contract.address import AddressSpec
from nodeyard.clouds.contract.identity import IdentitySpec
from nodeyard.clouds.contract.instance_type import Capacity
from nodeyard.clouds.contract.node_pool import NodePoolSpec, Taint, TaintEffect
from nodeyard.errors import InputError
from sandbox.controlplane.clouds.aws.iam import Request, allowed
from tests.unit.examples import ACCOUNT, REGION, platform
from tests.unit.recording import Recording, record
from tests.unit.worlds import with_platform


def test_the_boot_config_labels_and_taints_the_node_before_it_registers() -> None:
    settings = tomllib.loads(
        bottlerocket_settings(
            {"node.metis.io": "themis"},
            [Taint("node.metis.io", "themis"), Taint("node.metis.io", "x", TaintEffect.NO_EXECUTE)],
        )
    )["settings"]["kubernetes"]
    assert settings == {
        "node-labels": {"node.metis.io": "themis"},
        "node-taints": {"node.metis.io": ["themis:NoSchedule", "x:NoExecute"]},
    }


def test_every_taint_effect_has_its_eks_spelling() -> None:
    assert {effect.value: effect.name for effect in TaintEffect} == {
        "NoSchedule": "NO_SCHEDULE",
        "PreferNoSchedule": "PREFER_NO_SCHEDULE",
        "NoExecute": "NO_EXECUTE",
    }


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("c5.large", Capacity(2, 4)),
        ("c5.xlarge", Capacity(4, 8)),
        ("c5.2xlarge", Capacity(8, 16)),
        ("c5.4xlarge", Capacity(16, 32)),
        ("m7i.2xlarge", Capacity(8, 32)),
        ("r6a.xlarge", Capacity(4, 32)),
        ("g4dn.xlarge", Capacity(4, 16)),
        ("g6e.2xlarge", Capacity(8, 64)),
        ("m7i-flex.xlarge", Capacity(4, 16)),
        ("t3.2xlarge", None),
        ("c4.2xlarge", None),
        ("c5.metal", None),
        ("c5.2large", None),
        ("", None),
    ],
)
def test_a_types_name_tells_its_size_or_nothing(instance_type: str, expected: Capacity | None) -> None:
    assert capacity(instance_type) == expected


def test_amazon_linux_is_told_its_labels_and_taints_before_it_registers() -> None:
    message = message_from_string(node_config({"a": "1", "b": "2"}, [Taint("key", "value", TaintEffect.NO_EXECUTE)]))
    (part,) = message.get_payload()
    assert part.get_content_type() == "application/node.eks.aws"
    kubelet = yaml.safe_load(part.get_payload())["spec"]["kubelet"]
    assert kubelet["flags"] == ["--node-labels=a=1,b=2"]
    assert kubelet["config"]["registerWithTaints"] == [{"key": "key", "value": "value", "effect": "NoExecute"}]


def pool(**changes: Any) -> Recording:
    given = {
        "instance_type": "m6a.xlarge",
        "zone": "us-east-2a",
        "release_version": "1.33.5-20251103",
        "confidential": True,
    }
    spec = NodePoolSpec(**{**given, **changes})
    recording = record(lambda: NodePool("pool", spec, platform(), ResourceOptions()), with_platform(platform()))
    recording.check()
    return recording


def test_a_confidential_pool_has_encrypted_memory_on_amazon_linux() -> None:
    made = pool()
    template = made.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    assert template["cpuOptions"] == {"amdSevSnp": "enabled"}
    assert [mapping["deviceName"] for mapping in template["blockDeviceMappings"]] == ["/dev/xvda"]
    assert made.one("aws:eks/nodeGroup:NodeGroup").inputs["amiType"] == "AL2023_x86_64_STANDARD"


def test_a_spot_pool_asks_for_spot_and_no_other_does() -> None:
    ordinary = {"confidential": False, "release_version": "1.46.0-431fe75a"}
    for spot, capacity_type in ((True, "SPOT"), (False, "ON_DEMAND")):
        group = pool(spot=spot, **ordinary).one("aws:eks/nodeGroup:NodeGroup").inputs
        assert group["capacityType"] == capacity_type
        assert "cpuOptions" not in pool(**ordinary).one("aws:ec2/launchTemplate:LaunchTemplate").inputs


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"instance_type": "m7a.xlarge"}, "instance_type"),
        ({"instance_type": "c5.xlarge"}, "instance_type"),
        ({"instance_type": "m6a.metal"}, "instance_type"),
        ({"instance_type": "r6a.8xlarge"}, "instance_type"),
        ({"release_version": "1.46.0-431fe75a"}, "release_version"),
        ({"release_version": "1.34.2-20251103"}, "release_version"),
        ({"release_version": "1.32.9-20251103"}, "release_version"),
        ({"confidential": False, "release_version": "1.33.5"}, "release_version"),
        ({"confidential": False, "release_version": "1.46.0-431fe75a", "instance_type": "m7g.xlarge"}, "instance_type"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InputError) as raised:
        pool(**changes)
    assert [where for where, _ in raised.value.problems] == [path]


@pytest.mark.parametrize("name", ["metis-themis", f"{'a-very-long-name-' * 4}themis"])
def test_an_address_is_claimed_for_its_own_pools_nodes_however_long_the_pools_name_is(name: str) -> None:
    """EKS takes 63 characters, and knows the pool of a longer name by a shorter one."""

    def program() -> None:
        spec = NodePoolSpec(
            instance_type="c5.xlarge", zone="us-east-2a", release_version="1.46.0-431fe75a", labels={}, taints=[]
        )
        node_pool = NodePool(name, spec, platform(), ResourceOptions())
        address = Address(name, AddressSpec(zone="us-east-2a"), platform(), ResourceOptions())
        claims = IdentitySpec(
            namespace="metis", service_account="themis", secrets=[], addresses=[address], node_pools=[node_pool]
        )
        Identity("themis", claims, platform(), ResourceOptions())

    recording = record(program, with_platform(platform()))
    recording.check()
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate").inputs["tagSpecifications"]
    policy = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    for kind in ("instance", "network-interface"):
        (tags,) = [tags["tags"] for tags in template if tags["resourceType"] == kind]
        context = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
        node = f"arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/i-1"
        assert allowed([policy], Request("ec2:AssociateAddress", node, context))
        assert not allowed([policy], Request("ec2:AssociateAddress", node))
