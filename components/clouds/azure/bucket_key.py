"""Who reads the platform's key for a bucket's storage account."""

from pulumi import Output, ResourceOptions
from pulumi_azure_native import storage

from ..contract.platform import PlatformContract
from .key_user import KeyUser


class BucketKey(KeyUser):
    """The platform's key as a storage account takes it: by the vault's URL and the key's name, without a version, so
    that the account follows the key's rotation ("Customer-managed keys for Azure Storage encryption", key rotation).
    The vault's firewall lets the account in as one of Azure's own services."""

    def __init__(self, name: str, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:BucketKey", name, platform, opts)

    @property
    def encryption(self) -> storage.EncryptionArgsDict:
        return {
            "key_source": storage.KeySource.MICROSOFT_KEYVAULT,
            "key_vault_properties": {"key_vault_uri": self._part(0), "key_name": self._part(1)},
            "encryption_identity": {"encryption_user_assigned_identity": self.identity_id},
        }

    @property
    def identity(self) -> storage.IdentityArgsDict:
        return {"type": storage.IdentityType.USER_ASSIGNED, "user_assigned_identities": [self.identity_id]}

    def _part(self, number: int) -> Output[str]:
        return self.url.apply(lambda url: url.split("/keys/")[number])
