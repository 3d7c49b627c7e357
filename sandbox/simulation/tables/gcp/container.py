"""Clusters and their nodes."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from nodeyard.clouds.gcp.limits import GPU_NODE_DISK_GIB, HYPERDISK_ONLY, NODE_DISK_GIB

from ...resource import CloudError, Instance, Reference, Resource
from .references import API, by_name, plain_id

CLUSTER = "gcp:container/cluster:Cluster"
TAINT_EFFECTS = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")
#: What GKE had for clusters and nodes, by its release notes of September 2026 and of November 2025.
RELEASES = (
    *("1.33.4-gke.1036000", "1.33.5-gke.1080000", "1.33.13-gke.1636000"),
    *("1.34.1-gke.1829001", "1.34.10-gke.1236000", "1.34.11-gke.1056000"),
    *("1.35.7-gke.1222000", "1.35.8-gke.1036000", "1.35.8-gke.1225000"),
    *("1.36.3-gke.1767000", "1.36.4-gke.1082000"),
)
#: Which machine types have it ("Confidential VM supported configurations").
CONFIDENTIAL = {
    "SEV": re.compile(r"(n2d|c2d|c3d|c4d)-.+"),
    "SEV_SNP": re.compile(r"n2d-.+"),
    "TDX": re.compile(r"c3-standard-\d+"),
}


#: Which GPUs a machine type has or takes, one of each kind ("GPU machine types").
ACCELERATORS = {
    "nvidia-tesla-t4": re.compile(r"n1-(standard|highmem|highcpu)-\d+"),
    "nvidia-l4": re.compile(r"g2-standard-\d+"),
    "nvidia-tesla-a100": re.compile(r"a2-(highgpu|megagpu)-\d+g"),
    "nvidia-a100-80gb": re.compile(r"a2-ultragpu-\d+g"),
}


def cluster(instance: Instance) -> dict[str, Any]:
    private = instance.get("privateClusterConfig", {})
    inside, outside = instance.address("private"), instance.address("public", "34.72")
    authority = base64.b64encode(f"sandbox certificate authority of {instance.name}\n".encode()).decode()
    version = instance.get("minMasterVersion", "1.35")
    return {
        "endpoint": inside if private.get("enablePrivateEndpoint") else outside,
        "masterAuth": {"clusterCaCertificate": authority, "clientCertificate": "", "clientKey": ""},
        "masterVersion": version if "-gke." in version else of_minor(version)[-1],
        "privateClusterConfig": {**private, "privateEndpoint": inside, "publicEndpoint": outside},
        "selfLink": f"https://container.googleapis.com/v1/{instance.id}",
        "operation": "",
    }


def of_minor(minor: str) -> list[str]:
    return [release for release in RELEASES if release.startswith(f"{minor}.")]


def refuse_cluster(instance: Instance) -> None:
    version = instance.get("minMasterVersion", "1.35")
    if version not in RELEASES and not of_minor(version):
        raise CloudError("badRequest", f'Master version "{version}" is unsupported.')
    before = instance.before.get("masterVersion", version)
    if (step := number(version)[1] - number(before)[1]) not in (0, 1):
        why = "cannot be downgraded by a minor version" if step < 0 else "can go up one minor version at a time only"
        raise CloudError("badRequest", f'Master of version "{before}" {why}: "{version}".')


def cluster_id(instance: Instance) -> str:
    given = plain_id(instance.inputs["cluster"])
    if "/" in given:
        return given
    return f"projects/{instance.account}/locations/{instance.inputs['location']}/clusters/{given}"


def cluster_of(instance: Instance) -> Iterator[Reference]:
    yield by_name(cluster_id(instance))


def node_pool(instance: Instance) -> dict[str, Any]:
    known: Mapping[str, Any] = instance.find(cluster_id(instance))
    zones = instance.get("nodeLocations") or known["nodeLocations"]
    groups = [
        f"{API}projects/{instance.account}/zones/{zone}/instanceGroupManagers/{group_of(instance, known, zone)}-grp"
        for zone in zones
    ]
    return {
        "version": instance.get("version", known["masterVersion"]),
        "nodeLocations": zones,
        "instanceGroupUrls": groups,
        "managedInstanceGroupUrls": [group.replace("GroupManagers", "Groups") for group in groups],
        "operation": "",
    }


def group_of(instance: Instance, known: Mapping[str, Any], zone: str) -> str:
    """GKE cuts cluster and pool as it likes, and adds eight digits of its own."""
    return f"gke-{known['name']}-{instance.name}"[:49].rstrip("-") + f"-{instance.hex(zone, 8)}"


def refuse_node_pool(instance: Instance) -> None:
    known = instance.find(cluster_id(instance))
    version = instance.get("version", known["masterVersion"])
    if number(version) > number(known["masterVersion"]):
        raise CloudError(
            "badRequest", f'Node version "{version}" must not be newer than master\'s {known["masterVersion"]}'
        )
    upgraded = instance.get("management", {}).get("autoUpgrade")
    if upgraded and number(known["masterVersion"])[1] - number(version)[1] > 1:
        text = f'Auto-upgrade is enabled, node version "{version}" must be within one minor version of master version'
        raise CloudError("badRequest", f'{text} "{known["masterVersion"]}".')
    for zone in instance.get("nodeLocations", []):
        if not re.fullmatch(re.escape(known["location"]) + r"(-[a-f])?", zone):
            raise CloudError("badRequest", f'Location "{zone}" is not in the cluster\'s {known["location"]}')
    refuse_boot_disk(instance.get("nodeConfig", {}))
    refuse_confidential(instance.get("nodeConfig", {}))
    refuse_accelerators(instance.get("nodeConfig", {}))


def refuse_boot_disk(config: Mapping[str, Any]) -> None:
    """A disk that is smaller than the node's image, or that the machine cannot boot from."""
    size, kind, machine = config.get("diskSizeGb"), config.get("diskType", ""), config.get("machineType", "e2-medium")
    sizes = GPU_NODE_DISK_GIB if config.get("guestAccelerators") else NODE_DISK_GIB
    if size and sizes.problem(size):
        raise CloudError("invalid", f"Disk cannot be smaller than the chosen image ({sizes.least}.0 GB).")
    if kind.startswith("pd-") and HYPERDISK_ONLY.problem(machine):
        raise CloudError("invalid", f"{kind} disk type cannot be used by {machine} machine type.")


def refuse_confidential(config: Mapping[str, Any]) -> None:
    """What no Confidential VM is made of."""
    technology = (config.get("confidentialNodes") or {}).get("confidentialInstanceType")
    machine = config.get("machineType", "e2-medium")
    if technology in CONFIDENTIAL and not CONFIDENTIAL[technology].fullmatch(machine):
        raise CloudError("badRequest", f"Confidential VM type {technology} is not supported by machine type {machine}")
    if technology == "SEV_SNP" and config.get("minCpuPlatform") != "AMD Milan":
        raise CloudError("badRequest", "Confidential VM type SEV_SNP requires the minimum CPU platform AMD Milan")


def refuse_accelerators(config: Mapping[str, Any]) -> None:
    """GPUs that a machine does not take, or does not tell of, and their taint, which is GKE's to give."""
    given, machine = config.get("guestAccelerators") or [], config.get("machineType", "e2-medium")
    for accelerator in given:
        fitting = ACCELERATORS.get(accelerator["type"])
        if fitting is None or not fitting.fullmatch(machine):
            text = f"Accelerator type {accelerator['type']} is not supported by machine type {machine}"
            raise CloudError("badRequest", text)
    if given and any(taint["key"] == "nvidia.com/gpu" for taint in config.get("taints") or []):
        text = "Found more than one taint with key nvidia.com/gpu and effect NO_SCHEDULE."
        raise CloudError("badRequest", text)


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


RESOURCES = {
    CLUSTER: Resource(
        "projects/{account}/locations/{location}/clusters/{name}",
        name="name",
        name_limit=40,
        scope="{account}/{location}",
        taken="alreadyExists",
        guard=("deletionProtection", "failedPrecondition"),
        replaces=(
            *("name", "location", "project", "network", "subnetwork", "networkingMode", "ipAllocationPolicy"),
            *("datapathProvider", "defaultMaxPodsPerNode", "enableAutopilot", "initialNodeCount", "nodeConfig"),
            "privateClusterConfig.masterIpv4CidrBlock",
        ),
        allowed={
            "datapathProvider": ("ADVANCED_DATAPATH", "LEGACY_DATAPATH", "DATAPATH_PROVIDER_UNSPECIFIED"),
            "releaseChannel.channel": ("UNSPECIFIED", "RAPID", "REGULAR", "STABLE", "EXTENDED"),
            "databaseEncryption.state": ("ENCRYPTED", "DECRYPTED", "ALL_OBJECTS_ENCRYPTION_ENABLED"),
            "maintenancePolicy.maintenanceExclusions.exclusionOptions.scope": (
                *("NO_UPGRADES", "NO_MINOR_UPGRADES", "NO_MINOR_OR_NODE_UPGRADES"),
            ),
        },
        defaults={"deletionProtection": True},
        refuses=refuse_cluster,
        outputs=cluster,
        later=("privateClusterConfig.privateEndpoint", "privateClusterConfig.publicEndpoint"),
    ),
    "gcp:container/nodePool:NodePool": Resource(
        lambda instance: f"{cluster_id(instance)}/nodePools/{instance.name}",
        imported="{account}/{location}/{cluster}/{name}",
        name="name",
        name_limit=40,
        scope=cluster_id,
        taken="alreadyExists",
        replaces=(
            *("cluster", "location", "project", "name", "namePrefix", "initialNodeCount", "maxPodsPerNode"),
            *("nodeConfig.taints", "nodeConfig.spot", "nodeConfig.preemptible", "nodeConfig.serviceAccount"),
            *(
                "nodeConfig.bootDiskKmsKey",
                "nodeConfig.oauthScopes",
                "nodeConfig.metadata",
                "nodeConfig.minCpuPlatform",
            ),
            *("nodeConfig.shieldedInstanceConfig", "nodeConfig.confidentialNodes", "nodeConfig.guestAccelerators"),
            *("networkConfig.podRange", "networkConfig.createPodRange", "placementPolicy"),
        ),
        allowed={
            "nodeConfig.taints.effect": TAINT_EFFECTS,
            "nodeConfig.confidentialNodes.confidentialInstanceType": tuple(CONFIDENTIAL),
            "nodeConfig.guestAccelerators.gpuDriverInstallationConfig.gpuDriverVersion": (
                *("GPU_DRIVER_VERSION_UNSPECIFIED", "INSTALLATION_DISABLED", "DEFAULT", "LATEST"),
            ),
            "upgradeSettings.strategy": ("SURGE", "BLUE_GREEN"),
        },
        uses=cluster_of,
        refuses=refuse_node_pool,
        outputs=node_pool,
    ),
}
