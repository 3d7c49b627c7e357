"""What a platform asks of Azure, and what it refuses before anything is made."""

import base64
import itertools
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from nodeyard.clouds.azure.device_plugin import GPU_LABEL
from nodeyard.clouds.azure.roles import Role
from nodeyard.clouds.contract.platform import PlatformContract
from sandbox.mocks import SandboxMocks
from tests.unit.azure.world import (
    ADDRESS,
    ADMINS,
    ASSIGNMENT,
    CLUSTER,
    GROUP,
    OPERATORS,
    SUBSCRIPTION,
    TEAM,
    ZONES,
    deploy,
    granted,
    problems,
)
from tests.unit.recording import Recording

# --- the network


def test_network_and_resource_group_are_named_as_the_platform(recording: Recording, platform: PlatformContract) -> None:
    group = recording.one("azure-native:resources:ResourceGroup")
    assert (group.inputs["resourceGroupName"], group.protect) == ("platform", True)
    assert platform["network_id"] == f"{GROUP}/providers/Microsoft.Network/virtualNetworks/platform"


def test_each_zone_has_a_subnet_of_its_own_and_none_overlap(recording: Recording) -> None:
    subnets = {subnet.inputs["subnetName"]: subnet.inputs for subnet in recording.of("azure-native:network:Subnet")}
    assert list(subnets) == ZONES
    ranges = [IPv4Network(subnet["addressPrefix"]) for subnet in subnets.values()]
    assert all(a.subnet_of(IPv4Network("10.40.0.0/16")) for a in ranges)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(ranges, 2))
    assert not any(subnet["defaultOutboundAccess"] for subnet in subnets.values())


def test_a_zone_leaves_through_a_nat_gateway_of_its_own_in_that_zone(
    recording: Recording, platform: PlatformContract
) -> None:
    for index, zone in enumerate(ZONES):
        subnet = recording.one("azure-native:network:Subnet", f"platform-{zone}").inputs
        nat = recording.one("azure-native:network:NatGateway", f"platform-{zone}").inputs
        address = recording.one(ADDRESS, f"platform-{zone}")
        assert "/natGateways/platform-" + zone in subnet["natGateway"]["id"]
        assert nat["zones"] == address.inputs["zones"] == [str(index + 1)]
        assert nat["publicIpAddresses"][0]["id"].endswith(f"/publicIPAddresses/platform-{zone}")
        assert address.protect
    assert len(set(platform["egress_addresses"])) == 3


def test_egress_addresses_stand_in_the_order_of_the_zones(
    deployed: tuple[SandboxMocks, Recording], platform: PlatformContract
) -> None:
    world = next(iter(deployed[0].clouds.values())).world
    addresses = {item.name: item.properties["ipAddress"] for item in world.find(ADDRESS)}
    assert platform["egress_addresses"] == [addresses[f"platform-{zone}"] for zone in ZONES]


def test_subnets_are_made_one_after_the_other(recording: Recording) -> None:
    subnets = [recording.one("azure-native:network:Subnet", f"platform-{zone}") for zone in ZONES]
    for before, after in itertools.pairwise(subnets):
        assert before.urn in after.depends_on


def test_who_talked_to_whom_is_kept_for_ninety_days(recording: Recording, platform: PlatformContract) -> None:
    log = recording.one("azure-native:network:FlowLog").inputs
    assert log["targetResourceId"] == platform["network_id"]
    assert log["retentionPolicy"] == {"days": 90, "enabled": True}
    assert (log["resourceGroupName"], log["networkWatcherName"]) == ("NetworkWatcherRG", "NetworkWatcher_eastus2")
    account = recording.one("azure-native:storage:StorageAccount").inputs
    assert account["networkRuleSet"] == {"defaultAction": "Deny", "bypass": "AzureServices"}


# --- keys


def test_the_vault_forgets_nothing_and_answers_only_us(recording: Recording, platform: PlatformContract) -> None:
    vault = recording.one("azure-native:keyvault:Vault")
    properties = vault.inputs["properties"]
    assert vault.protect
    assert vault.inputs["vaultName"] == platform["azure"]["key_vault"] == "platform-12345678"
    assert properties["enableRbacAuthorization"]
    assert properties["enablePurgeProtection"]
    assert (properties["enableSoftDelete"], properties["softDeleteRetentionInDays"]) == (True, 90)
    rules = properties["networkAcls"]
    assert (rules["defaultAction"], rules["bypass"]) == ("Deny", "AzureServices")
    assert rules["ipRules"] == [{"value": OPERATORS}]
    assert [rule["id"] for rule in rules["virtualNetworkRules"]] == [s["id"] for s in platform["private_subnets"]]


def test_the_disk_encryption_set_may_use_the_disks_key_and_nothing_else(
    deployed: tuple[SandboxMocks, Recording], platform: PlatformContract
) -> None:
    world = next(iter(deployed[0].clouds.values())).world
    encryption = world.find("azure-native:compute:DiskEncryptionSet")[0]
    assert encryption.id == platform["kms_key"]
    key = f"{GROUP}/providers/Microsoft.KeyVault/vaults/platform-12345678/keys/disks"
    principal = encryption.properties["identity"]["principalId"]
    assert granted(deployed[1], principal) == {(Role.KEY_VAULT_CRYPTO_USER, key)}
    assert deployed[1].one("azure-native:compute:DiskEncryptionSet").ignore_changes == ("activeKey.keyUrl",)
    assert deployed[1].one("azure-native:keyvault:Key").protect


# --- the cluster


def test_the_cluster_is_protected_and_knows_only_entra(recording: Recording) -> None:
    cluster = recording.one(CLUSTER)
    assert cluster.protect
    assert cluster.inputs["disableLocalAccounts"]
    profile = cluster.inputs["aadProfile"]
    assert (profile["enableAzureRBAC"], profile["adminGroupObjectIDs"]) == (True, [ADMINS])
    assert cluster.inputs["oidcIssuerProfile"] == {"enabled": True}
    assert cluster.inputs["securityProfile"] == {"workloadIdentity": {"enabled": True}}
    assert cluster.inputs["addonProfiles"]["azureKeyvaultSecretsProvider"]["config"]["enableSecretRotation"] == "true"


def test_nothing_upgrades_by_itself(recording: Recording) -> None:
    channels = recording.one(CLUSTER).inputs["autoUpgradeProfile"]
    assert channels == {"upgradeChannel": "none", "nodeOSUpgradeChannel": "None"}


def test_pods_have_a_network_of_their_own_with_policies_and_leave_by_our_nat_gateways(recording: Recording) -> None:
    network = recording.one(CLUSTER).inputs["networkProfile"]
    assert (network["networkPluginMode"], network["networkDataplane"], network["networkPolicy"]) == (
        "overlay",
        "cilium",
        "cilium",
    )
    assert network["outboundType"] == "userAssignedNATGateway"


def test_the_api_server_answers_operators_and_its_own_nodes(recording: Recording, platform: PlatformContract) -> None:
    access = recording.one(CLUSTER).inputs["apiServerAccessProfile"]
    own = [f"{address}/32" for address in platform["egress_addresses"]]
    assert access == {"authorizedIPRanges": [OPERATORS, *own], "disableRunCommand": True}


def test_without_operators_outside_the_cluster_is_private(tmp_path: Path) -> None:
    _, recording = deploy(tmp_path, public_access_cidrs=[])
    access = recording.one(CLUSTER).inputs["apiServerAccessProfile"]
    assert access["enablePrivateCluster"]
    assert not access["enablePrivateClusterPublicFQDN"]
    assert ".privatelink.eastus2.azmk8s.io:443" in recording.exports["value"]["cluster_endpoint"]


def test_the_clusters_identity_has_its_subnets_and_reads_its_group(
    recording: Recording, platform: PlatformContract
) -> None:
    subnets = {(Role.NETWORK_CONTRIBUTOR, subnet["id"]) for subnet in platform["private_subnets"]}
    assert granted(recording, platform["azure"]["cluster_principal"]) == {(Role.READER, GROUP)} | subnets


def test_the_cluster_waits_for_its_rights(recording: Recording) -> None:
    rights = {a.urn for a in recording.of(ASSIGNMENT) if "-cluster-" in a.name or a.name == "platform-disks"}
    assert len(rights) == 5
    assert rights <= recording.one(CLUSTER).depends_on


def test_the_system_nodes_are_untainted_and_stand_in_every_zone(recording: Recording) -> None:
    (pool,) = recording.one(CLUSTER).inputs["agentPoolProfiles"]
    assert (pool["mode"], pool["count"], pool["orchestratorVersion"]) == ("System", 2, "1.36.2")
    assert pool["availabilityZones"] == ["1", "2", "3"]
    assert "nodeTaints" not in pool
    assert pool["osDiskSizeGB"] == 128


def test_the_audit_logs_of_cluster_and_vault_are_kept_for_a_year(recording: Recording) -> None:
    assert recording.one("azure-native:operationalinsights:Workspace").inputs["retentionInDays"] == 365
    logs = {
        setting.name: {log["category"] for log in setting.inputs["logs"]}
        for setting in recording.of("azure-native:monitor:DiagnosticSetting")
    }
    assert logs["platform-control-plane"] >= {"kube-audit-admin", "guard"}
    assert logs["platform-vault"] == {"AuditEvent"}


def test_admins_have_every_right_and_a_team_only_gets_in(recording: Recording, platform: PlatformContract) -> None:
    cluster = platform["azure"]["cluster_id"]
    assert granted(recording, ADMINS) == {(Role.CLUSTER_ADMIN, cluster), (Role.CLUSTER_USER, cluster)}
    assert granted(recording, TEAM) == {(Role.CLUSTER_USER, cluster)}
    binding = recording.one(
        "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "nodeyard-metis-deployer-metis-mainnet"
    ).inputs
    assert binding["subjects"] == [{"kind": "Group", "name": TEAM, "apiGroup": "rbac.authorization.k8s.io"}]


def test_a_role_is_assigned_under_a_name_that_follows_from_it(recording: Recording, tmp_path: Path) -> None:
    names = {a.name: a.inputs["roleAssignmentName"] for a in recording.of(ASSIGNMENT)}
    assert len(set(names.values())) == len(names)
    again = {a.name: a.inputs["roleAssignmentName"] for a in deploy(tmp_path)[1].of(ASSIGNMENT)}
    assert again == names


def test_what_keeps_the_snapshots_is_protected_and_deletes_softly(recording: Recording) -> None:
    vault = recording.one("azure-native:dataprotection:BackupVault")
    right = recording.one(ASSIGNMENT, "platform-snapshots")
    assert vault.protect
    assert recording.one("azure-native:dataprotection:BackupPolicy").protect
    assert right.protect
    assert "securitySettings" not in vault.inputs["properties"]


def test_storage_classes_are_encrypted_with_the_platforms_key(recording: Recording, platform: PlatformContract) -> None:
    for storage_class in recording.of("kubernetes:storage.k8s.io/v1:StorageClass"):
        assert storage_class.inputs["parameters"]["diskEncryptionSetID"] == platform["kms_key"]
        assert storage_class.inputs["reclaimPolicy"] == "Retain"


def test_the_contract_is_whole_and_plain(recording: Recording, platform: PlatformContract) -> None:
    assert recording.exports["secret"] is False
    assert platform.keys() == PlatformContract.__annotations__.keys() - {"gcp", "monitoring"}
    assert (platform["cloud"], platform["account"]) == ("azure", SUBSCRIPTION)
    assert platform["private_subnets"] == platform["public_subnets"]
    assert [subnet["zone"] for subnet in platform["private_subnets"]] == ZONES
    assert base64.b64decode(platform["cluster_ca"])
    assert platform["cluster_endpoint"].startswith("https://platform-")
    assert platform["authentication"]["command"] == "kubelogin"
    assert platform["workload_identity_issuer"].startswith("https://eastus2.oic.prod-aks.azure.com/")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"zones": ["eastus2-1", "eastus2-2", "eastus2-2"]}, "zones"),
        ({"zones": ["eastus2-1", "eastus2-2", "westus-3"]}, "zones[2]"),
        ({"zones": ["1", "eastus2-2", "eastus2-3"]}, "zones[0]"),
        ({"cidr": "10.40.0.0/24"}, "cidr"),
        ({"account": None}, "account"),
        ({"admins": []}, "admins"),
        ({"admins": ["somebody@example.com"]}, "admins[0]"),
        ({"admins": [TEAM]}, "access.metis.principal"),
        ({"cidr": "10.244.0.0/16"}, "cidr"),
        ({"peered_cidrs": ["10.0.0.0/8"]}, "peered_cidrs[0]"),
        ({"kubernetes_version": "1.35"}, "system_nodes.release_version"),
        ({"kubernetes_version": "1.40"}, "system_nodes.release_version"),
        (
            {"system_nodes": {"instance_type": "Standard_D4s_v5", "node_count": 2, "release_version": "latest"}},
            "system_nodes.release_version",
        ),
    ],
)
def test_what_azure_would_refuse_later_is_refused_with_its_path(tmp_path: Path, changes: Any, path: str) -> None:
    assert path in problems(tmp_path, **changes)


# --- the device plugin


def test_the_device_plugin_runs_on_nodes_with_a_gpu_and_tolerates_what_is_on_them(recording: Recording) -> None:
    released = recording.one("kubernetes:helm.sh/v3:Release", "nvidia-device-plugin").inputs
    assert (released["namespace"], released["version"]) == ("kube-system", "0.20.0")
    assert released["repositoryOpts"] == {"repo": "https://nvidia.github.io/k8s-device-plugin"}
    # The chart's own affinity asks for a label that our pools have where there is a GPU: it must stay.
    assert released["values"] == {"tolerations": [{"operator": "Exists"}]}
    assert GPU_LABEL == {"nvidia.com/gpu.present": "true"}
