"""AKS clusters and their agent pools."""

import re
from typing import Any

from nodeyard.clouds.azure.limits import AUTHORIZED_RANGES, CLUSTER_NETWORK, NODE_DISK_GIB

from ...resource import CloudError, Instance, Resource
from .arm import within_group
from .identity import TENANT, guid
from .network import IN_GROUP
from .storage import refuse_changes

CLUSTERS = "Microsoft.ContainerService/managedClusters/"
POOL_NAME = re.compile("[a-z][a-z0-9]{0,11}")
TAINT = re.compile(r"[\w./-]+=[\w.-]*:(NoSchedule|PreferNoSchedule|NoExecute)")
#: What an agent pool keeps for life, besides its size, for which the provider itself replaces it.
FIXED = (
    *("availabilityZones", "osDiskSizeGB", "osDiskType", "scaleSetEvictionPolicy", "scaleSetPriority"),
    *("spotMaxPrice", "vnetSubnetID", "gpuProfile"),
)
#: How many minors a pool may be behind its cluster.
OLDEST = 3


def cluster(instance: Instance) -> dict[str, Any]:
    region = instance.get("location", instance.region)
    group = instance.id.split("/")[4]
    host = f"{instance.get('dnsPrefix', instance.name)}-{instance.hex('host', 8)}"
    private = (instance.get("apiServerAccessProfile") or {}).get("enablePrivateCluster")
    where = f"{guid(instance, 'zone')}.privatelink" if private else "hcp"
    nodes = instance.get("nodeResourceGroup", f"MC_{group}_{instance.name}_{region}"[:80])
    agents = f"/subscriptions/{instance.account}/resourceGroups/{nodes}/providers/Microsoft.ManagedIdentity"
    profile = instance.get("oidcIssuerProfile") or {}
    issuer = f"https://{region}.oic.prod-aks.azure.com/{TENANT}/{guid(instance, 'issuer')}/"
    first = (instance.get("agentPoolProfiles") or [{}])[0]
    return {
        "privateFQDN" if private else "fqdn": f"{host}.{where}.{region}.azmk8s.io",
        "nodeResourceGroup": nodes,
        "currentKubernetesVersion": first.get("orchestratorVersion", instance.get("kubernetesVersion")),
        "oidcIssuerProfile": {**profile, **({"issuerURL": issuer} if profile.get("enabled") else {})},
        "identityProfile": {
            "kubeletidentity": {
                "clientId": guid(instance, "kubelet client"),
                "objectId": guid(instance, "kubelet object"),
                "resourceId": f"{agents}/userAssignedIdentities/{instance.name}-agentpool",
            }
        },
        "identity": identities(instance),
        "provisioningState": "Succeeded",
    }


def identities(instance: Instance) -> dict[str, Any]:
    """The provider takes a list of identities, and tells of each."""
    given = instance.get("identity") or {}
    known = {id_: instance.find(id_) for id_ in given.get("userAssignedIdentities") or []}
    told = {id_: {key: item[key] for key in ("clientId", "principalId")} for id_, item in known.items()}
    return {**given, "userAssignedIdentities": told}


def refuse_cluster(instance: Instance) -> None:
    before = {pool["name"]: pool for pool in instance.before.get("agentPoolProfiles") or []}
    for pool in instance.get("agentPoolProfiles") or []:
        refuse_pool(instance, pool["name"], pool)
        refuse_skew(pool.get("orchestratorVersion"), instance.get("kubernetesVersion"))
        if before and pool["name"] not in before:
            text = "A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed."
            raise CloudError("BadRequest", text)
        if before:
            refuse_older(before[pool["name"]].get("orchestratorVersion"), pool.get("orchestratorVersion"))
        for path in ("vmSize", *FIXED):
            if before and before[pool["name"]].get(path) not in (None, pool.get(path)):
                text = f"Changing property 'properties.agentPoolProfiles.{path}' is not allowed."
                raise CloudError("PropertyChangeNotAllowed", text)
    authorized = (instance.get("apiServerAccessProfile") or {}).get("authorizedIPRanges") or []
    if AUTHORIZED_RANGES.problem(len(authorized)):
        raise CloudError("InvalidParameter", f"authorizedIPRanges has more than {AUTHORIZED_RANGES.most} entries.")
    refuse_network(instance)
    refuse_step(instance)
    refuse_other_kind(instance)
    pools = instance.get("agentPoolProfiles") or []
    if not any(pool.get("mode") == "System" and not pool.get("nodeTaints") for pool in pools):
        raise CloudError("InvalidParameter", "There has to be at least one system node pool that is not tainted.")


def refuse_network(instance: Instance) -> None:
    """Ranges that AKS keeps for itself, and what of its network a cluster keeps for life."""
    profile, before = instance.get("networkProfile") or {}, instance.before.get("networkProfile") or {}
    pools = instance.get("agentPoolProfiles") or []
    subnets = [instance.find(pool["vnetSubnetID"]) for pool in pools if pool.get("vnetSubnetID")]
    given = [profile.get("serviceCidr"), profile.get("podCidr"), *(subnet.get("addressPrefix") for subnet in subnets)]
    for cidr in filter(None, given):
        if problem := CLUSTER_NETWORK.problem(cidr):
            raise CloudError("InvalidParameter", f"The value of parameter networkProfile is invalid: {problem}.")
    for path in ("networkPlugin", "networkPluginMode", "serviceCidr", "podCidr", "dnsServiceIP", "outboundType"):
        if before.get(path) is not None and before[path] != profile.get(path):
            text = f"Changing property 'networkProfile.{path}' is not allowed."
            raise CloudError("PropertyChangeNotAllowed", text)


def refuse_other_kind(instance: Instance) -> None:
    """A cluster is private for life, or never."""
    kinds = [(kept.get("apiServerAccessProfile") or {}) for kept in (instance.before, instance.inputs)]
    before, after = (bool(kind.get("enablePrivateCluster")) for kind in kinds)
    if instance.before and before != after:
        raise CloudError(
            "BadRequest", "Changing property 'apiServerAccessProfile.enablePrivateCluster' is not allowed."
        )


def refuse_older(before: str | None, after: str | None) -> None:
    if before and after and [int(part) for part in after.split(".")] < [int(part) for part in before.split(".")]:
        raise CloudError("OperationNotAllowed", f"Downgrading an agent pool from {before} to {after} is not allowed.")


def refuse_step(instance: Instance) -> None:
    """A control plane goes one minor up at a time, and never down."""
    before, after = instance.before.get("kubernetesVersion"), instance.get("kubernetesVersion")
    if before and after and minor(after)[1] - minor(before)[1] not in (0, 1):
        text = f"Upgrading Kubernetes version {before} to {after} is not allowed."
        raise CloudError("OperationNotAllowed", f"{text} Available upgrades: 1.{minor(before)[1] + 1}.")


def refuse_pool(instance: Instance, name: str, pool: Any) -> None:
    if not POOL_NAME.fullmatch(name):
        raise CloudError("InvalidParameter", f"The agent pool name '{name}' is not valid: {POOL_NAME.pattern}")
    for taint in pool.get("nodeTaints") or []:
        if not TAINT.fullmatch(taint):
            raise CloudError("InvalidParameter", f"The taint '{taint}' is not valid: key=value:effect")
    if (size := pool.get("osDiskSizeGB")) and NODE_DISK_GIB.problem(size):
        text = f"The value of parameter agentPoolProfile.osDiskSizeGB is invalid: {size} is not {NODE_DISK_GIB.rule}."
        raise CloudError("InvalidParameter", text)
    settings = pool.get("upgradeSettings") or {}
    if pool.get("scaleSetPriority") == "Spot" and (settings.get("maxSurge") or settings.get("maxUnavailable")):
        where = "The value of parameter agentPoolProfile.upgradeSettings.maxSurge is invalid."
        raise CloudError("InvalidParameter", f"{where} Error details: Spot pools can't set max surge.")
    if settings.get("maxSurge") in ("0", "0%") and settings.get("maxUnavailable", "0") in ("0", "0%"):
        raise CloudError("InvalidParameter", "maxSurge and maxUnavailable cannot both be 0.")


def refuse_agent_pool(instance: Instance) -> None:
    refuse_changes(instance, *FIXED)
    refuse_pool(instance, instance.name, instance.inputs)
    refuse_older(instance.before.get("orchestratorVersion"), instance.get("orchestratorVersion"))
    owner = instance.find(instance.id.rpartition("/agentPools/")[0])
    refuse_skew(instance.get("orchestratorVersion"), owner.get("kubernetesVersion"))


def refuse_skew(mine: str | None, theirs: str | None) -> None:
    """A pool that is newer than its control plane, or too old for it."""
    if mine and theirs and not 0 <= minor(theirs)[1] - minor(mine)[1] <= OLDEST:
        text = f"Node pool version {mine} and control plane version {theirs} are incompatible."
        raise CloudError("NodePoolMcVersionIncompatible", text)


def minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


RESOURCES = {
    "azure-native:containerservice:ManagedCluster": Resource(
        within_group(CLUSTERS + "{name}"),
        name="resourceName",
        name_limit=63,
        # The provider's own list (pulumi-azure-native, provider/pkg/gen/replacement.go).
        replaces=(
            *("resourceGroupName", "resourceName", "location", "diskEncryptionSetID", "dnsPrefix", "fqdnSubdomain"),
            *("linuxProfile", "nodeResourceGroup", "windowsProfile"),
            *("networkProfile.serviceCidr", "networkProfile.dnsServiceIP", "networkProfile.networkMode"),
            *("networkProfile.networkPlugin", "networkProfile.networkPluginMode", "networkProfile.podCidr"),
            *("networkProfile.networkDataplane", "networkProfile.networkPolicy", "networkProfile.outboundType"),
        ),
        outputs=cluster,
        later=("oidcIssuerProfile.issuerURL", "identity.userAssignedIdentities"),
        refuses=refuse_cluster,
        **IN_GROUP,
    ),
    "azure-native:containerservice:AgentPool": Resource(
        within_group(CLUSTERS + "{resourceName}/agentPools/{name}"),
        name="agentPoolName",
        name_limit=12,
        scope=within_group(CLUSTERS + "{resourceName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "resourceName", "agentPoolName", "vmSize"),
        allowed={"gpuProfile.driver": ("Install", "None")},
        defaults={"count": 1, "osType": "Linux", "mode": "User"},
        outputs=lambda instance: {"currentOrchestratorVersion": instance.get("orchestratorVersion")},
        refuses=refuse_agent_pool,
    ),
}
