"""Who may do what in Azure: assignments of built-in roles, each as narrow as Azure can."""

from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid5

from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import authorization

from . import arm_id


class Role(StrEnum):
    """Built-in roles by their ids ("Azure built-in roles"; what each allows was read there and in Azure's own role
    definitions)."""

    READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    NETWORK_CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"
    KEY_VAULT_SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
    KEY_VAULT_CRYPTO_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
    """Key Vault Crypto Service Encryption User: wraps and unwraps with a key."""
    DISK_POOL_OPERATOR = "60fc6e62-5479-42d4-8bf4-67625fcc2840"
    """Reads and writes a disk, which attaching it is, and cannot delete it."""
    DISK_BACKUP_READER = "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24"
    DISK_SNAPSHOT_CONTRIBUTOR = "7efff54f-a5b4-42b5-a1c5-5411624893ce"
    BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    """Storage Blob Data Contributor: lists, reads, writes and deletes blobs. It can delete the container it is given on
    too, and ends no soft delete."""
    BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    """Storage Blob Data Reader: lists and reads blobs."""
    METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"
    """Monitoring Metrics Publisher: sends custom metrics of a resource, and reads nothing."""
    CLUSTER_USER = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f"
    """Gets a kubeconfig, without a right inside the cluster."""
    CLUSTER_ADMIN = "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b"
    """AKS RBAC Cluster Admin: every right inside the cluster."""


NAMES = UUID("0f7c1a52-7f0d-4d0e-9b55-2f6f3d0b9a41")
"""The name space of the assignments' names; any will do, as long as it stays the same."""


def grant(
    name: str,
    role: Role,
    scope: Input[str],
    principal: Input[str],
    opts: ResourceOptions,
    kind: Literal["ServicePrincipal", "Group"] = "ServicePrincipal",
) -> authorization.RoleAssignment:
    """`principal` (an object id; a managed identity is a service principal) gets `role` on `scope` (an ARM id). The
    assignment's name follows from the three: the same is never assigned twice, and another one is another."""
    known = Output.all(scope, principal)
    return authorization.RoleAssignment(
        name,
        role_assignment_name=known.apply(lambda both: str(uuid5(NAMES, "|".join([*both, role])))),
        scope=scope,
        principal_id=principal,
        # Without it Azure looks the principal up in Entra, where a new one does not stand yet.
        principal_type=kind,
        role_definition_id=known.apply(lambda both: _definition(both[0], role)),
        opts=opts,
    )


def _definition(scope: str, role: Role) -> str:
    return f"/subscriptions/{arm_id.subscription(scope)}/providers/Microsoft.Authorization/roleDefinitions/{role.value}"
