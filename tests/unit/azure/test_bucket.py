"""Buckets on Azure."""

from pathlib import Path
from typing import Any

import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.azure.bucket import account_name
from nodeyard.clouds.azure.roles import Role
from nodeyard.clouds.contract.bucket import Bucket, BucketSpec
from nodeyard.clouds.contract.identity import IdentitySpec
from nodeyard.clouds.contract.left_over import Wanted
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.clouds.contract.quota import Demand
from nodeyard.clouds.tagging import tagged
from nodeyard.errors import InputError
from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Cloud
from sandbox.simulation.resource import CloudError
from tests.unit.azure.world import ASSIGNMENT, GROUP, SUBSCRIPTION, Make, asked, granted
from tests.unit.recording import Recording

CLOUD = clouds.named(CloudName.AZURE)
ACCOUNT, CONTAINER = "azure-native:storage:StorageAccount", "azure-native:storage:BlobContainer"
SERVICE = "azure-native:storage:BlobServiceProperties"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
THEIRS = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/theirs/blobServices/default/containers/backups"


def build(platform: PlatformContract, opts: ResourceOptions, name: str = "nodeos-bp", **changes: Any) -> Bucket:
    bucket: Bucket = CLOUD.Bucket(name, BucketSpec(**changes), platform, opts)
    return bucket


def made(make: Make, **changes: Any) -> Recording:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        bucket = build(platform, opts, **changes)
        return {"id": bucket.bucket_id, "url": bucket.url}

    return make(program)


def there(home: Path, account: str = "theirs", container: str = "backups") -> str:
    """The id of a container that somebody made before."""
    azure = cloud_of("azure-native", home, {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})
    in_account = {"resourceGroupName": "platform", "accountName": account}
    azure.create(ACCOUNT, "old", {**in_account, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}, preview=False)
    id_: str = azure.create(CONTAINER, "old", {**in_account, "containerName": container}, preview=False).id
    return id_


# --- what is made


def test_a_bucket_is_a_container_in_a_storage_account_of_its_own_in_three_zones(make: Make) -> None:
    recording = made(make)
    account, container = recording.one(ACCOUNT), recording.one(CONTAINER)
    assert (account.inputs["kind"], account.inputs["sku"]) == ("StorageV2", {"name": "Standard_ZRS"})
    assert container.inputs["accountName"] == account.inputs["accountName"]
    assert container.inputs["containerName"] == "nodeos-bp"
    assert recording.exports["id"] == container.id
    assert recording.exports["url"] == f"az://{account.inputs['accountName']}/nodeos-bp"


def test_a_bucket_and_its_settings_outlive_the_stack(make: Make) -> None:
    recording = made(make)
    for type_ in (ACCOUNT, SERVICE, CONTAINER, IDENTITY, ASSIGNMENT):
        kept = recording.one(type_)
        assert (kept.protect, kept.retain_on_delete) == (True, True), type_


def test_nothing_in_a_bucket_is_public_and_no_key_of_the_accounts_own_opens_it(make: Make) -> None:
    recording = made(make)
    account = recording.one(ACCOUNT).inputs
    assert account["allowBlobPublicAccess"] is account["allowSharedKeyAccess"] is False
    assert account["allowCrossTenantReplication"] is False
    assert account["defaultToOAuthAuthentication"] is True
    assert (account["enableHttpsTrafficOnly"], account["minimumTlsVersion"]) == (True, "TLS1_2")
    assert recording.one(CONTAINER).inputs["publicAccess"] == "None"


def test_only_the_platforms_subnets_reach_a_bucket(make: Make, platform: PlatformContract) -> None:
    rules = made(make).one(ACCOUNT).inputs["networkRuleSet"]
    assert (rules["defaultAction"], rules["bypass"]) == ("Deny", "None")
    assert {"ipRules", "resourceAccessRules"} & set(rules) == set()
    subnets = [rule["virtualNetworkResourceId"] for rule in rules["virtualNetworkRules"]]
    assert subnets == [subnet["id"] for subnet in platform["private_subnets"]]


def test_a_platforms_subnets_are_known_to_the_vault_and_to_buckets(recording: Recording) -> None:
    for subnet in recording.of("azure-native:network:Subnet"):
        services = [endpoint["service"] for endpoint in subnet.inputs["serviceEndpoints"]]
        assert services == ["Microsoft.KeyVault", "Microsoft.Storage"]


def test_a_bucket_is_encrypted_with_the_platforms_key_by_an_identity_that_may_do_nothing_else(
    make: Make, platform: PlatformContract
) -> None:
    recording = made(make)
    account, identity = recording.one(ACCOUNT).inputs, recording.one(IDENTITY, "nodeos-bp-key")
    vault = platform["azure"]["key_vault"]
    assert account["encryption"] == {
        "keySource": "Microsoft.Keyvault",
        "keyVaultProperties": {"keyVaultUri": f"https://{vault}.vault.azure.net", "keyName": "disks"},
        "encryptionIdentity": {"encryptionUserAssignedIdentity": identity.id},
    }
    assert account["identity"] == {"type": "UserAssigned", "userAssignedIdentities": [identity.id]}
    key = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{vault}/keys/disks"
    assert granted(recording, identity.outputs["principalId"]) == {(Role.KEY_VAULT_CRYPTO_USER, key)}


def test_without_a_key_of_the_platform_azures_own_encrypts(make: Make) -> None:
    def program(platform: PlatformContract, opts: ResourceOptions) -> None:
        without = platform.copy()
        without["kms_key"] = ""
        build(without, opts)

    recording = make(program)
    assert {"encryption", "identity"} & set(recording.one(ACCOUNT).inputs) == set()
    assert not [resource for resource in recording.resources if resource.type == IDENTITY]


def test_what_is_deleted_or_overwritten_can_be_had_back_for_the_days_that_are_asked_for(make: Make) -> None:
    recording = made(make, undelete_days=30)
    service, container = recording.one(SERVICE), recording.one(CONTAINER)
    for policy in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        assert service.inputs[policy] == {"enabled": True, "days": 30}
    assert service.inputs["blobServicesName"] == "default"
    assert service.urn in container.depends_on, "before the first object comes"


@pytest.mark.parametrize("days", [0, 366])
def test_days_that_azure_does_not_keep_are_refused(make: Make, days: int) -> None:
    with pytest.raises(InputError) as raised:
        made(make, undelete_days=days)
    [(path, problem)] = raised.value.problems
    assert path == "undelete_days"
    assert "1 to 365 days" in problem


def test_buckets_of_one_name_on_two_platforms_of_a_subscription_have_two_accounts(platform: PlatformContract) -> None:
    elsewhere = platform | {"azure": platform["azure"] | {"resource_group": "other"}}
    assert account_name("nodeos-bp", platform) != account_name("nodeos-bp", elsewhere)


def test_what_can_carry_tags_of_a_bucket_has_the_components(make: Make) -> None:
    tags = {"cost-centre": "42"}
    recording = make(lambda platform, opts: build(platform, tagged(CLOUD, tags, opts) or opts) and None)
    assert [recording.one(type_).inputs["tags"] for type_ in (ACCOUNT, IDENTITY)] == [tags, tags]


# --- what is there already


def test_a_bucket_that_is_there_is_read_and_keeps_its_settings(make: Make, tmp_path: Path) -> None:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        there(tmp_path / "world")
        bucket = build(platform, opts, existing=THEIRS)
        return {"id": bucket.bucket_id, "url": bucket.url}

    recording = make(program)
    assert recording.read == [("nodeos-bp-adopted", THEIRS)]
    assert not [resource for resource in recording.resources if resource.type.startswith("azure-native:")]
    assert recording.exports == {"id": THEIRS, "url": "az://theirs/backups"}


def test_days_of_a_bucket_that_is_adopted_are_nobodys_to_refuse() -> None:
    assert not list(CLOUD.bucket_problems(BucketSpec(existing=THEIRS, undelete_days=0)))


def test_a_bucket_that_an_earlier_stack_left_is_found(make: Make, tmp_path: Path) -> None:
    found: dict[str, Any] = {}
    mine, gone = Wanted(kind="bucket", name="nodeos-bp"), Wanted(kind="bucket", name="nodeos-bq")

    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        found["id"] = there(tmp_path / "world", account_name("nodeos-bp", platform), "nodeos-bp")
        found["there"] = CLOUD.left_over([mine, gone], platform, asked(opts))

    make(program)
    assert found["there"] == {mine: [found["id"]]}


# --- who may do what


def test_a_pod_lists_reads_writes_and_deletes_in_exactly_its_own_bucket(make: Make) -> None:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        mine, other = build(platform, opts), build(platform, opts, "other")
        spec = IdentitySpec(namespace="nodeos", service_account="nodeos-bp-0", buckets=[mine])
        CLOUD.Identity("nodeos-bp-0", spec, platform, opts)
        return {"mine": mine.bucket_id, "other": other.bucket_id}

    recording = make(program)
    principal = recording.one(IDENTITY, "nodeos-bp-0").outputs["principalId"]
    assert granted(recording, principal) == {(Role.BLOB_DATA_CONTRIBUTOR, recording.exports["mine"])}


def test_a_pod_that_reads_a_bucket_lists_and_reads_in_it_alone(make: Make) -> None:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        mine, other = build(platform, opts), build(platform, opts, "other")
        spec = IdentitySpec(namespace="mantis", service_account="mantis-passive", readable_buckets=[mine])
        CLOUD.Identity("mantis-passive", spec, platform, opts)
        return {"mine": mine.bucket_id, "other": other.bucket_id}

    recording = make(program)
    principal = recording.one(IDENTITY, "mantis-passive").outputs["principalId"]
    assert granted(recording, principal) == {(Role.BLOB_DATA_READER, recording.exports["mine"])}


# --- quotas


def test_each_bucket_is_a_storage_account_and_a_networks_flow_logs_are_another() -> None:
    needs = CLOUD.quota_needs(Demand(buckets=2, platform_zones=3))
    assert {need.called: need.needed for need in needs}["Storage accounts per region per subscription"] == 3


# --- what the stand-in refuses


@pytest.fixture
def azure(make: Make, tmp_path: Path) -> Cloud:
    """Where `make` put a platform."""
    return cloud_of("azure-native", tmp_path / "world", {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})


def account(**changes: Any) -> dict[str, Any]:
    given = {"resourceGroupName": "platform", "accountName": "mine", "kind": "StorageV2"}
    return {**given, "sku": {"name": "Standard_ZRS"}, **changes}


def code(azure: Cloud, type_: str, inputs: dict[str, Any]) -> str:
    with pytest.raises(CloudError) as raised:
        azure.create(type_, "it", inputs, preview=False)
    return str(raised.value.code)


def test_the_stand_in_lets_no_subnet_in_that_storage_does_not_know(azure: Cloud) -> None:
    network = {"resourceGroupName": "platform", "virtualNetworkName": "platform"}
    bare = {**network, "subnetName": "bare", "addressPrefix": "10.40.192.0/24"}
    subnet = azure.create("azure-native:network:Subnet", "it", bare, preview=False).id

    def rules(subnet: str) -> dict[str, Any]:
        return {"networkRuleSet": {"virtualNetworkRules": [{"virtualNetworkResourceId": subnet}]}}

    assert code(azure, ACCOUNT, account(**rules(subnet))) == "SubnetsHaveNoServiceEndpointsConfigured"
    assert code(azure, ACCOUNT, account(**rules(f"{subnet}-gone"))) == "ResourceNotFound"


def test_the_stand_in_encrypts_with_no_key_that_the_identity_may_not_use(azure: Cloud) -> None:
    named = {"resourceGroupName": "platform", "resourceName": "nobody"}
    identity = azure.create(IDENTITY, "it", named, preview=False).id
    encryption = {
        "keySource": "Microsoft.Keyvault",
        "keyVaultProperties": {"keyVaultUri": "https://platform-12345678.vault.azure.net", "keyName": "disks"},
        "encryptionIdentity": {"encryptionUserAssignedIdentity": identity},
    }
    assert code(azure, ACCOUNT, account(encryption=encryption)) == "KeyVaultAuthenticationFailure"


def test_the_stand_in_makes_nothing_public_in_an_account_that_forbids_it(azure: Cloud) -> None:
    in_account = {"resourceGroupName": "platform", "accountName": "mine"}
    assert code(azure, CONTAINER, {**in_account, "containerName": "backups"}) == "ResourceNotFound"
    azure.create(ACCOUNT, "it", account(allowBlobPublicAccess=False), preview=False)
    public = {**in_account, "containerName": "backups", "publicAccess": "Blob"}
    assert code(azure, CONTAINER, public) == "PublicAccessNotPermitted"
    assert code(azure, CONTAINER, {**in_account, "containerName": "Two--Dashes"}) == "InvalidResourceName"
