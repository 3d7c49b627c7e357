"""Managed identities, whose tokens they take for their own, and what they may do."""

import uuid
from collections.abc import Iterable
from typing import Any

from ...resource import CloudError, Instance, Reference, Resource
from . import references
from .arm import within_group

TENANT = "11111111-1111-1111-1111-111111111111"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/"


def guid(instance: Instance, label: str) -> str:
    """An id that stays the same for the object."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{instance.id}/{label}"))


def own_identity(instance: Instance) -> dict[str, Any]:
    """The identity that Azure makes together with a resource."""
    given = instance.get("identity")
    if not given:
        return {}
    return {"identity": {**given, "principalId": guid(instance, "principal"), "tenantId": TENANT}}


def managed_identity(instance: Instance) -> dict[str, Any]:
    return {
        "clientId": guid(instance, "client"),
        "principalId": guid(instance, "principal"),
        "tenantId": TENANT,
    }


def refuse_credential(instance: Instance) -> None:
    """Each issuer and subject may stand once in an identity."""
    for other in instance.world.find(CREDENTIAL, scope=instance.id.rpartition("/federatedIdentityCredentials/")[0]):
        same = all(other.inputs[key] == instance.inputs[key] for key in ("issuer", "subject"))
        if other.id != instance.id and same:
            raise CloudError("Conflict", f"Issuer and subject combination already exists: {instance.inputs['subject']}")


def refuse_assignment(instance: Instance) -> None:
    role = instance.inputs["roleDefinitionId"]
    known = role.lower().rpartition("/")[2] in references.BUILT_IN_ROLES
    if references.ROLE_DEFINITION not in role.lower() or not known:
        raise CloudError(
            "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{role}' does not exist."
        )
    for other in instance.world.find(ASSIGNMENT, scope=instance.inputs["scope"]):
        same = all(other.inputs[key] == instance.inputs[key] for key in ("principalId", "roleDefinitionId"))
        if other.id != instance.id and same:
            raise CloudError("RoleAssignmentExists", "The role assignment already exists.")


def principal_of(instance: Instance) -> Iterable[Reference]:
    """A service principal is an identity of ours; people and groups stand in a directory that nobody here keeps."""
    if instance.get("principalType", "User") == "ServicePrincipal":
        principal = instance.inputs["principalId"]
        text = f"Principal {principal} does not exist in the directory {TENANT}."
        yield Reference(principal, "PrincipalNotFound", text)


RESOURCES = {
    "azure-native:managedidentity:UserAssignedIdentity": Resource(
        within_group(IDENTITY + "{name}"),
        name="resourceName",
        name_limit=128,
        scope="{account}/{resourceGroupName}",
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "resourceName", "location"),
        outputs=managed_identity,
    ),
    CREDENTIAL: Resource(
        within_group(IDENTITY + "{resourceName}/federatedIdentityCredentials/{name}"),
        name="federatedIdentityCredentialResourceName",
        name_limit=120,
        scope=within_group(IDENTITY + "{resourceName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "resourceName", "federatedIdentityCredentialResourceName"),
        refuses=refuse_credential,
    ),
    ASSIGNMENT: Resource(
        "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        name="roleAssignmentName",
        scope="{scope}",
        taken="RoleAssignmentExists",
        replaces=("principalId", "scope", "roleAssignmentName", "roleDefinitionId"),
        allowed={"principalType": ("User", "Group", "ServicePrincipal", "ForeignGroup", "Device")},
        external=("roleDefinitionId",),  # Azure's own; checked beside
        refuses=refuse_assignment,
        uses=principal_of,
    ),
}
