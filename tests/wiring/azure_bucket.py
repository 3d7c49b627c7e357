"""From a pod to its container of Blob Storage: AKS' webhook, its managed identity, that identity's roles, the account's
firewall, and Key Vault."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from sandbox.controlplane.clouds import View, text
from sandbox.controlplane.clouds.azure.nodes import subnets
from sandbox.controlplane.clouds.azure.rbac import BLOBS, WRAP_KEY, allowed
from sandbox.controlplane.clouds.azure.resources import IDENTITY, SUBNET, VAULT, last_of, managed_cluster
from sandbox.controlplane.clouds.azure.secrets import takes
from sandbox.simulation.world import Object
from tests.wiring.deployment import Deployment, Item, template
from tests.wiring.edits import Mutation, changed, manifest, put, removed, resources
from tests.wiring.walk import Walk

ACCOUNT, CONTAINER = "azure-native:storage:StorageAccount", "azure-native:storage:BlobContainer"
USE = "azure.workload.identity/use"
CLIENT = "azure.workload.identity/client-id"
READING, WRITING = ("read",), ("write", "delete")
"""Who reads lists, too ("List Blobs", authorization)."""
READER, CONTRIBUTOR = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
"""Storage Blob Data Reader, and Storage Blob Data Contributor."""


def problems(walk: Walk, url: str, writes: bool) -> Iterator[str]:
    view, parts = walk.view, urlsplit(url)
    account = found_in(view, ACCOUNT, parts.netloc) if parts.scheme == "az" else None
    container = account and found_in(view, CONTAINER, parts.path.strip("/"), account.id)
    if account is None or container is None:
        yield f"there is no container of Blob Storage at {url}"
        return
    if text(managed_cluster(view, walk.cluster), "securityProfile.workloadIdentity.enabled") != "True":
        yield "the cluster's webhook is off"
    if walk.pod.labels.get(USE) != "true":
        yield "the webhook gives it no token of Entra"
    client = walk.identity().annotations.get(CLIENT, "")
    identity = next((item for item in view.find(IDENTITY) if client and text(item, "clientId") == client), None)
    if identity is None or not takes(view, walk.cluster, identity, walk.identity()):
        yield f"{walk.pod.account} is not let in as {client or 'nobody'}"
        return
    yield from right_problems(view, text(identity, "principalId"), account, container, writes)
    yield from firewall_problems(walk, account)
    yield from key_problems(view, account)


def found_in(view: View, kind: str, name: str, within: str = "/") -> Object | None:
    return next((item for item in view.find(kind) if item.id.startswith(within) and last_of(item.id) == name), None)


def right_problems(view: View, principal: str, account: Object, container: Object, writes: bool) -> Iterator[str]:
    for action in (*READING, *WRITING):
        may = allowed(view, principal, f"{BLOBS}/{action}", f"{container.id}/blobs/object")
        if not may and (writes or action in READING):
            yield f"{principal} may not {action} blobs in {container.id}"
        if may and not writes and action in WRITING:
            yield f"{principal} may {action} blobs in {container.id}, and has no need to"
        if allowed(view, principal, f"{BLOBS}/{action}", f"{container.id}-other/blobs/object"):
            yield f"{principal} may {action} blobs of all of {account.id}, and has no need to"


def firewall_problems(walk: Walk, account: Object) -> Iterator[str]:
    """As of a vault: a node's calls show its subnet only where that has the service's endpoint."""
    rules = account.properties.get("networkRuleSet") or {}
    if rules.get("defaultAction", "Allow") == "Allow":
        yield f"everybody reaches {account.id}"
    admitted = {str(rule["virtualNetworkResourceId"]).lower() for rule in rules.get("virtualNetworkRules") or []}
    shown = {item.id.lower() for item in walk.view.find(SUBNET) if "Microsoft.Storage" in endpoints(item)}
    for subnet in subnets(walk.view, walk.cluster) - (admitted & shown):
        yield f"the account's firewall keeps {subnet} out"


def endpoints(subnet: Object) -> set[str]:
    return {str(entry["service"]) for entry in subnet.properties.get("serviceEndpoints") or []}


def key_problems(view: View, account: Object) -> Iterator[str]:
    """Whether the account itself may use the key that it is encrypted with."""
    encryption = account.properties.get("encryption") or {}
    if encryption.get("keySource") != "Microsoft.Keyvault":
        return
    named, user = encryption["keyVaultProperties"], encryption["encryptionIdentity"]["encryptionUserAssignedIdentity"]
    vault = found_in(view, VAULT, str(named["keyVaultUri"]).removeprefix("https://").partition(".")[0])
    identity = next((item for item in view.find(IDENTITY) if item.id == user), None)
    if vault is None or identity is None:
        yield f"the key of {account.id} is nowhere, or nobody's"
    elif not allowed(view, text(identity, "principalId"), WRAP_KEY, f"{vault.id}/keys/{named['keyName']}"):
        yield f"the account may not use the key {named['keyName']}"
    elif text(vault, "properties.networkAcls.bypass") != "AzureServices":
        yield f"the firewall of {vault.id} keeps the account out"


# --- what can be missing


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    ours = Deployment(deployment.stack, [], [])
    for found in resources(ours, ACCOUNT, CONTAINER):
        yield removed(deployment, "bucket", found)
    for found in resources(ours, ACCOUNT):
        yield from account_mutations(deployment, found)
    for found in resources(deployment, "azure-native:network:Subnet"):
        if "Microsoft.Storage" in str(found["inputs"].get("serviceEndpoints")) and used(deployment, found):
            yield changed(deployment, "network", found, "without Storage's endpoint", put("serviceEndpoints", []))
    for found in resources(deployment, "azure-native:containerservice:ManagedCluster"):
        off = put("securityProfile.workloadIdentity.enabled", False)
        yield changed(deployment, "identity", found, "without the webhook", off)
    for found in resources(ours, IDENTITY):
        yield removed(deployment, "identity", found)
    for found in resources(ours, "azure-native:managedidentity:FederatedIdentityCredential"):
        yield removed(deployment, "credential", found)
        for word in ("issuer", "subject"):
            yield changed(deployment, "credential", found, f"another {word}", put(word, "another"))
    yield from assignment_mutations(deployment, ours)
    yield from pod_mutations(deployment)


def account_mutations(deployment: Deployment, found: Item) -> Iterator[Mutation]:
    for what, path, value in (
        ("open to all", "networkRuleSet.defaultAction", "Allow"),
        ("closed to all", "networkRuleSet.virtualNetworkRules", []),
    ):
        yield changed(deployment, "network", found, what, put(path, value))
    for path in (
        "encryption.keyVaultProperties.keyVaultUri",
        "encryption.keyVaultProperties.keyName",
        "encryption.encryptionIdentity.encryptionUserAssignedIdentity",
    ):
        yield changed(deployment, "key", found, f"another {path.rpartition('.')[2]}", put(path, "https://another.net"))


def used(deployment: Deployment, subnet: Item) -> bool:
    pools = resources(deployment, "azure-native:containerservice:AgentPool")
    return subnet["id"] in {pool["inputs"]["vnetSubnetID"] for pool in pools}


def assignment_mutations(deployment: Deployment, ours: Deployment) -> Iterator[Mutation]:
    for found in resources(ours, "azure-native:authorization:RoleAssignment"):
        scope, definition = found["inputs"]["scope"], found["inputs"]["roleDefinitionId"]
        if "/keys/" in scope:
            yield removed(deployment, "key", found)
            yield changed(deployment, "key", found, "on another key", put("scope", f"{scope}-other"))
        if "/containers/" not in scope:
            continue
        yield removed(deployment, "grant", found)
        yield changed(deployment, "grant", found, "another principal", put("principalId", "another"))
        roles, role = definition.rpartition("/")[::2]
        if role == READER:
            writer = put("roleDefinitionId", f"{roles}/{CONTRIBUTOR}")
            yield changed(deployment, "surplus", found, "a writer", writer)
        else:
            yield changed(deployment, "grant", found, "a reader", put("roleDefinitionId", f"{roles}/{READER}"))
        yield changed(deployment, "grant", found, "on another container", put("scope", f"{scope}-other"))
        account = scope.partition("/blobServices/")[0]
        yield changed(deployment, "surplus", found, "on the account", put("scope", account))


def pod_mutations(deployment: Deployment) -> Iterator[Mutation]:
    for item in deployment.manifests:
        if template(item):
            yield manifest(deployment, "identity", item, "without the label", unlabelled)
        if item["kind"] == "ServiceAccount" and CLIENT in (item["metadata"].get("annotations") or {}):
            yield manifest(deployment, "identity", item, "without the annotation", unannotated)


def unlabelled(item: Item) -> None:
    del template(item)["metadata"]["labels"][USE]


def unannotated(item: Item) -> None:
    del item["metadata"]["annotations"][CLIENT]
