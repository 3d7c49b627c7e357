"""A machine that needs no cluster, on Azure, against a stand-in that refuses what Azure would."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.azure import machine_logs
from nodeyard.clouds.azure.machine_image import image_reference
from nodeyard.clouds.azure.roles import Role
from nodeyard.clouds.azure.telemetry_queries import MEASURED
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.firewall import FirewallSpec, IngressRule
from nodeyard.clouds.contract.log_group import LogGroupSpec
from nodeyard.clouds.contract.machine import MachineSpec
from nodeyard.clouds.contract.machine_boot import MachineBoot, MachineBootSpec
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.clouds.contract.secret import SecretSpec
from nodeyard.clouds.contract.site import SiteSpec
from nodeyard.clouds.contract.telemetry import Alarm, Panel, TelemetrySpec
from nodeyard.errors import InputError
from nodeyard.theta_edge_node.boot import LOG_FILES
from sandbox.mocks import SandboxMocks
from tests.unit.recording import Recording, leaves, record

CLOUD = clouds.named(CloudName.AZURE)

SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/theta"
ZONE = "eastus2-2"
IMAGE = "registry.example/theta@sha256:" + "ab" * 32
VALUE = "a password that nobody may see"
USER_DATA = "#cloud-config\n"
TOLD = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/elsewhere/providers/Microsoft.Insights/actionGroups/us"

MACHINE = "azure-native:compute:VirtualMachine"
DISK = "azure-native:compute:Disk"
RULE = "azure-native:monitor:ScheduledQueryRule"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"

ALARMS = [
    Alarm(
        name="height",
        description="The height stands still",
        metric="block_height",
        condition="not advancing",
        minutes=20,
    ),
    Alarm(name="peers", description="No peers", metric="peers", condition="below", threshold=1),
    Alarm(
        name="disk", description="The disk is full", metric="data_disk_used_percent", condition="above", threshold=80
    ),
    Alarm(name="no data", description="It says nothing", metric="node_ready", condition="missing", minutes=10),
]
PANELS = [
    Panel(title="CPU", system="cpu", unit="%"),
    Panel(title="Waiting for disks", system="iowait"),
    Panel(title="Height", metrics=["block_height"]),
]


def deploy(home: Path, site: SiteSpec | None = None, days: int = 90, **changes: Any) -> Recording:
    """A whole node's parts on a site of its own; its outputs are the recording's exports."""
    made: dict[str, Any] = {}

    def program() -> None:
        parent = pulumi.ComponentResource("nodeyard:index:Test", "test")
        provider = CLOUD.cloud_provider("test", SUBSCRIPTION, "eastus2", ResourceOptions(parent=parent))
        inside = ResourceOptions(parent=parent, providers=[provider])
        stand = CLOUD.Site("theta", site or SiteSpec(account=SUBSCRIPTION, region="eastus2", zones=[ZONE]), inside)
        there = ResourceOptions.merge(inside, ResourceOptions(depends_on=[stand]))
        pulumi.Output.all(**_parts(stand.platform, there, days, changes)).apply(made.update)
        made["platform"] = stand.platform

    recording = record(program, SandboxMocks(home, region="eastus2"))
    recording.check(VALUE)
    recording.exports.update(made)
    return recording


def _parts(platform: PlatformContract, opts: ResourceOptions, days: int, changes: dict[str, Any]) -> dict[str, Any]:
    second = changes.pop("second", False)
    firewalls = [CLOUD.Firewall(f"f{i}", spec, platform, opts) for i, spec in enumerate(changes.pop("firewalls", ()))]
    disk = CLOUD.Disk("theta-1", DiskSpec(zone=ZONE, size_gib=256), platform, opts)
    secret = CLOUD.Secret("theta-1", SecretSpec(name="theta-1/password", value=VALUE), platform, opts)
    spec = MachineSpec(
        zone=ZONE,
        instance_type="Standard_D4s_v5",
        image="Canonical:ubuntu-24_04-lts:server",
        user_data=USER_DATA,
        container_image=IMAGE,
        disk=disk,
        secrets=[secret],
        log_group=CLOUD.LogGroup("theta", LogGroupSpec(days=days), platform, opts),
        log_files=LOG_FILES,
        metrics_namespace="nodeyard-theta",
        firewalls=firewalls,
    )
    machine = CLOUD.Machine("theta-1", replace(spec, **changes), platform, opts)
    if second:
        CLOUD.Machine("theta-2", spec, platform, opts)
    watched = TelemetrySpec(
        node="theta-1",
        machine=machine,
        disk=disk,
        namespace="nodeyard-theta",
        panels=PANELS,
        alarms=ALARMS,
        notify=TOLD,
    )
    telemetry = CLOUD.Telemetry("theta-1", watched, platform, opts)
    return {
        "machine": machine.instance,
        "session": machine.session,
        "disk": disk.disk_id,
        "claim": disk.claim_name,
        "secret": secret.secret_id,
        "dashboard": telemetry.dashboard,
        "alarms": telemetry.alarms,
    }


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return deploy(tmp_path_factory.mktemp("world"))


def problems(act: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        act()
    return dict(raised.value.problems)


# --- the site


def test_a_site_is_known_before_it_is_made(deployed: Recording) -> None:
    platform = deployed.exports["platform"]
    made = {resource.type: resource for resource in deployed.resources}
    assert platform["network_id"] == f"{GROUP}/providers/Microsoft.Network/virtualNetworks/theta"
    assert platform["private_subnets"] == [
        {"id": f"{platform['network_id']}/subnets/{ZONE}", "zone": ZONE, "cidr": "10.76.4.0/22"}
    ]
    assert made["azure-native:network:VirtualNetwork"].inputs["virtualNetworkName"] == "theta"
    assert made["azure-native:network:Subnet"].inputs["subnetName"] == ZONE
    assert made["azure-native:resources:ResourceGroup"].inputs["resourceGroupName"] == "theta"
    assert made["azure-native:keyvault:Vault"].inputs["vaultName"] == platform["azure"]["key_vault"]
    assert platform["cluster_name"] == platform["kms_key"] == ""


def test_a_site_s_only_way_out_is_a_reserved_address_and_there_is_none_in(deployed: Recording) -> None:
    subnet = deployed.one("azure-native:network:Subnet").inputs
    assert "natGateways" in subnet["natGateway"]["id"]
    assert subnet["defaultOutboundAccess"] is False
    address = deployed.one("azure-native:network:PublicIPAddress")
    assert (address.inputs["publicIPAllocationMethod"], address.protect) == ("Static", True)


def test_a_zone_that_comes_later_moves_no_other(tmp_path: Path) -> None:
    def cidrs(zones: list[str]) -> dict[str, str]:
        found = deploy(tmp_path / "-".join(zones), SiteSpec(account=SUBSCRIPTION, region="eastus2", zones=zones))
        return {subnet["zone"]: subnet["cidr"] for subnet in found.exports["platform"]["private_subnets"]}

    assert cidrs(["eastus2-1", ZONE])[ZONE] == cidrs([ZONE])[ZONE]


def test_the_site_s_vault_forgets_nothing_and_answers_only_its_subnets(deployed: Recording) -> None:
    vault = deployed.one("azure-native:keyvault:Vault")
    properties = vault.inputs["properties"]
    subnet = deployed.exports["platform"]["private_subnets"][0]["id"]
    assert vault.protect
    assert properties["enableRbacAuthorization"]
    assert properties["enablePurgeProtection"]
    assert properties["networkAcls"]["defaultAction"] == "Deny"
    assert properties["networkAcls"]["ipRules"] == []
    assert properties["networkAcls"]["virtualNetworkRules"] == [{"id": subnet}]


@pytest.mark.parametrize(("zones", "path"), [([], "zones"), (["westus3-1"], "zones[0]")])
def test_a_site_needs_zones_of_its_region(tmp_path: Path, zones: list[str], path: str) -> None:
    site = SiteSpec(account=SUBSCRIPTION, region="eastus2", zones=zones)
    assert list(problems(lambda: deploy(tmp_path, site))) == [path]


# --- the machine


def test_a_machine_s_disk_stands_apart_and_outlives_it(deployed: Recording) -> None:
    disk, machine = deployed.one(DISK), deployed.one(MACHINE)
    assert (disk.protect, disk.retain_on_delete) == (True, True)
    [attached] = machine.inputs["storageProfile"]["dataDisks"]
    assert attached["managedDisk"] == {"id": deployed.exports["disk"]}
    assert (attached["lun"], attached["createOption"], attached["deleteOption"]) == (0, "Attach", "Detach")
    assert attached["caching"] == "None"
    assert machine.inputs["zones"] == disk.inputs["zones"] == ["2"]


def test_a_machine_s_disk_has_no_claim_and_no_cluster_may_attach_it(deployed: Recording) -> None:
    assert deployed.exports["claim"] == ""
    assert not [r for r in deployed.resources if r.type.startswith("kubernetes:")]
    assert not [a for a in deployed.of(ASSIGNMENT) if "/disks/" in a.inputs["scope"]]
    assert deployed.one(DISK).inputs["encryption"] == {"type": "EncryptionAtRestWithPlatformKey"}


def test_there_are_never_two_machines_with_one_disk(deployed: Recording, tmp_path: Path) -> None:
    machine = deployed.one(MACHINE)
    assert machine.delete_before_replace
    assert machine.inputs["vmName"] == "theta-1"

    with pytest.raises(Exception, match="already owned by VM"):
        deploy(tmp_path, second=True)


def test_a_machine_s_identity_may_read_its_secret_and_send_its_own_metrics_and_nothing_else(
    deployed: Recording,
) -> None:
    rights = {
        (Role(a.inputs["roleDefinitionId"].rpartition("/")[2]), a.inputs["scope"]) for a in deployed.of(ASSIGNMENT)
    }
    assert rights == {
        (Role.KEY_VAULT_SECRETS_USER, deployed.exports["secret"]),
        (Role.METRICS_PUBLISHER, deployed.exports["machine"]),
    }
    identity = deployed.one(MACHINE).inputs["identity"]
    assert identity["type"] == "UserAssigned"
    [own] = identity["userAssignedIdentities"]
    assert own.endswith("/userAssignedIdentities/theta-1")


def test_a_machine_starts_when_it_may_read_its_secret(deployed: Recording) -> None:
    [right] = [a for a in deployed.of(ASSIGNMENT) if "/secrets/" in a.inputs["scope"]]
    assert right.urn in deployed.one(MACHINE).depends_on


def test_nobody_reaches_a_machine(deployed: Recording) -> None:
    [refusal] = deployed.one("azure-native:network:NetworkSecurityGroup").inputs["securityRules"]
    assert (refusal["access"], refusal["direction"], refusal["protocol"]) == ("Deny", "Inbound", "*")
    assert (refusal["sourceAddressPrefix"], refusal["destinationPortRange"]) == ("*", "*")
    interface = deployed.one("azure-native:network:NetworkInterface").inputs
    [configuration] = interface["ipConfigurations"]
    assert "publicIPAddress" not in configuration
    assert "/networkSecurityGroups/theta-1" in interface["networkSecurityGroup"]["id"]
    assert deployed.one(MACHINE).inputs["osProfile"]["linuxConfiguration"]["disablePasswordAuthentication"] is True


def test_what_is_opened_on_purpose_is_open_to_these_ranges_only(tmp_path: Path) -> None:
    rule = IngressRule(17888, "tcp", "RPC", cidrs=["10.0.0.0/8"])
    recording = deploy(tmp_path, firewalls=[FirewallSpec(ingress=[rule])])
    opened, refusal = recording.one("azure-native:network:NetworkSecurityGroup").inputs["securityRules"]
    assert (opened["access"], opened["destinationPortRange"], opened["protocol"]) == ("Allow", "17888", "Tcp")
    assert opened["sourceAddressPrefixes"] == ["10.0.0.0/8"]
    assert opened["priority"] < refusal["priority"]


def test_the_container_s_image_is_a_tag_that_changes_in_place(deployed: Recording, tmp_path: Path) -> None:
    other = deploy(tmp_path, container_image=IMAGE.replace("ab", "cd")).one(MACHINE)
    first = deployed.one(MACHINE)
    named = boot_of(deployed).settings["IMAGE_SOURCE"]
    assert first.inputs["tags"] == {named: IMAGE}
    changed = {path for path, value in leaves(other.inputs) if dict(leaves(first.inputs)).get(path) != value}
    assert changed - {path for path in changed if "keyData" in path} == {f"tags.{named}"}


def boot_of(deployed: Recording) -> MachineBoot:
    spec = MachineBootSpec(
        machine="theta-1",
        disk=deployed.exports["disk"],
        secret=deployed.exports["secret"],
        log_group=f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/theta",
        log_files=LOG_FILES,
        metrics_namespace="nodeyard-theta",
    )
    return CLOUD.machine_boot(spec, deployed.exports["platform"])


def test_the_boot_finds_disk_and_secret(deployed: Recording) -> None:
    boot = boot_of(deployed)
    assert boot.disk_paths == ["/dev/disk/azure/data/by-lun/0", "/dev/disk/azure/scsi1/lun0"]
    vault = deployed.exports["platform"]["azure"]["key_vault"]
    assert boot.settings["SECRET"].startswith(f"https://{vault}.vault.azure.net/secrets/theta")
    [asks_as] = deployed.one(MACHINE).inputs["identity"]["userAssignedIdentities"]
    assert boot.settings["IDENTITY"] == asks_as


def test_a_spot_machine_is_deallocated_and_never_deleted(deployed: Recording, tmp_path: Path) -> None:
    spot = deploy(tmp_path, spot=True).one(MACHINE).inputs
    assert (spot["priority"], spot["evictionPolicy"], spot["billingProfile"]) == (
        "Spot",
        "Deallocate",
        {"maxPrice": -1},
    )
    assert deployed.one(MACHINE).inputs["priority"] == "Regular"


def test_a_machine_without_a_gpu_is_a_trusted_launch(deployed: Recording, tmp_path: Path) -> None:
    profile = deployed.one(MACHINE).inputs["securityProfile"]
    assert profile["securityType"] == "TrustedLaunch"
    assert profile["uefiSettings"] == {"secureBootEnabled": True, "vTpmEnabled": True}
    gpu = deploy(tmp_path, gpu=True, instance_type="Standard_NC4as_T4_v3", image="microsoft-dsvm:ubuntu-hpc:2204")
    assert "securityProfile" not in gpu.one(MACHINE).inputs


def test_a_machine_in_a_zone_without_a_subnet_is_refused(tmp_path: Path) -> None:
    assert list(problems(lambda: deploy(tmp_path, zone="eastus2-3"))) == ["zone"]


@pytest.mark.parametrize("size", ["Standard_D4_v5", "Standard_NC6", "Standard_E4-2_v5"])
def test_a_size_without_premium_storage_is_refused(tmp_path: Path, size: str) -> None:
    assert list(problems(lambda: deploy(tmp_path, instance_type=size))) == ["instance_type"]


@pytest.mark.parametrize("size", ["Standard_NC4as_T4_v3", "Standard_DS2_v2", "Standard_E4-2s_v5", "Standard_B2ms"])
def test_a_size_with_premium_storage_is_taken(tmp_path: Path, size: str) -> None:
    assert deploy(tmp_path, instance_type=size).one(MACHINE).inputs["hardwareProfile"] == {"vmSize": size}


def test_an_image_that_no_tag_can_hold_is_refused(tmp_path: Path) -> None:
    assert list(problems(lambda: deploy(tmp_path, container_image=f"{'a' * 200}/{IMAGE}"))) == ["container_image"]


def test_an_image_is_a_marketplace_s_or_an_arm_id() -> None:
    latest = image_reference("m", "Canonical:ubuntu-24_04-lts:server")
    assert latest == {
        "publisher": "Canonical",
        "offer": "ubuntu-24_04-lts",
        "sku": "server",
        "version": "latest",
    }
    assert image_reference("m", "a:b:c:1.2.3")["version"] == "1.2.3"
    own = f"{GROUP}/providers/Microsoft.Compute/galleries/ours/images/theta/versions/1.0.0"
    assert image_reference("m", own) == {"id": own}
    assert list(problems(lambda: image_reference("m", "ubuntu"))) == ["image"]


def test_a_session_needs_no_way_in_and_carries_each_line_to_the_machine(deployed: Recording, tmp_path: Path) -> None:
    az = tmp_path / "az"
    az.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    az.chmod(0o755)
    lines = "uptime\ndf -h '/data' | tail -1\n"
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    session = ["/bin/sh", "-c", deployed.exports["session"]]
    done = subprocess.run(session, input=lines, env=path, capture_output=True, text=True, check=False)
    asked = f"<vm><run-command><invoke><--command-id><RunShellScript><--ids><{deployed.exports['machine']}>"
    carried = [part.partition("theta-1# ")[0] for part in done.stdout.split(asked)[1:]]
    assert carried == [
        f"<--query><value[0].message><--output><tsv><--scripts><{line}>" for line in lines.splitlines()
    ]  # fmt: skip
    assert done.stderr == ""


def test_the_serial_console_is_there(deployed: Recording) -> None:
    diagnostics = deployed.one(MACHINE).inputs["diagnosticsProfile"]
    assert diagnostics == {"bootDiagnostics": {"enabled": True}}


# --- logs


def test_the_agent_reads_what_the_boot_writes(deployed: Recording) -> None:
    sources = deployed.one("azure-native:monitor:DataCollectionRule").inputs["dataSources"]
    assert sources["logFiles"][0]["filePatterns"] == list(LOG_FILES)
    assert sources["performanceCounters"][0]["counterSpecifiers"] == list(machine_logs.COUNTERS)


def test_lines_carry_the_node_that_azure_knows_and_not_one_that_the_machine_says(deployed: Recording) -> None:
    rule = deployed.one("azure-native:monitor:DataCollectionRule").inputs
    own = [flow for flow in rule["dataFlows"] if "outputStream" in flow]
    assert [flow["outputStream"] for flow in own] == ["Custom-NodeyardLog_CL"]
    assert 'Node = "theta-1"' in own[0]["transformKql"]


def test_the_agent_is_the_machine_s_identity(deployed: Recording) -> None:
    agent = deployed.one("azure-native:compute:VirtualMachineExtension").inputs
    assert agent["settings"]["authentication"]["managedIdentity"] == {
        "identifier-name": "mi_res_id",
        "identifier-value": deployed.one(MACHINE).inputs["identity"]["userAssignedIdentities"][0],
    }
    tied = deployed.one("azure-native:monitor:DataCollectionRuleAssociation").inputs
    assert tied["resourceUri"] == deployed.exports["machine"]


def test_logs_are_kept_as_long_as_azure_can(deployed: Recording, tmp_path: Path) -> None:
    assert deployed.one("azure-native:operationalinsights:Table").inputs["retentionInDays"] == 90
    assert list(problems(lambda: deploy(tmp_path, days=7))) == ["days"]


# --- telemetry


def rule(recording: Recording, name: str) -> tuple[dict[str, Any], str]:
    inputs = recording.one(RULE, f"theta-1-{name}").inputs
    [criterion] = inputs["criteria"]["allOf"]
    return inputs, criterion["query"]


@pytest.mark.parametrize(
    ("name", "metric", "good", "minutes"),
    [
        ("height", "block_height", "value > prev(value)", 20),
        ("peers", "peers", "value >= 1", 15),
        ("disk", "data_disk_used_percent", "value <= 80", 15),
        ("no-data", "node_ready", "true", 10),
    ],
)
def test_an_alarm_is_raised_when_no_minute_was_good(
    deployed: Recording, name: str, metric: str, good: str, minutes: int
) -> None:
    inputs, query = rule(deployed, name)
    [criterion] = inputs["criteria"]["allOf"]
    assert (criterion["timeAggregation"], criterion["operator"], criterion["threshold"]) == ("Count", "LessThan", 1)
    assert query.endswith(f"| where {good}")
    assert f'["{metric}"]' in query
    # Five more than asked for: what is written now is there later.
    assert f"ago({minutes + 5}m)" in query
    assert 'Node == "theta-1"' in query
    assert MEASURED in query
    assert inputs["actions"] == {"actionGroups": [TOLD]}


def test_an_alarm_looks_back_as_far_as_its_query_does(deployed: Recording) -> None:
    windows = {name: rule(deployed, name)[0]["windowSize"] for name in ("height", "peers", "no-data")}
    assert windows == {"height": "PT30M", "peers": "PT30M", "no-data": "PT15M"}


def test_alarms_are_asked_of_the_workspace_that_the_machine_sends_to(deployed: Recording) -> None:
    rules = deployed.one("azure-native:monitor:DataCollectionRule").inputs
    [workspace] = rules["destinations"]["logAnalytics"]
    assert {tuple(r.inputs["scopes"]) for r in deployed.of(RULE)} == {(workspace["workspaceResourceId"],)}
    assert len(deployed.exports["alarms"]) == len(ALARMS)


def test_the_workbook_shows_every_chart_of_this_machine(deployed: Recording) -> None:
    book = json.loads(deployed.one("azure-native:applicationinsights:Workbook").inputs["serializedData"])
    cpu, waiting, height = (item["content"] for item in book["items"])
    assert cpu["resourceIds"] == height["resourceIds"] == [deployed.exports["machine"]]
    assert cpu["metrics"][0]["metric"] == "microsoft.compute/virtualmachines--Percentage CPU"
    assert height["metrics"][0]["metric"] == "nodeyard-theta--block_height"
    assert 'CounterName == "% IO Wait Time"' in waiting["query"]
    assert 'Computer =~ "theta-1"' in waiting["query"]
    assert deployed.exports["dashboard"].startswith("https://portal.azure.com/#@")
