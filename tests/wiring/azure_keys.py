"""Who uses a key of Key Vault: a disk encryption set, or an identity of a service; and who reads that set."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.controlplane.clouds import View, text
from sandbox.controlplane.clouds.azure.rbac import WRAP_KEY, allowed
from sandbox.controlplane.clouds.azure.resources import (
    CLUSTER,
    DISK,
    IDENTITY,
    ROLE_ASSIGNMENT,
    VAULT,
    last_of,
    within,
)
from sandbox.simulation.world import Object
from tests.wiring.deployment import Deployment, State
from tests.wiring.edits import Mutation, changed, put, removed, resources
from tests.wiring.keys import Users, named

KEY, SET = "azure-native:keyvault:Key", "azure-native:compute:DiskEncryptionSet"
TO_WRAP = (WRAP_KEY, "Microsoft.KeyVault/vaults/keys/unwrap/action", "Microsoft.KeyVault/vaults/keys/read")
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
VIEWER = "21090545-7ca7-4776-b22c-e363652d74d2"
"""Key Vault Reader."""


def problems(state: State) -> list[str]:
    found: list[str] = []
    for key in state.find(KEY):
        url, vault = text(key, "keyUri"), text(key, "keyUri").partition("/keys/")[0]
        found += [*firewall(state, key), *named(state, USERS, key, url, text(key, "keyUriWithVersion"), vault)]
        for one in state.find(SET):
            if text(one, "activeKey.keyUrl").startswith(url):
                found += named(state, USERS, key, one.id)
    return found


def firewall(view: View, key: Object) -> Iterator[str]:
    """Services of Azure's own come from no subnet of ours."""
    for vault in view.find(VAULT):
        acls = vault.inputs["properties"].get("networkAcls") or {}
        if within(key.id, vault.id) and acls.get("defaultAction") == "Deny" and acls.get("bypass") != "AzureServices":
            yield f"{vault.name} keeps Azure's own services out"


def wraps(view: View, key: Object, principal: str, who: str) -> Iterator[str]:
    for action in TO_WRAP:
        if not allowed(view, principal, action, key.id):
            yield f"{who} may not {action}"


def the_set(view: View, key: Object, item: Object) -> Iterator[str]:
    yield from wraps(view, key, text(item, "identity.principalId"), "the disk encryption set")


def disk(view: View, key: Object, item: Object) -> Iterator[str]:
    """The cluster's identity, which attaches disks and makes those of claims and nodes (kubernetes-sigs/
    azuredisk-csi-driver, docs/driver-parameters.md: it reads the set)."""
    for cluster in view.find(CLUSTER):
        for identity in [one for one in view.find(IDENTITY) if one.id in str(cluster.inputs["identity"])]:
            principal = text(identity, "principalId")
            if not any(reads(role, principal, item) for role in view.find(ROLE_ASSIGNMENT)):
                yield f"{identity.name} may not read the disk encryption set"


def reads(role: Object, principal: str, item: Object) -> bool:
    the_one = encryption_set(item)
    is_reader = last_of(text(role, "roleDefinitionId")) == READER
    return is_reader and text(role, "principalId") == principal and within(the_one, text(role, "scope"))


def encryption_set(item: Object) -> str:
    """Whichever way the thing spells it."""
    paths = ("encryption.diskEncryptionSetId", "diskEncryptionSetID", "parameters.diskEncryptionSetID")
    return next(found for path in paths if (found := text(item, path)))


def storage_account(view: View, key: Object, item: Object) -> Iterator[str]:
    yield from identified(view, key, text(item, "encryption.encryptionIdentity.encryptionUserAssignedIdentity"))


def server(view: View, key: Object, item: Object) -> Iterator[str]:
    yield from identified(view, key, text(item, "dataEncryption.primaryUserAssignedIdentityId"))


def identified(view: View, key: Object, identity: str) -> Iterator[str]:
    found = view.identified(identity)
    if not found:
        yield "it has no identity"
    for one in found:
        yield from wraps(view, key, text(one, "principalId"), str(one.name))


USERS: Users = {
    (SET, "activeKey.keyUrl"): the_set,
    (DISK, "encryption.diskEncryptionSetId"): disk,
    (CLUSTER, "diskEncryptionSetID"): disk,
    ("storage.k8s.io/StorageClass", "parameters.diskEncryptionSetID"): disk,
    ("azure-native:storage:StorageAccount", "encryption.keyVaultProperties.keyVaultUri"): storage_account,
    ("azure-native:dbforpostgresql:Server", "dataEncryption.primaryKeyURI"): server,
}


# --- what can be missing


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    """Every right on a key and on the set, taken away or of less, and the way through the vault's firewall."""
    with_a_key = {found["inputs"]["vaultName"] for found in resources(deployment, KEY)}
    for found in resources(deployment, VAULT):
        if found["inputs"]["vaultName"] not in with_a_key:
            continue
        closed = put("properties.networkAcls.bypass", "None")
        yield changed(deployment, "network", found, "without Azure's services", closed)
    for found in resources(deployment, ROLE_ASSIGNMENT):
        if "/keys/" in found["inputs"]["scope"]:
            yield removed(deployment, "grant", found)
            role = put("roleDefinitionId", found["inputs"]["roleDefinitionId"].rpartition("/")[0] + f"/{VIEWER}")
            yield changed(deployment, "grant", found, "viewer", role)
        elif found["urn"].endswith("-cluster-group"):
            yield removed(deployment, "grant", found)
