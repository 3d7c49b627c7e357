"""How a node pool's spec is rendered for EKS, and what an instance type's name tells."""

import tomllib

import pytest

from components.clouds.aws.instance_type import capacity
from components.clouds.aws.launch_template import user_data
from components.clouds.aws.node_pool import TAINT_EFFECTS
from components.clouds.contract import Capacity, Taint, TaintEffect


def test_the_boot_config_labels_and_taints_the_node_before_it_registers() -> None:
    settings = tomllib.loads(
        user_data(
            {"node.metis.io": "themis"},
            [Taint("node.metis.io", "themis"), Taint("node.metis.io", "x", TaintEffect.NO_EXECUTE)],
        )
    )["settings"]["kubernetes"]
    assert settings == {
        "node-labels": {"node.metis.io": "themis"},
        "node-taints": {"node.metis.io": ["themis:NoSchedule", "x:NoExecute"]},
    }


def test_every_taint_effect_has_its_eks_spelling() -> None:
    assert {effect.value: TAINT_EFFECTS[effect] for effect in TaintEffect} == {
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
        ("t3.2xlarge", None),
        ("c4.2xlarge", None),
        ("c5.metal", None),
        ("c5.2large", None),
        ("", None),
    ],
)
def test_a_types_name_tells_its_size_or_nothing(instance_type: str, expected: Capacity | None) -> None:
    assert capacity(instance_type) == expected
