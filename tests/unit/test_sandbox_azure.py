"""The stand-in for Azure refuses what Azure refuses, with Azure's own codes."""

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Answer, Cloud
from sandbox.simulation.resource import CloudError
from sandbox.simulation.tables.azure_native import arm
from sandbox.simulation.values import UNKNOWN

SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
GROUP, NETWORK, SUBNET = (
    "azure-native:resources:ResourceGroup",
    "azure-native:network:VirtualNetwork",
    "azure-native:network:Subnet",
)
ADDRESS, NAT = "azure-native:network:PublicIPAddress", "azure-native:network:NatGateway"
CLUSTER, POOL = "azure-native:containerservice:ManagedCluster", "azure-native:containerservice:AgentPool"
VAULT, SECRET = "azure-native:keyvault:Vault", "azure-native:keyvault:Secret"
IDENTITY, ASSIGNMENT = "azure-native:managedidentity:UserAssignedIdentity", "azure-native:authorization:RoleAssignment"
CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
DISK = "azure-native:compute:Disk"
ROLES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
READER = f"{ROLES}/acdd72a7-3385-48ef-bd42-f606fba81ae7"
NOWHERE = f"{GROUP_ID}/providers/Microsoft.Network"
NOBODY = "99999999-0000-0000-0000-000000000000"


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    made_cloud: Cloud = cloud_of("azure-native", tmp_path, {"subscriptionId": SUBSCRIPTION, "location": "eastus2"})
    made(made_cloud, GROUP, resourceGroupName="g")
    return made_cloud


def made(cloud: Cloud, token: str, **inputs: Any) -> Answer:
    if token != GROUP and token != ASSIGNMENT:
        inputs = {"resourceGroupName": "g", **inputs}
    checked = cloud.check(token, "it", {}, inputs, b"seed")
    assert checked.problems == []
    return cloud.create(token, "it", {**inputs, **checked.added}, preview=False)


def changed(cloud: Cloud, token: str, before: Answer, **changes: Any) -> Answer:
    return cloud.update(token, before.id, before.outputs, {**before.inputs, **changes}, preview=False)


def cluster(cloud: Cloud, **changes: Any) -> Answer:
    pool = {"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "orchestratorVersion": "1.36.2"}
    given = {"resourceName": "c", "dnsPrefix": "c", "kubernetesVersion": "1.36", "agentPoolProfiles": [pool]}
    return made(cloud, CLUSTER, **{**given, "oidcIssuerProfile": {"enabled": True}, **changes})


def vault(cloud: Cloud, **changes: Any) -> Answer:
    properties = {"sku": {"family": "A", "name": "standard"}, "tenantId": "t", "enablePurgeProtection": True}
    return made(cloud, VAULT, **{"vaultName": "vault", "properties": properties, **changes})


def secret(cloud: Cloud, **properties: Any) -> Answer:
    return made(cloud, SECRET, vaultName="vault", secretName="s", properties=properties)


def refused(code: str, said: str = "{}: ") -> Any:
    return pytest.raises(CloudError, match=f"^{said.format(code)}")


# --- ids and references


def test_ids_are_arm_ids_of_the_providers_subscription(cloud: Cloud) -> None:
    network = made(cloud, NETWORK, virtualNetworkName="v", addressSpace={"addressPrefixes": ["10.0.0.0/16"]})
    subnet = made(cloud, SUBNET, virtualNetworkName="v", subnetName="s", addressPrefix="10.0.0.0/24")
    assert network.id == f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/v"
    assert subnet.id == f"{network.id}/subnets/s"
    assert subnet.outputs["type"] == "Microsoft.Network/virtualNetworks/subnets"
    assert network.outputs["location"] == "eastus2"


def test_what_lies_above_an_id_is_its_group_its_parent_or_what_it_is_attached_to() -> None:
    network = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/v"
    assert list(arm.above(GROUP_ID)) == []
    assert list(arm.above(network)) == [GROUP_ID]
    assert list(arm.above(f"{network}/subnets/s")) == [network]
    assert list(arm.above(f"{network}/providers/Microsoft.Authorization/roleAssignments/r")) == [network]


@pytest.mark.parametrize(
    ("token", "inputs", "code"),
    [
        (NETWORK, {"resourceGroupName": "nowhere"}, "ResourceGroupNotFound"),
        (SUBNET, {"virtualNetworkName": "nowhere", "addressPrefix": "10.0.0.0/24"}, "ResourceNotFound"),
        (NAT, {"publicIpAddresses": [{"id": f"{NOWHERE}/publicIPAddresses/a"}]}, "ResourceNotFound"),
        (POOL, {"resourceName": "nowhere", "agentPoolName": "a"}, "ResourceNotFound"),
        (SECRET, {"vaultName": "nowhere", "properties": {}}, "ResourceNotFound"),
        (
            DISK,
            {
                "creationData": {"createOption": "Empty"},
                "encryption": {
                    "diskEncryptionSetId": f"{GROUP_ID}/providers/Microsoft.Compute/diskEncryptionSets/d",
                },
            },
            "ResourceNotFound",
        ),
        (
            CREDENTIAL,
            {"resourceName": "nobody", "issuer": "https://i", "subject": "s", "audiences": ["a"]},
            "ResourceNotFound",
        ),
        (
            "azure-native:network:FlowLog",
            {
                "resourceGroupName": "NetworkWatcherRG",
                "networkWatcherName": "NetworkWatcher_eastus2",
                "storageId": GROUP_ID,
                "targetResourceId": GROUP_ID,
            },
            "ResourceNotFound",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused_with_its_code(
    cloud: Cloud, token: str, inputs: dict[str, Any], code: str
) -> None:
    with refused(code):
        made(cloud, token, **inputs)


def test_the_first_network_of_a_region_brings_its_watcher(cloud: Cloud) -> None:
    network = made(cloud, NETWORK, virtualNetworkName="v", addressSpace={"addressPrefixes": ["10.0.0.0/16"]})
    made(cloud, NETWORK, virtualNetworkName="w", addressSpace={"addressPrefixes": ["10.1.0.0/16"]})
    account = made(cloud, "azure-native:storage:StorageAccount", accountName="abc", kind="StorageV2", sku={"name": "x"})
    log = {"networkWatcherName": "NetworkWatcher_eastus2", "resourceGroupName": "NetworkWatcherRG"}
    made(cloud, "azure-native:network:FlowLog", **log, storageId=account.id, targetResourceId=network.id)


def test_a_preview_does_not_tell_a_list_of_identities_where_the_sdk_reads_a_map(cloud: Cloud) -> None:
    """The SDK stops at it (pulumi-azure-native, issue 2525)."""
    identity = {"type": "UserAssigned", "userAssignedIdentities": [f"{GROUP_ID}/an-identity"]}
    inputs = {"resourceGroupName": "g", "accountName": "abc", "identity": identity}
    foreseen = cloud.create("azure-native:storage:StorageAccount", "it", inputs, preview=True).outputs
    assert foreseen["identity"] == {"type": "UserAssigned", "userAssignedIdentities": UNKNOWN}


# --- names


def test_a_name_is_taken_once_in_its_group(cloud: Cloud) -> None:
    made(cloud, ADDRESS, publicIpAddressName="a")
    with refused("cannot create already existing resource"):
        made(cloud, ADDRESS, publicIpAddressName="a")
    made(cloud, GROUP, resourceGroupName="other")
    made(cloud, ADDRESS, publicIpAddressName="a", resourceGroupName="other")


def test_vaults_and_storage_accounts_are_named_once_in_the_world(cloud: Cloud) -> None:
    vault(cloud)
    account = {"accountName": "abc", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    made(cloud, "azure-native:storage:StorageAccount", **account)
    made(cloud, GROUP, resourceGroupName="other")
    with refused("VaultAlreadyExists"):
        vault(cloud, resourceGroupName="other")
    with refused("StorageAccountAlreadyTaken"):
        made(cloud, "azure-native:storage:StorageAccount", **account, resourceGroupName="other")


@pytest.mark.parametrize("name", ["two--dashes", "9lives", "ends-", "ab", "x" * 25])
def test_a_vaults_name_is_held_to_its_rules(cloud: Cloud, name: str) -> None:
    with refused("VaultNameNotValid"):
        vault(cloud, vaultName=name)


# --- networks


def test_subnets_lie_in_their_network_and_do_not_overlap(cloud: Cloud) -> None:
    made(cloud, NETWORK, virtualNetworkName="v", addressSpace={"addressPrefixes": ["10.0.0.0/16"]})
    made(cloud, SUBNET, virtualNetworkName="v", subnetName="a", addressPrefix="10.0.0.0/18")
    with refused("NetcfgInvalidSubnet"):
        made(cloud, SUBNET, virtualNetworkName="v", subnetName="b", addressPrefix="10.1.0.0/18")
    with refused("NetcfgSubnetRangesOverlap"):
        made(cloud, SUBNET, virtualNetworkName="v", subnetName="b", addressPrefix="10.0.32.0/24")


def test_a_zonal_nat_gateway_takes_no_address_of_another_zone(cloud: Cloud) -> None:
    address = made(cloud, ADDRESS, publicIpAddressName="a", zones=["2"])
    with refused("NatGatewayAndPublicIpAddressZonesMismatch"):
        made(cloud, NAT, natGatewayName="n", zones=["1"], publicIpAddresses=[{"id": address.id}])


def test_an_address_in_use_is_not_deleted(cloud: Cloud) -> None:
    address = made(cloud, ADDRESS, publicIpAddressName="a", zones=["1"])
    nat = made(cloud, NAT, natGatewayName="n", zones=["1"], publicIpAddresses=[{"id": address.id}])
    with refused("PublicIPAddressCannotBeDeleted"):
        cloud.delete(ADDRESS, address.id, {})
    cloud.delete(NAT, nat.id, {})
    cloud.delete(ADDRESS, address.id, {})


# --- identities


def test_a_role_is_assigned_once_to_somebody_who_exists(cloud: Cloud) -> None:
    identity = made(cloud, IDENTITY, resourceName="i").outputs
    given = {"scope": GROUP_ID, "roleDefinitionId": READER, "principalType": "ServicePrincipal"}
    made(cloud, ASSIGNMENT, **given, principalId=identity["principalId"])
    with refused("RoleAssignmentExists"):
        made(cloud, ASSIGNMENT, **given, principalId=identity["principalId"], roleAssignmentName="another")
    with refused("PrincipalNotFound"):
        made(cloud, ASSIGNMENT, **given, principalId=NOBODY, roleAssignmentName="another")
    made(cloud, ASSIGNMENT, **{**given, "principalType": "Group"}, principalId=NOBODY, roleAssignmentName="another")


def test_a_role_must_be_one_of_azures(cloud: Cloud) -> None:
    given = {"scope": GROUP_ID, "principalId": NOBODY, "principalType": "Group"}
    with refused("RoleDefinitionDoesNotExist"):
        made(cloud, ASSIGNMENT, **given, roleDefinitionId=READER[:-1] + "0")


def test_an_identity_believes_an_issuers_subject_once(cloud: Cloud) -> None:
    made(cloud, IDENTITY, resourceName="i")
    given = {"resourceName": "i", "issuer": "https://i", "subject": "system:serviceaccount:n:a", "audiences": ["a"]}
    made(cloud, CREDENTIAL, **given, federatedIdentityCredentialResourceName="one")
    with refused("Conflict"):
        made(cloud, CREDENTIAL, **given, federatedIdentityCredentialResourceName="two")


# --- clusters


def test_a_cluster_tells_where_it_is_and_who_its_nodes_are(cloud: Cloud) -> None:
    outputs = cluster(cloud).outputs
    assert outputs["fqdn"].endswith(".hcp.eastus2.azmk8s.io")
    assert outputs["oidcIssuerProfile"]["issuerURL"].startswith("https://eastus2.oic.prod-aks.azure.com/")
    assert outputs["identityProfile"]["kubeletidentity"]["clientId"]
    assert outputs["currentKubernetesVersion"] == "1.36.2"
    assert outputs["nodeResourceGroup"] == "MC_g_c_eastus2"
    assert cloud.world.identified(f"https://{outputs['fqdn']}:443")


def test_the_users_kubeconfig_has_an_authority_and_no_credentials(cloud: Cloud) -> None:
    cluster(cloud)
    token = "azure-native:containerservice:listManagedClusterUserCredentials"
    (found,) = cloud.invoke(token, {"resourceGroupName": "g", "resourceName": "c"})["kubeconfigs"]
    kubeconfig = yaml.safe_load(base64.b64decode(found["value"]))
    assert base64.b64decode(kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"])
    assert "users" not in kubeconfig
    with refused("ResourceNotFound", 'Status=404 Code="{}" '):
        cloud.invoke(token, {"resourceGroupName": "g", "resourceName": "nowhere"})


def test_a_cluster_needs_an_untainted_system_pool(cloud: Cloud) -> None:
    with refused("InvalidParameter"):
        cluster(cloud, agentPoolProfiles=[{"name": "system", "mode": "System", "nodeTaints": ["a=b:NoSchedule"]}])


@pytest.mark.parametrize("release", ["1.37.0", "1.32.9"])
def test_system_nodes_are_held_against_their_control_plane_as_other_pools_are(cloud: Cloud, release: str) -> None:
    with refused("NodePoolMcVersionIncompatible"):
        cluster(cloud, agentPoolProfiles=[{"name": "system", "mode": "System", "orchestratorVersion": release}])


def test_the_pools_of_a_clusters_definition_cannot_become_others(cloud: Cloud) -> None:
    before = cluster(cloud)
    pool = before.inputs["agentPoolProfiles"][0]
    pool = {**pool, "count": 3, "orchestratorVersion": "1.36.3"}
    before = changed(cloud, CLUSTER, before, agentPoolProfiles=[pool])
    with refused("BadRequest"):
        changed(cloud, CLUSTER, before, agentPoolProfiles=[pool, {**pool, "name": "more"}])
    with refused("PropertyChangeNotAllowed"):
        changed(cloud, CLUSTER, before, agentPoolProfiles=[{**pool, "vmSize": "Standard_D8s_v5"}])
    with refused("OperationNotAllowed"):
        changed(cloud, CLUSTER, before, agentPoolProfiles=[{**pool, "orchestratorVersion": "1.36.2"}])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kubernetesVersion": "1.38"}, "OperationNotAllowed"),
        ({"kubernetesVersion": "1.35"}, "OperationNotAllowed"),
        ({"apiServerAccessProfile": {"enablePrivateCluster": True}}, "BadRequest"),
        ({"networkProfile": {"networkPlugin": "azure", "serviceCidr": "172.21.0.0/16"}}, "PropertyChangeNotAllowed"),
        ({"networkProfile": {"networkPlugin": "kubenet", "serviceCidr": "172.20.0.0/16"}}, "PropertyChangeNotAllowed"),
    ],
)
def test_a_cluster_does_not_become_what_aks_makes_of_none(cloud: Cloud, change: dict[str, Any], code: str) -> None:
    pool = {"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5"}
    network = {"networkPlugin": "azure", "serviceCidr": "172.20.0.0/16"}
    before = cluster(cloud, agentPoolProfiles=[pool], networkProfile=network)
    with refused(code):
        changed(cloud, CLUSTER, before, **change)
    changed(cloud, CLUSTER, before, kubernetesVersion="1.37")


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"agentPoolName": "longer-than-12"}, "InvalidParameter"),
        ({"agentPoolName": "a", "nodeTaints": ["a=b"]}, "InvalidParameter"),
        ({"agentPoolName": "a", "orchestratorVersion": "1.37.0"}, "NodePoolMcVersionIncompatible"),
        ({"agentPoolName": "a", "orchestratorVersion": "1.32.9"}, "NodePoolMcVersionIncompatible"),
        ({"agentPoolName": "a", "upgradeSettings": {"maxSurge": "0"}}, "InvalidParameter"),
        (
            {
                "agentPoolName": "a",
                "scaleSetPriority": "Spot",
                "upgradeSettings": {"maxSurge": "0", "maxUnavailable": "1"},
            },
            "InvalidParameter",
        ),
    ],
)
def test_a_pool_that_aks_would_refuse_is_refused(cloud: Cloud, inputs: dict[str, Any], code: str) -> None:
    cluster(cloud)
    with refused(code):
        made(cloud, POOL, resourceName="c", **inputs)


def test_a_pool_keeps_its_zone_and_changes_its_taints(cloud: Cloud) -> None:
    cluster(cloud)
    before = made(cloud, POOL, resourceName="c", agentPoolName="a", availabilityZones=["1"], nodeTaints=[])
    assert changed(cloud, POOL, before, nodeTaints=["a=b:NoExecute"]).outputs["nodeTaints"] == ["a=b:NoExecute"]
    with refused("PropertyChangeNotAllowed"):
        changed(cloud, POOL, before, availabilityZones=["2"])


def test_a_pool_keeps_its_gpus_driver_or_goes_without(cloud: Cloud) -> None:
    cluster(cloud)
    given = {"resourceName": "c", "agentPoolName": "a", "vmSize": "Standard_NC4as_T4_v3"}
    before = made(cloud, POOL, **given, gpuProfile={"driver": "Install"})
    with refused("PropertyChangeNotAllowed"):
        changed(cloud, POOL, before, gpuProfile={"driver": "None"})
    reasons = dict(cloud.check(POOL, "it", {}, {**given, "gpuProfile": {"driver": "No"}}, b"").problems)
    assert reasons["gpuProfile.driver"].startswith("expected one of Install")


# --- disks


def disk(cloud: Cloud, **changes: Any) -> Answer:
    given = {"diskName": "d", "diskSizeGB": 100, "zones": ["1"], "sku": {"name": "PremiumV2_LRS"}}
    return made(cloud, DISK, **{**given, "creationData": {"createOption": "Empty"}, **changes})


def test_a_disk_grows_and_never_shrinks_nor_moves(cloud: Cloud) -> None:
    before = disk(cloud)
    assert changed(cloud, DISK, before, diskSizeGB=200).outputs["diskSizeGB"] == 200
    with refused("OperationNotAllowed"):
        changed(cloud, DISK, before, diskSizeGB=100)
    with refused("PropertyChangeNotAllowed"):
        changed(cloud, DISK, before, diskSizeGB=200, zones=["2"])


def test_a_later_disk_of_the_same_name_is_another(cloud: Cloud) -> None:
    first = disk(cloud)
    assert changed(cloud, DISK, first, diskSizeGB=200).outputs["uniqueId"] == first.outputs["uniqueId"]
    cloud.delete(DISK, first.id, {})
    again = disk(cloud)
    assert again.id == first.id
    assert again.outputs["uniqueId"] != first.outputs["uniqueId"]


@pytest.mark.parametrize("changes", [{"diskIOPSReadWrite": 60000}, {"diskMBpsReadWrite": 800}])
def test_premium_v2_has_limits(cloud: Cloud, changes: dict[str, int]) -> None:
    with refused("InvalidParameter"):
        disk(cloud, **changes)


# --- secrets


def asked(cloud: Cloud) -> dict[str, Any]:
    given = {"resourceGroupName": "g", "vaultName": "vault", "secretName": "s"}
    properties: dict[str, Any] = cloud.invoke("azure-native:keyvault:getSecret", given)["properties"]
    return properties


def stored(cloud: Cloud) -> Any:
    return cloud.world.find(SECRET)[0].properties["properties"].get("value")


def test_azure_keeps_a_secrets_value_to_itself(cloud: Cloud) -> None:
    vault(cloud)
    answer = secret(cloud, value="v")
    read = cloud.read(SECRET, answer.id, {})
    assert read
    assert "value" not in answer.outputs["properties"] | read.outputs["properties"] | asked(cloud)
    assert stored(cloud) == "v"
    assert asked(cloud)["attributes"]["enabled"] is True


def test_a_disabled_secret_gets_a_canary_in_the_world_and_nowhere_else(cloud: Cloud) -> None:
    vault(cloud)
    answer = secret(cloud, value="placeholder", attributes={"enabled": False})
    assert answer.outputs["properties"]["attributes"] == {"enabled": False}
    assert stored(cloud) == "sandbox canary for s"
    assert asked(cloud)["attributes"]["enabled"] is True
    assert "canary" not in str(cloud.read(SECRET, answer.id, {}))


def test_the_canary_can_be_left_out(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    vault(cloud)
    secret(cloud, value="placeholder", attributes={"enabled": False})
    assert asked(cloud)["attributes"]["enabled"] is False


def test_a_value_takes_the_place_of_the_canary(cloud: Cloud) -> None:
    vault(cloud)
    before = secret(cloud, value="placeholder", attributes={"enabled": False})
    changed(cloud, SECRET, before, properties={"value": "real", "attributes": {"enabled": True}})
    assert stored(cloud) == "real"


def test_another_value_of_a_secret_has_another_version(cloud: Cloud) -> None:
    vault(cloud)
    before = secret(cloud, value="one")
    first = asked(cloud)["secretUriWithVersion"]
    assert before.outputs["properties"]["secretUriWithVersion"] == first
    assert first.startswith(f"{asked(cloud)['secretUri']}/")
    changed(cloud, SECRET, before, properties={"value": "two"})
    assert asked(cloud)["secretUriWithVersion"] != first
    changed(cloud, SECRET, before, properties={"value": "one"})
    assert asked(cloud)["secretUriWithVersion"] == first


def test_the_canary_is_another_version(cloud: Cloud) -> None:
    vault(cloud)
    answer = secret(cloud, value="placeholder", attributes={"enabled": False})
    assert asked(cloud)["secretUriWithVersion"] != answer.outputs["properties"]["secretUriWithVersion"]


def test_what_was_deleted_keeps_its_name(cloud: Cloud) -> None:
    kept = vault(cloud)
    gone = secret(cloud, value="v")
    cloud.delete(SECRET, gone.id, {})
    with refused("ObjectIsDeletedButRecoverable"):
        secret(cloud, value="v")
    cloud.delete(VAULT, kept.id, {})
    with refused("ConflictError"):
        vault(cloud)


def test_purge_protection_stays_on(cloud: Cloud) -> None:
    before = vault(cloud)
    with refused("BadRequest"):
        changed(cloud, VAULT, before, properties={**before.inputs["properties"], "enablePurgeProtection": False})


# --- machines and what watches them


MACHINE, SECURITY_GROUP = "azure-native:compute:VirtualMachine", "azure-native:network:NetworkSecurityGroup"
WORKSPACE, TABLE = "azure-native:operationalinsights:Workspace", "azure-native:operationalinsights:Table"
COLLECTION, ALARM = "azure-native:monitor:DataCollectionRule", "azure-native:monitor:ScheduledQueryRule"


def machine(cloud: Cloud, name: str = "m", zone: str = "1", disks: list[Any] | None = None, **changes: Any) -> Answer:
    profile = {"imageReference": {"offer": "o"}, "dataDisks": disks or []}
    return made(cloud, MACHINE, **{"vmName": name, "zones": [zone], "storageProfile": profile, **changes})


@pytest.mark.parametrize(
    ("size", "sku", "fits"),
    [
        ("Standard_D4ps_v5", "server", False),
        ("Standard_E16-4pds_v5", "server", False),
        ("Standard_D4s_v5", "server-arm64", False),
        ("Standard_B2pts_v2", "server-arm64", True),
        ("Standard_NP10s", "server", True),
        ("Standard_NC4as_T4_v3", "server", True),
    ],
)
def test_a_machines_image_runs_on_its_size(cloud: Cloud, size: str, sku: str, fits: bool) -> None:
    profile = {"imageReference": {"offer": "ubuntu-24_04-lts", "sku": sku}, "dataDisks": []}
    given = {"storageProfile": profile, "hardwareProfile": {"vmSize": size}}
    if fits:
        machine(cloud, **given)
    else:
        with pytest.raises(CloudError, match=f"BadRequest: Cannot create a VM of size '{size}'"):
            machine(cloud, **given)


def attached(cloud: Cloud, caching: str = "None", **changes: Any) -> list[Any]:
    disk = {
        "diskName": "d",
        "zones": ["1"],
        "sku": {"name": "PremiumV2_LRS"},
        "creationData": {"createOption": "Empty"},
    }
    id_ = made(cloud, DISK, **{**disk, **changes}).id
    return [{"lun": 0, "createOption": "Attach", "caching": caching, "managedDisk": {"id": id_}}]


def test_a_disk_has_one_machine_and_is_not_deleted_while_it_has(cloud: Cloud) -> None:
    disks = attached(cloud)
    first = machine(cloud, disks=disks)
    with refused("ConflictingUserInput"):
        machine(cloud, "other", disks=disks)
    with refused("OperationNotAllowed"):
        cloud.delete(DISK, disks[0]["managedDisk"]["id"], {})
    cloud.delete(MACHINE, first.id, {})
    machine(cloud, "other", disks=disks)


def test_a_machine_takes_a_disk_of_its_zone_without_caching(cloud: Cloud) -> None:
    disks = attached(cloud)
    with refused("BadRequest"):
        machine(cloud, zone="2", disks=disks)
    with refused("InvalidParameter"):
        machine(cloud, disks=[{**disks[0], "caching": "ReadOnly"}])


@pytest.mark.parametrize(
    "change",
    [
        {"zones": ["2"]},
        {"priority": "Spot"},
        {"osProfile": {"computerName": "n", "customData": "b3RoZXI="}},
        {"storageProfile": {"imageReference": {"offer": "other"}, "dataDisks": []}},
    ],
)
def test_a_machine_keeps_for_life_what_azure_does_not_change(cloud: Cloud, change: dict[str, Any]) -> None:
    first = machine(cloud, priority="Regular", osProfile={"computerName": "n", "customData": "b25l"})
    with refused("PropertyChangeNotAllowed"):
        changed(cloud, MACHINE, first, **change)
    assert changed(cloud, MACHINE, first, tags={"image": "other"}).outputs["tags"] == {"image": "other"}


def test_custom_data_has_a_limit(cloud: Cloud) -> None:
    with refused("InvalidParameter"):
        machine(cloud, osProfile={"customData": "x" * (64 * 1024 + 1)})


def test_rights_on_a_machine_go_with_it(cloud: Cloud) -> None:
    identity = made(cloud, IDENTITY, resourceName="i")
    first = machine(cloud)
    right = {"scope": first.id, "principalId": identity.outputs["principalId"], "roleDefinitionId": READER}
    right |= {"principalType": "ServicePrincipal", "roleAssignmentName": NOBODY}
    made(cloud, ASSIGNMENT, **right)
    cloud.delete(MACHINE, first.id, {})
    machine(cloud)
    made(cloud, ASSIGNMENT, **right)


def test_rules_of_one_direction_have_priorities_of_their_own(cloud: Cloud) -> None:
    rule = {"direction": "Inbound", "access": "Deny", "protocol": "*", "priority": 4096, "name": "a"}
    with refused("SecurityRuleConflict"):
        made(cloud, SECURITY_GROUP, networkSecurityGroupName="n", securityRules=[rule, {**rule, "name": "b"}])
    with refused("SecurityRuleInvalidPriority"):
        made(cloud, SECURITY_GROUP, networkSecurityGroupName="n", securityRules=[{**rule, "priority": 5000}])


def test_logs_go_to_a_table_that_is_there_and_an_alarm_asks_one(cloud: Cloud) -> None:
    workspace = made(cloud, WORKSPACE, workspaceName="w").id
    flow = {"streams": ["Custom-Text"], "destinations": ["w"], "outputStream": "Custom-Own_CL"}
    sent = {
        "dataCollectionRuleName": "r",
        "streamDeclarations": {"Custom-Text": {"columns": []}},
        "destinations": {"logAnalytics": [{"name": "w", "workspaceResourceId": workspace}]},
        "dataFlows": [flow],
    }
    asked = {"ruleName": "a", "scopes": [workspace], "windowSize": "PT15M"}
    asked |= {"criteria": {"allOf": [{"query": "Own_CL"}]}}
    with refused("InvalidOutputTable"):
        made(cloud, COLLECTION, **sent)
    with refused("BadRequest"):
        made(cloud, ALARM, **asked)
    made(cloud, TABLE, workspaceName="w", tableName="Own_CL")
    with refused("InvalidPayload"):
        made(cloud, COLLECTION, **{**sent, "streamDeclarations": {}})
    with refused("InvalidPayload"):
        made(cloud, COLLECTION, **{**sent, "destinations": {}})
    made(cloud, COLLECTION, **sent)
    with refused("BadRequest"):
        made(cloud, ALARM, **{**asked, "windowSize": "PT20M"})
    made(cloud, ALARM, **asked)


def test_names_that_are_free_have_a_form_of_their_own(cloud: Cloud) -> None:
    made(cloud, WORKSPACE, workspaceName="w")
    with refused("InvalidParameter"):
        made(cloud, TABLE, workspaceName="w", tableName="Own")
    with refused("InvalidRequestContent"):
        book = {"category": "workbook", "displayName": "b", "serializedData": "{}"}
        made(cloud, "azure-native:applicationinsights:Workbook", resourceName="book", **book)
