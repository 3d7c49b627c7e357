"""What a change of each field of a NodePoolSpec does to a pool on each cloud: the table of docs/clouds.md.

One pool for every field; all are made alike, then each is asked for with its own field changed. What the clouds replace
is written in the sandbox's tables from the providers' documentation, so this shows what our pools ask for, not what a
cloud does.
"""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodeyard.clouds.contract.node_pool import NodePoolSpec
from tests.engine.harness import CHECKOUT, Sandbox
from tests.engine.worlds import Worlds

PROGRAM = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})

from dataclasses import replace

import pulumi
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.firewall import FirewallSpec, IngressRule
from nodeyard.clouds.contract.node_pool import NodePoolSpec, Taint
from nodeyard import reference

config = pulumi.Config("pools")
platform = reference.platform(config.require("platform"))
cloud = clouds.of(platform)
options = ResourceOptions(providers=list(cloud.providers("pools", platform, ResourceOptions())))
firewall = cloud.Firewall("p2p", FirewallSpec(ingress=[IngressRule(26656, "tcp", "p2p")]), platform, options)
before, after = config.require_object("before"), config.require_object("after")
made = {{"labels": dict, "taints": lambda given: [Taint(*taint) for taint in given], "firewalls": lambda _: [firewall]}}
for field, value in after.items():
    changed = made.get(field, lambda given: given)(value)
    base = NodePoolSpec(**before)
    if field == "gpu":  # a type that can have one
        base = replace(base, instance_type=config.require("withGpu"))
    spec = replace(base, **{{field: changed}}) if config.get("changed") else base
    cloud.NodePool(field.replace("_", "-"), spec, platform, options)
"""

#: The same pool in each cloud's words, and another value for each field.
BEFORE = {
    "aws": {"instance_type": "m6a.xlarge", "zone": "us-east-2a", "release_version": "1.36.2-20260901"},
    "azure": {"instance_type": "Standard_DC4as_v5", "zone": "eastus2-1", "release_version": "1.33.5"},
    "gcp": {"instance_type": "n2d-standard-4", "zone": "us-central1-a", "release_version": "1.35.7-gke.1222000"},
}
AFTER = {
    "aws": {"instance_type": "c6a.xlarge", "zone": "us-east-2b", "release_version": "1.36.3-20261001"},
    "azure": {"instance_type": "Standard_DC8as_v5", "zone": "eastus2-2", "release_version": "1.33.6"},
    "gcp": {"instance_type": "n2d-standard-8", "zone": "us-central1-b", "release_version": "1.35.8-gke.1036000"},
}
COMMON = {
    "labels": {"example.org/a": "b"},
    "taints": [["example.org/a", "b"]],
    "node_count": 2,
    "root_disk_gib": 60,
    "public_address": True,
    "firewalls": [],
    "spot": True,
    "confidential": True,
    "gpu": True,
}
WITH_GPU = {"aws": "g4dn.xlarge", "azure": "Standard_NC4as_T4_v3", "gcp": "n1-standard-4"}
POOLS = {
    "aws": "aws:eks/nodeGroup:NodeGroup",
    "azure": "azure-native:containerservice:AgentPool",
    "gcp": "gcp:container/nodePool:NodePool",
}
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
#: In place, replaced, or nothing at all; a replaced pool goes before its successor comes.
EXPECTED = {
    "instance_type": {"aws": "update", "azure": "replace", "gcp": "update"},
    "zone": {"aws": "replace", "azure": "replace", "gcp": "replace"},
    "release_version": {"aws": "update", "azure": "update", "gcp": "update"},
    "labels": {"aws": "update", "azure": "update", "gcp": "update"},
    "taints": {"aws": "update", "azure": "update", "gcp": "replace"},
    "node_count": {"aws": "update", "azure": "update", "gcp": "update"},
    "root_disk_gib": {"aws": "update", "azure": "replace", "gcp": "update"},
    "public_address": {"aws": "replace", "azure": "same", "gcp": "update"},
    "firewalls": {"aws": "update", "azure": "same", "gcp": "update"},
    "spot": {"aws": "replace", "azure": "replace", "gcp": "replace"},
    "confidential": {"aws": "replace", "azure": "same", "gcp": "replace"},
    "gpu": {"aws": "replace", "azure": "replace", "gcp": "replace"},
}


def pools(worlds: Worlds, directory: Path, cloud: str) -> Sandbox:
    directory.mkdir(parents=True)
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "pools", "runtime": "python"}))
    (directory / "__main__.py").write_text(PROGRAM)
    config = {
        "pools:platform": f"organization/nodeyard/platform-{cloud}",
        "pools:before": BEFORE[cloud],
        "pools:after": AFTER[cloud] | COMMON,
        "pools:withGpu": WITH_GPU[cloud],
    }
    (directory / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    home = worlds.shipped(f"platform-{cloud}", directory / "home").home
    return Sandbox(home, cwd=directory)


@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
def test_each_field_of_a_pool_changes_as_the_docs_say(cloud: str, worlds: Worlds, tmp_path: Path) -> None:
    assert EXPECTED.keys() == {field.name for field in fields(NodePoolSpec)}
    sandbox = pools(worlds, tmp_path / cloud, cloud)
    sandbox.up("dev")
    sandbox.configure("dev", "changed", "yes")
    found = dict.fromkeys(EXPECTED, "same")  # what stays as it is is no step of the plan
    steps = sandbox.preview("dev")["steps"]
    for step in steps:
        token, name = step["urn"].split("::")[2].split("$")[-1], step["urn"].split("::")[-1]
        if token == POOLS[cloud] and step["op"] in ("update", "replace", "create-replacement"):
            found[name.replace("-", "_")] = step["op"].replace("create-replacement", "replace")
    assert found == {field: on[cloud] for field, on in EXPECTED.items()}
    if cloud == "aws":
        in_place = {field for field, op in found.items() if op == "update"}
        assert in_place & rolled(steps) == said_to_roll()


def rolled(steps: list[dict[str, Any]]) -> set[str]:
    """The fields of the pools whose nodes EKS replaces: with another version of the launch template, which boots them
    with its labels and taints, or with another release."""
    places = {TEMPLATE: {"instanceType", "userData", "blockDeviceMappings", "vpcSecurityGroupIds", "networkInterfaces"}}
    places[POOLS["aws"]] = {"releaseVersion"}
    return {
        step["urn"].split("::")[-1].replace("-", "_")
        for step in steps
        if places.get(step["urn"].split("::")[2].split("$")[-1], set())
        & {re.split(r"[.\[]", path)[0] for path in step.get("detailedDiff") or {}}
    }


def said_to_roll() -> set[str]:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", (CHECKOUT / "docs/clouds.md").read_text(), re.MULTILINE)
    return {field for field, on_eks in rows if on_eks == "in place, nodes roll"}
