"""The platform's vault, and the key that encrypts its disks."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import compute, keyvault

from ..naming import AZURE_DISK_ENCRYPTION_SET, KEY_VAULT
from .cluster_facts import ClusterFacts
from .logs import send_logs
from .roles import Role, grant


class Vault(pulumi.ComponentResource):
    """A Key Vault for the teams' secrets and the platform's key, and the disk encryption set that uses the key.

    Makes, all protected (what the key encrypted cannot be read without it): `azure-native:keyvault:Vault` with Azure
    RBAC, soft delete for 90 days and purge protection, `azure-native:keyvault:Key` (RSA 3072, rotated every year) and
    `azure-native:compute:DiskEncryptionSet`, which follows the key's rotation by itself; besides, its right to wrap
    with that key (`azure-native:authorization:RoleAssignment`) and the vault's audit log.

    The vault answers the platform's subnets, `operators` and Azure's own services, and nobody else: without operators
    a secret is filled from inside the platform's network, by whoever may (docs/components/platform-azure.md).
    A vault's name is taken once in the world, so that part of the subscription's id is in it.
    """

    def __init__(self, facts: ClusterFacts, operators: Sequence[str], opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Vault", facts.name, None, opts)
        self._facts = facts
        self._once = ResourceOptions(parent=self, protect=True)
        vault = self._vault(operators)
        self.name = vault.name
        self.disk_encryption_set, self.ready = self._disk_encryption_set(vault)
        send_logs(f"{facts.name}-vault", vault.id, ["AuditEvent"], facts.workspace, self)
        self.register_outputs({"name": self.name, "disk_encryption_set": self.disk_encryption_set})

    def _vault(self, operators: Sequence[str]) -> keyvault.Vault:
        facts = self._facts
        return keyvault.Vault(
            facts.name,
            vault_name=KEY_VAULT.fit(f"{facts.name}-{facts.account[:8]}"),
            resource_group_name=facts.group,
            properties=vault_properties(facts.tenant, facts.subnets, operators),
            opts=self._once,
        )

    def _disk_encryption_set(self, vault: keyvault.Vault) -> tuple[Output[str], list[pulumi.Resource]]:
        facts = self._facts
        key = keyvault.Key(
            facts.name,
            key_name="disks",
            vault_name=vault.name,
            resource_group_name=facts.group,
            properties={
                "kty": keyvault.JsonWebKeyType.RSA,
                "key_size": 3072,
                "rotation_policy": {
                    "lifetime_actions": [
                        {
                            "action": {"type": keyvault.KeyRotationPolicyActionType.ROTATE},
                            "trigger": {"time_after_create": "P1Y"},
                        }
                    ]
                },
            },
            opts=self._once,
        )
        encryption = compute.DiskEncryptionSet(
            facts.name,
            disk_encryption_set_name=AZURE_DISK_ENCRYPTION_SET.fit(facts.name),
            resource_group_name=facts.group,
            identity={"type": compute.DiskEncryptionSetIdentityType.SYSTEM_ASSIGNED},
            encryption_type=compute.DiskEncryptionSetType.ENCRYPTION_AT_REST_WITH_CUSTOMER_KEY,
            active_key={"key_url": key.key_uri_with_version, "source_vault": {"id": vault.id}},
            rotation_to_latest_key_version_enabled=True,
            # It moves on to each new version of the key: ours is only the first.
            opts=ResourceOptions.merge(self._once, ResourceOptions(ignore_changes=["activeKey.keyUrl"])),
        )
        right = grant(
            f"{facts.name}-disks",
            Role.KEY_VAULT_CRYPTO_USER,
            Output.concat(vault.id, "/keys/", key.name),
            encryption.identity.apply(lambda identity: str(identity.principal_id if identity else "")),
            ResourceOptions(parent=self),
        )
        return encryption.id, [right]


def vault_properties(
    tenant: Input[str], subnets: Output[list[str]], operators: Sequence[str] = ()
) -> keyvault.VaultPropertiesArgsDict:
    """Of a vault that forgets nothing, and answers `subnets`, `operators` (ranges), Azure's own services and nobody
    else."""
    return {
        "sku": {"family": keyvault.SkuFamily.A, "name": keyvault.SkuName.STANDARD},
        "tenant_id": tenant,
        "enable_rbac_authorization": True,
        "enable_soft_delete": True,
        "soft_delete_retention_in_days": 90,
        "enable_purge_protection": True,
        "network_acls": {
            "default_action": keyvault.NetworkRuleAction.DENY,
            # Disk encryption sets are among them. (Azure Resource Manager, through which we write keys and secrets and
            # cannot read them, asks no firewall.)
            "bypass": keyvault.NetworkRuleBypassOptions.AZURE_SERVICES,
            "ip_rules": [{"value": cidr} for cidr in operators],
            "virtual_network_rules": subnets.apply(lambda ids: [{"id": id_} for id_ in ids]),
        },
    }
