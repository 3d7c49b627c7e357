"""The Azure provider of the Secrets Store CSI driver, and the Entra ID, Azure RBAC and Key Vault behind it.

What it checks, in which order, and its words are those of pkg/provider/provider.go, validate.go and pkg/auth/auth.go of
Azure/secrets-store-csi-driver-provider-azure; Entra's and Key Vault's are those of their errors.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from sandbox.simulation.world import Object

from .. import Asked, Cluster, Identity, Mount, MountFailed, Reads, View, text
from .nodes import subnets
from .rbac import GET_SECRET, allowed
from .resources import (
    FEDERATED_CREDENTIAL,
    IDENTITY,
    SECRET,
    SUBNET,
    VAULT,
    group_of,
    last_of,
    managed_cluster,
    part_of,
    within,
)

AUDIENCE = "api://AzureADTokenExchange"
MODES = ("usePodIdentity", "useVMManagedIdentity", "useAzureTokenProxy")
TRUE, FALSE = ("1", "t", "true"), ("", "0", "f", "false")
Descriptor = Mapping[str, Any]


def mounted(view: View, cluster: Cluster, mount: Mount) -> dict[str, str]:
    """The files of a mount by name; raises MountFailed."""
    try:
        _check(mount)
        entries = list(_descriptors(mount))
        identity = _identity(view, cluster, mount)
        return {_file(entry): _value(view, cluster, mount, identity, entry["objectName"]) for entry in entries}
    except MountFailed as failed:
        raise MountFailed(f"rpc error: code = Unknown desc = failed to mount objects, error: {failed}") from None


def asked(view: View, cluster: Cluster, mount: Mount) -> list[Asked]:
    vault = _vault(view, mount)
    return [
        Asked(_file(entry), entry["objectName"], _secret(view, vault, entry["objectName"]) if vault else None)
        for entry in _descriptors(mount)
    ]


def reader(view: View, cluster: Cluster, mount: Mount) -> Reads:
    _check(mount)
    identity, vault = _identity(view, cluster, mount), _vault(view, mount)
    if vault is None:
        raise MountFailed(_no_such_host(mount))
    if closed := _closed(view, cluster, vault):
        raise MountFailed(closed)
    # Through a mount that is what lies in its vault.
    return lambda secret: within(secret.id, vault.id) and not _refusal(view, vault, identity, last_of(secret.id))


def within_reach(view: View, cluster: Cluster, identity: Identity) -> Reads:
    """By every managed identity that takes the account's tokens: a pod may name whichever it likes."""
    taken = [item for item in view.find(IDENTITY) if takes(view, cluster, item, identity)]

    def reads(secret: Object) -> bool:
        vaults = [vault for vault in view.find(VAULT) if within(secret.id, vault.id)]
        return any(not _refusal(view, vault, item, last_of(secret.id)) for vault in vaults for item in taken)

    return reads


# --- what it is asked


def _check(mount: Mount) -> None:
    given = {name: value.strip() for name, value in mount.parameters.items()}
    modes = []
    for name in MODES:
        value = given.get(name, "").lower()
        if value not in TRUE + FALSE:
            invalid = f'strconv.ParseBool: parsing "{value}": invalid syntax'
            raise MountFailed(f"failed to parse {name} flag, error: {invalid}")
        modes += [name] if value in TRUE else []
    if len(modes) > 1:
        raise MountFailed(f"only one identity mode can be enabled at a time: {', '.join(MODES[:2])}, or {MODES[2]}")
    if not given.get("keyvaultName"):
        raise MountFailed("keyvaultName is not provided")
    if not _tenant(mount):
        raise MountFailed("tenantId is not provided")
    if modes:
        raise MountFailed(f"the sandbox knows workload identity only, not {modes[0]}")
    if not given.get("clientID"):
        missing = "failed to get credentials, nodePublishSecretRef secret is not set"
        raise MountFailed(f"failed to build auth config for mode None: {missing}")
    if AUDIENCE not in mount.audiences:
        missing = f"token for audience {AUDIENCE} not found" if mount.audiences else "service account tokens not found"
        failed = f"failed to parse workload identity tokens, error: {missing}"
        raise MountFailed(f"failed to build auth config for mode None: {failed}")
    if not given.get("objects"):
        raise MountFailed("objects is not set")


def _descriptors(mount: Mount) -> Iterator[dict[str, str]]:
    """The entries of `objects`, checked: text within text."""
    try:
        outer = yaml.safe_load(mount.parameters.get("objects", "")) or {}
    except yaml.YAMLError as broken:
        raise MountFailed(f"failed to yaml unmarshal objects, error: {broken}") from None
    array = outer.get("array") if isinstance(outer, dict) else None
    if not isinstance(outer, dict) or not all(isinstance(entry, str) for entry in array or []):
        raise MountFailed("failed to yaml unmarshal objects, error: objects is not an `array` of strings")
    for index, entry in enumerate(array or []):
        found = yaml.safe_load(entry)
        if not isinstance(found, dict):
            raise MountFailed(f"unmarshal failed for keyVaultObjects at index {index}, error: not a mapping")
        yield _checked({name: str(value).strip() for name, value in found.items()})


def _checked(entry: dict[str, str]) -> dict[str, str]:
    name, kind, file = entry.get("objectName", ""), entry.get("objectType", ""), _file(entry)
    problems = {
        "file name must not be empty": not file,
        "file name must be a relative path": file.startswith("/"),
        "file name must not contain '..'": ".." in file,
        "file permission must be a valid octal number": not re.fullmatch("[0-7]*", entry.get("filePermission", "")),
        "Invalid vaultObjectTypes. Should be secret, key, or cert": kind not in ("secret", "key", "cert"),
        "the sandbox mounts secrets only": kind != "secret",
    }
    for problem, found in problems.items():
        if found:
            where = f"objectType:{kind}, objectName:{name}, objectVersion:{entry.get('objectVersion', '')}"
            raise MountFailed(f"failed to get {where}: {problem}")
    return entry


def _file(entry: Descriptor) -> str:
    return str(entry.get("objectAlias") or entry.get("objectName", ""))


def _tenant(mount: Mount) -> str:
    return (mount.parameters.get("tenantID") or mount.parameters.get("tenantId") or "").strip()


# --- who asks


def _identity(view: View, cluster: Cluster, mount: Mount) -> Object:
    """The managed identity whose token the pod gets for its own."""
    client, tenant = mount.parameters.get("clientID", "").strip(), _tenant(mount)
    found = [item for item in view.find(IDENTITY) if client and text(item, "clientId") == client]
    if not found or text(found[0], "tenantId") != tenant:
        missing = f"Application with identifier '{client}' was not found in the directory '{tenant}'."
        raise MountFailed(_not_logged_in(f"AADSTS700016: {missing}"))
    if takes(view, cluster, found[0], mount.identity):
        return found[0]
    issuer, subject = _assertion(view, cluster, mount.identity)
    presented = f"Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{AUDIENCE}'."
    nothing = f"No matching federated identity record found for presented assertion. {presented}"
    raise MountFailed(_not_logged_in(f"AADSTS70021: {nothing}"))


def takes(view: View, cluster: Cluster, managed: Object, identity: Identity) -> bool:
    """Whether the managed identity takes the account's tokens for its own: one of its federated credentials does."""
    presented = _assertion(view, cluster, identity)
    return any(
        _credential_of(item, managed)
        and (text(item, "issuer"), text(item, "subject")) == presented
        and AUDIENCE in (item.properties.get("audiences") or [])
        for item in view.find(FEDERATED_CREDENTIAL)
    )


def _assertion(view: View, cluster: Cluster, identity: Identity) -> tuple[str, str]:
    """(issuer, subject) of the account's tokens."""
    issuer = text(managed_cluster(view, cluster), "oidcIssuerProfile.issuerURL")
    return issuer, f"system:serviceaccount:{identity.namespace}:{identity.service_account}"


def _credential_of(credential: Object, identity: Object) -> bool:
    named = part_of(credential.id, "userAssignedIdentities").lower() == last_of(identity.id).lower()
    return named and group_of(credential.id).lower() == group_of(identity.id).lower()


def _not_logged_in(problem: str) -> str:
    return f"failed to acquire token: ClientAssertionCredential authentication failed. {problem}"


# --- what it gets


def _value(view: View, cluster: Cluster, mount: Mount, identity: Object, name: str) -> str:
    vault = _vault(view, mount)
    if vault is None:
        raise MountFailed(_no_such_host(mount))
    failed = f"failed to get objectType:secret, objectName:{name}, objectVersion:: GET {_url(mount)}secrets/{name}/"
    if refusal := _closed(view, cluster, vault) or _refusal(view, vault, identity, name):
        raise MountFailed(f"{failed} RESPONSE 403: 403 Forbidden ERROR CODE: Forbidden {refusal}")
    secret = _secret(view, vault, name)
    if secret is None:
        missing = f"A secret with (name/id) {name} was not found in this key vault."
        raise MountFailed(f"{failed} RESPONSE 404: 404 Not Found ERROR CODE: SecretNotFound {missing}")
    if text(secret, "properties.attributes.enabled", "True") == "False":
        disabled = "Operation get is not allowed on a disabled secret. InnerError: SecretDisabled"
        raise MountFailed(f"{failed} RESPONSE 403: 403 Forbidden ERROR CODE: Forbidden {disabled}")
    return text(secret, "properties.value")


def _closed(view: View, cluster: Cluster, vault: Object) -> str:
    """Why the vault's firewall keeps some of the cluster's nodes out; empty when it lets them all in.

    A node's address is private, which no rule for addresses admits, and its calls show their subnet only where that has
    Key Vault's service endpoint ("Configure networking for Azure Key Vault")."""
    rules = (vault.properties.get("properties") or {}).get("networkAcls") or {}
    if rules.get("defaultAction", "Allow") == "Allow":
        return ""
    admitted = {str(rule["id"]).lower() for rule in rules.get("virtualNetworkRules") or []}
    shown = {item.id.lower() for item in view.find(SUBNET) if "microsoft.keyvault" in _endpoints(item)}
    for subnet in sorted(subnets(view, cluster) - (admitted & shown)):
        where = f"Subnet: '{subnet}' Vault: '{last_of(vault.id)};location={text(vault, 'location')}'"
        reason = "Client address is not authorized and caller is not a trusted service."
        return f"{reason} {where} InnerError: ForbiddenByFirewall"
    return ""


def _endpoints(subnet: Object) -> set[str]:
    return {str(entry["service"]).lower() for entry in subnet.properties.get("serviceEndpoints") or []}


def _refusal(view: View, vault: Object, identity: Object, name: str) -> str:
    """Why the identity may not read the secret; empty when it may."""
    resource, who = f"{vault.id}/secrets/{name}", f"appid={text(identity, 'clientId')}"
    if text(vault, "properties.enableRbacAuthorization", "True") == "False":
        # Access policies, which nothing of ours uses.
        where = f"'{last_of(vault.id)};location={text(vault, 'location')}'"
        return f"The user, group or application '{who}' does not have secrets get permission on key vault {where}."
    if allowed(view, text(identity, "principalId"), GET_SECRET, resource):
        return ""
    caller = f"Caller: {who};oid={text(identity, 'principalId')} Action: '{GET_SECRET}' Resource: '{resource}'"
    decision = "Assignment: (not found) DecisionReason: 'DeniedWithNoValidRBAC' InnerError: ForbiddenByRbac"
    return f"Caller is not authorized to perform action on resource. {caller} {decision}"


def _vault(view: View, mount: Mount) -> Object | None:
    """The vault of that name: there is one in all of Azure."""
    wanted = mount.parameters.get("keyvaultName", "").strip().lower()
    return next((item for item in view.find(VAULT) if last_of(item.id).lower() == wanted), None)


def _secret(view: View, vault: Object, name: str) -> Object | None:
    found = (item for item in view.find(SECRET) if within(item.id, vault.id))
    return next((item for item in found if last_of(item.id).lower() == name.lower()), None)


def _url(mount: Mount) -> str:
    return f"https://{mount.parameters.get('keyvaultName', '').strip()}.vault.azure.net/"


def _no_such_host(mount: Mount) -> str:
    return f"dial tcp: lookup {_url(mount).split('/')[2]}: no such host"
