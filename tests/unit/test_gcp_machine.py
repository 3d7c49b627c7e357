"""What a machine, its site, its logs and its telemetry ask of Google Cloud, as the engine would be told."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pulumi
import pytest
from pulumi import ResourceOptions
from pulumi.runtime.mocks import MockResourceArgs

from nodeyard import clouds
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.firewall import FirewallSpec, IngressRule
from nodeyard.clouds.contract.log_group import LogGroupSpec
from nodeyard.clouds.contract.machine import MachineSpec
from nodeyard.clouds.contract.machine_boot import DIMENSION, MachineBootSpec
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.secret import SecretSpec
from nodeyard.clouds.contract.site import SiteSpec
from nodeyard.clouds.contract.telemetry import Alarm, Panel, SystemPanel, TelemetrySpec
from nodeyard.clouds.gcp.telemetry_queries import SYSTEM, metric_type
from nodeyard.errors import InputError
from sandbox.mocks import SandboxMocks
from tests.unit.gcp_world import KEY, platform
from tests.unit.recording import Recording, Registered, record
from tests.unit.worlds import empty, with_platform

CLOUD = clouds.named(CloudName.GCP)

PROJECT, REGION, ZONE = "nodeyard-theta", "us-central1", "us-central1-a"
FAMILY, IMAGE = "ubuntu-os-cloud/ubuntu-2404-lts-amd64", "projects/ubuntu-os-cloud/global/images/ubuntu-v1"
CHANNEL = f"projects/{PROJECT}/notificationChannels/1"

MACHINE, TEMPLATE = "gcp:compute/perInstanceConfig:PerInstanceConfig", "gcp:compute/instanceTemplate:InstanceTemplate"
GROUP, STASH = "gcp:compute/instanceGroupManager:InstanceGroupManager", "pulumi:index:Stash"
DISK, FIREWALL = "gcp:compute/disk:Disk", "gcp:compute/firewall:Firewall"
SECRET, SECRET_MEMBER = "gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretIamMember:SecretIamMember"
PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"
BOOT = MachineBootSpec(
    machine="node",
    disk="projects/p/zones/z/disks/d",
    secret="projects/p/secrets/s",
    log_group="node",
    log_files=["/var/log/node.log"],
    metrics_namespace="theta",
)
DASHBOARD, POLICY = "gcp:monitoring/dashboard:Dashboard", "gcp:monitoring/alertPolicy:AlertPolicy"
GET_IMAGE = "gcp:compute/getImage:getImage"
BUCKET = "gcp:logging/projectBucketConfig:ProjectBucketConfig"


class Remembering(SandboxMocks):
    """Its Stashes took an older image first; the family has a newer one now."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == STASH:
            return args.name, {**args.inputs, "output": f"https://www.googleapis.com/compute/v1/{IMAGE}"}
        return super().new_resource(args)


def site(**changes: Any) -> SiteSpec:
    given: dict[str, Any] = {"account": PROJECT, "region": REGION, "zones": [ZONE]}
    return SiteSpec(**{**given, **changes})


def world() -> Remembering:
    return Remembering(empty().home, project=PROJECT, region=REGION)


def recorded(program: Callable[[], Any], *secrets: str, mocks: SandboxMocks | None = None) -> Recording:
    recording = record(program, mocks or world())
    recording.check(*secrets)
    return recording


def refused(program: Callable[[], Any]) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        record(program, world())
    return dict(raised.value.problems)


PANELS = [
    Panel(title="Height", metrics=["block_height"]),
    Panel(title="GPU", metrics=["gpu_utilization_percent", "gpu_memory_used_percent"], unit="%"),
    *(Panel(title=system, system=system) for system in ("cpu", "network", "memory", "iowait", "disk latency")),
]
ALARMS = [
    Alarm(name="stands still", description="The chain stands.", metric="block_height", condition="not advancing"),
    Alarm(name="lonely", description="d", metric="peers", condition="below", threshold=1, minutes=10),
    Alarm(name="full", description="d", metric="data_disk_used_percent", condition="above", threshold=80),
    Alarm(name="silent", description="d", metric="node_ready", condition="missing", minutes=2),
]


def make(on_platform: bool = False, notify: str | None = CHANNEL, **changes: Any) -> Recording:
    """A machine with all that belongs to it, on a site of its own."""
    made: dict[str, Any] = {}

    def program() -> None:
        stand = None if on_platform else CLOUD.Site("site", site(), ResourceOptions())
        on = stand.platform if stand else platform()
        opts = ResourceOptions(depends_on=[stand] if stand else [])
        disk = CLOUD.Disk("node", DiskSpec(zone=ZONE, size_gib=256), on, opts)
        given: dict[str, Any] = {
            "zone": ZONE,
            "instance_type": "n2-standard-4",
            "image": FAMILY,
            "user_data": "#cloud-config",
            "container_image": "edge@sha256:1",
            "disk": disk,
            "secrets": [CLOUD.Secret("password", SecretSpec(name="node/password", value="open sesame"), on, opts)],
            "log_group": CLOUD.LogGroup("node", LogGroupSpec(days=30), on, opts),
            "log_files": [],
            "metrics_namespace": "theta",
        }
        machine = CLOUD.Machine("node", MachineSpec(**{**given, **changes}), on, opts)
        spec = TelemetrySpec(
            node="node",
            machine=machine,
            disk=disk,
            namespace="theta",
            panels=PANELS,
            alarms=ALARMS,
            notify=notify,
        )
        telemetry = CLOUD.Telemetry("node", spec, on, opts)
        outputs = {
            "id": machine.group,
            "session": machine.session,
            "claim": disk.claim_name,
            "log": given["log_group"].log_group,
            "dashboard": telemetry.dashboard,
            "alarms": telemetry.alarms,
        }
        pulumi.Output.all(**outputs).apply(made.update)

    recording = recorded(program, "open sesame", mocks=with_platform(platform()) if on_platform else None)
    recording.exports.update(made)
    return recording


@pytest.fixture(scope="module")
def node() -> Recording:
    return make()


def template(**changes: Any) -> dict[str, Any]:
    return make(**changes).one(TEMPLATE).inputs


# --- the site


def test_a_site_is_known_before_it_is_made_and_names_what_is_made(node: Recording) -> None:
    made: dict[str, Any] = {}
    recorded(lambda: made.update(platform=CLOUD.Site("site", site(), ResourceOptions()).platform))
    known = made["platform"]
    assert known["network_id"] == f"projects/{PROJECT}/global/networks/site"
    (subnet,) = known["private_subnets"]
    assert subnet["id"] == f"projects/{PROJECT}/regions/{REGION}/subnetworks/site"
    network, subnetwork = node.one("gcp:compute/network:Network"), node.one("gcp:compute/subnetwork:Subnetwork")
    assert (network.inputs["name"], subnetwork.inputs["name"], subnetwork.inputs["region"]) == ("site", "site", REGION)
    assert [subnetwork.inputs["ipCidrRange"]] == known["private_cidrs"] == [subnet["cidr"]]
    assert network.inputs["autoCreateSubnetworks"] is False
    assert (known["cluster_name"], known["kms_key"], known["namespaces"]) == ("", "", [])


def test_a_site_lets_nothing_in_and_goes_out_by_one_reserved_address() -> None:
    made = recorded(lambda: CLOUD.Site("site", site(), ResourceOptions()))
    assert not [resource for resource in made.resources if resource.type == FIREWALL]
    nat = made.one("gcp:compute/routerNat:RouterNat").inputs
    assert (nat["natIpAllocateOption"], nat["natIps"]) == (
        "MANUAL_ONLY",
        [made.one("gcp:compute/address:Address").outputs["selfLink"]],
    )


def test_a_site_needs_a_project_and_zones_of_its_region() -> None:
    def of(**changes: Any) -> set[str]:
        return {*refused(lambda: CLOUD.Site("site", site(**changes), ResourceOptions()))}

    assert of(account=None, zones=[]) == {"account", "zones"}
    assert of(zones=["us-east1-b"]) == {"zones[0]"}


# --- never two machines


def test_the_group_makes_no_machine_and_updates_none_by_itself(node: Recording) -> None:
    group = node.one(GROUP).inputs
    assert "targetSize" not in group
    policy = group["updatePolicy"]
    assert (policy["type"], policy["replacementMethod"]) == ("OPPORTUNISTIC", "RECREATE")
    assert (policy["maxSurgeFixed"], policy["maxUnavailableFixed"]) == (0, 1)


def test_there_is_one_machine_that_goes_before_the_next_one_comes(node: Recording) -> None:
    machine = node.one(MACHINE)
    assert machine.delete_before_replace
    assert machine.inputs["removeInstanceOnDestroy"] is True
    group = node.one(GROUP).outputs["name"]
    told = (machine.inputs["name"], machine.inputs["instanceGroupManager"], machine.inputs["zone"])
    assert told == ("node", group, ZONE)


def test_the_disk_is_apart_and_no_end_of_the_machine_is_its_own(node: Recording) -> None:
    disk = node.one(DISK)
    (attached,) = node.one(MACHINE).inputs["preservedState"]["disks"]
    assert attached == {"deviceName": "data", "source": disk.id, "deleteRule": "NEVER"}
    assert [disk["boot"] for disk in node.one(TEMPLATE).inputs["disks"]] == [True]
    assert (disk.protect, disk.retain_on_delete) == (True, True)


def test_a_machines_disk_has_no_volume_and_no_claim(node: Recording) -> None:
    assert node.exports["claim"] == ""
    assert not [resource for resource in node.resources if resource.type.startswith("kubernetes:")]


# --- replaced, and in place


def test_another_container_image_is_another_value_of_metadata_and_can_do_no_more(node: Recording) -> None:
    given = node.one(MACHINE).inputs
    source = CLOUD.machine_boot(BOOT, platform()).settings["IMAGE_SOURCE"]
    assert given["preservedState"]["metadata"] == {source: "edge@sha256:1"}
    assert (given["minimalAction"], given["mostDisruptiveAllowedAction"]) == ("REFRESH", "REFRESH")
    assert "edge@sha256:1" not in json.dumps(node.one(TEMPLATE).inputs)


def test_a_family_of_images_is_asked_once_and_its_answer_kept(node: Recording) -> None:
    project, family = FAMILY.split("/")
    assert [given for asked, given in node.asked if asked == GET_IMAGE] == [{"project": project, "family": family}]
    assert f"/{family}-v" in node.one(STASH).inputs["input"]
    assert not node.one(STASH).inputs["input"].endswith(IMAGE)
    (root,) = node.one(TEMPLATE).inputs["disks"]
    assert root["sourceImage"] == IMAGE


def test_an_image_by_its_id_is_asked_for_nothing() -> None:
    made = make(image=IMAGE)
    assert not [resource for resource in made.resources if resource.type == STASH]
    assert made.one(TEMPLATE).inputs["disks"][0]["sourceImage"] == IMAGE


# --- what it may do, and who reaches it


def test_it_reads_its_secrets_and_writes_metrics_and_logs_and_nothing_else(node: Recording) -> None:
    grant = node.one(SECRET_MEMBER).inputs
    account = node.one("gcp:serviceaccount/account:Account").outputs
    member = account["member"]
    assert grant == {"secretId": node.one(SECRET).id, "role": "roles/secretmanager.secretAccessor", "member": member}
    roles = {(given.inputs["role"], given.inputs["member"]) for given in node.of(PROJECT_MEMBER)}
    assert roles == {("roles/monitoring.metricWriter", member), ("roles/logging.logWriter", member)}
    assert not [resource for resource in node.resources if "CustomRole" in resource.type]
    assert node.one(TEMPLATE).inputs["serviceAccount"]["email"] == account["email"]


def test_its_rights_are_there_before_it_is(node: Recording) -> None:
    rights = {right.urn for right in (*node.of(SECRET_MEMBER), *node.of(PROJECT_MEMBER))}
    assert rights <= node.one(MACHINE).depends_on


def test_it_has_no_external_address_and_only_googles_proxy_reaches_its_ssh(node: Recording) -> None:
    (interface,) = node.one(TEMPLATE).inputs["networkInterfaces"]
    assert interface == {"subnetwork": f"projects/{PROJECT}/regions/{REGION}/subnetworks/site"}
    rule = node.one(FIREWALL).inputs
    assert (rule["sourceRanges"], rule["allows"]) == (["35.235.240.0/20"], [{"protocol": "tcp", "ports": ["22"]}])
    assert rule["targetTags"] == node.one(TEMPLATE).inputs["tags"] == ["node-session"]
    assert node.exports["session"].endswith(f"ssh node --zone {ZONE} --project {PROJECT} --tunnel-through-iap")


def test_given_firewalls_open_what_they_say() -> None:
    def program() -> None:
        stand = CLOUD.Site("site", site(), ResourceOptions())
        on, opts = stand.platform, ResourceOptions(depends_on=[stand])
        rule = IngressRule(15888, "tcp", "rpc", ["10.80.0.0/24"])
        spec = MachineSpec(
            zone=ZONE,
            instance_type="e2-standard-2",
            image=IMAGE,
            user_data="",
            container_image="i",
            disk=CLOUD.Disk("d", DiskSpec(zone=ZONE, size_gib=10), on, opts),
            secrets=[],
            log_group=CLOUD.LogGroup("l", LogGroupSpec(), on, opts),
            log_files=[],
            metrics_namespace="theta",
            firewalls=[CLOUD.Firewall("rpc", FirewallSpec(ingress=[rule]), on, opts)],
        )
        CLOUD.Machine("node", spec, on, opts)

    made = recorded(program)
    assert made.one(TEMPLATE).inputs["tags"] == ["node-session", "rpc"]
    assert made.one(FIREWALL, "rpc-15888-tcp").inputs["sourceRanges"] == ["10.80.0.0/24"]


def test_sessions_are_by_os_login_and_not_by_the_projects_keys(node: Recording) -> None:
    assert node.one(TEMPLATE).inputs["metadata"] == {
        "user-data": "#cloud-config",
        "enable-oslogin": "TRUE",
        "block-project-ssh-keys": "TRUE",
        "serial-port-enable": "FALSE",
    }


# --- the machine itself


def test_it_is_shielded_and_boots_securely_where_no_driver_is_loaded(node: Recording) -> None:
    shield = node.one(TEMPLATE).inputs["shieldedInstanceConfig"]
    assert shield == {"enableSecureBoot": True, "enableVtpm": True, "enableIntegrityMonitoring": True}
    with_driver = template(gpu=True, instance_type="g2-standard-4")["shieldedInstanceConfig"]
    assert with_driver == {**shield, "enableSecureBoot": False}


@pytest.mark.parametrize(
    ("type_", "gpu", "attached"),
    [
        ("n1-standard-4", True, [{"type": "nvidia-tesla-t4", "count": 1}]),
        ("n1-standard-4", False, []),
        ("g2-standard-4", True, []),
    ],
)
def test_an_n1_gets_its_gpu_and_a_g2_brings_it(type_: str, gpu: bool, attached: Any) -> None:
    given = template(instance_type=type_, gpu=gpu)
    assert given["guestAccelerators"] == attached
    # What has a GPU cannot move while it runs.
    assert given["scheduling"]["onHostMaintenance"] == ("TERMINATE" if gpu else "MIGRATE")
    assert given["scheduling"]["automaticRestart"] is True


def test_spot_is_a_choice() -> None:
    scheduling = template(spot=True)["scheduling"]
    assert (scheduling["provisioningModel"], scheduling["preemptible"]) == ("SPOT", True)
    assert scheduling["automaticRestart"] is False  # the group brings it back
    assert scheduling["instanceTerminationAction"] == "STOP"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"instance_type": "n2-standard-4", "gpu": True}, "instance_type"),
        ({"instance_type": "c4-standard-4"}, "instance_type"),
        ({"instance_type": "t2a-standard-4"}, "instance_type"),
        ({"zone": "us-central1-b"}, "zone"),
        ({"image": "ubuntu-2404"}, "image"),
    ],
)
def test_what_google_would_refuse_late_is_refused_first(changes: dict[str, Any], path: str) -> None:
    assert [*refused(lambda: make(**changes))] == [path]


def test_the_boot_is_told_where_disk_secret_and_image_are() -> None:
    boot = CLOUD.machine_boot(BOOT, platform())
    assert boot.disk_paths == ["/dev/disk/by-id/google-data"]
    assert boot.settings["SECRET"] == BOOT.secret


# --- keys


def encrypted(recording: Recording) -> dict[str, Any]:
    return {
        "data": recording.one(DISK).inputs.get("diskEncryptionKey"),
        "root": recording.one(TEMPLATE).inputs["disks"][0].get("diskEncryptionKey"),
        "secret": recording.one(SECRET)
        .inputs["replication"]["userManaged"]["replicas"][0]
        .get("customerManagedEncryption"),
    }


def test_on_a_site_google_encrypts_with_its_own_key_and_on_a_platform_with_the_platforms(node: Recording) -> None:
    assert set(encrypted(node).values()) == {None}
    on_platform = encrypted(make(on_platform=True))
    assert on_platform == {
        "data": {"kmsKeySelfLink": KEY},
        "root": {"kmsKeySelfLink": KEY},
        "secret": {"kmsKeyName": KEY},
    }


# --- logs and telemetry


def test_logs_are_kept_apart_for_as_long_as_asked_and_once(node: Recording) -> None:
    bucket = node.one(BUCKET)
    assert (bucket.inputs["retentionDays"], bucket.inputs["location"], bucket.retain_on_delete) == (30, REGION, True)
    ours = f'logName="projects/{PROJECT}/logs/{node.exports["log"]}"'
    assert node.one("gcp:logging/projectSink:ProjectSink").inputs["filter"] == ours
    assert node.one("gcp:logging/projectExclusion:ProjectExclusion").inputs["filter"] == ours
    assert "/" not in node.exports["log"]


def asked(node: Recording, alarm: str) -> dict[str, Any]:
    (condition,) = node.one(POLICY, f"node-{alarm.replace(' ', '-')}").inputs["conditions"]
    return dict(condition["conditionPrometheusQueryLanguage"])


def test_each_alarm_asks_for_the_collectors_metric_of_this_node(node: Recording) -> None:
    assert len(node.of(POLICY)) == len(ALARMS)
    for alarm in ALARMS:
        spelled = metric_type("theta", alarm.metric).replace("/", ":", 1).replace(".", "_").replace("/", "_")
        query = asked(node, alarm.name)["query"]
        assert f'{spelled}{{monitored_resource="gce_instance",{DIMENSION}="node"}}[3m]' in query


@pytest.mark.parametrize(
    ("alarm", "wrong", "seconds"),
    [
        ("stands still", "sum(changes({})) == 0 or sum(absent_over_time({}))", "720s"),
        ("lonely", "max(max_over_time({})) < 1 or sum(absent_over_time({}))", "420s"),
        ("full", "max(max_over_time({})) > 80 or sum(absent_over_time({}))", "720s"),
        ("silent", "sum(absent_over_time({}))", "0s"),
    ],
)
def test_an_alarm_rises_when_it_is_wrong_or_silent_for_so_long(
    node: Recording, alarm: str, wrong: str, seconds: str
) -> None:
    given = asked(node, alarm)
    begin = given["query"].index("custom_")
    series = given["query"][begin : given["query"].index("]") + 1]
    assert given["query"] == wrong.replace("{}", series)
    assert (given["duration"], given["disableMetricValidation"]) == (seconds, True)


def test_whoever_is_to_be_told_is(node: Recording) -> None:
    assert {tuple(policy.inputs["notificationChannels"]) for policy in node.of(POLICY)} == {(CHANNEL,)}
    assert {len(policy.inputs["notificationChannels"]) for policy in make(notify=None).of(POLICY)} == {0}
    assert node.exports["alarms"] == [
        node.one(POLICY, f"node-{alarm.name.replace(' ', '-')}").outputs["name"] for alarm in ALARMS
    ]
    documented: list[Registered] = node.of(POLICY)
    assert "The chain stands." in {policy.inputs["documentation"]["content"] for policy in documented}


def tiles(node: Recording) -> list[dict[str, Any]]:
    dashboard = json.loads(node.one(DASHBOARD).inputs["dashboardJson"])
    return list(dashboard["mosaicLayout"]["tiles"])


def filters(tile: dict[str, Any]) -> list[str]:
    sets = tile["widget"]["xyChart"]["dataSets"]
    return [each["timeSeriesQuery"]["timeSeriesFilter"]["filter"] for each in sets]


def test_the_dashboard_has_a_panel_for_each_chart_of_this_node_and_machine(node: Recording) -> None:
    shown = {tile["widget"]["title"]: filters(tile) for tile in tiles(node)}
    assert [*shown] == [panel.title for panel in PANELS]
    assert all(shown.values())
    for title, metrics in (("Height", PANELS[0].metrics), ("GPU", PANELS[1].metrics)):
        types = [f'metric.type="{metric_type("theta", metric)}"' for metric in metrics]
        assert [text.split()[0] for text in shown[title]] == types
        assert all(f'metric.labels.{DIMENSION}="node"' in text for text in shown[title])
    assert all('metadata.system_labels.name="node"' in text for text in shown["cpu"] + shown["memory"])
    number = node.one(DASHBOARD).id.rpartition("/")[2]
    assert node.exports["dashboard"].endswith(f"/dashboards/builder/{number}?project={PROJECT}")


def test_no_panel_lies_over_another(node: Recording) -> None:
    places = [(tile["xPos"], tile["yPos"]) for tile in tiles(node)]
    assert len(set(places)) == len(places) == len(PANELS)
    assert {tile["xPos"] + tile["width"] <= 48 for tile in tiles(node)} == {True}


def test_every_chart_of_the_machine_itself_has_its_metrics() -> None:
    assert {*SYSTEM} == {*get_args(SystemPanel)}
    assert [system for system, series in SYSTEM.items() if not series] == ["none"]
