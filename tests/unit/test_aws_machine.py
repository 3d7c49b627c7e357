"""Machines on AWS: what they may do, that there are never two, that the disk stays apart, and who is told of what."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.disk import DiskSpec
from nodeyard.clouds.contract.firewall import FirewallSpec, IngressRule
from nodeyard.clouds.contract.log_group import LogGroupSpec
from nodeyard.clouds.contract.machine import MachineSpec
from nodeyard.clouds.contract.machine_boot import MachineBootSpec
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.clouds.contract.secret import SecretSpec
from nodeyard.clouds.contract.site import SiteSpec
from nodeyard.clouds.contract.telemetry import Alarm, Panel, SystemPanel, TelemetrySpec
from nodeyard.errors import InputError
from sandbox.mocks import SandboxMocks
from tests.cloudwatch_agent import cloudwatch_metrics
from tests.unit.examples import ACCOUNT, REGION, platform
from tests.unit.recording import Recording, record
from tests.unit.worlds import with_platform

CLOUD = clouds.named(CloudName.AWS)

NODE = "theta-a"
NAMESPACE = "Nodeyard/Theta"
IMAGE = "registry.invalid/edge@sha256:" + "0" * 64
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
PARAMETER = "aws:ssm/parameter:Parameter"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
PANELS = [Panel(title=name, system=name) for name in get_args(SystemPanel) if name != "none"]
ALARMS = [
    Alarm(name="height stands still", description="d", metric="block_height", condition="not advancing"),
    Alarm(name="no peers", description="d", metric="peers", condition="below", threshold=1, minutes=10),
    Alarm(name="disk full", description="d", metric="data_disk_used_percent", condition="above", threshold=80),
    Alarm(name="no data", description="d", metric="node_ready", condition="missing", minutes=5),
]


def made(
    place: Mapping[str, Any] | None = None,
    panels: list[Panel] | None = None,
    opening: IngressRule | None = None,
    **changes: Any,
) -> Recording:
    """A machine with all that belongs to it."""
    where = platform(**{"kms_key": "", **(place or {})})

    def program() -> None:
        opts = ResourceOptions()
        disk = CLOUD.Disk(f"{NODE}-disk", DiskSpec(zone="us-east-2b", size_gib=256), where, opts)
        secret = CLOUD.Secret(NODE, SecretSpec(name="theta/a", value="hunter2"), where, opts)
        log_group = CLOUD.LogGroup(NODE, LogGroupSpec(days=30), where, opts)
        spec = {
            "zone": "us-east-2b",
            "instance_type": "g4dn.xlarge",
            "image": "ami-0123456789abcdef0",
            "user_data": "#cloud-config",
            "container_image": IMAGE,
            "disk": disk,
            "secrets": [secret],
            "log_group": log_group,
            "log_files": [],
            "metrics_namespace": NAMESPACE,
        }
        if opening:
            spec["firewalls"] = [CLOUD.Firewall("exposed", FirewallSpec(ingress=[opening]), where, opts)]
        machine = CLOUD.Machine(NODE, MachineSpec(**{**spec, **changes}), where, opts)
        watched = TelemetrySpec(
            node=NODE,
            machine=machine,
            disk=disk,
            namespace=NAMESPACE,
            panels=PANELS if panels is None else panels,
            alarms=ALARMS,
            notify=f"arn:aws:sns:{REGION}:{ACCOUNT}:oncall",
        )
        telemetry = CLOUD.Telemetry(NODE, watched, where, opts)
        pulumi.Output.all(machine.session, disk.claim_name, telemetry.dashboard, telemetry.alarms).apply(
            lambda known: recording_exports.update(zip(("session", "claim", "dashboard", "alarms"), known, strict=True))
        )

    recording_exports: dict[str, Any] = {}
    recording = record(program, with_platform(platform()))
    recording.check("hunter2")
    recording.exports = recording_exports
    return recording


@pytest.fixture(scope="module")
def machine() -> Recording:
    return made()


def statements(recording: Recording) -> dict[str, dict[str, Any]]:
    policy = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_the_role_has_exactly_what_the_machine_needs(machine: Recording) -> None:
    session_actions = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"]
    in_region = {"StringEquals": {"ec2:Region": REGION}}
    log_group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/nodeyard/theta-a"
    wanted: dict[str, tuple[Any, Any, Any]] = {
        "ReadOwnSecrets": ("secretsmanager:GetSecretValue", [machine.one("aws:secretsmanager/secret:Secret").id], None),
        "ReadOwnImage": ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/nodeyard/theta-a/image", None),
        "SendOwnMetrics": (
            "cloudwatch:PutMetricData",
            "*",
            {"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
        ),
        "MakeOwnLog": ("logs:CreateLogStream", f"{log_group}:*", None),
        "WriteOwnLog": ("logs:PutLogEvents", f"{log_group}:log-stream:{NODE}", None),
        "AttachOwnVolume": ("ec2:AttachVolume", machine.one("aws:ebs/volume:Volume").outputs["arn"], None),
        "ToItself": (
            "ec2:AttachVolume",
            f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*",
            {"StringEquals": {"aws:ResourceTag/nodeyard.io/machine": NODE}},
        ),
        "SeeVolumes": ("ec2:DescribeVolumes", "*", in_region),
        "SessionManager": (
            ["ssm:UpdateInstanceInformation", *(f"ssmmessages:{action}" for action in session_actions)],
            "*",
            None,
        ),
    }
    found = {sid: (s["Action"], s["Resource"], s.get("Condition")) for sid, s in statements(machine).items()}
    assert found == wanted
    assert {s["Effect"] for s in statements(machine).values()} == {"Allow"}
    assert not [r for r in machine.resources if r.type == "aws:iam/rolePolicyAttachment:RolePolicyAttachment"]


def test_the_role_may_write_the_stream_that_the_agent_writes(machine: Recording) -> None:
    collected = json.loads(CLOUD.machine_boot(BOOT, platform()).agent_config)["logs"]["logs_collected"]["files"][
        "collect_list"
    ]
    may = statements(machine)["WriteOwnLog"]["Resource"].partition(":log-group:")[2]
    assert {f"{file['log_group_name']}:log-stream:{file['log_stream_name']}" for file in collected} == {may}


def test_the_rights_name_the_tag_that_the_instance_has(machine: Recording) -> None:
    tagged = {s["resourceType"]: s["tags"] for s in machine.one(TEMPLATE).inputs["tagSpecifications"]}
    assert tagged["instance"]["nodeyard.io/machine"] == NODE
    assert set(tagged) == {"instance", "volume", "network-interface"}


def test_a_machines_root_disk_has_not_the_name_by_which_the_nodes_disk_is_found(machine: Recording) -> None:
    """A preview asks for what was kept by this name, and would offer the root disk to be adopted."""
    [root] = [s["tags"] for s in machine.one(TEMPLATE).inputs["tagSpecifications"] if s["resourceType"] == "volume"]
    assert root["Name"] == f"{NODE}-root"


def test_a_key_of_the_platforms_own_is_used_for_these_things_alone() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    recording = made({"kms_key": key})
    found = statements(recording)
    assert {sid for sid, right in found.items() if right["Resource"] == key} == {
        "DecryptOwnSecrets",
        "UseKeyOfVolume",
        "LendKeyOfVolume",
    }
    assert found["DecryptOwnSecrets"]["Condition"]["StringEquals"] == {
        "kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": [recording.one("aws:secretsmanager/secret:Secret").id],
    }
    by_ec2 = {"kms:ViaService": f"ec2.{REGION}.amazonaws.com"}
    assert found["UseKeyOfVolume"]["Action"] == ["kms:Decrypt", "kms:DescribeKey"]
    assert found["UseKeyOfVolume"]["Condition"] == {"StringEquals": by_ec2}
    assert found["LendKeyOfVolume"]["Action"] == "kms:CreateGrant"
    assert found["LendKeyOfVolume"]["Condition"] == {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": by_ec2,
    }
    assert recording.one(TEMPLATE).inputs["blockDeviceMappings"][0]["ebs"]["kmsKeyId"] == key
    assert recording.one("aws:ebs/volume:Volume").inputs["kmsKeyId"] == key


def test_without_a_key_aws_own_encrypts_everything(machine: Recording) -> None:
    volume = machine.one("aws:ebs/volume:Volume").inputs
    assert volume["encrypted"] is True
    assert "kmsKeyId" not in volume
    assert "kmsKeyId" not in machine.one("aws:secretsmanager/secret:Secret").inputs
    [root] = machine.one(TEMPLATE).inputs["blockDeviceMappings"]
    assert root["deviceName"] == "/dev/sda1"
    assert root["ebs"]["encrypted"] == "true"
    assert "kmsKeyId" not in root["ebs"]


def test_there_are_never_two_machines(machine: Recording) -> None:
    group = machine.one(GROUP)
    assert [group.inputs[size] for size in ("minSize", "desiredCapacity", "maxSize")] == [1, 1, 1]
    percentages = {"minHealthyPercentage": 0, "maxHealthyPercentage": 100}
    assert group.inputs["instanceMaintenancePolicy"] == percentages
    assert group.inputs["instanceRefresh"] == {"strategy": "Rolling", "preferences": percentages}
    assert group.inputs["capacityRebalance"] is False
    assert group.inputs["suspendedProcesses"] == ["AZRebalance"]
    assert group.inputs["vpcZoneIdentifiers"] == ["subnet-private1"]
    assert group.delete_before_replace
    assert "mixedInstancesPolicy" not in group.inputs


def test_another_template_replaces_the_machine_by_its_versions_number(machine: Recording) -> None:
    assert machine.one(GROUP).inputs["launchTemplate"] == {"id": machine.one(TEMPLATE).id, "version": "1"}


def test_the_machine_starts_with_its_rights_and_its_image(machine: Recording) -> None:
    waits = " ".join(machine.one(GROUP).depends_on)
    assert "aws:iam/rolePolicy:RolePolicy::theta-a" in waits
    assert "aws:ssm/parameter:Parameter::theta-a" in waits


def test_the_disk_stands_apart_and_no_pod_claims_it(machine: Recording) -> None:
    volume = machine.one("aws:ebs/volume:Volume")
    assert (volume.protect, volume.retain_on_delete) == (True, True)
    assert volume.inputs["availabilityZone"] == "us-east-2b"
    assert "nodeyard.io/disk" not in volume.inputs["tags"]
    assert machine.exports["claim"] == ""
    assert not [r.type for r in machine.resources if r.type.startswith("kubernetes:")]
    # The machine's own block devices are made and deleted with it: the volume is none of them.
    assert len(machine.one(TEMPLATE).inputs["blockDeviceMappings"]) == 1


def test_nobody_gets_in(machine: Recording) -> None:
    assert not [r.type for r in machine.resources if "IngressRule" in r.type]
    template = machine.one(TEMPLATE).inputs
    assert "keyName" not in template
    [interface] = template["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    assert interface["securityGroups"] == [machine.one(SECURITY_GROUP).id]


def test_a_firewall_of_the_components_opens_what_it_says_and_no_more() -> None:
    rule = IngressRule(17888, "tcp", "status", cidrs=["10.0.0.0/16"])
    recording = made(opening=rule)
    [interface] = recording.one(TEMPLATE).inputs["networkInterfaces"]
    own, exposed = (recording.one(SECURITY_GROUP, name).id for name in (NODE, "exposed"))
    assert interface["securityGroups"] == [own, exposed]
    opened = recording.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert (opened["securityGroupId"], opened["fromPort"], opened["cidrIpv4"]) == (exposed, 17888, "10.0.0.0/16")


def test_without_a_private_subnet_the_machine_gets_out_by_an_address_of_its_own() -> None:
    recording = made({"private_subnets": []})
    [interface] = recording.one(TEMPLATE).inputs["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "true"
    assert recording.one(GROUP).inputs["vpcZoneIdentifiers"] == ["subnet-public1"]
    assert not [r.type for r in recording.resources if "IngressRule" in r.type]


def test_the_metadata_service_answers_the_machine_alone_and_only_with_a_token(machine: Recording) -> None:
    template = machine.one(TEMPLATE).inputs
    options = template["metadataOptions"]
    assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
    assert template["monitoring"] == {"enabled": True}


def test_another_container_image_changes_its_parameter_alone() -> None:
    one, other = made(), made(container_image=IMAGE.replace("0", "1"))
    before, after = one.comparable(), other.comparable()
    assert before.keys() == after.keys()
    assert [urn.split("::")[2].split("$")[-1] for urn in before if before[urn] != after[urn]] == [PARAMETER]
    parameter = one.one(PARAMETER).inputs
    assert parameter["name"] == CLOUD.machine_boot(BOOT, platform()).settings["IMAGE_SOURCE"]
    assert parameter["insecureValue"] == IMAGE


def test_spot_is_a_choice() -> None:
    assert "instanceMarketOptions" not in made().one(TEMPLATE).inputs
    assert made(spot=True).one(TEMPLATE).inputs["instanceMarketOptions"] == {
        "marketType": "spot",
        "spotOptions": {"spotInstanceType": "one-time"},
    }


def test_up_waits_for_a_machine_on_demand_and_not_for_what_spot_may_have() -> None:
    assert made().one(GROUP).inputs["waitForCapacityTimeout"] == "10m"
    assert made(spot=True).one(GROUP).inputs["waitForCapacityTimeout"] == "0"


def test_an_image_that_is_looked_up_is_kept() -> None:
    recording = made(image="/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id")
    image = recording.one("pulumi:index:Stash").inputs["input"]
    assert image.startswith("ami-")
    assert recording.one(TEMPLATE).inputs["imageId"] == image


@pytest.mark.parametrize(("changes", "path"), [({"image": "ubuntu"}, "image"), ({"zone": "us-east-2z"}, "zone")])
def test_what_cannot_be_is_one_error_with_its_path(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InputError) as raised:
        made(**changes)
    assert [where for where, _ in raised.value.problems] == [path]


def test_the_boot_is_told_what_the_boot_knows() -> None:
    boot = CLOUD.machine_boot(BOOT, platform())
    assert boot.disk_paths == ["/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc"]
    assert boot.settings["VOLUME"] == BOOT.disk
    assert boot.settings["SECRET"] == BOOT.secret


def test_the_session_is_session_managers_and_of_the_instance_that_serves(machine: Recording, tmp_path: Path) -> None:
    """While one instance replaces another the group has two; run by a shell, with the CLI's own way of asking."""
    states = [("i-old", "Terminating:Wait"), ("i-new", "InService")]
    group = {"Instances": [{"InstanceId": id_, "LifecycleState": state} for id_, state in states]}
    (tmp_path / "groups.json").write_text(json.dumps({"AutoScalingGroups": [group]}))
    aws = tmp_path / "aws"
    aws.write_text(
        f"#!{sys.executable}\nimport json, sys\nimport jmespath\n"
        "if 'ssm' in sys.argv: sys.exit(print(*sys.argv[1:]))\n"
        "asked = sys.argv[sys.argv.index('--query') + 1]\n"
        f"print(jmespath.search(asked, json.load(open({str(tmp_path / 'groups.json')!r}))))\n"
    )
    aws.chmod(0o755)
    session = ["/bin/sh", "-c", machine.exports["session"]]
    done = subprocess.run(
        session, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"ssm start-session --region {REGION} --target i-new\n"
    assert f"--auto-scaling-group-names {machine.one(GROUP).id} " in machine.exports["session"]


def alarms(recording: Recording) -> dict[str, dict[str, Any]]:
    return {resource.name.removeprefix(f"{NODE}-"): resource.inputs for resource in recording.of(ALARM)}


def test_each_alarm_is_raised_by_its_condition_and_by_silence(machine: Recording) -> None:
    found = {
        name: (alarm["comparisonOperator"], alarm["threshold"], alarm["evaluationPeriods"], alarm["datapointsToAlarm"])
        for name, alarm in alarms(machine).items()
    }
    assert found == {
        "height-stands-still": ("LessThanOrEqualToThreshold", 0, 15, 15),
        "no-peers": ("LessThanThreshold", 1, 10, 10),
        "disk-full": ("GreaterThanThreshold", 80, 15, 15),
        "no-data": ("LessThanThreshold", 1, 5, 5),
    }
    for alarm in alarms(machine).values():
        assert alarm["treatMissingData"] == "breaching"
        assert alarm["alarmActions"] == alarm["okActions"] == [f"arn:aws:sns:{REGION}:{ACCOUNT}:oncall"]


def test_each_alarm_looks_at_its_metric_of_this_node_minute_by_minute(machine: Recording) -> None:
    for alarm in ALARMS:
        first, *more = alarms(machine)[alarm.name.replace(" ", "-")]["metricQueries"]
        assert first["metric"] == {
            "namespace": NAMESPACE,
            "metricName": alarm.metric,
            "dimensions": {"Node": NODE},
            "stat": "SampleCount" if alarm.condition == "missing" else "Maximum",
            "period": 60,
        }
        judged = [query["expression"] for query in more if query["returnData"]]
        assert judged == (["DIFF(value)"] if alarm.condition == "not advancing" else [])
        assert first["returnData"] is not bool(judged)


@pytest.mark.parametrize(
    ("condition", "fires", "quiet"),
    [
        ("not advancing", [7, 7, 7], [7, 7, 8]),
        ("below", [0, 0], [0, 1]),
        ("above", [81, 95], [81, 80]),
    ],
)
def test_a_series_fires_an_alarm_and_another_does_not(
    machine: Recording, condition: str, fires: list[float], quiet: list[float]
) -> None:
    [alarm] = [alarms(machine)[a.name.replace(" ", "-")] for a in ALARMS if a.condition == condition]
    compare = {
        "LessThanThreshold": float.__lt__,
        "GreaterThanThreshold": float.__gt__,
        "LessThanOrEqualToThreshold": float.__le__,
    }[alarm["comparisonOperator"]]

    def raised(series: list[float]) -> bool:
        if len(alarm["metricQueries"]) > 1:
            series = [later - earlier for earlier, later in pairwise(series)]
        return all(compare(float(value), float(alarm["threshold"])) for value in series)

    assert raised(fires)
    assert not raised(quiet)


def widgets(recording: Recording) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        recording.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"]
    )["widgets"]
    return found


def test_the_dashboard_shows_the_alarms_and_every_chart_side_by_side(machine: Recording) -> None:
    first, *panels = widgets(machine)
    assert len(first["properties"]["alarms"]) == len(ALARMS)
    assert [panel["properties"]["title"] for panel in panels] == [chart.title for chart in PANELS]
    places = {(widget["x"], widget["y"]) for widget in (first, *panels)}
    assert len(places) == len(panels) + 1
    assert all(widget["x"] + widget["width"] <= 24 for widget in (first, *panels))
    assert machine.exports["dashboard"].endswith(f"#dashboards:name={NODE}")


def series(panels: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    for panel in panels:
        for one in panel["properties"]["metrics"]:
            if isinstance(one[0], str):
                yield one[0], one[1], one[2], one[3]


def test_the_dashboard_outlives_the_instance(machine: Recording) -> None:
    assert {(namespace, name, value) for namespace, _, name, value in series(widgets(machine)[1:])} == {
        ("AWS/EC2", "AutoScalingGroupName", machine.one(GROUP).id),
        ("AWS/EBS", "VolumeId", machine.one("aws:ebs/volume:Volume").id),
        (NAMESPACE, "Node", NODE),
    }


BOOT = MachineBootSpec(
    machine=NODE,
    disk="vol-0abc",
    secret=f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a",
    log_group="/nodeyard/theta-a",
    log_files=["/var/log/node.log"],
    metrics_namespace=NAMESPACE,
)


def test_the_dashboard_asks_for_what_the_agent_sends(machine: Recording) -> None:
    asked = {metric for namespace, metric, *_ in series(widgets(machine)[1:]) if namespace == NAMESPACE}
    assert asked == {"mem_used_percent", "cpu_usage_iowait", "disk_used_percent"}
    assert asked <= cloudwatch_metrics(CLOUD.machine_boot(BOOT, platform()).agent_config)


def test_every_expression_of_the_dashboard_names_series_of_its_own_panel(machine: Recording) -> None:
    checked = 0
    for panel in widgets(machine)[1:]:
        options = [one[-1] for one in panel["properties"]["metrics"]]
        ids = {option["id"] for option in options if "id" in option}
        for option in options:
            if "expression" in option:
                words = set(option["expression"].replace("(", " ").replace(")", " ").split())
                assert {word for word in words if word.islower()} <= ids
                checked += 1
    assert checked == 8


def test_panels_of_the_collectors_metrics_are_of_this_node() -> None:
    [_, panel] = widgets(made(panels=[Panel(title="Peers", metrics=["peers"], unit="peers")]))
    assert panel["properties"]["metrics"] == [[NAMESPACE, "peers", "Node", NODE, {"label": "peers"}]]
    assert panel["properties"]["yAxis"]["left"]["label"] == "peers"


def site(tmp_path: Path, account: str | None = None) -> PlatformContract:
    found: list[PlatformContract] = []

    def program() -> None:
        spec = SiteSpec(account=account, region="eu-central-1")
        found.append(CLOUD.Site("site", spec, ResourceOptions()).platform)

    record(program, SandboxMocks(tmp_path))
    return found[0]


def test_the_site_is_the_default_network_with_a_subnet_in_each_zone(tmp_path: Path) -> None:
    place = site(tmp_path)
    assert place["account"] == ACCOUNT
    assert place["network_id"].startswith("vpc-")
    assert place["private_cidrs"] == ["172.31.0.0/16"]
    assert [subnet["zone"] for subnet in place["public_subnets"]] == [f"eu-central-1{letter}" for letter in "abc"]
    assert place["private_subnets"] == []
    assert place["kms_key"] == place["cluster_name"] == ""


def test_without_a_default_network_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_NO_DEFAULT_VPC", "1")
    with pytest.raises(InputError, match=r"eu-central-1.*\n.*platform: there is no default VPC.*give a platform"):
        site(tmp_path)


def test_the_stand_in_account_takes_a_machine_on_its_default_network(tmp_path: Path) -> None:
    def program() -> None:
        opts = ResourceOptions()
        place = CLOUD.Site("site", SiteSpec(account=None, region="eu-central-1"), opts).platform
        disk = CLOUD.Disk("disk", DiskSpec(zone="eu-central-1b", size_gib=256), place, opts)
        log_group = CLOUD.LogGroup(NODE, LogGroupSpec(), place, opts)
        spec = MachineSpec(
            zone="eu-central-1b",
            instance_type="c5.xlarge",
            image="/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
            user_data="",
            container_image=IMAGE,
            disk=disk,
            secrets=[],
            log_group=log_group,
            log_files=[],
            metrics_namespace=NAMESPACE,
        )
        machine = CLOUD.Machine(NODE, spec, place, opts)
        watched = TelemetrySpec(
            node=NODE, machine=machine, disk=disk, namespace=NAMESPACE, panels=PANELS, alarms=ALARMS
        )
        CLOUD.Telemetry(NODE, watched, place, opts)

    recording = record(program, SandboxMocks(tmp_path))
    recording.check()
    assert recording.one(TEMPLATE).inputs["imageId"].startswith("ami-")
    assert "alarmActions" not in recording.of(ALARM)[0].inputs
