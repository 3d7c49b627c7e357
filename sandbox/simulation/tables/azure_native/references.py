"""What an Azure resource refers to, by what ARM ids look like, with Azure's code for a missing one."""

from collections.abc import Iterable, Iterator
from typing import Any

from ...resource import Instance, Reference
from ...values import named_strings
from . import arm

#: Free text, which may look like anything.
TEXT = {"tags", "nodeLabels", "description", "notes"}

ROLE_DEFINITION = "/providers/microsoft.authorization/roledefinitions/"
#: Azure's own roles: enough of them to catch a misspelt one.
BUILT_IN_ROLES = {
    "b24988ac-6180-42a0-ab88-20f7382dd24c",  # Contributor
    "acdd72a7-3385-48ef-bd42-f606fba81ae7",  # Reader
    "4d97b98b-1d4f-4787-a291-c67834d212e7",  # Network Contributor
    "00482a5a-887f-4fb3-b363-3b7fe8e74483",  # Key Vault Administrator
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",  # Key Vault Secrets Officer
    "4633458b-17de-408a-b874-0445c86b69e6",  # Key Vault Secrets User
    "21090545-7ca7-4776-b22c-e363652d74d2",  # Key Vault Reader
    "e147488a-f6f5-4113-8e2d-b22465e65bf6",  # Key Vault Crypto Service Encryption User
    "60fc6e62-5479-42d4-8bf4-67625fcc2840",  # Disk Pool Operator
    "3e5e47e6-65f7-47ef-90b5-e5dd4d455f24",  # Disk Backup Reader
    "7efff54f-a5b4-42b5-a1c5-5411624893ce",  # Disk Snapshot Contributor
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",  # Storage Blob Data Reader
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe",  # Storage Blob Data Contributor
    "3913510d-42f4-4e42-8a64-420c390055eb",  # Monitoring Metrics Publisher
    "4abbcc35-e782-43d8-92c5-2d3f1bd2253f",  # Azure Kubernetes Service Cluster User Role
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b",  # Azure Kubernetes Service RBAC Cluster Admin
}


def references(instance: Instance, external: tuple[str, ...]) -> Iterator[Reference]:
    for path, text in named_strings(dict(instance.inputs), TEXT):
        if path not in external and arm.ID.fullmatch(text):
            yield missing(text)
    for parent in arm.above(instance.id):
        yield missing(parent)


def missing(id_: str) -> Reference:
    """A use of the object, and what Azure says when there is none."""
    if "/providers/" not in id_:
        group = id_.rsplit("/", 1)[-1]
        return Reference(id_, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    group, name = id_.split("/")[4], id_.rsplit("/", 1)[-1]
    what = f"The Resource '{arm.type_of(id_)}/{name}' under resource group '{group}' was not found."
    return Reference(id_, "ResourceNotFound", what)


def identifiers(outputs: dict[str, Any]) -> Iterable[str]:
    """By what else the object is known: an identity by its object id, a cluster by its API server. A storage account
    has its blob service from the beginning."""
    identity = outputs.get("identity") or {}
    if principal := outputs.get("principalId") if "clientId" in outputs else identity.get("principalId"):
        yield principal
    if host := outputs.get("privateFQDN") or outputs.get("fqdn"):
        yield f"https://{host}:443"
    if outputs.get("type") == "Microsoft.Storage/storageAccounts":
        yield f"{outputs['id']}/blobServices/default"
