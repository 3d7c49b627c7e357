"""Buckets on Azure: Blob Storage."""

from collections.abc import Iterator

from pulumi import Output, ResourceOptions
from pulumi_azure_native import storage

from ...errors import InputError, Problem
from ..adoption import adopted, id_of
from ..contract import bucket as contract
from ..contract.bucket import BucketSpec
from ..contract.platform import PlatformContract
from ..naming import AZURE_CONTAINER, AZURE_STORAGE_ACCOUNT
from . import arm_id
from .bucket_key import BucketKey
from .limits import BUCKET_UNDELETE_DAYS
from .platform_section import azure_of

BLOB_SERVICE = "default"
"""What an account's one blob service is called."""


class Bucket(contract.Bucket):
    """A container in a storage account of its own, which the platform's subnets alone reach, made or adopted.

    Makes, all protected and retained: `azure-native:storage:StorageAccount` (Standard_ZRS: a platform's region has
    zones), its `BlobServiceProperties` and a `BlobContainer`. The platform's key encrypts it, by a `BucketKey`; without
    such a key Azure's own does. Or reads the container whose ARM id is `spec.existing`.

    Callers need HTTPS with TLS 1.2 and an identity of Entra: the account's own keys, and what is signed with them, are
    refused. The firewall names the platform's subnets, to which `Network` gives the service endpoint of Azure Storage;
    Azure refuses a subnet without one. Azure Resource Manager, by which all of this is made, asks no firewall. Whoever
    reads blobs from elsewhere opens it to himself first.

    What is deleted or overwritten stays `undelete_days` by soft delete, and so does the container itself. No role of a
    pod's can end that sooner. There are no versions: a version would stay for ever, or go by a lifecycle rule, and then
    stay as many days again ("Soft delete for blobs", blob soft delete and versioning). Blocks that nobody commits go
    after a week by themselves ("Put Block").

    There is no lock of Azure's on the account. A lock would also keep the pods' rights from being taken away again
    ("Lock your resources to protect your infrastructure", considerations).

    Raises `InputError` for what `bucket_problems` says.
    """

    def __init__(self, name: str, spec: BucketSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Bucket", name, None, opts)
        if problems := list(bucket_problems(spec)):
            raise InputError(f"Bucket {name!r} cannot be made on Azure.", problems)
        container = self._adopted(name, spec.existing) if spec.existing else self._made(name, spec, platform)
        self.bucket_id = id_of(container, spec.existing)
        self.url = self.bucket_id.apply(lambda id_: f"az://{arm_id.top(id_)}/{arm_id.name(id_)}")
        self.register_outputs({"bucket_id": self.bucket_id, "url": self.url})

    def _adopted(self, name: str, existing: str) -> storage.BlobContainer:
        return storage.BlobContainer.get(adopted(name), Output.from_input(existing), opts=ResourceOptions(parent=self))

    def _made(self, name: str, spec: BucketSpec, platform: PlatformContract) -> storage.BlobContainer:
        kept = ResourceOptions(parent=self, protect=True, retain_on_delete=True)
        group = azure_of(platform)["resource_group"]
        account = self._account(name, platform, kept)
        kept_days: storage.DeleteRetentionPolicyArgsDict = {"enabled": True, "days": spec.undelete_days}
        service = storage.BlobServiceProperties(
            name,
            blob_services_name=BLOB_SERVICE,
            account_name=account.name,
            resource_group_name=group,
            delete_retention_policy=kept_days,
            container_delete_retention_policy=kept_days,
            opts=kept,
        )
        return storage.BlobContainer(
            name,
            container_name=AZURE_CONTAINER.fit(name),
            account_name=account.name,
            resource_group_name=group,
            public_access=storage.PublicAccess.NONE,
            # Nothing is written, and so nothing lost, before what is deleted is kept.
            opts=ResourceOptions.merge(kept, ResourceOptions(depends_on=[service])),
        )

    def _account(self, name: str, platform: PlatformContract, kept: ResourceOptions) -> storage.StorageAccount:
        key = BucketKey(f"{name}-key", platform, ResourceOptions(parent=self)) if platform["kms_key"] else None
        return storage.StorageAccount(
            name,
            account_name=account_name(name, platform),
            resource_group_name=azure_of(platform)["resource_group"],
            kind=storage.Kind.STORAGE_V2,
            sku={"name": storage.SkuName.STANDARD_ZRS},
            identity=key.identity if key else None,
            encryption=key.encryption if key else None,
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            allow_cross_tenant_replication=False,
            default_to_o_auth_authentication=True,
            enable_https_traffic_only=True,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            network_rule_set={
                "default_action": storage.DefaultAction.DENY,
                "bypass": storage.Bypass.NONE,
                "virtual_network_rules": [
                    {"virtual_network_resource_id": subnet["id"]} for subnet in platform["private_subnets"]
                ],
            },
            opts=kept,
        )


def account_name(name: str, platform: PlatformContract) -> str:
    """What the storage account of the `Bucket` called `name` is called. Such names are taken once in the world."""
    return AZURE_STORAGE_ACCOUNT.fit(f"{name}-{platform['account']}-{azure_of(platform)['resource_group']}")


def bucket_problems(spec: BucketSpec) -> Iterator[Problem]:
    """What Azure would refuse of a bucket, by the spec's keys. An adopted one has what it has."""
    if not spec.existing and (problem := BUCKET_UNDELETE_DAYS.problem(spec.undelete_days)):
        yield "undelete_days", problem
