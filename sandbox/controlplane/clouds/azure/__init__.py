"""AKS: its agent pools, its load balancers, and its own Secrets Store driver with Key Vault behind it."""

from collections.abc import Mapping
from typing import Any

from sandbox.simulation.world import Object

from .. import BalancerFailed, Cluster, SecretsStore, View, text
from ..shapes import address_in, fingerprint
from .nodes import pools
from .resources import CLUSTER, DISK, PUBLIC_ADDRESS, SECRET, group_of, managed_cluster
from .secrets import AUDIENCE, asked, mounted, reader, within_reach

__all__ = [
    "CLOUD",
    "CLUSTER",
    "DISK_DRIVER",
    "PROVIDER",
    "SECRET",
    "asked",
    "cluster",
    "ingress",
    "mounted",
    "pools",
    "reader",
    "secrets_store",
    "volume_problem",
    "within_reach",
]

CLOUD = "azure"
PROVIDER = "azure"
DISK_DRIVER = "disk.csi.azure.com"
ADDRESS_NAME = "service.beta.kubernetes.io/azure-pip-name"
ADDRESS_GROUP = "service.beta.kubernetes.io/azure-load-balancer-resource-group"
PRIVATE = "service.beta.kubernetes.io/azure-load-balancer-internal"
PRIVATE_ADDRESS = "service.beta.kubernetes.io/azure-load-balancer-ipv4"
EVERY_TAINT = [{"operator": "Exists"}]


def cluster(item: Object) -> Cluster:
    host = text(item, "privateFQDN") or text(item, "fqdn")
    version = text(item, "currentKubernetesVersion") or text(item, "kubernetesVersion")
    return Cluster(CLOUD, text(item, "name"), text(item, "location"), f"https://{host}:443", version, item.key or 0)


def secrets_store(view: View, cluster: Cluster) -> SecretsStore:
    """AKS brings driver and provider as an add-on: its DaemonSets tolerate every taint, its driver has tokens for
    workload identity and may make Secrets (AKS: "Use the Azure Key Vault provider for Secrets Store CSI Driver")."""
    on = text(managed_cluster(view, cluster), "addonProfiles.azureKeyvaultSecretsProvider.enabled") == "True"
    return SecretsStore(EVERY_TAINT, EVERY_TAINT, [AUDIENCE], syncs=True) if on else SecretsStore()


def ingress(view: View, cluster: Cluster, service: Mapping[str, Any]) -> dict[str, str]:
    """As kubernetes-sigs/cloud-provider-azure finds a Service's address: azure_publicip_repo.go, and of a private one
    azure_loadbalancer.go."""
    annotations = service["metadata"].get("annotations") or {}
    if annotations.get(PRIVATE) == "true" and PRIVATE_ADDRESS in annotations:
        return {"ip": annotations[PRIVATE_ADDRESS]}
    name = annotations.get(ADDRESS_NAME)
    if not name:
        return {"ip": address_in("20.0.0.0/8", fingerprint(service["metadata"]["uid"]))}
    group = annotations.get(ADDRESS_GROUP) or text(managed_cluster(view, cluster), "nodeResourceGroup")
    for item in view.find(PUBLIC_ADDRESS):
        named = text(item, "name").lower() == name.lower() and group_of(item.id).lower() == group.lower()
        if named and text(item, "ipAddress"):
            return {"ip": text(item, "ipAddress")}
    raise BalancerFailed(f"findMatchedPIPByName: failed to find PIP {name} in resource group {group}")


def volume_problem(view: View, handle: str, zone: str) -> str:
    """Of kubernetes-sigs/azuredisk-csi-driver, controllerserver.go, and of Azure itself."""
    disks = [item for item in view.find(DISK) if item.id.lower() == handle.lower()]
    if not disks:
        missing = f"The Resource '{handle}' was not found."
        return f"rpc error: code = NotFound desc = Volume not found, failed with error: ResourceNotFound: {missing}"
    zones = disks[0].properties.get("zones") or []
    where = zone.rpartition("-")[2]
    if not zones or where in zones:  # without a zone it is replicated over them, or zones do not matter to it
        return ""
    return f"BadRequest: Disk {handle} cannot be attached to the VM because it is not in zone '{where}'."
