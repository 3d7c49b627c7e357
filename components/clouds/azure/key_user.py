"""Who reads the platform's key for one service of Azure's."""

import pulumi
from pulumi import InvokeOutputOptions, Output, ResourceOptions
from pulumi_azure_native import compute, managedidentity

from ..contract.platform import PlatformContract
from ..naming import AZURE_IDENTITY
from . import arm_id
from .platform_section import azure_of
from .roles import Role, grant


class KeyUser(pulumi.ComponentResource):
    """The key of the platform's disk encryption set, and the identity by which a service wraps with it.

    Makes, both protected and retained (what lost them cannot be read): a
    `azure-native:managedidentity:UserAssignedIdentity`, and its right to wrap with that key
    (`azure-native:authorization:RoleAssignment`).
    """

    url: Output[str]
    """The key's, without a version: the service then follows the key's rotation."""
    identity_id: Output[str]
    """The identity's ARM id. Known when the right is there: Azure makes nothing that cannot read its key."""

    def __init__(self, type_: str, name: str, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__(type_, name, None, opts)
        kept = ResourceOptions(parent=self, protect=True, retain_on_delete=True)
        key = compute.get_disk_encryption_set_output(
            resource_group_name=arm_id.resource_group(platform["kms_key"]),
            disk_encryption_set_name=arm_id.name(platform["kms_key"]),
            opts=InvokeOutputOptions(parent=self),
        ).active_key.apply(_key)
        identity = managedidentity.UserAssignedIdentity(
            name,
            resource_name_=AZURE_IDENTITY.fit(name),
            resource_group_name=azure_of(platform)["resource_group"],
            opts=kept,
        )
        right = grant(name, Role.KEY_VAULT_CRYPTO_USER, key.apply(lambda k: k[1]), identity.principal_id, kept)
        self.identity_id = Output.all(identity.id, right.id).apply(lambda known: str(known[0]))
        self.url = key.apply(lambda k: k[0])
        self.register_outputs({})


def _key(key: "compute.outputs.KeyForDiskEncryptionSetResponse | None") -> tuple[str, str]:
    """The key's URL without a version, and its ARM id."""
    if key is None or key.source_vault is None or not key.source_vault.id:
        raise ValueError("the platform's disk encryption set names no key of a vault of its own subscription")
    url = key.key_url.rsplit("/", 1)[0]
    return url, f"{key.source_vault.id}/keys/{arm_id.name(url)}"
