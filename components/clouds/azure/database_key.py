"""Who reads the platform's key for a database's server."""

from pulumi import ResourceOptions
from pulumi_azure_native import dbforpostgresql

from ..contract.platform import PlatformContract
from .key_user import KeyUser


class DatabaseKey(KeyUser):
    """The platform's key as a server takes it. The server follows the key's rotation, because the key is named without
    a version (azure-databases-docs `1012b59`, postgresql/security/security-data-encryption.md)."""

    def __init__(self, name: str, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:DatabaseKey", name, platform, opts)

    @property
    def encryption(self) -> dbforpostgresql.DataEncryptionArgsDict:
        return {
            "type": dbforpostgresql.DataEncryptionType.AZURE_KEY_VAULT,
            "primary_key_uri": self.url,
            "primary_user_assigned_identity_id": self.identity_id,
        }

    @property
    def identity(self) -> dbforpostgresql.UserAssignedIdentityArgsDict:
        return {
            "type": dbforpostgresql.IdentityType.USER_ASSIGNED,
            "user_assigned_identities": self.identity_id.apply(lambda id_: {id_: {}}),
        }
