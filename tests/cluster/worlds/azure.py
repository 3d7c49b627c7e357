"""An AKS cluster, agent pools, managed disks, Key Vault, managed identities with federated credentials."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import yaml

from tests.cluster.worlds.base import NAME, CloudWorld, Item, Pool, Words

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
TENANT = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
GROUP = "platform-azure"
IN_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
CLUSTERS = f"{IN_GROUP}/Microsoft.ContainerService/managedClusters"
VAULT = f"{IN_GROUP}/Microsoft.KeyVault/vaults/platform"
IDENTITIES = f"{IN_GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities"
SUBNETS = f"{IN_GROUP}/Microsoft.Network/virtualNetworks/platform/subnets"
ROLES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
SECRETS_USER = f"{ROLES}/4633458b-17de-408a-b874-0445c86b69e6"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
UNKNOWN = "AADSTS70021: No matching federated identity record found for presented assertion."


class AzureWorld(CloudWorld):
    cloud = "azure"
    region = "eastus2"
    zones = ("eastus2-1", "eastus2-2")
    server = "https://platform-0123abcd.hcp.eastus2.azmk8s.io:443"
    machine = "Standard_D8s_v5"
    disk_driver = "disk.csi.azure.com"
    pool_label = "kubernetes.azure.com/agentpool"
    node: ClassVar[Mapping[str, str]] = {
        "name": "aks-",
        "id": "azure:///subscriptions/",
        "internal": "10.1.",
        "external": "",
        "pods": "110",
    }
    words = Words(
        refused="Caller is not authorized to perform action on resource.",
        empty="Operation get is not allowed on a disabled secret. InnerError: SecretDisabled",
        missing="ERROR CODE: SecretNotFound A secret with (name/id)",
        stranger=UNKNOWN,
        lost_disk="Volume not found, failed with error: ResourceNotFound",
        no_identity="failed to get credentials, nodePublishSecretRef secret is not set",
    )

    def cluster(self, name: str = NAME, server: str = "", **more: Any) -> None:
        add_on = {"azureKeyvaultSecretsProvider": {"enabled": True, "config": {"enableSecretRotation": "false"}}}
        self.put(
            "azure-native:containerservice:ManagedCluster",
            f"{CLUSTERS}/{name}",
            name,
            name=name,
            location=self.region,
            fqdn=(server or self.server).removeprefix("https://").removesuffix(":443"),
            kubernetesVersion="1.33",
            nodeResourceGroup=f"MC_{GROUP}_{name}_{self.region}",
            oidcIssuerProfile={"enabled": True, "issuerURL": issuer(name)},
            **{"addonProfiles": add_on, **more},
        )
        self.put("azure-native:network:Subnet", f"{SUBNETS}/nodes", addressPrefix="10.1.0.0/20")
        rbac = {"enableRbacAuthorization": True, "tenantId": TENANT}
        self.put("azure-native:keyvault:Vault", VAULT, "platform", name="platform", properties=rbac)

    def remove_cluster(self, name: str) -> None:
        self.delete("azure-native:containerservice:ManagedCluster", f"{CLUSTERS}/{name}")

    def make_pool(self, pool: Pool, more: dict[str, Any]) -> None:
        self.put(
            "azure-native:containerservice:AgentPool",
            f"{CLUSTERS}/{NAME}/agentPools/{pool.name}",
            pool.name,
            place=NAME,
            name=pool.name,
            resourceName=NAME,
            resourceGroupName=GROUP,
            vmSize=pool.machine,
            availabilityZones=[pool.zone.rpartition("-")[2]],
            vnetSubnetID=f"{SUBNETS}/nodes",
            count=pool.size,
            maxPods=110,
            mode="User",
            nodeLabels=pool.labels,
            nodeTaints=[f"{t.key}={t.value}:{t.effect}" for t in pool.taints],
            orchestratorVersion=f"1.33.{pool.release}",
            upgradeSettings={} if pool.surge else {"maxSurge": "0", "maxUnavailable": "1"},
            **more,
        )

    def remove_pool(self, name: str) -> None:
        self.delete("azure-native:containerservice:AgentPool", f"{CLUSTERS}/{NAME}/agentPools/{name}")

    def disk(self, name: str, zone: str) -> str:
        zones = [zone.rpartition("-")[2]]
        return self.put("azure-native:compute:Disk", self.handle(name, zone), name, zones=zones, diskSizeGB=10).id

    def handle(self, name: str, zone: str) -> str:
        return f"{IN_GROUP}/Microsoft.Compute/disks/{name}"

    def address(self, name: str, ip: str) -> None:
        id_ = f"{IN_GROUP}/Microsoft.Network/publicIPAddresses/{name}"
        self.put("azure-native:network:PublicIPAddress", id_, name, name=name, ipAddress=ip)

    # --- secrets

    def secrets_store(self) -> None:
        """AKS's own add-on."""
        self.cluster()

    def secret(self, name: str, value: str | None = "a secret value") -> str:
        """Without a value there is a version that is not enabled: Key Vault has no secret without any."""
        name = name.replace("/", "-").replace("_", "-")
        found = {"value": value or "to be replaced", "attributes": {"enabled": value is not None}}
        return self.put("azure-native:keyvault:Secret", f"{VAULT}/secrets/{name}", name, properties=found).id

    def remove_secret(self, id_: str) -> None:
        self.delete("azure-native:keyvault:Secret", id_)

    def identity(self, namespace: str, account: str, secrets: Sequence[str], *, trusted: str = "") -> None:
        """An identity as components/clouds/azure/identity.py makes it."""
        name = f"{namespace}-{account}"
        id_ = f"{IDENTITIES}/{name}"
        ids = {"clientId": guid(name, "client"), "principalId": guid(name, "principal"), "tenantId": TENANT}
        self.put("azure-native:managedidentity:UserAssignedIdentity", id_, name, name=name, **ids)
        subject = f"system:serviceaccount:{namespace}:{trusted or account}"
        believed = {"issuer": issuer(NAME), "subject": subject, "audiences": ["api://AzureADTokenExchange"]}
        self.put(CREDENTIAL, f"{id_}/federatedIdentityCredentials/{name}", place=id_, resourceName=name, **believed)
        for item in self.world.find(ASSIGNMENT):
            if item.properties["principalId"] == ids["principalId"]:
                self.world.delete(item)
        for secret in secrets:
            self.assign(ids["principalId"], SECRETS_USER, secret)

    def assign(self, principal: str, role: str, scope: str) -> None:
        id_ = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{guid(principal, role, scope)}"
        given = {"principalId": principal, "roleDefinitionId": role, "scope": scope}
        self.put(ASSIGNMENT, id_, place=scope, **given)

    def provider_class(self, namespace: str, account: str, secrets: Mapping[str, str]) -> Item:
        objects = [
            yaml.safe_dump({"objectName": id_.rpartition("/")[2], "objectType": "secret", "objectAlias": alias})
            for alias, id_ in secrets.items()
        ]
        parameters = {
            "usePodIdentity": "false",
            "clientID": guid(f"{namespace}-{account}", "client"),
            "keyvaultName": "platform",
            "tenantId": TENANT,
            "objects": yaml.safe_dump({"array": objects}),
        }
        return {"provider": "azure", "parameters": parameters}

    def without_identity(self, parameters: Item) -> Item:
        return {name: value for name, value in parameters.items() if name != "clientID"}


def issuer(cluster: str) -> str:
    return f"https://eastus2.oic.prod-aks.azure.com/{TENANT}/{guid(cluster, 'issuer')}/"


def guid(*parts: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))
