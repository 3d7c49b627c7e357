"""Tags of a stack on everything that can carry them, as a preview of a stack that is up plans it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.simulation import schema
from tests.engine.worlds import Worlds

TAGS = {"tags.owner": "team-a", "tags.cost-centre": "c42"}
WANTED = {"owner": "team-a", "cost-centre": "c42"}

CARRIES = ("tags", "labels", "resourceLabels", "userLabels")
"""What the inputs are called that carry tags on Azure and Google Cloud."""

CANNOT = {
    "gcp:monitoring/dashboard:Dashboard": "its labels stand in its JSON, and group dashboards only",
    "azure-native:keyvault:Key": "a key's tags are its newest version's: the vault has them",
}
"""What has such an input and does not get the tags, with the reason."""

REPLACED = {
    "gcp:compute/instanceTemplate:InstanceTemplate": "a template is never changed, and its group takes the next one",
    "gcp:compute/instanceGroupManager:InstanceGroupManager": "it holds the machine, which comes anew with its old disk",
    "gcp:compute/perInstanceConfig:PerInstanceConfig": "it goes with its group",
    "kubernetes:storage.k8s.io/v1:StorageClass": "its parameters are never changed, and its volumes stay",
}
"""What new tags replace, with the reason. None of it holds anything."""

STACKS = [
    *("platform-aws", "metis-sepolia", "theta-mainnet", "tsm-player0-aws", "nodeos-jungle-aws"),
    *("platform-azure", "metis-sepolia-azure", "theta-mainnet-azure", "tsm-player1-azure", "nodeos-jungle-azure"),
    *("platform-gcp", "metis-sepolia-gcp", "theta-mainnet-gcp", "tsm-player2-gcp", "nodeos-jungle"),
]


def planned(stack: str, worlds: Worlds, home: Path) -> list[dict[str, Any]]:
    """The steps of a preview in which the stack, which is up without tags, gets them."""
    steps: list[dict[str, Any]] = worlds.shipped(stack, home).preview(stack, TAGS)["steps"]
    return steps


def has(inputs: Mapping[str, Any], names: tuple[str, ...] = CARRIES) -> bool:
    given = (inputs.get(name) for name in names)
    return any(isinstance(tags, dict) and WANTED.items() <= tags.items() for tags in given)  # or a network's tags


@pytest.mark.parametrize("stack", STACKS)
def test_tags_reach_everything_that_can_carry_them_and_replace_nothing_that_holds_anything(
    stack: str, worlds: Worlds, tmp_path: Path
) -> None:
    steps = planned(stack, worlds, tmp_path)
    assert {step["newState"]["type"] for step in steps if "replace" in step["op"]} <= REPLACED.keys()
    made = [step["newState"] for step in steps if step["newState"]["custom"] and not step["newState"].get("external")]
    without = [state["urn"] for state in made if can(state["type"]) and not has(state.get("inputs", {}))]
    assert without == []
    if providers := [state for state in made if state["type"] == "pulumi:providers:aws"]:
        assert [json.loads(state["inputs"]["defaultTags"])["tags"] for state in providers] == [WANTED] * len(providers)
    else:
        assert any(has(state.get("inputs", {})) for state in made)


def can(type_: str) -> bool:
    """On AWS the provider puts its default tags on whatever has tags of its own."""
    shape = schema.shape_of(type_) if type_.startswith(("gcp:", "azure-native:")) and type_ not in CANNOT else None
    return shape is not None and any(name in shape.fields for name in CARRIES)


def test_what_the_providers_default_tags_do_not_reach_has_them_by_its_own_inputs(
    worlds: Worlds, tmp_path: Path
) -> None:
    states = [step["newState"] for step in planned("theta-mainnet", worlds, tmp_path)]
    of = {state["type"]: state["inputs"] for state in states if state["custom"]}
    specified = of["aws:ec2/launchTemplate:LaunchTemplate"]["tagSpecifications"]
    assert {one["resourceType"] for one in specified if has(one)} == {"instance", "volume", "network-interface"}
    group = {tag["key"]: tag["value"] for tag in of["aws:autoscaling/group:Group"]["tags"]}
    assert WANTED.items() <= group.items()
