"""What a platform and each concept ask of Azure, against a stand-in that refuses what Azure would."""

import base64
import itertools
import shutil
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi import ResourceOptions

from components.clouds.azure import CLOUD, node_pool
from components.clouds.azure.disk_performance import megabytes, most_iops, most_megabytes
from components.clouds.azure.roles import Role
from components.clouds.contract import (
    AddressSpec,
    Capacity,
    DiskSpec,
    FirewallSpec,
    IdentitySpec,
    IngressRule,
    NodePoolSpec,
    PlatformContract,
    SecretFile,
    SecretMountSpec,
    SecretSpec,
    Taint,
    TaintEffect,
)
from components.errors import InputError
from components.platform import Platform
from sandbox.mocks import SandboxMocks
from sandbox.simulation import cloud_of
from sandbox.simulation.tables.azure_native import clusters
from sandbox.simulation.values import is_secret, plain
from tests.unit.recording import Recording, Registered, record

SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/platform"
ZONES = ["eastus2-1", "eastus2-2", "eastus2-3"]
ADMINS, TEAM = "aaaaaaaa-0000-0000-0000-000000000001", "aaaaaaaa-0000-0000-0000-000000000002"
OPERATORS = "203.0.113.0/24"
VALUE = "a value that nobody may see"

ASSIGNMENT = "azure-native:authorization:RoleAssignment"
CLUSTER = "azure-native:containerservice:ManagedCluster"
SECRET = "azure-native:keyvault:Secret"
ADDRESS = "azure-native:network:PublicIPAddress"


def arguments(**changes: Any) -> Any:
    return {
        "cloud": "azure",
        "account": SUBSCRIPTION,
        "region": "eastus2",
        "zones": ZONES,
        "cidr": "10.40.0.0/16",
        "kubernetes_version": "1.36",
        "public_access_cidrs": [OPERATORS],
        "peered_cidrs": ["10.99.0.0/16"],
        "system_nodes": {"instance_type": "Standard_D4s_v5", "node_count": 2, "release_version": "1.36.2"},
        "admins": [ADMINS],
        "access": {"metis": {"principal": TEAM, "role": "deployer", "namespaces": ["metis-mainnet"]}},
        **changes,
    }


def deploy(home: Path, **changes: Any) -> tuple[SandboxMocks, Recording]:
    """A platform in a world of its own; the recording's exports hold its contract."""
    mocks, made = SandboxMocks(home, region="eastus2"), {}

    def program() -> None:
        platform = Platform("platform", arguments(**changes)).platform
        pulumi.Output.all(platform, platform.is_secret()).apply(lambda both: made.update(value=both[0], secret=both[1]))

    recording = record(program, mocks)
    recording.check()
    recording.exports.update(made)
    return mocks, recording


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> tuple[SandboxMocks, Recording]:
    return deploy(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def recording(deployed: tuple[SandboxMocks, Recording]) -> Recording:
    return deployed[1]


@pytest.fixture(scope="module")
def platform(recording: Recording) -> PlatformContract:
    contract: PlatformContract = recording.exports["value"]
    return contract


Make = Callable[..., Recording]


@pytest.fixture
def make(deployed: tuple[SandboxMocks, Recording], platform: PlatformContract, tmp_path: Path) -> Make:
    """Runs a program on a platform of the test's own; what it returns ends in the recording's exports, resolved."""
    home = shutil.copytree(deployed[0].home, tmp_path / "world")

    def run(program: Callable[[PlatformContract, ResourceOptions], Any], *secrets: str) -> Recording:
        mocks, made = SandboxMocks(home, region="eastus2"), {}

        def on_platform() -> None:
            parent = pulumi.ComponentResource("nodeyard:index:Test", "test")
            providers = CLOUD.providers("test", platform, ResourceOptions(parent=parent))
            returned = program(platform, ResourceOptions(parent=parent, providers=list(providers)))
            pulumi.Output.from_input(returned or {}).apply(made.update)

        own = record(on_platform, mocks)
        own.check(*secrets)
        own.exports.update(made)
        return own

    return run


def problems(home: Path, **changes: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        deploy(home, **changes)
    return dict(raised.value.problems)


def granted(recording: Recording, principal: str) -> set[tuple[Role, str]]:
    """(role, scope) of everything that the principal has."""
    return {
        (Role(a.inputs["roleDefinitionId"].rpartition("/")[2]), a.inputs["scope"])
        for a in recording.of(ASSIGNMENT)
        if a.inputs["principalId"] == principal
    }


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
    binding = recording.one("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding").inputs
    assert binding["subjects"] == [{"kind": "Group", "name": TEAM, "apiGroup": "rbac.authorization.k8s.io"}]


def test_a_role_is_assigned_under_a_name_that_follows_from_it(recording: Recording, tmp_path: Path) -> None:
    names = {a.name: a.inputs["roleAssignmentName"] for a in recording.of(ASSIGNMENT)}
    assert len(set(names.values())) == len(names)
    again = {a.name: a.inputs["roleAssignmentName"] for a in deploy(tmp_path)[1].of(ASSIGNMENT)}
    assert again == names


def test_storage_classes_are_encrypted_with_the_platforms_key(recording: Recording, platform: PlatformContract) -> None:
    for storage_class in recording.of("kubernetes:storage.k8s.io/v1:StorageClass"):
        assert storage_class.inputs["parameters"]["diskEncryptionSetID"] == platform["kms_key"]
        assert storage_class.inputs["reclaimPolicy"] == "Retain"


def test_the_contract_is_whole_and_plain(recording: Recording, platform: PlatformContract) -> None:
    assert recording.exports["secret"] is False
    assert platform.keys() == PlatformContract.__annotations__.keys() - {"gcp"}
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
        (
            {"system_nodes": {"instance_type": "Standard_D4s_v5", "node_count": 2, "release_version": "latest"}},
            "system_nodes.release_version",
        ),
    ],
)
def test_what_azure_would_refuse_later_is_refused_with_its_path(tmp_path: Path, changes: Any, path: str) -> None:
    assert path in problems(tmp_path, **changes)


# --- node pools


def spec(**changes: Any) -> NodePoolSpec:
    given: dict[str, Any] = {
        "instance_type": "Standard_F8s_v2",
        "zone": "eastus2-2",
        "release_version": "1.36.2",
        "labels": {"node.metis.io": "themis"},
        "taints": [Taint("node.metis.io", "themis")],
        "public_address": True,
    }
    return NodePoolSpec(**{**given, **changes})


def pool(make: Make, **changes: Any) -> tuple[Registered, list[Taint]]:
    made: dict[str, Any] = {}

    def program(platform: PlatformContract, opts: ResourceOptions) -> None:
        made["pool"] = CLOUD.node_pool("metis-sepolia-azure-themis", spec(**changes), platform, opts)

    recording = make(program)
    return recording.one("azure-native:containerservice:AgentPool"), made["pool"].taints


def test_a_pool_stands_in_its_zones_subnet_without_public_addresses(make: Make) -> None:
    made, _ = pool(make)
    assert made.inputs["availabilityZones"] == ["2"]
    assert made.inputs["vnetSubnetID"].endswith("/subnets/eastus2-2")
    assert made.inputs["enableNodePublicIP"] is False
    assert made.inputs["nodeLabels"] == {"node.metis.io": "themis"}
    assert made.inputs["nodeTaints"] == ["node.metis.io=themis:NoSchedule"]
    assert (made.inputs["count"], made.inputs["enableAutoScaling"]) == (1, False)
    assert made.inputs["orchestratorVersion"] == "1.36.2"


def test_there_are_never_two_nodes_for_what_runs_once(make: Make) -> None:
    made, _ = pool(make)
    assert made.inputs["upgradeSettings"] == {"maxSurge": "0", "maxUnavailable": "1"}
    assert made.delete_before_replace


def test_whatever_aks_does_not_change_in_place_replaces_the_pool() -> None:
    assert set(node_pool.FIXED) == {"vmSize", *clusters.FIXED}


def test_a_spot_pool_has_aks_own_taint_which_the_pool_tells(make: Make) -> None:
    made, taints = pool(make, spot=True)
    assert (made.inputs["scaleSetPriority"], made.inputs["spotMaxPrice"]) == ("Spot", -1)
    assert "kubernetes.azure.com/scalesetpriority=spot:NoSchedule" in made.inputs["nodeTaints"]
    assert Taint("kubernetes.azure.com/scalesetpriority", "spot") in taints
    assert Taint("node.metis.io", "themis") in taints


@pytest.mark.parametrize("effect", TaintEffect)
def test_every_taint_effect_is_spelled_as_kubernetes_does(make: Make, effect: TaintEffect) -> None:
    made, _ = pool(make, taints=[Taint("a", "b", effect)])
    assert made.inputs["nodeTaints"] == [f"a=b:{effect.value}"]


@pytest.mark.parametrize("size", ["Standard_DC4as_v5", "Standard_DC8ads_v5", "Standard_EC4as_v5", "Standard_EC8ads_v6"])
def test_sizes_with_sev_snp_can_be_confidential(make: Make, size: str) -> None:
    assert pool(make, confidential=True, instance_type=size)[0].inputs["vmSize"] == size


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"confidential": True}, "instance_type"),
        ({"confidential": True, "instance_type": "Standard_DC4es_v5"}, "instance_type"),  # Intel TDX
        ({"confidential": True, "instance_type": "Standard_DC4s_v3"}, "instance_type"),  # enclaves
        ({"release_version": "1.46.0-431fe75a"}, "release_version"),
        ({"release_version": "1.37.0"}, "release_version"),
        ({"zone": "eastus2-4"}, "zone"),
    ],
)
def test_a_pool_that_azure_would_refuse_is_refused_with_its_path(make: Make, changes: Any, path: str) -> None:
    with pytest.raises(InputError) as raised:
        pool(make, **changes)
    assert [problem[0] for problem in raised.value.problems] == [path]


# --- firewalls and addresses


def test_a_firewall_makes_nothing_and_a_pool_refuses_what_nobody_would_hold(make: Make) -> None:
    open_to_all = IngressRule(30303, "tcp", "p2p")
    narrow = IngressRule(30304, "tcp", "p2p", cidrs=["198.51.100.0/24"])

    def program(platform: PlatformContract, opts: ResourceOptions) -> None:
        CLOUD.firewall("peers", FirewallSpec(peers=True, ingress=[open_to_all, narrow]), platform, opts)

    assert not [r for r in make(program).resources if r.type.startswith("azure-native:")]

    def behind(platform: PlatformContract, opts: ResourceOptions) -> None:
        wall = CLOUD.firewall("f", FirewallSpec(ingress=[open_to_all, narrow]), platform, opts)
        pool = NodePoolSpec(
            instance_type="Standard_D4s_v5", zone="eastus2-1", release_version="1.36.2", firewalls=[wall]
        )
        CLOUD.node_pool("p", pool, platform, opts)

    with pytest.raises(InputError) as raised:
        make(behind)
    assert [path for path, _ in raised.value.problems] == ["firewalls[0].ingress[1].cidrs"]


def test_an_address_is_kept_and_only_the_cluster_may_hold_it(make: Make, platform: PlatformContract) -> None:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        address = CLOUD.address("metis-l2geth", AddressSpec(zone="eastus2-3"), platform, opts)
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


def test_an_address_of_another_group_cannot_be_adopted(make: Make) -> None:
    id_ = GROUP.replace("platform", "elsewhere") + "/providers/Microsoft.Network/publicIPAddresses/a"
    with pytest.raises(InputError) as raised:
        make(lambda platform, opts: CLOUD.address("a", AddressSpec(zone="eastus2-1", existing=id_), platform, opts))
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
        made = CLOUD.disk("metis-themis", DiskSpec(**{**given, **changes}), platform, opts)
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
    recording = disk(make, snapshots=True)
    instance = recording.one("azure-native:dataprotection:BackupInstance").inputs["properties"]
    assert instance["dataSourceInfo"]["resourceID"] == recording.exports["id"]
    assert instance["policyInfo"]["policyId"].endswith("/backupVaults/platform/backupPolicies/daily-7")
    reads = [a for a in recording.of(ASSIGNMENT) if a.name.endswith("-backup")]
    assert [a.inputs["scope"] for a in reads] == [recording.exports["id"]]
    assert reads[0].inputs["roleDefinitionId"].endswith(Role.DISK_BACKUP_READER)


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
        ({"throughput_mibps": 800}, "throughput_mibps"),
        ({"throughput_mibps": 100}, "throughput_mibps"),
    ],
)
def test_a_performance_that_premium_v2_lacks_is_refused(make: Make, changes: Any, path: str) -> None:
    with pytest.raises(InputError) as raised:
        disk(make, **changes)
    assert [problem[0] for problem in raised.value.problems] == [path]


def test_performance_grows_with_the_disk_up_to_an_end() -> None:
    assert [most_iops(size) for size in (1, 6, 10, 1000)] == [3000, 3000, 5000, 80000]
    assert [most_megabytes(iops) for iops in (3000, 80000)] == [750, 2000]
    assert [megabytes(mebibytes) for mebibytes in (125, 200)] == [132, 210]


# --- secrets and identities


def secret(make: Make, **given: Any) -> tuple[Registered, dict[str, Any]]:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        made = CLOUD.secret("metis-seq-priv", SecretSpec(name="metis/seq-priv", **given), platform, opts)
        return {"id": made.secret_id, "name": made.secret_name, "has_value": made.has_value}

    recording = make(program, VALUE)
    return recording.one(SECRET), recording.exports


def test_a_secret_that_the_operator_fills_begins_disabled_and_is_left_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    made, exports = secret(make)
    assert made.inputs["properties"]["attributes"] == {"enabled": False}
    assert (made.protect, made.retain_on_delete, made.ignore_changes) == (True, True, ("properties",))
    assert exports["has_value"] is False
    assert exports["id"].endswith(f"/vaults/platform-12345678/secrets/{exports['name']}")


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


def test_a_secret_of_another_vault_cannot_be_adopted(make: Make) -> None:
    elsewhere = f"{GROUP}/providers/Microsoft.KeyVault/vaults/other/secrets/s"
    with pytest.raises(InputError) as raised:
        make(lambda platform, opts: CLOUD.secret("s", SecretSpec(name="a/s", existing=elsewhere), platform, opts))
    assert [path for path, _ in raised.value.problems] == ["existing"]


def mounted(make: Make) -> Recording:
    def program(platform: PlatformContract, opts: ResourceOptions) -> Any:
        mine, other = (CLOUD.secret(n, SecretSpec(name=f"metis/{n}"), platform, opts) for n in ("mine", "other"))
        given = IdentitySpec(namespace="metis-mainnet", service_account="metis-themis", secrets=[mine])
        identity = CLOUD.identity("metis-themis", given, platform, opts)
        files = [SecretFile(mine, "key.json", mode=0o600), SecretFile(mine, "URL", env=True)]
        mount = SecretMountSpec(namespace="metis-mainnet", files=files, identity=identity)
        made = CLOUD.secret_mount("metis-themis", mount, platform, opts)
        ids = {"mine": mine.secret_id, "other": other.secret_id, "client": identity.client_id}
        return {**ids, "synced": made.synced_secret_name, "name": mine.secret_name}

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
    assert made["secretObjects"][0]["data"] == [{"objectName": "URL", "key": "URL"}]


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
        disk = CLOUD.disk("disk", spec, platform, opts)
        address = CLOUD.address("address", AddressSpec(zone="eastus2-2", existing=old["address"]), platform, opts)
        secret = CLOUD.secret("secret", SecretSpec(name="a/secret", existing=old["secret"]), platform, opts)
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


# --- words


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("Standard_F16s_v2", Capacity(16, 32)),
        ("Standard_F8s_v2", Capacity(8, 16)),
        ("Standard_D4s_v5", Capacity(4, 16)),
        ("Standard_D8ads_v5", Capacity(8, 32)),
        ("Standard_E8s_v5", Capacity(8, 64)),
        ("Standard_DC8as_v5", Capacity(8, 32)),
        ("Standard_E96s_v5", None),  # less than its share
        ("Standard_F8as_v6", None),
        ("Standard_D2_v2", None),
        ("Standard_D8ls_v5", None),
        ("Standard_B4ms", None),
        ("Standard_E32-8s_v5", None),
        ("Standard_D4ps_v5", None),
        ("", None),
    ],
)
def test_a_sizes_name_tells_how_large_it_is_or_nothing(size: str, expected: Capacity | None) -> None:
    assert CLOUD.capacity(size) == expected


def test_a_release_is_a_patch_version_of_kubernetes() -> None:
    assert CLOUD.release_problem("1.36.2") == ""
    for wrong in ("1.36", "latest", "1.46.0-431fe75a", "AKSUbuntu-2204-202607.01.0"):
        assert wrong in CLOUD.release_problem(wrong)
