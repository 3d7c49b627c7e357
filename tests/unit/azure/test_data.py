"""Addresses, disks, secrets and identities on Azure."""

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi import ResourceOptions
from pulumi_azure_native import keyvault

from nodeyard import clouds
from nodeyard.clouds.azure.disk_performance import megabytes
from nodeyard.clouds.azure.limits import DISK_IOPS, DISK_MEGABYTES
from nodeyard.clouds.azure.roles import Role
from nodeyard.clouds.azure.secret import FILLED_ELSEWHERE
from nodeyard.clouds.contract.address import AddressSpec
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.identity import IdentitySpec
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.clouds.contract.secret import SecretSpec
from nodeyard.clouds.contract.secret_mount import SecretFile, SecretMountSpec
from nodeyard.clouds.contract.snapshot_schedule import Rhythm, SnapshotScheduleSpec
from nodeyard.errors import InputError
from sandbox.simulation import cloud_of
from sandbox.simulation.values import is_secret, plain
from tests.unit.azure.world import ADDRESS, ASSIGNMENT, GROUP, SECRET, SUBSCRIPTION, VALUE, Make, granted
from tests.unit.recording import Recording, Registered

CLOUD = clouds.named(CloudName.AZURE)

# --- addresses


def test_an_address_is_kept_and_only_the_cluster_may_hold_it(make: Make, platform: PlatformContract) -> None:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        address = CLOUD.Address("metis-l2geth", AddressSpec(zone="eastus2-3"), platform, opts)
        return {"egress": address.egress_address, "ingress": address.ingress_address, "id": address.address_id}

    recording = make(program)
    made = recording.one(ADDRESS)
    assert (made.protect, made.retain_on_delete) == (True, True)
    assert made.inputs["zones"] == ["1", "2", "3"]
    assert made.inputs["publicIPAllocationMethod"] == "Static"
    assert recording.exports["egress"] == platform["egress_addresses"][2] != recording.exports["ingress"]
    assert recording.exports["id"] == "metis-l2geth"
    scope = f"{GROUP}/providers/Microsoft.Network/publicIPAddresses/metis-l2geth"
    assert granted(recording, platform["azure"]["cluster_principal"]) == {(Role.NETWORK_CONTRIBUTOR, scope)}


def test_an_address_of_another_group_cannot_be_adopted(make: Make, platform: PlatformContract) -> None:
    id_ = GROUP.replace("platform", "elsewhere") + "/providers/Microsoft.Network/publicIPAddresses/a"
    assert "resource group, platform" in CLOUD.adoption_problem("address", id_, platform)
    with pytest.raises(InputError) as raised:
        make(lambda platform, opts: CLOUD.Address("a", AddressSpec(zone="eastus2-1", existing=id_), platform, opts))
    assert [path for path, _ in raised.value.problems] == ["existing"]


def test_a_service_finds_the_address_by_name_in_the_platforms_group(platform: PlatformContract) -> None:
    claim = CLOUD.address_claim(platform)
    assert claim.way == "load-balancer"
    assert claim.annotations == {"service.beta.kubernetes.io/azure-load-balancer-resource-group": "platform"}
    assert claim.address_annotation == "service.beta.kubernetes.io/azure-pip-name"
    assert (claim.provider, claim.image, claim.env) == ("", "", {})


# --- disks


def disk(make: Make, **changes: Any) -> Recording:
    given: dict[str, Any] = {"zone": "eastus2-2", "size_gib": 300, "namespace": "metis-mainnet"}

    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        made = CLOUD.Disk("metis-themis", DiskSpec(**{**given, **changes}), platform, opts)
        return {"id": made.disk_id, "claim": made.claim_name}

    return make(program)


def test_a_disk_is_encrypted_with_our_key_kept_and_attached_by_the_cluster_alone(
    make: Make, platform: PlatformContract
) -> None:
    recording = disk(make, throughput_mibps=200)
    made = recording.one("azure-native:compute:Disk")
    assert (made.protect, made.retain_on_delete, made.ignore_changes) == (True, True, ("creationData",))
    assert made.inputs["encryption"]["diskEncryptionSetId"] == platform["kms_key"]
    assert (made.inputs["sku"], made.inputs["zones"]) == ({"name": "PremiumV2_LRS"}, ["2"])
    assert (made.inputs["diskIOPSReadWrite"], made.inputs["diskMBpsReadWrite"]) == (3000, 210)
    assert made.inputs["networkAccessPolicy"] == "DenyAll"
    rights = granted(recording, platform["azure"]["cluster_principal"])
    assert rights == {(Role.DISK_POOL_OPERATOR, recording.exports["id"])}
    assert not [r for r in recording.resources if r.type.startswith("azure-native:dataprotection")]


def test_a_volume_names_the_disk_by_its_arm_id_and_caches_nothing(make: Make) -> None:
    recording = disk(make, access_mode="ReadWriteOncePod")
    volume = recording.one("kubernetes:core/v1:PersistentVolume").inputs["spec"]
    assert volume["csi"]["driver"] == "disk.csi.azure.com"
    assert volume["csi"]["volumeHandle"] == recording.exports["id"]
    assert volume["csi"]["volumeAttributes"] == {"cachingMode": "None"}
    assert recording.exports["claim"] == "metis-themis"


def test_chain_data_is_snapshot_every_night_and_the_vault_reads_this_one_disk(make: Make) -> None:
    recording = disk(make, snapshots="daily-7")
    made = recording.one("azure-native:dataprotection:BackupInstance")
    instance = made.inputs["properties"]
    assert instance["dataSourceInfo"]["resourceID"] == recording.exports["id"]
    assert instance["policyInfo"]["policyId"].endswith("/backupVaults/platform/backupPolicies/daily-7")
    reads = [a for a in recording.of(ASSIGNMENT) if a.name.endswith("-backup")]
    assert [a.inputs["scope"] for a in reads] == [recording.exports["id"]]
    assert made.protect, "its snapshots go with it"
    assert reads[0].urn in made.depends_on, "so that a destroy keeps it too"
    assert reads[0].inputs["roleDefinitionId"].endswith(Role.DISK_BACKUP_READER)


def schedule(make: Make, **rhythm: Any) -> Recording:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        spec = SnapshotScheduleSpec(description="of the chain", rhythm=Rhythm(**rhythm))
        return {"schedule": CLOUD.SnapshotSchedule("metis", spec, platform, opts).schedule}

    return make(program)


def test_another_rhythm_is_a_policy_of_its_own_in_the_platforms_vault(make: Make) -> None:
    recording = schedule(make, at="05:00", every_hours=12, keep_days=14)
    made = recording.one("azure-native:dataprotection:BackupPolicy").inputs
    assert (made["vaultName"], made["backupPolicyName"]) == ("platform", recording.exports["schedule"])
    trigger, retention = made["properties"]["policyRules"]
    assert trigger["trigger"]["schedule"]["repeatingTimeIntervals"] == ["R/2026-01-01T05:00:00+00:00/PT12H"]
    assert retention["lifecycles"][0]["deleteAfter"]["duration"] == "P14D"


def test_the_usual_rhythm_is_the_policy_that_is_there(make: Make) -> None:
    recording = schedule(make)
    assert recording.exports["schedule"] == "daily-7"
    assert not [r for r in recording.resources if r.type.startswith("azure-native:dataprotection")]


def test_snapshots_are_kept_for_seven_days(recording: Recording) -> None:
    rules = recording.one("azure-native:dataprotection:BackupPolicy").inputs["properties"]["policyRules"]
    assert rules[0]["trigger"]["schedule"]["repeatingTimeIntervals"][0].endswith("/P1D")
    assert rules[1]["lifecycles"][0]["deleteAfter"]["duration"] == "P7D"


def test_a_disk_may_begin_as_somebodys_snapshot(make: Make) -> None:
    snapshot = "/subscriptions/other/resourceGroups/g/providers/Microsoft.Compute/snapshots/s"
    made = disk(make, seed_from=snapshot).one("azure-native:compute:Disk").inputs
    assert made["creationData"] == {"createOption": "Copy", "sourceResourceId": snapshot}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"iops": 2000}, "iops"),
        ({"size_gib": 10, "iops": 6000}, "iops"),
        ({"throughput_mibps": 720}, "throughput_mibps"),  # 755 MB/s, and 3000 IOPS have 750
        ({"throughput_mibps": 100}, "throughput_mibps"),
    ],
)
def test_a_performance_that_premium_v2_lacks_is_refused(make: Make, changes: Any, path: str) -> None:
    with pytest.raises(InputError) as raised:
        disk(make, **changes)
    assert [problem[0] for problem in raised.value.problems] == [path]


def test_performance_grows_with_the_disk_up_to_an_end() -> None:
    assert [DISK_IOPS.most_of(size) for size in (1, 6, 10, 1000)] == [3000, 3000, 5000, 80000]
    assert [DISK_MEGABYTES.most_of(iops) for iops in (3000, 80000)] == [750, 2000]
    assert [megabytes(mebibytes) for mebibytes in (125, 200)] == [132, 210]


# --- secrets and identities


def secret(make: Make, **given: Any) -> tuple[Registered, dict[str, Any]]:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        made = CLOUD.Secret("metis-seq-priv", SecretSpec(name="metis/seq-priv", **given), platform, opts)
        told = {"id": made.secret_id, "name": made.secret_name, "has_value": made.has_value}
        return {**told, "version": made.version}

    recording = make(program, VALUE)
    return recording.one(SECRET), recording.exports


def test_a_secret_that_the_operator_fills_begins_disabled_and_is_left_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    made, exports = secret(make)
    assert made.inputs["properties"]["attributes"] == {"enabled": False}
    assert (made.protect, made.retain_on_delete, made.ignore_changes) == (True, True, ("properties", "tags"))
    assert (exports["has_value"], exports["version"]) == (False, "")
    assert exports["id"].endswith(f"/vaults/platform-12345678/secrets/{exports['name']}")


def test_nothing_but_another_place_ever_writes_a_secret_that_the_operator_fills() -> None:
    given = set(inspect.signature(keyvault.SecretArgs.__init__).parameters) - {"__self__"}
    assert given - set(FILLED_ELSEWHERE) == {"resource_group_name", "vault_name", "secret_name"}


def test_whether_the_operator_filled_it_is_seen_without_reading_it(make: Make) -> None:
    made, exports = secret(make)
    assert made.inputs["properties"]["attributes"] == {"enabled": False}
    assert exports["has_value"] is True


def test_a_value_that_is_given_goes_there_as_a_secret_and_may_change(make: Make) -> None:
    made, exports = secret(make, value=VALUE)
    assert is_secret(made.inputs["properties"])
    assert plain(made.inputs["properties"]) == {"value": VALUE, "attributes": {"enabled": True}}
    assert made.ignore_changes == ()
    assert exports["has_value"] is True


def test_the_version_is_that_of_the_value_that_is_there_whoever_put_it_there(make: Make, tmp_path: Path) -> None:
    _, filled = secret(make)
    vault = cloud_of("azure-native", tmp_path / "world", {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})
    [there] = vault.world.find(SECRET, id_=filled["id"])
    uri = there.properties["properties"]["secretUriWithVersion"]
    assert filled["version"]
    assert uri.rpartition("/")[2] == filled["version"]


def test_another_value_that_is_given_has_another_version(make: Make) -> None:
    versions = make(
        lambda platform, opts: {
            value: CLOUD.Secret(f"s-{value}", SecretSpec(name=f"a/{value}", value=value), platform, opts).version
            for value in ("one", "two")
        }
    ).exports
    assert all(versions.values())
    assert versions["one"] != versions["two"]


def test_a_secret_of_another_vault_cannot_be_adopted(make: Make, platform: PlatformContract) -> None:
    elsewhere = f"{GROUP}/providers/Microsoft.KeyVault/vaults/other/secrets/s"
    assert "is not in the platform's vault" in CLOUD.adoption_problem("secret", elsewhere, platform)
    with pytest.raises(InputError) as raised:
        make(lambda platform, opts: CLOUD.Secret("s", SecretSpec(name="a/s", existing=elsewhere), platform, opts))
    assert [path for path, _ in raised.value.problems] == ["existing"]


def test_a_secret_that_would_keep_its_old_value_is_not_adopted_for_a_new_one(make: Make) -> None:
    spec = SecretSpec(
        name="a/s", existing=f"{GROUP}/providers/Microsoft.KeyVault/vaults/platform-12345678/secrets/s", value="x"
    )
    with pytest.raises(InputError, match="keeps its value"):
        make(lambda platform, opts: CLOUD.Secret("s", spec, platform, opts))


def mounted(make: Make, *, pull: bool = False) -> Recording:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        mine, other = (CLOUD.Secret(n, SecretSpec(name=f"metis/{n}"), platform, opts) for n in ("mine", "other"))
        given = IdentitySpec(namespace="metis-mainnet", service_account="metis-themis", secrets=[mine])
        identity = CLOUD.Identity("metis-themis", given, platform, opts)
        files = [SecretFile(mine, "key.json", mode=0o600), SecretFile(mine, "URL", env=True)]
        files += [SecretFile(mine, "registry", pull=True)] if pull else []
        mount = SecretMountSpec(namespace="metis-mainnet", files=files, identity=identity)
        made = CLOUD.SecretMount("metis-themis", mount, platform, opts)
        ids = {"mine": mine.secret_id, "other": other.secret_id, "client": identity.client_id}
        return {**ids, "synced": made.synced_secret_name, "pull": made.pull_secret_name, "name": mine.secret_name}

    return make(program)


def test_an_identity_is_one_service_accounts_and_reads_its_own_secrets(make: Make, platform: PlatformContract) -> None:
    recording = mounted(make)
    credential = recording.one("azure-native:managedidentity:FederatedIdentityCredential").inputs
    assert credential["issuer"] == platform["workload_identity_issuer"]
    assert credential["subject"] == "system:serviceaccount:metis-mainnet:metis-themis"
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    (right,) = recording.of(ASSIGNMENT)
    assert granted(recording, right.inputs["principalId"]) == {
        (Role.KEY_VAULT_SECRETS_USER, recording.exports["mine"]),
    }


def test_a_mount_names_vault_tenant_identity_and_each_file(make: Make, platform: PlatformContract) -> None:
    recording = mounted(make)
    made = recording.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass").inputs["spec"]
    parameters = made["parameters"]
    assert made["provider"] == "azure"
    assert (parameters["keyvaultName"], parameters["tenantID"]) == ("platform-12345678", platform["azure"]["tenant"])
    assert (parameters["clientID"], parameters["usePodIdentity"]) == (recording.exports["client"], "false")
    objects = [yaml.safe_load(text) for text in yaml.safe_load(parameters["objects"])["array"]]
    named = {"objectName": recording.exports["name"], "objectType": "secret"}
    assert objects == [
        {**named, "objectAlias": "key.json", "filePermission": "0600"},
        {**named, "objectAlias": "URL", "filePermission": "0400"},
    ]
    assert [synced["data"] for synced in made["secretObjects"]] == [[{"objectName": "URL", "key": "URL"}]]
    assert (recording.exports["synced"], recording.exports["pull"]) == ("metis-themis", "")


def test_a_registrys_credentials_are_a_kubernetes_secret_of_their_own(make: Make) -> None:
    recording = mounted(make, pull=True)
    made = recording.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass").inputs["spec"]
    [synced] = [s for s in made["secretObjects"] if s["type"] == "kubernetes.io/dockerconfigjson"]
    assert synced["data"] == [{"objectName": "registry", "key": ".dockerconfigjson"}]
    assert synced["secretName"] == recording.exports["pull"]


def test_what_exists_is_adopted_by_its_id_and_gets_the_rights_it_needs(
    make: Make, platform: PlatformContract, tmp_path: Path
) -> None:
    azure = cloud_of("azure-native", tmp_path / "world", {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})

    def there(token: str, **inputs: Any) -> str:
        made: str = azure.create(token, "old", {"resourceGroupName": "platform", **inputs}, preview=False).id
        return made

    old = {
        "disk": there("azure-native:compute:Disk", diskName="old", diskSizeGB=300, creationData={}, zones=["2"]),
        "address": there(ADDRESS, publicIpAddressName="old"),
        "secret": there(SECRET, secretName="old", vaultName="platform-12345678", properties={"value": VALUE}),
    }

    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        spec = DiskSpec(zone="eastus2-2", size_gib=300, namespace="metis-mainnet", existing=old["disk"])
        disk = CLOUD.Disk("disk", spec, platform, opts)
        address = CLOUD.Address("address", AddressSpec(zone="eastus2-2", existing=old["address"]), platform, opts)
        secret = CLOUD.Secret("secret", SecretSpec(name="a/secret", existing=old["secret"]), platform, opts)
        return {
            "disk": disk.disk_id,
            "address": address.address_id,
            "secret": secret.secret_id,
            "name": secret.secret_name,
            "has_value": secret.has_value,
        }

    recording = make(program, VALUE)
    assert recording.exports == {**old, "address": "old", "name": "old", "has_value": True}
    assert granted(recording, platform["azure"]["cluster_principal"]) == {
        (Role.DISK_POOL_OPERATOR, old["disk"]),
        (Role.NETWORK_CONTRIBUTOR, old["address"]),
    }
