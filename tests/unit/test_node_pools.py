"""One NodePoolSpec, rendered for three clouds: what each field becomes, in each cloud's own words."""

import base64
import json
import tomllib
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from pulumi import ResourceOptions

from components import clouds
from components.clouds.contract import (
    AzurePlatform,
    FirewallSpec,
    GcpPlatform,
    IngressRule,
    NodePoolSpec,
    PlatformContract,
    Subnet,
    Taint,
    TaintEffect,
)
from tests.unit.echo import Echo
from tests.unit.examples import platform
from tests.unit.recording import Recording, record

LABELS = {"node.metis.io": "themis"}
TAINTS = [
    Taint("node.metis.io", "themis"),
    Taint("prefer", "not", TaintEffect.PREFER_NO_SCHEDULE),
    Taint("get", "out", TaintEffect.NO_EXECUTE),
]

#: What has to be said in each cloud's own words.
OWN = {
    "aws": {"instance_type": "m6a.xlarge", "zone": "us-east-2b", "release_version": "1.33.5-20251103"},
    "azure": {"instance_type": "Standard_DC4as_v5", "zone": "eastus2-2", "release_version": "1.33.5"},
    "gcp": {"instance_type": "n2d-standard-4", "zone": "us-central1-b", "release_version": "1.33.5-gke.1"},
}
POOL = {
    "aws": "aws:eks/nodeGroup:NodeGroup",
    "azure": "azure-native:containerservice:AgentPool",
    "gcp": "gcp:container/nodePool:NodePool",
}
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


def spec(cloud: str, firewall: Any, **changes: Any) -> NodePoolSpec:
    given = {
        **OWN[cloud],
        "labels": LABELS,
        "taints": TAINTS,
        "node_count": 3,
        "root_disk_gib": 60,
        "public_address": True,
        "firewalls": [firewall],
        "spot": True,
        "confidential": True,
        **changes,
    }
    assert given.keys() == {field.name for field in fields(NodePoolSpec)}, "every field is in the table below"
    return NodePoolSpec(**given)


def on(cloud: str) -> PlatformContract:
    """A platform of each cloud, with a subnet for each of three zones."""
    if cloud == "aws":
        return platform()
    letter = {"azure": ["1", "2", "3"], "gcp": ["a", "b", "c"]}[cloud]
    region = {"azure": "eastus2", "gcp": "us-central1"}[cloud]
    subnets = [Subnet(id=f"subnet{i}", zone=f"{region}-{letter[i]}", cidr=f"10.0.{i}.0/24") for i in range(3)]
    azure = AzurePlatform(
        tenant="tenant",
        resource_group="group",
        cluster_id="/subscriptions/s/resourceGroups/group/providers/Microsoft.ContainerService/managedClusters/platform",
        cluster_principal="principal",
        key_vault="vault",
        backup_vault="backups",
    )
    gcp = GcpPlatform(project_number="1", workload_identity_pool="project.svc.id.goog")
    changes: dict[str, Any] = {"azure": {"azure": azure}, "gcp": {"gcp": gcp}}[cloud]
    return platform(cloud=cloud, region=region, public_subnets=subnets, private_subnets=subnets, **changes)


def rendered(cloud: str, **changes: Any) -> dict[str, Any]:
    """The inputs of the pool, those of AWS' launch template under `template`."""

    def program() -> None:
        its, options = clouds.named(cloud), ResourceOptions()
        rule = FirewallSpec(ingress=[IngressRule(26656, "tcp", "p2p")])
        firewall = its.firewall("p2p", rule, on(cloud), options)
        its.node_pool("metis-themis", spec(cloud, firewall, **changes), on(cloud), options)

    recording: Recording = record(program, Echo())
    recording.check()
    template = recording.one(TEMPLATE).inputs if cloud == "aws" else {}
    return {**recording.one(POOL[cloud]).inputs, "template": template}


def boots_with(pool: dict[str, Any]) -> dict[str, Any]:
    """What an Amazon Linux node is told before it registers."""
    text = base64.b64decode(pool["template"]["userData"]).decode()
    found: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])["spec"]["kubelet"]
    return found


Look = Callable[[dict[str, Any]], Any]

#: field -> cloud -> (where, what stands there)
TABLE: dict[str, dict[str, list[tuple[Look, Any]]]] = {
    "instance_type": {
        "aws": [(lambda p: p["template"]["instanceType"], "m6a.xlarge")],
        "azure": [(lambda p: p["vmSize"], "Standard_DC4as_v5")],
        "gcp": [(lambda p: p["nodeConfig"]["machineType"], "n2d-standard-4")],
    },
    "zone": {
        "aws": [(lambda p: p["subnetIds"], ["subnet-public1"])],
        "azure": [(lambda p: p["availabilityZones"], ["2"]), (lambda p: p["vnetSubnetID"], "subnet1")],
        "gcp": [(lambda p: p["nodeLocations"], ["us-central1-b"])],
    },
    "release_version": {
        "aws": [(lambda p: p["releaseVersion"], "1.33.5-20251103"), (lambda p: p["version"], "1.33")],
        "azure": [(lambda p: p["orchestratorVersion"], "1.33.5")],
        "gcp": [(lambda p: p["version"], "1.33.5-gke.1")],
    },
    "labels": {
        "aws": [
            (lambda p: p["labels"], LABELS),
            (lambda p: boots_with(p)["flags"], ["--node-labels=node.metis.io=themis"]),
        ],
        "azure": [(lambda p: p["nodeLabels"], {**LABELS, "kubernetes.azure.com/scalesetpriority": "spot"})],
        "gcp": [(lambda p: p["nodeConfig"]["labels"], LABELS)],
    },
    "taints": {
        "aws": [
            (
                lambda p: p["taints"],
                [
                    {"key": "node.metis.io", "value": "themis", "effect": "NO_SCHEDULE"},
                    {"key": "prefer", "value": "not", "effect": "PREFER_NO_SCHEDULE"},
                    {"key": "get", "value": "out", "effect": "NO_EXECUTE"},
                ],
            ),
            (
                lambda p: [t["effect"] for t in boots_with(p)["config"]["registerWithTaints"]],
                ["NoSchedule", "PreferNoSchedule", "NoExecute"],
            ),
        ],
        "azure": [
            (
                lambda p: p["nodeTaints"],
                [
                    "node.metis.io=themis:NoSchedule",
                    "prefer=not:PreferNoSchedule",
                    "get=out:NoExecute",
                    "kubernetes.azure.com/scalesetpriority=spot:NoSchedule",
                ],
            )
        ],
        "gcp": [
            (
                lambda p: p["nodeConfig"]["taints"],
                [
                    {"key": "node.metis.io", "value": "themis", "effect": "NO_SCHEDULE"},
                    {"key": "prefer", "value": "not", "effect": "PREFER_NO_SCHEDULE"},
                    {"key": "get", "value": "out", "effect": "NO_EXECUTE"},
                ],
            )
        ],
    },
    "node_count": {
        "aws": [(lambda p: p["scalingConfig"], {"desiredSize": 3, "minSize": 3, "maxSize": 3})],
        "azure": [(lambda p: p["count"], 3), (lambda p: p["enableAutoScaling"], False)],
        "gcp": [(lambda p: p["nodeCount"], 3), (lambda p: "autoscaling" in p, False)],
    },
    "root_disk_gib": {
        "aws": [(lambda p: [m["ebs"]["volumeSize"] for m in p["template"]["blockDeviceMappings"]], [60])],
        "azure": [(lambda p: p["osDiskSizeGB"], 60)],
        "gcp": [(lambda p: p["nodeConfig"]["diskSizeGb"], 60)],
    },
    "public_address": {
        "aws": [(lambda p: p["template"]["networkInterfaces"][0]["associatePublicIpAddress"], "true")],
        "azure": [(lambda p: p["enableNodePublicIP"], False)],  # a load balancer holds it
        "gcp": [(lambda p: p["networkConfig"]["enablePrivateNodes"], False)],
    },
    "firewalls": {
        "aws": [
            (lambda p: p["template"]["networkInterfaces"][0]["securityGroups"], ["sg-cluster", "p2p-id"]),
        ],
        "azure": [(lambda p: "networkProfile" in p, False)],  # the Service opens what it needs
        "gcp": [(lambda p: p["nodeConfig"]["tags"], ["p2p"])],
    },
    "spot": {
        "aws": [(lambda p: p["capacityType"], "SPOT")],
        "azure": [(lambda p: p["scaleSetPriority"], "Spot"), (lambda p: p["spotMaxPrice"], -1)],
        "gcp": [(lambda p: p["nodeConfig"]["spot"], True)],
    },
    "confidential": {
        "aws": [
            (lambda p: p["template"]["cpuOptions"], {"amdSevSnp": "enabled"}),
            (lambda p: p["amiType"], "AL2023_x86_64_STANDARD"),
        ],
        "azure": [(lambda p: p["vmSize"], "Standard_DC4as_v5")],  # the size says it all
        "gcp": [
            (
                lambda p: p["nodeConfig"]["confidentialNodes"],
                {"enabled": True, "confidentialInstanceType": "SEV_SNP"},
            ),
            (lambda p: p["nodeConfig"]["minCpuPlatform"], "AMD Milan"),
        ],
    },
}


def test_the_table_has_every_field_on_every_cloud() -> None:
    assert TABLE.keys() == {field.name for field in fields(NodePoolSpec)}
    assert all(row.keys() == POOL.keys() for row in TABLE.values())


@pytest.fixture(scope="module", params=sorted(POOL))
def pool(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return request.param, rendered(request.param)


@pytest.mark.parametrize("field", TABLE)
def test_a_field_is_spelled_as_its_cloud_wants_it(pool: tuple[str, dict[str, Any]], field: str) -> None:
    cloud, inputs = pool
    for look, expected in TABLE[field][cloud]:
        assert look(inputs) == expected


@pytest.mark.parametrize("cloud", sorted(POOL))
def test_an_ordinary_pool_is_neither_spot_nor_confidential_nor_public(cloud: str) -> None:
    release = {"release_version": "1.46.0-431fe75a"} if cloud == "aws" else {}
    inputs = rendered(cloud, spot=False, confidential=False, public_address=False, **release)
    node, network = inputs.get("nodeConfig", {}), inputs.get("networkConfig", {})
    interfaces = inputs["template"].get("networkInterfaces", [{}])
    assert (inputs.get("capacityType"), inputs.get("scaleSetPriority"), node.get("spot")) == {
        "aws": ("ON_DEMAND", None, None),
        "azure": (None, "Regular", None),
        "gcp": (None, None, False),
    }[cloud]
    assert "cpuOptions" not in inputs["template"]
    assert "confidentialNodes" not in node
    assert (interfaces[0].get("associatePublicIpAddress"), network.get("enablePrivateNodes")) == {
        "aws": ("false", None),
        "azure": (None, None),
        "gcp": (None, True),
    }[cloud]


def test_bottlerocket_is_told_its_labels_and_taints_in_its_own_settings() -> None:
    inputs = rendered("aws", confidential=False, release_version="1.46.0-431fe75a")
    settings = tomllib.loads(base64.b64decode(inputs["template"]["userData"]).decode())["settings"]["kubernetes"]
    assert settings["node-labels"] == LABELS
    assert settings["node-taints"]["get"] == ["out:NoExecute"]
