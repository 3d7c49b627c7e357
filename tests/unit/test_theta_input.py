"""What `ThetaEdgeNode` refuses, before anything is registered."""

from importlib import import_module
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pulumi
import pytest

from nodeyard import clouds
from nodeyard.clouds.contract.machine import MachinePlan
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.errors import InputError
from nodeyard.keys import respelled
from nodeyard.theta_edge_node.args import MOST_EXPOSED, MOST_RESOLVERS, ThetaEdgeNodeArgs
from nodeyard.theta_edge_node.instance_types import DEFAULTS
from nodeyard.theta_edge_node.rules import LONGEST_NAME, resolve
from nodeyard.theta_edge_node.secrets import MOST_PASSWORD_BYTES
from tests.unit.examples import platform
from tests.unit.theta_fleet import CANARY, CLOUDS, IMAGE, IN_CLUSTER, arguments, deploy, problems, refusal, refusal_of

SEEDED = {"seed_from": "snap-1", "password": {"external": True}}
ADOPTED = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:theta/password-a1b2c3"
SECRET = {"password": {"external": True}}
LONG = "a" * (LONGEST_NAME - len("theta-") + 1)


def node(**args: Any) -> dict[str, Any]:
    return {"nodes": {"edge-1": args}}


# change, path in Python's spelling and in the file's, words of the reason in the file's spelling
TABLE: list[tuple[dict[str, Any], str, str, str]] = [
    # The form of a key.
    ({"network": "mainet"}, "network", "network", "did you mean mainnet?"),
    ({"network": None}, "network", "network", "is required"),
    ({"image": "edgelauncher:latest"}, "image", "image", "by digest"),
    ({"disk_gb": 1}, "disk_gb", "disk_gb", "did you mean `diskGib`?"),
    (node(disk=1), "nodes.edge-1.disk", "nodes.edge-1.disk", "unknown key"),
    (node(seed_form="s"), "nodes.edge-1.seed_form", "nodes.edge-1.seed_form", "did you mean `seedFrom`?"),
    ({"nodes": {}}, "nodes", "nodes", "1 or more"),
    ({"nodes": {f"edge-{n}": {} for n in range(1001)}}, "nodes", "nodes", "1000 or fewer"),
    ({"nodes": {"Edge": {}}}, "nodes.Edge", "nodes.Edge", "a-z, 0-9 and -"),
    ({"nodes": {LONG: {}}}, f"nodes.{LONG}", f"nodes.{LONG}", f"more than {LONGEST_NAME} characters"),
    (node(image="latest"), "nodes.edge-1.image", "nodes.edge-1.image", "by digest"),
    ({"disk_gib": True}, "disk_gib", "diskGib", "whole number"),
    ({"disk_gib": "256"}, "disk_gib", "diskGib", "without quotes"),
    ({"gpu": "no"}, "gpu", "gpu", "true or false"),
    ({"notify": ""}, "notify", "notify", "not empty"),
    ({"placement": "pod"}, "placement", "placement", "one of machine, cluster"),
    ({"capacity": "Spot"}, "capacity", "capacity", "did you mean spot?"),
    ({"user": "root"}, "user", "user", "uid:gid"),
    ({"resolvers": []}, "resolvers", "resolvers", "1 or more"),
    ({"resolvers": ["1.1.1.1", "1.0.0.1", "9.9.9.9", "8.8.8.8"]}, "resolvers", "resolvers", "3 or fewer"),
    ({"resolvers": ["1.1.1.1", "1.1.1.1"]}, "resolvers", "resolvers", "more than once"),
    ({"resolvers": ["2606:4700:4700::1111"]}, "resolvers[0]", "resolvers[0]", "IPv4"),
    ({"resolvers": ["1.1.1.1/32"]}, "resolvers[0]", "resolvers[0]", "IPv4"),
    ({"zones": ["eu-central-1a", "eu-central-1a"]}, "zones", "zones", "more than once"),
    ({"site": {"cloud": "aws"}}, "site.region", "site.region", "is required"),
    ({"site": {"cloud": "ibm", "region": "r"}}, "site.cloud", "site.cloud", "one of aws, azure, gcp"),
    # Who reaches the interfaces.
    ({"expose": "vpc"}, "expose_cidrs", "exposeCidrs", "at least one range"),
    ({"expose_cidrs": ["10.9.0.0/16"]}, "expose_cidrs", "exposeCidrs", "only with"),
    ({"expose": "vpc", "expose_cidrs": ["fd00::/8"]}, "expose_cidrs[0]", "exposeCidrs[0]", "IPv4"),
    (
        {"expose": "vpc", "expose_cidrs": [f"10.9.0.{n}/32" for n in range(MOST_EXPOSED + 1)]},
        "expose_cidrs",
        "exposeCidrs",
        "50 or fewer",
    ),
    ({"expose": "vpc", "expose_cidrs": ["8.8.8.0/24"]}, "expose_cidrs", "exposeCidrs", "not private"),
    (
        {"expose": "vpc", "expose_cidrs": ["10.9.0.0/16", "10.9.0.0/16"]},
        "expose_cidrs",
        "exposeCidrs",
        "more than once",
    ),
    # Where the nodes stand.
    ({"site": None, "zones": None}, "platform", "platform", "give `platform` or `site`"),
    ({"platform": platform(), "zones": None}, "platform", "platform", "give `platform` or `site`"),
    ({"zones": None}, "zones", "zones", "name the zones"),
    ({"zones": ["us-east-1a"]}, "zones[0]", "zones[0]", "no zone of eu-central-1"),
    (node(zone="us-east-1a"), "nodes.edge-1.zone", "nodes.edge-1.zone", "no zone of eu-central-1"),
    ({"site": None, "platform": platform(), "zones": ["us-east-2d"]}, "zones[0]", "zones[0]", "has no subnet"),
    (
        {"site": None, "platform": platform(), "zones": None, **node(zone="us-east-2d")},
        "nodes.edge-1.zone",
        "nodes.edge-1.zone",
        "has no subnet",
    ),
    (
        {"site": None, "platform": platform(private_cidrs=["198.18.0.0/15"]), "zones": None},
        "platform",
        "platform",
        "lies in the network's own ranges",
    ),
    # What runs them.
    ({"instance_type": "m7g.xlarge"}, "instance_type", "instanceType", "Arm"),
    ({"instance_type": "c6a.xlarge"}, "instance_type", "instanceType", "has no GPU"),
    (node(instance_type="c4.xlarge"), "nodes.edge-1.instance_type", "nodes.edge-1.instanceType", "has no GPU"),
    ({"root_disk_gib": 20}, "root_disk_gib", "rootDiskGib", "boots from none of 20"),
    ({"machine_image": "ubuntu"}, "machine_image", "machineImage", "ubuntu"),
    ({"log_days": 9999}, "log_days", "logDays", "9999"),
    ({"notify": "me@example.com"}, "notify", "notify", "SNS topic"),
    ({"disk_iops": 200_000}, "disk_iops", "diskIops", "3000 to 80000"),
    ({"disk_iops": 100}, "disk_iops", "diskIops", "3000 to 80000"),
    ({"disk_throughput_mibps": 1000}, "disk_throughput_mibps", "diskThroughputMibps", "125 to 750"),
    ({"namespace": "theta"}, "namespace", "namespace", "is an option of a cluster"),
    ({"probe_image": "curl:1"}, "probe_image", "probeImage", "is an option of a cluster"),
    ({"release_version": "1.46.0-431fe75a"}, "release_version", "releaseVersion", "is an option of a cluster"),
    (
        {**IN_CLUSTER, "platform": None, "site": arguments()["site"], "zones": ["eu-central-1a"]},
        "placement",
        "placement",
        "a cluster is a platform's",
    ),
    # Disk and password.
    (node(existing_disk="vol-1", **SECRET), "nodes.edge-1.zone", "nodes.edge-1.zone", "required with `existingDisk`"),
    (node(seed_from="snap-1"), "nodes.edge-1.password", "nodes.edge-1.password", "would not open its key"),
    (
        node(existing_disk="vol-1", zone="eu-central-1a", **SEEDED),
        "nodes.edge-1.seed_from",
        "nodes.edge-1.seedFrom",
        "`existingDisk` adopts one",
    ),
    (node(old_disk_is_gone=True), "nodes.edge-1.old_disk_is_gone", "nodes.edge-1.oldDiskIsGone", "give `seedFrom`"),
    (node(password={"existing": ADOPTED, "external": True}), "nodes.edge-1.password", "nodes.edge-1.password", "one"),
    (node(password={"value": " \t"}), "nodes.edge-1.password.value", "nodes.edge-1.password.value", "is empty"),
    (node(password={"value": f"{CANARY}\n2"}), "nodes.edge-1.password.value", "nodes.edge-1.password.value", "line"),
    (
        node(password={"value": CANARY * MOST_PASSWORD_BYTES}),
        "nodes.edge-1.password.value",
        "nodes.edge-1.password.value",
        "25000 bytes",
    ),
]

CLUSTER: list[tuple[dict[str, Any], str, str, str]] = [
    ({"instance_type": "c6a.xlarge"}, "instance_type", "instanceType", "has no GPU"),
    ({"namespace": "another"}, "namespace", "namespace", "made no namespace 'another'"),
    ({"namespace": None}, "namespace", "namespace", "is required in a cluster"),
    ({"platform": platform(namespaces=["theta"], network_policy=False)}, "platform", "platform", "NetworkPolicies"),
    ({"platform": platform(namespaces=["theta"], cluster_name="")}, "platform", "platform", "no cluster"),
    ({"release_version": None}, "release_version", "releaseVersion", "is required in a cluster"),
    ({"release_version": "1.33.5"}, "release_version", "releaseVersion", "no release"),
    ({"probe_image": None}, "probe_image", "probeImage", "is required in a cluster"),
    ({"probe_image": "curl:latest"}, "probe_image", "probeImage", "latest"),
    ({"user": "1000:1000"}, "user", "user", "is an option of machines"),
    ({"read_only_root": True}, "read_only_root", "readOnlyRoot", "is an option of machines"),
    ({"notify": "arn:aws:sns:us-east-2:123456789012:oncall"}, "notify", "notify", "is an option of machines"),
    ({"log_days": 30}, "log_days", "logDays", "is an option of machines"),
    ({"machine_image": "ami-0123456789abcdef0"}, "machine_image", "machineImage", "is an option of machines"),
    ({"expose": "vpc"}, "expose", "expose", "is an option of machines"),
    ({"zones": ["us-east-2d"]}, "zones[0]", "zones[0]", "has no subnet"),
]


@pytest.mark.parametrize(
    ("changes", "path", "file_path", "words"),
    [*TABLE, *(({**IN_CLUSTER, **changes}, *rest) for changes, *rest in CLUSTER)],
    ids=[f"{path}-{words}" for _, path, _, words in [*TABLE, *CLUSTER]],
)
def test_one_wrong_key_is_told_by_its_path_in_the_askers_spelling(
    changes: dict[str, Any], path: str, file_path: str, words: str
) -> None:
    error = refusal(**changes)
    assert [told for told, _ in error.problems] == [path]
    in_file = InputError("", [respelled(ThetaEdgeNodeArgs, problem) for problem in error.found])
    [(told, reason)] = in_file.problems
    assert told == file_path
    assert words in reason
    assert CANARY not in str(error)


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        image="edgelauncher:latest",
        zones=None,
        expose="vpc",
        disk_gb=256,
        disk_iops=1,
        nodes={
            "edge-1": {"instance_type": "m7g.xlarge"},
            "edge-2": {"existing_disk": "vol-1"},
            "edge-3": {"seed_from": "snap-1", "password": {"existing": ADOPTED, "external": True}},
            "Edge_4": {"image": "latest"},
        },
    )
    assert set(found) == {
        "image",
        "zones",
        "expose_cidrs",
        "disk_gb",
        "disk_iops",
        "nodes.edge-1.instance_type",
        "nodes.edge-2.zone",
        "nodes.edge-2.password",
        "nodes.edge-3.password",
        "nodes.Edge_4",
        "nodes.Edge_4.image",
    }


@pytest.mark.parametrize(
    ("cloud", "changes", "path"),
    [
        ("azure", {"disk_iops": 200_000}, "disk_iops"),
        ("azure", {"disk_throughput_mibps": 1000}, "disk_throughput_mibps"),
        ("azure", {"zones": ["westus-1"]}, "zones[0]"),
        ("azure", {"notify": "oncall"}, "notify"),
        ("azure", {"instance_type": "Standard_NC6_v3"}, "instance_type"),
        ("gcp", {"site": {"cloud": "gcp", "region": "us-central1"}}, "site.account"),
        ("gcp", {"disk_iops": 200_000}, "disk_iops"),
        ("gcp", {"disk_gib": 5}, "disk_gib"),
        ("gcp", {"zones": ["us-east1-b"]}, "zones[0]"),
        ("gcp", node(zone="us-east1-b"), "nodes.edge-1.zone"),
        ("gcp", {"instance_type": "c4-standard-4", "gpu": False}, "instance_type"),
    ],
)
def test_what_one_cloud_would_refuse_is_asked_of_that_cloud(cloud: str, changes: dict[str, Any], path: str) -> None:
    assert set(problems(**{**arguments(cloud), **changes})) == {path}


@pytest.mark.parametrize("args", [None, 3, "text", [], {"nodes": 3}, {"nodes": {"edge-1": 3}}])
def test_what_is_no_input_at_all_is_refused_as_everything_else(args: Any) -> None:
    assert refusal_of(args).problems


@pytest.mark.parametrize("name", ["Theta", "theta_1", "1theta", ""])
def test_a_fleets_name_is_asked_once_for_all_of_its_nodes(name: str) -> None:
    [(path, reason)] = refusal_of(arguments(nodes={"edge-1": {}, "edge-2": {}}), name).problems
    assert path == ""
    assert "a-z, 0-9 and -" in reason


def test_a_name_that_is_no_string_is_told_once() -> None:
    nobody: Any = None
    assert refusal_of(arguments(), nobody).problems == [("", "the name must be a string: it is of type NoneType")]


@pytest.mark.parametrize("key", [5, None, ("a", "b")])
def test_a_node_whose_name_is_no_string_is_told_once(key: Any) -> None:
    assert set(problems(nodes={"edge-1": {}, key: {}})) == {"nodes"}


@pytest.mark.parametrize("key", ["existing_disk", "seed_from"])
def test_one_identity_has_one_disk(key: str) -> None:
    named = {key: "snap-1", "zone": "eu-central-1a", "password": {"external": True}}
    assert set(problems(nodes={"edge-1": named, "edge-2": named})) == {f"nodes.edge-1.{key}", f"nodes.edge-2.{key}"}


def test_a_password_that_nobody_knows_yet_is_taken() -> None:
    value = pulumi.Output.secret(CANARY)
    fleet = resolve("theta", arguments(**node(password={"value": value})))
    assert fleet.nodes[0].password["value"] is value


@pytest.mark.parametrize(
    "loose", ["thetalabsorg/edgelauncher_mainnet:latest", "x@sha256:abc", "", f"{IMAGE} --privileged"]
)
def test_only_a_digest_pins_an_image(loose: str) -> None:
    assert set(problems(image=loose)) == {"image"}
    assert set(problems(**node(image=loose))) == {"nodes.edge-1.image"}


def test_an_adopted_disk_has_the_performance_that_it_has() -> None:
    adopted = node(existing_disk="vol-1", zone="eu-central-1a", **SECRET)
    assert resolve("theta", arguments(disk_iops=1, **adopted)).args["disk_iops"] == 1


def test_a_zone_that_the_default_network_has_no_subnet_in_is_named_before_a_disk_is_made(tmp_path: Path) -> None:
    # By its name it is one of the region. Which subnets there are, AWS has to be asked.
    with pytest.raises(InputError) as raised:
        deploy(tmp_path, nodes={"edge-1": {"zone": "eu-central-1z"}})
    assert dict(raised.value.problems).keys() == {"nodes.edge-1.zone"}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_longest_user_data_that_is_taken_leaves_room_on_every_cloud(tmp_path: Path, cloud: str) -> None:
    chance, name = Random(1), "t" * (LONGEST_NAME - len("-edge-1"))
    made = deploy(
        tmp_path,
        cloud,
        name,
        expose="vpc",
        expose_cidrs=[f"10.{'.'.join(str(chance.randint(100, 255)) for _ in '123')}/32" for _ in range(MOST_EXPOSED)],
        resolvers=[".".join(str(chance.randint(100, 223)) for _ in "1234") for _ in range(MOST_RESOLVERS)],
        user="1000000:1000000",
        read_only_root=True,
        capacity="spot",
    )
    on = CLOUDS[cloud]
    text = on.user_data(made.one(on.machine, f"{name}-edge-1").inputs)
    room = chance.randbytes(768).hex()  # which no compression makes smaller than that
    assert import_module(f"nodeyard.clouds.{cloud}.user_data").encode(text + room)


@pytest.mark.parametrize("key", ["log_days", "expose", "read_only_root", "expose_cidrs"])
def test_a_key_of_machines_is_refused_in_a_cluster_when_it_is_given_as_what_it_is_anyway(key: str) -> None:
    usual = resolve("theta", arguments()).args
    assert set(problems(**{**IN_CLUSTER, key: dict(usual)[key]})) == {key}


# --- instance types ---


@pytest.mark.parametrize(
    ("cloud", "type_", "gpu", "fine"),
    [
        ("aws", "g4dn.2xlarge", True, True),
        ("aws", "g5.xlarge", True, True),
        ("aws", "g5g.xlarge", True, False),
        ("aws", "g4ad.xlarge", True, False),
        ("aws", "c6a.xlarge", True, False),
        ("aws", "c6a.xlarge", False, True),
        ("aws", "t3.xlarge", False, True),
        ("aws", "c7gn.xlarge", False, False),
        ("aws", "c4.xlarge", False, False),
        ("aws", "i3.xlarge", False, False),
        ("aws", "i3en.xlarge", False, True),
        ("azure", "Standard_NC8as_T4_v3", True, True),
        ("azure", "Standard_NV6ads_A10_v5", True, False),
        ("azure", "Standard_ND96isr_MI300X_v5", True, False),
        ("azure", "Standard_D4ps_v5", False, False),
        ("azure", "Standard_E4-2ps_v6", False, False),
        ("azure", "Standard_D4as_v5", False, True),
        ("gcp", "g2-standard-4", True, True),
        ("gcp", "e2-standard-4", True, False),
        ("gcp", "t2a-standard-4", False, False),
    ],
)
def test_an_instance_type_is_judged_by_its_name(cloud: Any, type_: str, gpu: bool, fine: bool) -> None:
    assert (of_machine(cloud, type_, gpu) == "") is fine


def test_every_cloud_has_a_default_with_and_without_a_gpu_and_it_is_fine() -> None:
    assert set(DEFAULTS) == set(product(CloudName, (True, False)))
    for (cloud, gpu), type_ in DEFAULTS.items():
        assert of_machine(cloud, type_, gpu) == ""


@pytest.mark.parametrize("cloud", CloudName)
def test_a_machine_that_runs_arm_code_is_refused_by_every_cloud(cloud: CloudName) -> None:
    arm = {"aws": "c7g.xlarge", "azure": "Standard_D4ps_v5", "gcp": "t2a-standard-4"}[cloud]
    assert "runs Arm code" in of_machine(cloud, arm, gpu=False)


def of_machine(cloud: CloudName, type_: str, gpu: bool) -> str:
    """What keeps a machine from being of this type; empty when nothing does."""
    on = clouds.named(cloud)
    plan = MachinePlan(
        instance_type=type_, image=on.machine_image(gpu=gpu).reference, container_image="edgelauncher", gpu=gpu
    )
    found = list(on.machine_problems(plan))
    assert {path for path, _ in found} <= {"instance_type"}
    return "; ".join(reason for _, reason in found)
