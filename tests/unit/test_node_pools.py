"""One NodePoolSpec, rendered for three clouds: what each field becomes, in each cloud's own words."""

import base64
import json
import tomllib
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.firewall import FirewallSpec, IngressRule
from nodeyard.clouds.contract.node_pool import NodePoolSpec, Taint, TaintEffect
from nodeyard.clouds.contract.platform import AzurePlatform, GcpClaimRoles, GcpPlatform, PlatformContract, Subnet
from nodeyard.errors import InputError
from tests.unit.examples import ACCOUNT, platform
from tests.unit.recording import Recording, record
from tests.unit.worlds import with_platform

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
#: The same with a GPU, which no confidential node has.
WITH_GPU = {
    "aws": {"instance_type": "g4dn.xlarge", "release_version": "1.46.0-431fe75a"},
    "azure": {"instance_type": "Standard_NC4as_T4_v3"},
    "gcp": {"instance_type": "n1-standard-4"},
}
AKS = "Microsoft.ContainerService"
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
        "gpu": False,
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
        cluster_id=f"/subscriptions/{ACCOUNT}/resourceGroups/group/providers/{AKS}/managedClusters/platform",
        cluster_principal="principal",
        key_vault="vault",
        backup_vault="backups",
    )
    roles = GcpClaimRoles(on_nodes="nodes", on_subnet="subnet", on_addresses="addresses")
    gcp = GcpPlatform(project_number="1", workload_identity_pool="project.svc.id.goog", claim_roles=roles)
    changes: dict[str, Any] = {"azure": {"azure": azure}, "gcp": {"gcp": gcp}}[cloud]
    return platform(cloud=cloud, region=region, public_subnets=subnets, private_subnets=subnets, **changes)


def rendered(cloud: str, **changes: Any) -> dict[str, Any]:
    """The inputs of the pool, those of AWS' launch template under `template`, the security group under `firewall`."""

    def program() -> None:
        its, options = clouds.named(cloud), ResourceOptions()
        rule = FirewallSpec(ingress=[IngressRule(26656, "tcp", "p2p")])
        firewall = its.Firewall("p2p", rule, on(cloud), options)
        its.NodePool("metis-themis", spec(cloud, firewall, **changes), on(cloud), options)

    recording: Recording = record(program, with_platform(on(cloud)))
    recording.check()
    template = recording.one(TEMPLATE).inputs if cloud == "aws" else {}
    group = recording.one("aws:ec2/securityGroup:SecurityGroup").id if cloud == "aws" else ""
    return {**recording.one(POOL[cloud]).inputs, "template": template, "firewall": group}


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
            (lambda p: p["template"]["networkInterfaces"][0]["securityGroups"][0], "sg-cluster"),
            (lambda p: p["template"]["networkInterfaces"][0]["securityGroups"][1:] == [p["firewall"]], True),
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
    "gpu": {
        "aws": [(lambda p: p["amiType"], "BOTTLEROCKET_x86_64_NVIDIA")],
        "azure": [
            (lambda p: p["gpuProfile"], {"driver": "Install"}),
            (lambda p: p["nodeLabels"]["nvidia.com/gpu.present"], "true"),
        ],
        "gcp": [
            (
                lambda p: p["nodeConfig"]["guestAccelerators"],
                [
                    {
                        "type": "nvidia-tesla-t4",
                        "count": 1,
                        "gpuDriverInstallationConfig": {"gpuDriverVersion": "DEFAULT"},
                    }
                ],
            ),
            (lambda p: p["nodeConfig"]["shieldedInstanceConfig"]["enableSecureBoot"], False),
            (lambda p: [t["key"] for t in p["nodeConfig"]["taints"]], ["node.metis.io", "prefer", "get"]),
        ],
    },
}


def test_the_table_has_every_field_on_every_cloud() -> None:
    assert TABLE.keys() == {field.name for field in fields(NodePoolSpec)}
    assert all(row.keys() == POOL.keys() for row in TABLE.values())


Pools = tuple[str, dict[str, Any], dict[str, Any]]


@pytest.fixture(scope="module", params=sorted(POOL))
def pool(request: pytest.FixtureRequest) -> Pools:
    """A cloud, a pool of confidential nodes there, and one with GPUs."""
    cloud = request.param
    return cloud, rendered(cloud), rendered(cloud, confidential=False, gpu=True, **WITH_GPU[cloud])


@pytest.mark.parametrize("field", TABLE)
def test_a_field_is_spelled_as_its_cloud_wants_it(pool: Pools, field: str) -> None:
    cloud, confidential, with_gpu = pool
    inputs = with_gpu if field == "gpu" else confidential
    for look, expected in TABLE[field][cloud]:
        assert look(inputs) == expected


@pytest.mark.parametrize("cloud", sorted(POOL))
def test_an_ordinary_pool_is_neither_spot_nor_confidential_nor_public_and_has_no_gpu(cloud: str) -> None:
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
    assert inputs.get("amiType") == {"aws": "BOTTLEROCKET_x86_64"}.get(cloud)
    assert "gpuProfile" not in inputs
    assert "guestAccelerators" not in node
    assert "nvidia.com/gpu.present" not in inputs.get("nodeLabels", {})
    assert (interfaces[0].get("associatePublicIpAddress"), network.get("enablePrivateNodes")) == {
        "aws": ("false", None),
        "azure": (None, None),
        "gcp": (None, True),
    }[cloud]


@pytest.mark.parametrize("changes", [{}, {"gpu": True, "instance_type": "g4dn.xlarge"}])
def test_bottlerocket_is_told_its_labels_and_taints_in_its_own_settings(changes: dict[str, Any]) -> None:
    inputs = rendered("aws", confidential=False, release_version="1.46.0-431fe75a", **changes)
    settings = tomllib.loads(base64.b64decode(inputs["template"]["userData"]).decode())["settings"]["kubernetes"]
    assert settings["node-labels"] == LABELS
    assert settings["node-taints"]["get"] == ["out:NoExecute"]


# --- root disks


@pytest.mark.parametrize(("cloud", "least", "most"), [("aws", 20, 16_384), ("azure", 30, 2048), ("gcp", 12, 16_384)])
def test_a_root_disk_is_as_large_as_the_cloud_takes_it(cloud: str, least: int, most: int) -> None:
    def refuses(size: int) -> bool:
        given = NodePoolSpec(**{**OWN[cloud], **WITH_GPU[cloud]}, root_disk_gib=size)
        found = clouds.named(cloud).node_pool_problems(given, on(cloud))
        return "root_disk_gib" in [path for path, _ in found]

    assert refuses(1)
    assert refuses(least - 1)
    assert not refuses(least)
    assert not refuses(most)
    assert refuses(most + 1) is (cloud == "azure")


# --- instance types


@pytest.mark.parametrize(
    ("cloud", "instance_types"),
    [
        ("aws", "m6i.large c5.4xlarge t3a.nano m7i-flex.2xlarge c7i.metal-24xl m5.metal u-6tb1.56xlarge g6e.2xlarge"),
        ("azure", "Standard_B1s Standard_DS2_v2 Standard_E32-8s_v5 Standard_NC4as_T4_v3 Standard_ND96isr_H100_v5"),
        ("gcp", "e2-micro e2-medium n2-standard-4 custom-4-8192 n2-custom-4-8192-ext e2-custom-small-2048"),
        ("gcp", "f1-micro g1-small c3-standard-192-metal c3-standard-4-lssd a2-highgpu-1g m1-ultramem-40"),
    ],
)
def test_an_instance_type_may_have_every_form_that_its_cloud_knows(cloud: str, instance_types: str) -> None:
    for instance_type in instance_types.split():
        assert clouds.named(cloud).instance_type_problem(instance_type) == ""


@pytest.mark.parametrize(
    ("cloud", "instance_type", "reason"),
    [
        ("aws", "banana", "is no instance type of AWS"),
        ("aws", "m6i", "is no instance type of AWS"),
        ("aws", "m6i.big", "is no instance type of AWS"),
        ("aws", "n2-standard-4", "is no instance type of AWS"),
        ("aws", "Standard_D4s_v5", "is no instance type of AWS"),
        ("aws", "m6g.large", "runs Arm code"),
        ("aws", "p6e-gb200.36xlarge", "runs Arm code"),
        ("azure", "banana", "is no instance type of Azure"),
        ("azure", "D4s_v5", "is no instance type of Azure"),
        ("azure", "m6i.large", "is no instance type of Azure"),
        ("azure", "n2-standard-4", "is no instance type of Azure"),
        ("azure", "Standard_D8ps_v5", "runs Arm code"),
        ("gcp", "banana", "is no instance type of Google Cloud"),
        ("gcp", "n2-standard", "is no instance type of Google Cloud"),
        ("gcp", "n2-micro", "is no instance type of Google Cloud"),
        ("gcp", "m6i.large", "is no instance type of Google Cloud"),
        ("gcp", "Standard_D4s_v5", "is no instance type of Google Cloud"),
        ("gcp", "t2a-standard-4", "runs Arm code"),
        ("gcp", "c4-standard-4", "takes Hyperdisk only"),
    ],
)
@pytest.mark.parametrize("gpu", [False, True])
def test_what_no_node_of_ours_runs_on_is_refused_once_with_its_reason(
    cloud: str, instance_type: str, reason: str, gpu: bool
) -> None:
    given = NodePoolSpec(**{**OWN[cloud], **WITH_GPU[cloud], "instance_type": instance_type}, gpu=gpu)
    problems = clouds.named(cloud).node_pool_problems(given, on(cloud))
    [said] = [why for path, why in problems if path == "instance_type"]
    assert repr(instance_type) in said
    assert reason in said
    assert reason in clouds.named(cloud).instance_type_problem(instance_type)


def test_a_node_on_azure_must_attach_premium_disks_as_a_machine_must() -> None:
    assert refused("azure", confidential=False, instance_type="Standard_D4_v5") == ["instance_type"]


# --- GPUs


@pytest.mark.parametrize(
    ("cloud", "instance_type", "fine"),
    [
        ("aws", "g4dn.xlarge", True),
        ("aws", "g6e.2xlarge", True),
        ("aws", "c6a.xlarge", False),
        ("aws", "g4ad.xlarge", False),  # AMD's
        ("aws", "g5g.xlarge", False),  # Arm
        ("azure", "Standard_NC4as_T4_v3", True),
        ("azure", "Standard_ND96isr_H100_v5", True),
        ("azure", "Standard_D4as_v5", False),
        ("azure", "Standard_NV6ads_A10_v5", False),  # NVIDIA's GRID driver
        ("azure", "Standard_NC8ads_A10_v4", False),  # the same
        ("azure", "Standard_ND96isr_MI300X_v5", False),  # AMD's
        ("azure", "Standard_ND128isr_NDR_GB200_v6", False),  # Arm
        ("azure", "Standard_NCC40ads_H100_v5", False),  # confidential
        ("gcp", "n1-standard-4", True),
        ("gcp", "g2-standard-24", True),
        ("gcp", "a2-highgpu-1g", True),
        ("gcp", "n1-standard-96", False),  # more than one T4 serves
        ("gcp", "g2-standard-5", False),
        ("gcp", "e2-standard-4", False),
        ("gcp", "t2a-standard-4", False),  # Arm
    ],
)
def test_a_pool_and_its_cloud_agree_on_what_has_a_gpu(cloud: str, instance_type: str, fine: bool) -> None:
    given = {**WITH_GPU[cloud], "instance_type": instance_type, "confidential": False, "gpu": True}
    assert (clouds.named(cloud).instance_type_problem(instance_type, gpu=True) == "") is fine
    if fine:
        rendered(cloud, **given)
    else:
        assert refused(cloud, **given) == ["instance_type"]


@pytest.mark.parametrize("cloud", sorted(POOL))
def test_a_machine_that_could_have_a_gpu_gets_none_that_nobody_asked_for(cloud: str) -> None:
    inputs = rendered(cloud, confidential=False, **WITH_GPU[cloud])
    assert inputs.get("amiType") == {"aws": "BOTTLEROCKET_x86_64"}.get(cloud)
    assert "gpuProfile" not in inputs
    assert "guestAccelerators" not in inputs.get("nodeConfig", {})


@pytest.mark.parametrize("cloud", sorted(POOL))
def test_a_confidential_node_has_no_gpu(cloud: str) -> None:
    assert "gpu" in refused(cloud, confidential=True, gpu=True)


def refused(cloud: str, **changes: Any) -> list[str]:
    """The paths of what is wrong with a pool."""
    with pytest.raises(InputError) as raised:
        rendered(cloud, **changes)
    return [path for path, _ in raised.value.problems]


@pytest.mark.parametrize(
    ("instance_type", "type_", "count"),
    [
        ("g2-standard-4", "nvidia-l4", 1),
        ("g2-standard-32", "nvidia-l4", 1),
        ("g2-standard-48", "nvidia-l4", 4),
        ("a2-megagpu-16g", "nvidia-tesla-a100", 16),
        ("a2-ultragpu-2g", "nvidia-a100-80gb", 2),
    ],
)
def test_gke_is_told_of_the_gpus_that_a_machine_brings(instance_type: str, type_: str, count: int) -> None:
    pool = rendered("gcp", confidential=False, gpu=True, instance_type=instance_type)
    [given] = pool["nodeConfig"]["guestAccelerators"]
    assert (given["type"], given["count"]) == (type_, count)


@pytest.mark.parametrize(
    ("cloud", "added"), [("aws", []), ("azure", []), ("gcp", [Taint("nvidia.com/gpu", "present")])]
)
def test_a_pool_tells_of_the_taint_that_gke_alone_gives_gpus(cloud: str, added: list[Taint]) -> None:
    found: list[Taint] = []

    def program() -> None:
        its, options = clouds.named(cloud), ResourceOptions()
        given = NodePoolSpec(**{**OWN[cloud], **WITH_GPU[cloud]}, taints=TAINTS, gpu=True)
        found.extend(its.NodePool("pool", given, on(cloud), options).taints)

    record(program, with_platform(on(cloud)))
    assert found == [*TAINTS, *added]
