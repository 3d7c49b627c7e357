"""What lets a pod in on Azure, piece by piece: identities, their federated credentials, role assignments."""

from __future__ import annotations

from collections.abc import Iterator

from tests.wiring.deployment import CLASS, Deployment, Item
from tests.wiring.edits import Mutation, added, changed, put, removed, resources

KEY_VAULT_READER = "21090545-7ca7-4776-b22c-e363652d74d2"
"""Sees what a secret is called, but not its value."""


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    ours = Deployment(deployment.stack, [], [])
    for found in resources(ours, "azure-native:managedidentity:UserAssignedIdentity"):
        yield removed(deployment, "identity", found)
        yield changed(deployment, "identity", found, "another clientId", put("clientId", "another"))
    for found in resources(ours, "azure-native:managedidentity:FederatedIdentityCredential"):
        yield removed(deployment, "credential", found)
        for word in ("issuer", "subject"):
            yield changed(deployment, "credential", found, f"another {word}", put(word, "another"))
        yield changed(deployment, "credential", found, "another audience", put("audiences", ["another"]))
    yield from confused(deployment, ours)
    yield from assignment_mutations(deployment, ours)
    for found in resources(ours, CLASS):
        for word in ("clientID", "keyvaultName", "tenantID"):
            yield changed(deployment, "class", found, f"another {word}", put(f"spec.parameters.{word}", "another"))
    for found in resources(deployment, "azure-native:containerservice:ManagedCluster"):
        off = put("addonProfiles.azureKeyvaultSecretsProvider.enabled", False)
        yield changed(deployment, "driver", found, "without the add-on", off)
    for found in resources(deployment, "azure-native:keyvault:Vault"):
        yield removed(deployment, "driver", found)
    yield from network_mutations(deployment)


def network_mutations(deployment: Deployment) -> Iterator[Mutation]:
    """The vault knows the nodes' subnets by a rule for each, and by the service endpoint that each of them has."""
    pools = resources(deployment, "azure-native:containerservice:AgentPool")
    used = {pool["inputs"]["vnetSubnetID"] for pool in pools}
    for vault in resources(deployment, "azure-native:keyvault:Vault"):
        for subnet in used:
            rules = vault["inputs"]["properties"]["networkAcls"]["virtualNetworkRules"]
            others = put("properties.networkAcls.virtualNetworkRules", [rule for rule in rules if rule["id"] != subnet])
            yield changed(deployment, "network", vault, f"keeps {subnet.rpartition('/')[2]} out", others)
    for found in resources(deployment, "azure-native:network:Subnet"):
        if found["id"] in used:
            yield changed(deployment, "network", found, "without Key Vault's endpoint", put("serviceEndpoints", []))


def confused(deployment: Deployment, ours: Deployment) -> Iterator[Mutation]:
    """An identity that takes another pod's tokens too: that pod may be it, whatever identity its mount names."""
    credentials = resources(ours, "azure-native:managedidentity:FederatedIdentityCredential")
    for found in credentials:
        for other in credentials:
            if granted(ours, found) - granted(ours, other):  # else it is nothing that the pod could not read anyway
                subject = put("subject", other["inputs"]["subject"])
                yield added(deployment, "surplus", found, f"{found['id']}-added", "takes others' tokens too", subject)


def granted(ours: Deployment, credential: Item) -> set[str]:
    """The secrets on which the credential's identity has a role."""
    identity = credential["id"].partition("/federatedIdentityCredentials/")[0]
    identities = resources(ours, "azure-native:managedidentity:UserAssignedIdentity")
    (principal,) = [found["outputs"]["principalId"] for found in identities if found["id"] == identity]
    assignments = resources(ours, "azure-native:authorization:RoleAssignment")
    scopes = {found["inputs"]["scope"] for found in assignments if found["inputs"]["principalId"] == principal}
    return {scope for scope in scopes if "/secrets/" in scope}


def assignment_mutations(deployment: Deployment, ours: Deployment) -> Iterator[Mutation]:
    for found in resources(ours, "azure-native:authorization:RoleAssignment"):
        scope, definition = found["inputs"]["scope"], found["inputs"]["roleDefinitionId"]
        if "/secrets/" not in scope:
            continue
        yield removed(deployment, "grant", found)
        yield changed(deployment, "grant", found, "another principal", put("principalId", "another"))
        reader = f"{definition.rpartition('/')[0]}/{KEY_VAULT_READER}"
        yield changed(deployment, "grant", found, "Key Vault Reader", put("roleDefinitionId", reader))
        yield changed(deployment, "grant", found, "on another secret", put("scope", f"{scope}-other"))
        yield changed(deployment, "surplus", found, "on the vault", put("scope", scope.rpartition("/secrets/")[0]))
