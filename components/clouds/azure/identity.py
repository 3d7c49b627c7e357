"""Pod identities on Azure: a managed identity that one service account may be."""

from collections.abc import Iterator, Mapping

from pulumi import Input, Output, ResourceOptions
from pulumi_azure_native import managedidentity

from ..contract import identity as contract
from ..contract.identity import IdentitySpec
from ..contract.platform import PlatformContract
from ..naming import AZURE_FEDERATED_CREDENTIAL, AZURE_IDENTITY
from ..standing import standing_name
from .platform_section import azure_of
from .roles import Role, grant

AUDIENCE = "api://AzureADTokenExchange"
"""For whom a pod's token has to be, that Entra takes it (Entra, "workload identity federation")."""


class Identity(contract.Identity):
    """What one service account's pods may do: read their own secrets, use their own buckets, and read those that are
    readable to them.

    Makes: `azure-native:managedidentity:UserAssignedIdentity`, a `FederatedIdentityCredential` that lets tokens of this
    one service account of this one cluster be it, and an `azure-native:authorization:RoleAssignment` for each secret
    (Key Vault Secrets User on that secret alone) and each bucket (Storage Blob Data Contributor on that container
    alone, or Storage Blob Data Reader).

    Addresses need no right on Azure: the cluster's own controller puts them on its load balancer.
    """

    def __init__(self, name: str, spec: IdentitySpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Identity", name, None, opts)
        child, group = ResourceOptions(parent=self), azure_of(platform)["resource_group"]
        identity = managedidentity.UserAssignedIdentity(
            name, resource_name_=AZURE_IDENTITY.fit(name), resource_group_name=group, opts=child
        )
        credential = managedidentity.FederatedIdentityCredential(
            name,
            federated_identity_credential_resource_name=standing_name(
                "azure-native:managedidentity:FederatedIdentityCredential", name, AZURE_FEDERATED_CREDENTIAL.fit(name)
            ),
            resource_name_=identity.name,
            resource_group_name=group,
            issuer=platform["workload_identity_issuer"],
            subject=f"system:serviceaccount:{spec.namespace}:{spec.service_account}",
            audiences=[AUDIENCE],
            opts=child,
        )
        rights = [
            grant(f"{name}-{suffix}", role, scope, identity.principal_id, child)
            for suffix, role, scope in _rights(spec)
        ]
        self.client_id = Output.all(identity.client_id, credential.id, *(right.id for right in rights)).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"client_id": self.client_id})

    @property
    def pod_labels(self) -> Mapping[str, str]:
        """By this label AKS' webhook knows a pod that wants a token of Entra (Azure/azure-workload-identity)."""
        return {"azure.workload.identity/use": "true"}

    @property
    def account_annotations(self) -> Mapping[str, Input[str]]:
        return {"azure.workload.identity/client-id": self.client_id}


def _rights(spec: IdentitySpec) -> Iterator[tuple[str, Role, Output[str]]]:
    """The end of each assignment's name, its role, and what the role is on."""
    for secret in spec.secrets:
        yield secret.secret_name, Role.KEY_VAULT_SECRETS_USER, secret.secret_id
    for bucket in spec.buckets:
        yield bucket.pulumi_resource_name, Role.BLOB_DATA_CONTRIBUTOR, bucket.bucket_id
    for bucket in spec.readable_buckets:
        yield f"{bucket.pulumi_resource_name}-read", Role.BLOB_DATA_READER, bucket.bucket_id
