"""What Azure RBAC would decide of data, by what a role's definition allows. What is not known here allows nothing."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from .. import View, text
from .resources import ROLE_ASSIGNMENT, ROLE_DEFINITION, last_of, within

GET_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
WRAP_KEY = "Microsoft.KeyVault/vaults/keys/wrap/action"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"

BUILT_IN: Mapping[str, list[str]] = {
    # Data actions of the built-in roles that reach a vault's secrets and keys ("Azure built-in roles for Security")...
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": ["Microsoft.KeyVault/vaults/*"],  # Key Vault Administrator
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": ["Microsoft.KeyVault/vaults/secrets/*"],  # Key Vault Secrets Officer
    "4633458b-17de-408a-b874-0445c86b69e6": [  # Key Vault Secrets User
        "Microsoft.KeyVault/vaults/secrets/getSecret/action",
        "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ],
    "21090545-7ca7-4776-b22c-e363652d74d2": [  # Key Vault Reader
        "Microsoft.KeyVault/vaults/*/read",
        "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ],
    "e147488a-f6f5-4113-8e2d-b22465e65bf6": [  # Key Vault Crypto Service Encryption User
        "Microsoft.KeyVault/vaults/keys/read",
        WRAP_KEY,
        "Microsoft.KeyVault/vaults/keys/unwrap/action",
    ],
    # ... and blobs ("Azure built-in roles for Storage").
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": [f"{BLOBS}/read"],  # Storage Blob Data Reader
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": [  # Storage Blob Data Contributor
        f"{BLOBS}/{action}" for action in ("delete", "read", "write", "move/action", "add/action")
    ],
}


def allowed(view: View, principal: str, action: str, resource: str) -> bool:
    """Whether some assignment to the principal, at the resource or above it, has a role with that data action."""
    return any(
        text(item, "principalId") == principal
        and within(resource, text(item, "scope"))
        and not item.properties.get("condition")  # not understood: it must not allow
        and permits(view, text(item, "roleDefinitionId"), action)
        for item in view.find(ROLE_ASSIGNMENT)
    )


def permits(view: View, definition: str, action: str) -> bool:
    role = last_of(definition).lower()
    if role in BUILT_IN:
        return matches(BUILT_IN[role], action)
    return any(
        matches(permission.get("dataActions"), action) and not matches(permission.get("notDataActions"), action)
        for permission in custom(view, role)
    )


def custom(view: View, role: str) -> Iterable[Mapping[str, Any]]:
    """The permissions of a role that somebody defined."""
    for item in view.find(ROLE_DEFINITION):
        if last_of(item.id).lower() == role:
            yield from item.properties.get("permissions") or []


def matches(patterns: Iterable[str] | None, action: str) -> bool:
    return any(fnmatchcase(action.lower(), re.sub(r"\[", "[[]", pattern.lower())) for pattern in patterns or ())
