"""The ids of what may be adopted on Azure."""

import re
from collections.abc import Callable

from ...errors import InputError
from ..contract.adoption import Adoptable, IdForm
from ..contract.platform import PlatformContract
from . import arm_id
from .platform_section import azure_of


def _form(provider: str, *types: str) -> IdForm:
    """Of an ARM id, which is the same in capital and small letters."""
    path = "/".join([provider, *(f"{type_}/<name>" for type_ in types)])
    example = f"/subscriptions/<subscription>/resourceGroups/<group>/providers/{path}"
    pattern = re.sub("<[a-z]+>", r"[^/\\s]+", example)
    return IdForm(re.compile(pattern, re.IGNORECASE), example)


FORMS: dict[Adoptable, IdForm] = {
    "address": _form("Microsoft.Network", "publicIPAddresses"),
    "bucket": _form("Microsoft.Storage", "storageAccounts", "blobServices", "containers"),
    "database": _form("Microsoft.DBforPostgreSQL", "flexibleServers"),
    "disk": _form("Microsoft.Compute", "disks"),
    "secret": _form("Microsoft.KeyVault", "vaults", "secrets"),
    "snapshot": _form("Microsoft.Compute", "snapshots"),
}


def adoption_problem(kind: Adoptable, id_: str, platform: PlatformContract | None) -> str:
    """Why the id cannot be one of something to adopt on the platform, or on a site that is made with it; empty when it
    can."""
    if problem := FORMS[kind].problem(id_):
        return problem
    elsewhere = ELSEWHERE.get(kind)
    return elsewhere(id_, platform) if elsewhere and platform else ""


def refuse_other(name: str, kind: Adoptable, id_: str, platform: PlatformContract) -> None:
    """Raises `InputError` for what cannot be adopted."""
    if problem := adoption_problem(kind, id_, platform):
        raise InputError(f"{kind.capitalize()} {name!r} cannot be adopted on Azure.", [("existing", problem)])


def _other_group(id_: str, platform: PlatformContract) -> str:
    group = azure_of(platform)["resource_group"]
    if arm_id.resource_group(id_).lower() == group.lower():
        return ""
    return f"{id_} is not in the platform's resource group, {group}, where its load balancer looks for addresses"


def _other_vault(id_: str, platform: PlatformContract) -> str:
    vault = azure_of(platform)["key_vault"]
    if f"/vaults/{vault}/secrets/".lower() in id_.lower():
        return ""
    return f"{id_} is not in the platform's vault, {vault}, which is the one that pods and machines read"


ELSEWHERE: dict[Adoptable, Callable[[str, PlatformContract], str]] = {
    "address": _other_group,
    "secret": _other_vault,
}
