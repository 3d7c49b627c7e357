"""What `ThetaEdgeNode` asks of each cloud, against stand-ins that refuse what the clouds would."""

from pathlib import Path

import pulumi
import pytest

from nodeyard.errors import InputError
from nodeyard.theta_edge_node.boot import metrics
from nodeyard.theta_edge_node.instance_types import DEFAULTS
from nodeyard.theta_edge_node.settings import zone_of
from ops.stacks import Stack
from tests.unit.recording import Recording
from tests.unit.theta_fleet import CANARY, CLOUDS, IMAGE, OTHER, PASSWORD, STASH, arguments, deploy, problems, settings


@pytest.fixture(scope="module", params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def fleet(cloud: str, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Two nodes on each cloud."""
    return deploy(tmp_path_factory.mktemp(cloud), cloud, nodes={"edge-1": {}, "edge-2": {}})


def test_every_node_has_a_disk_a_password_a_machine_and_alarms_of_its_own(fleet: Recording, cloud: str) -> None:
    on, both = CLOUDS[cloud], ["theta-edge-1", "theta-edge-2"]
    for type_ in (on.disk, on.secret, on.machine):
        assert sorted(r.name for r in fleet.of(type_)) == both
    assert sorted(r.name for r in fleet.of(PASSWORD)) == [f"{node}-password" for node in both]
    assert len(fleet.of(on.alarm)) == 2 * 6


@pytest.mark.parametrize(
    ("cloud", "instance_type"), [("aws", None), ("azure", "Standard_NC6_v3"), ("gcp", "c4-standard-4")]
)
def test_what_the_cloud_would_refuse_is_refused_with_all_else_before_anything_is_made(
    cloud: str, instance_type: str | None
) -> None:
    nodes = {"edge-1": {"instance_type": instance_type} if instance_type else {}, "edge-2": {}}
    wrong = {"nodes": nodes, "machine_image": "ubuntu", "log_days": 9999, "notify": "me@example.com"}
    found = problems(**{**arguments(cloud), **wrong, "expose": "vpc"})
    expected = {"machine_image", "log_days", "notify", "expose_cidrs"}
    assert found.keys() == expected | ({"nodes.edge-1.instance_type"} if instance_type else set())


NOTIFY = {
    "aws": "arn:aws:sns:eu-central-1:123456789012:oncall",
    "azure": "/subscriptions/1/resourceGroups/ops/providers/Microsoft.Insights/actionGroups/oncall",
    "gcp": "projects/nodeyard-theta/notificationChannels/123",
}


def test_whoever_hears_of_alarms_is_named_as_the_cloud_names_it(tmp_path: Path) -> None:
    for cloud, notify in NOTIFY.items():
        told = [str(alarm.inputs) for alarm in deploy(tmp_path / cloud, cloud, notify=notify).of(CLOUDS[cloud].alarm)]
        assert told
        assert all(notify in inputs for inputs in told)


@pytest.mark.parametrize("heard", [True, False])
def test_a_fleet_says_so_while_its_alarms_reach_nobody(
    cloud: str, heard: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: said.append(text))
    deploy(tmp_path, cloud, **({"notify": NOTIFY[cloud]} if heard else {}))
    about = [text for text in said if "reaches anybody" in text]
    assert about == ([] if heard else ["No alarm of theta reaches anybody: it has no `notify`."])


def test_a_fleet_of_any_size_has_one_log_where_each_line_says_whose_it_is(fleet: Recording, cloud: str) -> None:
    """Google Cloud takes 50 exclusion filters and 100 log buckets; a group for each node would end there."""
    kept = {
        "aws": ["aws:cloudwatch/logGroup:LogGroup"],
        "azure": ["azure-native:operationalinsights:Workspace", "azure-native:monitor:DataCollectionEndpoint"],
        "gcp": [
            "gcp:logging/projectBucketConfig:ProjectBucketConfig",
            "gcp:logging/projectSink:ProjectSink",
            "gcp:logging/projectExclusion:ProjectExclusion",
        ],
    }[cloud]
    for type_ in kept:
        assert [r.name for r in fleet.of(type_)] == ["theta"], type_
    assert len({node["logs"] for node in fleet.exports["nodes"].values()}) == 1


def test_disk_and_password_are_protected_and_kept(fleet: Recording, cloud: str) -> None:
    kept = [*fleet.of(CLOUDS[cloud].disk), *fleet.of(CLOUDS[cloud].secret)]
    assert all(r.protect and r.retain_on_delete for r in kept)
    assert all(r.protect for r in fleet.of(PASSWORD))


def test_the_disk_is_as_upstreams_sample_has_it(fleet: Recording, cloud: str) -> None:
    inputs = fleet.one(CLOUDS[cloud].disk, "theta-edge-1").inputs
    assert inputs.get("size", inputs.get("diskSizeGB")) == 256
    performance = {
        "aws": {"iops": 3000, "throughput": 125},
        "azure": {"diskIOPSReadWrite": 3000},
        "gcp": {},  # follows from the size
    }[cloud]
    assert {key: inputs.get(key) for key in performance} == performance


def test_a_generated_password_is_long_and_needs_no_quoting(fleet: Recording) -> None:
    for password in fleet.of(PASSWORD):
        assert password.inputs["length"] >= 32
        assert password.inputs["special"] is False


def test_the_machine_is_told_of_its_own_disk_secret_and_network(fleet: Recording, cloud: str) -> None:
    told, node = settings(fleet, cloud), fleet.exports["nodes"]["edge-1"]
    assert told["NODE"] == "theta-edge-1"
    assert told["CONFIG_PATH"] == "/edgelauncher/data/mainnet"
    assert told["GPU"] == "yes"
    assert told["METRICS_NAMESPACE"] == metrics.NAMESPACE
    assert told["EXPOSE"] == "loopback"
    # On AWS alone the machine attaches its disk itself.
    assert told.get("VOLUME") == (node["disk"] if cloud == "aws" else None)
    assert told["SECRET"] == (vault_uri(node["secret"]) if cloud == "azure" else node["secret"])


def vault_uri(arm_id: str) -> str:
    """Of a secret in Key Vault, as its data plane knows it."""
    *_, vault, _, name = arm_id.split("/")
    return f"https://{vault}.vault.azure.net/secrets/{name}"


def test_user_data_holds_neither_the_image_nor_the_password(fleet: Recording, cloud: str) -> None:
    text = CLOUDS[cloud].user_data(fleet.one(CLOUDS[cloud].machine, "theta-edge-1").inputs)
    assert "sha256:" + "ab" * 32 not in text
    assert "theta-edge-2" not in text


def test_the_machine_type_is_the_one_with_upstreams_gpu(fleet: Recording, cloud: str) -> None:
    inputs = fleet.one(CLOUDS[cloud].machine, "theta-edge-1").inputs
    named = {
        "aws": lambda: inputs["instanceType"],
        "azure": lambda: inputs["hardwareProfile"]["vmSize"],
        "gcp": lambda: inputs["machineType"],
    }[cloud]()
    assert named == {"aws": "g4dn.xlarge", "azure": "Standard_NC4as_T4_v3", "gcp": "n1-standard-4"}[cloud]
    if cloud == "gcp":
        assert inputs["guestAccelerators"] == [{"type": "nvidia-tesla-t4", "count": 1}]


def test_the_outputs_are_what_nodeyard_reads(fleet: Recording, cloud: str) -> None:
    stack = Stack("theta", fleet.exports)
    account = stack.account()
    assert (account.cloud, account.region) == (cloud, CLOUDS[cloud].site["region"])
    assert account.account
    nodes = stack.nodes()
    assert set(nodes) == {"edge-1", "edge-2"}
    assert stack.secrets() == {key: node.secret for key, node in nodes.items()}
    for key, node in nodes.items():
        assert node.zone in CLOUDS[cloud].zones
        assert node.session
        assert f"theta-{key}" in node.session
        # Azure keeps the machine; elsewhere a group keeps it, and a command line takes the group's name alone.
        reached = node.instance if cloud == "azure" else node.group
        assert reached
        assert reached.startswith("/subscriptions/") if cloud == "azure" else "/" not in reached
        assert not (node.group if cloud == "azure" else node.instance)


def test_every_output_of_a_node_says_something(fleet: Recording) -> None:
    for node in fleet.exports["nodes"].values():
        assert [key for key, value in node.items() if not value] == []
        assert {"group", "instance"} - set(node) in ({"group"}, {"instance"})
        assert "pod" not in node
        assert len(node["alarms"]) == 6


SMALLEST_ROOT = {"aws": 75, "azure": 64, "gcp": 50}
"""GiB from which each cloud's image with a driver was made; a smaller disk is refused ("expect size >= 75GB")."""


def test_the_image_with_the_driver_fits_on_the_root_disk_with_two_container_images_beside_it(
    fleet: Recording, cloud: str
) -> None:
    assert root_disk_of(fleet, cloud) >= SMALLEST_ROOT[cloud] + 40


def root_disk_of(recording: Recording, cloud: str) -> int:
    inputs = recording.one(CLOUDS[cloud].machine, "theta-edge-1").inputs
    return {
        "aws": lambda: inputs["blockDeviceMappings"][0]["ebs"]["volumeSize"],
        "azure": lambda: inputs["storageProfile"]["osDisk"]["diskSizeGB"],
        "gcp": lambda: inputs["disks"][0]["diskSizeGb"],
    }[cloud]()


def test_the_operator_says_how_large_the_root_disk_is_but_not_smaller_than_the_image(
    cloud: str, tmp_path: Path
) -> None:
    assert root_disk_of(deploy(tmp_path, cloud, root_disk_gib=300), cloud) == 300
    with pytest.raises(InputError, match=r"root_disk_gib: .*boots from none of 20"):
        deploy(tmp_path, cloud, root_disk_gib=20)


def test_without_a_gpu_a_cheap_machine_boots_an_image_without_a_driver(cloud: str, tmp_path: Path) -> None:
    recording = deploy(tmp_path, cloud, gpu=False)
    told = settings(recording, cloud)
    assert told["GPU"] == "no"
    assert DEFAULTS[cloud, False] in str(recording.one(CLOUDS[cloud].machine, "theta-edge-1").inputs)  # type: ignore[index]
    assert not recording.one(CLOUDS[cloud].machine, "theta-edge-1").inputs.get("guestAccelerators")


def test_a_spot_machine_has_one_more_alarm_of_its_interruption(cloud: str, tmp_path: Path) -> None:
    recording = deploy(tmp_path, cloud, capacity="spot")
    alarms = recording.of(CLOUDS[cloud].alarm)
    assert len(alarms) == 7
    assert len([alarm for alarm in alarms if metrics.SPOT_INTERRUPTION in str(alarm.inputs)]) == 1
    assert settings(recording, cloud)["SPOT"] == "yes"


def test_exposed_interfaces_are_open_to_the_given_ranges_alone(cloud: str, tmp_path: Path) -> None:
    recording = deploy(tmp_path, cloud, expose="vpc", expose_cidrs=["10.9.0.0/16"])
    assert settings(recording, cloud)["EXPOSE"] == "vpc"
    opened = {
        "aws": lambda: [
            (r.inputs["fromPort"], r.inputs["cidrIpv4"])
            for r in recording.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        ],
        "azure": lambda: [
            (int(rule["destinationPortRange"]), rule["sourceAddressPrefixes"][0])
            for group in recording.of("azure-native:network:NetworkSecurityGroup")
            if group.name == "theta-edge-1"
            for rule in group.inputs["securityRules"]
            if rule["access"] == "Allow"
        ],
        "gcp": lambda: [
            (int(allow["ports"][0]), firewall.inputs["sourceRanges"][0])
            for firewall in recording.of("gcp:compute/firewall:Firewall")
            if "session" not in firewall.name
            for allow in firewall.inputs["allows"]
        ],
    }[cloud]()
    assert sorted(opened) == [(port, "10.9.0.0/16") for port in (15888, 17888, 17935)]


# --- the fleet ---


def test_a_nodes_zone_is_its_names_and_not_its_place_in_the_list() -> None:
    zones = ["a", "b", "c"]
    assert [zone_of(f"edge-{n}", zones) for n in range(1, 7)] == ["a", "b", "c", "a", "b", "c"]
    assert zone_of("frankfurt", zones) == zone_of("frankfurt", zones)
    assert {zone_of(word, zones) for word in ("frankfurt", "oslo", "lima", "quito", "accra", "delhi")} == set(zones)


def test_the_nodes_that_stay_are_asked_for_as_before_when_one_goes(tmp_path: Path) -> None:
    names = ("edge-1", "edge-2", "edge-3")
    three = deploy(tmp_path / "three", nodes={name: {} for name in names})
    two = deploy(tmp_path / "two", nodes={name: {} for name in names if name != "edge-2"})

    def asked(recording: Recording) -> dict[tuple[str, str], str]:
        return {(r.type, r.name): r.urn for r in recording.resources if "edge-2" not in r.name}

    def zones(recording: Recording) -> dict[str, str]:
        return {r.name: r.inputs["availabilityZone"] for r in recording.of("aws:ebs/volume:Volume")}

    assert asked(three) == asked(two)
    assert zones(two) == {name: zone for name, zone in zones(three).items() if name != "theta-edge-2"}
    assert any("edge-2" in r.name for r in three.resources)


def test_one_node_can_try_a_version_before_the_others(tmp_path: Path) -> None:
    recording = deploy(tmp_path, nodes={"edge-1": {}, "edge-2": {"image": OTHER}})
    images = {r.name: r.inputs["insecureValue"] for r in recording.of("aws:ssm/parameter:Parameter")}
    assert images == {"theta-edge-1": IMAGE, "theta-edge-2": OTHER}


# --- passwords and disks ---


def test_a_given_password_is_kept_as_it_was_first(tmp_path: Path) -> None:
    given = pulumi.Output.secret(CANARY)
    recording = deploy(tmp_path, nodes={"edge-1": {"password": {"value": given}}})
    stash = recording.one(STASH, "theta-edge-1-password")
    assert stash.protect
    version = recording.one("aws:secretsmanager/secretVersion:SecretVersion")
    assert version.depends_on >= {stash.urn}
    assert not [r for r in recording.resources if r.type == PASSWORD]


def test_an_external_password_is_the_operators_to_fill_and_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    recording = deploy(tmp_path, nodes={"edge-1": {"password": {"external": True}}, "edge-2": {}})
    assert [r.name for r in recording.of(PASSWORD)] == ["theta-edge-2-password"]
    assert [r.name for r in recording.of("aws:secretsmanager/secretVersion:SecretVersion")] == ["theta-edge-2"]
    assert recording.exports["missing"] == ["the value of the secret theta-edge-1/password"]


def test_a_disk_that_is_adopted_is_attached_and_not_made(tmp_path: Path) -> None:
    first = deploy(tmp_path)
    volume, secret = (first.exports["nodes"]["edge-1"][key] for key in ("disk", "secret"))
    node = {"existing_disk": volume, "zone": "eu-central-1a", "password": {"existing": secret}}
    second = deploy(tmp_path, name="later", nodes={"new": node})
    assert settings(second, "aws", "later-new")["VOLUME"] == volume
    assert settings(second, "aws", "later-new")["SECRET"] == secret
    made = {r.type for r in second.resources}
    assert not made & {"aws:ebs/volume:Volume", "aws:secretsmanager/secret:Secret", PASSWORD}
