"""What each stack needs of its cloud's quotas: counted as the resources that it makes are, told as an output, warned
of once, and printed in docs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from nodeyard import clouds
from nodeyard.clouds.azure.instance_type import family
from nodeyard.clouds.contract.database import DatabaseSpec
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.contract.quota import Computer, Demand, Need, tib
from nodeyard.mantis_cluster import MantisCluster
from nodeyard.mantis_cluster.demand import demand as of_network
from nodeyard.mantis_cluster.rules import resolve as network_of
from nodeyard.metis_replica import MetisReplica
from nodeyard.metis_replica.demand import demand as of_replicas
from nodeyard.metis_replica.rules import resolve as replicas_of
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard.metis_sequencer.demand import demand as of_sequencer
from nodeyard.metis_sequencer.settings import resolve as sequencer_of
from nodeyard.nodeos_bp_cluster import NodeosBPCluster
from nodeyard.nodeos_bp_cluster.demand import demand as of_cluster
from nodeyard.nodeos_bp_cluster.rules import resolve as cluster_of
from nodeyard.platform.demand import demand as of_platform
from nodeyard.platform.rules import resolve as platform_of
from nodeyard.quotas import QUOTAS, told
from nodeyard.theta_edge_node import ThetaEdgeNode
from nodeyard.theta_edge_node.demand import demand as of_fleet
from nodeyard.theta_edge_node.rules import resolve as fleet_of
from nodeyard.tsm_node import TSMNode
from nodeyard.tsm_node.demand import demand as of_player
from nodeyard.tsm_node.rules import resolve as player_of
from sandbox.mocks import SandboxMocks
from tests.unit import gcp_world, mantis_networks, test_platform, tsm_players
from tests.unit.azure import world as azure_world
from tests.unit.examples import cluster, network, platform, replicas, sequencer
from tests.unit.recording import Recording, record
from tests.unit.theta_fleet import CLOUDS, IN_CLUSTER, arguments
from tests.unit.worlds import with_platform

DOCS = Path(__file__).resolve().parents[2] / "docs"

# --- the count is that of the resources

AZURE_ADDRESS, GCP_ADDRESS = "azure-native:network:PublicIPAddress", "gcp:compute/address:Address"
EIP, NODE_GROUP = "aws:ec2/eip:Eip", "aws:eks/nodeGroup:NodeGroup"
COUNTED: dict[str, dict[str, list[str]]] = {
    # By cloud and by quota: the types of which each resource counts as one.
    "aws": {
        "EC2-VPC Elastic IPs": [EIP],
        "Managed node groups per cluster": [NODE_GROUP],
        "Auto Scaling groups per region": [NODE_GROUP, "aws:autoscaling/group:Group"],
        "Custom lifecycle policies per Region": ["aws:dlm/lifecyclePolicy:LifecyclePolicy"],
        "Network Load Balancers per Region": ["aws:lb/loadBalancer:LoadBalancer"],
        "DB instances": ["aws:rds/instance:Instance"],
        "General purpose buckets": ["aws:s3/bucket:Bucket"],
    },
    "azure": {
        "Public IPv4 Addresses - Standard": [AZURE_ADDRESS],
        "Log alerts, active alert rules per resource": ["azure-native:monitor:ScheduledQueryRule"],
        "Private endpoints per virtual network": ["azure-native:network:PrivateEndpoint"],
        "Storage accounts per region per subscription": ["azure-native:storage:StorageAccount"],
    },
    "gcp": {
        "Static external IP addresses": [GCP_ADDRESS],
        "Service account count": ["gcp:serviceaccount/account:Account"],
        "Principals in all role bindings of one allow policy": ["gcp:projects/iAMMember:IAMMember"],
        "Exclusion filters per sink": ["gcp:logging/projectExclusion:ProjectExclusion"],
    },
}


def counted(cloud: str, recording: Recording) -> dict[str, int]:
    found = {
        quota: sum(resource.type in types for resource in recording.resources)
        for quota, types in COUNTED[cloud].items()
    }
    return {quota: number for quota, number in found.items() if number}


def of(needs: list[Need]) -> dict[str, int]:
    return {need.called: need.needed for need in needs}


def check(cloud: str, recording: Recording, demand: Demand) -> dict[str, int]:
    needs = of(list(clouds.named(CloudName(cloud)).quota_needs(demand)))
    assert {quota: number for quota, number in needs.items() if quota in COUNTED[cloud]} == counted(cloud, recording)
    return needs


@pytest.mark.parametrize("cloud", CloudName)
@pytest.mark.parametrize("snapshots", [True, False])
def test_a_fleet_of_machines_counts_what_it_makes(cloud: CloudName, snapshots: bool, tmp_path: Path) -> None:
    args = arguments(cloud, nodes={"edge-1": {}, "edge-2": {}, "edge-3": {}}, snapshots=snapshots)
    mocks = SandboxMocks(tmp_path, region=CLOUDS[cloud].site["region"])
    recording = record(lambda: ThetaEdgeNode("theta", args), mocks)
    needs = check(cloud, recording, of_fleet(fleet_of("theta", args)))
    assert needs  # and its processors among them: see below
    if cloud == CloudName.AWS:
        volumes = sum(volume.inputs["size"] for volume in recording.of("aws:ebs/volume:Volume"))
        templates = recording.of("aws:ec2/launchTemplate:LaunchTemplate")
        roots = sum(template.inputs["blockDeviceMappings"][0]["ebs"]["volumeSize"] for template in templates)
        assert needs["Storage for General Purpose SSD (gp3) volumes, in TiB"] == tib(volumes + roots)
        assert needs["Running On-Demand G and VT instances"] == 3 * 4
    if cloud == CloudName.GCP:
        disks = sum(disk.inputs["size"] for disk in recording.of("gcp:compute/disk:Disk"))
        templates = recording.of("gcp:compute/instanceTemplate:InstanceTemplate")
        assert needs["Persistent Disk SSD (GB)"] == disks + sum(t.inputs["disks"][0]["diskSizeGb"] for t in templates)
        assert (needs["NVIDIA T4 GPUs"], needs["GPUs (all regions)"], needs["CPUs"]) == (3, 3, 12)
    if cloud == CloudName.AZURE:
        assert needs["Standard NCASv3_T4 Family vCPUs"] == needs["Total Regional vCPUs"] == 12


def test_a_fleet_in_a_cluster_has_a_node_group_each(tmp_path: Path) -> None:
    args = arguments(nodes={"edge-1": {}, "edge-2": {}}, capacity="spot", **IN_CLUSTER)
    recording = record(lambda: ThetaEdgeNode("theta", args), with_platform(args["platform"]))
    needs = check("aws", recording, of_fleet(fleet_of("theta", args)))
    assert needs["Managed node groups per cluster"] == 2
    assert needs["All G and VT Spot Instance Requests"] == 8


def test_a_sequencer_counts_what_it_makes() -> None:
    args = sequencer()
    recording = record(lambda: MetisSequencer("metis", args), with_platform(platform()))
    needs = check("aws", recording, of_sequencer(sequencer_of("metis", args)))
    assert needs["Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"] == 16 + 8
    assert needs["Storage for General Purpose SSD (gp3) volumes, in TiB"] == tib(750 + 100 + 300 + 2 * 40)


def test_a_sequencer_on_google_cloud_claims_its_addresses() -> None:
    args = sequencer(
        platform=gcp_world.platform(),
        release_version=gcp_world.RELEASE,
        l2geth={},
        l1dtl={},
        themis={},
    )
    recording = record(lambda: MetisSequencer("metis", args), with_platform(gcp_world.platform()))
    needs = check("gcp", recording, of_sequencer(sequencer_of("metis", args)))
    assert needs["C2 CPUs"] == 24


@pytest.mark.parametrize(
    "changes", [{}, {"sdk": {"exposure": "cluster"}}, {"sdk": {"exposure": "public", "callers": ["198.51.100.0/24"]}}]
)
def test_a_player_counts_what_it_makes(changes: dict[str, Any]) -> None:
    args = tsm_players.arguments(**changes)
    recording = record(lambda: TSMNode("tsm", args), with_platform(args["platform"]))
    needs = check("aws", recording, of_player(player_of("tsm", args)))
    assert needs["Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"] == 2 * 8
    assert needs["Total storage for all DB instances"] == 2 * 64


@pytest.mark.parametrize("api_nodes", [0, 1])
def test_block_producers_count_what_they_make(api_nodes: int) -> None:
    args = cluster(api_nodes=api_nodes)
    recording = record(lambda: NodeosBPCluster("nodeos", args), with_platform(args["platform"]))
    needs = check("aws", recording, of_cluster(cluster_of("nodeos", args)))
    assert needs["Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"] == (3 + api_nodes) * 8
    assert needs["Storage for General Purpose SSD (gp3) volumes, in TiB"] == tib((3 + api_nodes) * (100 + 40))


def test_block_producers_count_no_bucket_that_they_adopt() -> None:
    made, adopted = (of_cluster(cluster_of("nodeos", cluster(bucket=told))) for told in ({}, {"existing": "theirs"}))
    assert (made.buckets, adopted.buckets) == (1, 0)


@pytest.mark.parametrize(("public", "addresses"), [(False, 0), (True, 3)])
def test_a_network_counts_what_it_makes(public: bool, addresses: int) -> None:
    """Its public miners are on machines of the same number and kind."""
    args = network(miners=3, passive=4, public=public)
    recording = record(lambda: MantisCluster(mantis_networks.NAME, args), with_platform(args["platform"]))
    needs = check("aws", recording, of_network(network_of(mantis_networks.NAME, args)))
    assert needs["Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"] == 3 * 4 + 4 * 4 + 4
    assert needs["Managed node groups per cluster"] == 3 + 3 + 1
    assert needs.get("EC2-VPC Elastic IPs", 0) == addresses


def test_a_network_counts_neither_what_it_adopts_nor_what_is_off() -> None:
    address, bucket = {"miner-0": "eipalloc-0123456789abcdef0"}, {"existing": "theirs"}
    plain = network(miners=2, public=True)
    adopting = network(miners=2, public=True, addresses=address, bucket=bucket)
    off = network(miners=2, public=True, **mantis_networks.OFF)
    made, adopted, none = (of_network(network_of(mantis_networks.NAME, one)) for one in (plain, adopting, off))
    assert [(one.addresses, one.buckets) for one in (made, adopted, none)] == [(2, 1), (1, 0), (2, 0)]
    assert len(none.computers) == len(made.computers) - 1


@pytest.mark.parametrize(("rpc", "balancers"), [({}, 1), ({"exposure": "cluster"}, 0)])
def test_replicas_count_what_they_make(rpc: dict[str, Any], balancers: int) -> None:
    args = replicas(replicas=4, rpc=rpc)
    recording = record(lambda: MetisReplica("rpc", args), with_platform(args["platform"]))
    needs = check("aws", recording, of_replicas(replicas_of("rpc", args)))
    assert needs["Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances"] == 4 * 8
    assert needs["Managed node groups per cluster"] == 3
    assert needs.get("Network Load Balancers per Region", 0) == balancers


def test_a_player_counts_nothing_that_it_adopts() -> None:
    addresses = ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"]
    admin = "arn:aws:secretsmanager:us-east-2:123456789012:secret:admin-a1b2c3"
    own = {"private_key": {"value": tsm_players.KEYS[0]}, "master_password": {"value": "x"}}
    counted = of_player(
        tsm_players.settings(
            mesh={"existing_addresses": addresses},
            database={"existing": "theirs"},
            secrets={**own, "database_admin": {"existing": admin}},
        )
    )
    assert (counted.balancer_addresses, list(counted.databases), counted.load_balancers) == (0, [], 2)


def test_platforms_count_what_they_make(tmp_path: Path) -> None:
    for cloud, args, recording in (
        ("aws", test_platform.arguments(), test_platform.deploy()),
        ("azure", azure_world.arguments(), azure_world.deploy(tmp_path)[1]),
        ("gcp", gcp_world.arguments(), gcp_world.deploy()),
    ):
        assert check(cloud, recording, of_platform(platform_of("platform", args)))


def server(**changes: Any) -> DatabaseSpec:
    usual = {"zones": ["a", "b"], "instance_type": "db.m7g.large", "disk_gib": 100, "version": "17", "connections": 9}
    return DatabaseSpec(**{**usual, **changes})


def test_aws_counts_buckets_of_the_whole_account() -> None:
    [need] = clouds.named(CloudName.AWS).quota_needs(Demand(buckets=2))
    assert (need.called, need.needed, need.quota.most) == ("General purpose buckets", 2, 10_000)
    assert need.quota.what == "an account"


def test_aws_counts_balancers_their_addresses_and_servers_with_their_standbys() -> None:
    servers = [server(), server(zones=["a"], disk_gib=20), server(existing="theirs")]
    counted = Demand(addresses=1, balancer_addresses=2, load_balancers=3, databases=servers)
    assert of(list(clouds.named(CloudName.AWS).quota_needs(counted))) == {
        "EC2-VPC Elastic IPs": 3,
        "Network Load Balancers per Region": 3,
        "DB instances": 2,
        "Total storage for all DB instances": 220,
    }


def test_what_is_adopted_is_not_counted() -> None:
    adopting = {"existing_address": "eipalloc-0123456789abcdef0", "existing_disk": "vol-0123456789abcdef0"}
    plain, args = sequencer(), sequencer()
    args["themis"] = {**args["themis"], **adopting}
    before, after = (of_sequencer(sequencer_of("metis", each)) for each in (plain, args))
    assert (before.addresses, after.addresses) == (2, 1)
    gp3 = "Storage for General Purpose SSD (gp3) volumes, in TiB"
    cloud = clouds.named(CloudName.AWS)
    assert (of(list(cloud.quota_needs(before)))[gp3], of(list(cloud.quota_needs(after)))[gp3]) == (2, 1)


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("Standard_D4s_v5", "DSv5"),
        ("Standard_E8ads_v6", "EADSv6"),
        ("Standard_NC4as_T4_v3", "NCASv3_T4"),
        ("Standard_NC24ads_A100_v4", "NCADS_A100_v4"),
    ],
)
def test_azures_quotas_are_called_by_the_family(type_: str, name: str) -> None:
    assert family(type_) == name


def test_google_clouds_processors_count_by_series() -> None:
    types = {"e2-medium": ("CPUs", 2), "n2-standard-8": ("N2 CPUs", 8), "a2-highgpu-2g": ("A2 CPUs", 24)}
    types |= {"custom-6-8192": ("CPUs", 6), "n2d-custom-8-16384": ("N2D CPUs", 8), "c3-standard-4-lssd": ("C3 CPUs", 4)}
    for type_, (name, number) in types.items():
        needs = of(list(clouds.named(CloudName.GCP).quota_needs(Demand(computers=[Computer(instance_type=type_)]))))
        assert needs[name] == number, type_


# --- what is told


def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: heard.append(text))
    return heard


def test_needs_above_a_new_accounts_are_warned_of_once_and_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[str] = []

    class World(SandboxMocks):
        def new_resource(self, args: Any) -> tuple[str | None, dict[str, Any]]:
            made.append(args.typ)
            return super().new_resource(args)

    seen: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: seen.append((text, list(made))))
    outputs: dict[str, Any] = {}

    def program() -> None:
        fleet = ThetaEdgeNode("theta", arguments())
        fleet.quotas.apply(lambda quotas: outputs.update(quotas=quotas))

    record(program, World(tmp_path, region="eu-central-1"))
    [(text, before)] = [(text, before) for text, before in seen if "than a new account has" in text]
    assert "Running On-Demand G and VT instances: 4 needed, 0 in a new account" in text
    assert "L-DB2E81BA" in text
    assert "Elastic" not in text
    assert not [type_ for type_ in before if type_.startswith(("aws:", "random:"))]
    [gpu] = [quota for quota in outputs["quotas"] if "G and VT" in quota["name"]]
    assert gpu == {
        "name": "Running On-Demand G and VT instances",
        "unit": "vCPUs on demand of the families G and VT",
        "needed": 4,
        "default": 0,
        "link": "https://console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-DB2E81BA",
    }


def test_what_is_up_is_warned_of_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, cloud = warnings(monkeypatch), clouds.named(CloudName.AWS)
    parent: Any = None
    one, two = (Demand(computers=[Computer(instance_type="g4dn.xlarge", count=count)]) for count in (1, 2))
    up = {QUOTAS: told(cloud, one, {}, parent)}
    assert len(heard) == 1
    told(cloud, one, up, parent)
    assert len(heard) == 1
    told(cloud, two, up, parent)
    assert len(heard) == 2


def test_a_quota_that_is_never_raised_says_to_split(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = warnings(monkeypatch)
    parent: Any = None
    told(clouds.named(CloudName.GCP), Demand(machines=751), {}, parent)
    assert "1502 needed, 1500 in a new account; it is given no more: split the stack" in heard[0]


def test_what_no_public_source_gives_a_default_for_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = warnings(monkeypatch)
    parent: Any = None
    [*quotas] = told(clouds.named(CloudName.GCP), Demand(addresses=99), {}, parent)
    assert [quota.get("default") for quota in quotas] == [None]
    assert not heard


# --- docs

MOST = 1000
"""Nodes that a stack may have (`ThetaEdgeNodeArgs.nodes`)."""


def fleet(cloud: str, number: int) -> Demand:
    """The shipped mainnet file's, with so many nodes."""
    suffix = "" if cloud == CloudName.AWS else f"-{cloud}"
    raw = yaml.safe_load((DOCS.parent / f"configs/Pulumi.theta-mainnet{suffix}.yaml").read_text())
    stack = raw["config"]["nodeyard:stack"]
    given = {"site": stack["site"], "zones": stack["zones"], "instance_type": stack["instanceType"]}
    return of_fleet(fleet_of("theta", arguments(cloud, **given, snapshots=stack["snapshots"], nodes=nodes(number))))


def nodes(number: int) -> Mapping[str, Any]:
    return {f"edge-{n}": {} for n in range(1, number + 1)}


def rows(cloud: str) -> list[tuple[int, str]]:
    """How many nodes each quota has room for, the scarcest first."""
    needed = clouds.named(CloudName(cloud)).quota_needs
    rows: list[tuple[int, str]] = []
    one, many = (needed(fleet(cloud, number)) for number in (1, MOST))
    for first, last in zip(one, many, strict=True):
        if first.quota.most is None or last.needed <= first.quota.most:
            continue
        low, high = 0, MOST
        while high - low > 1:
            middle = (low + high) // 2
            fits = not next(
                need for need in needed(fleet(cloud, middle)) if need.called == first.called
            ).is_above_default
            low, high = (middle, high) if fits else (low, middle)
        what = f"{first.quota.what} has {first.quota.rule}"
        rows.append((low, f"| {low} | {first.called} | {what} |"))
    return sorted(rows)


def listed(page: str, heading: str) -> list[str]:
    """The rows of the page's table under these headings."""
    _, _, rest = (DOCS / page).read_text().partition(f"| {heading} |\n")
    table, _, _ = rest.partition("\n\n")
    return table.splitlines()[1:]


NAMES = {CloudName.AWS: "AWS", CloudName.AZURE: "Azure", CloudName.GCP: "Google Cloud"}


def test_docs_say_how_many_nodes_an_account_has_room_for() -> None:
    assert listed("components/theta-edge-node.md", "cloud | nodes | what ends it | as a new account has it") == [
        f"| {NAMES[cloud]} {row}" for cloud in CloudName for _, row in rows(cloud)
    ]


def contract(cloud: CloudName, home: Path) -> Any:
    if cloud == CloudName.AZURE:
        return azure_world.deploy(home)[1].exports["value"]
    return gcp_world.platform() if cloud == CloudName.GCP else platform()


PLATFORMS = {CloudName.AWS: test_platform, CloudName.AZURE: azure_world, CloudName.GCP: gcp_world}


def shipped_platform(cloud: CloudName) -> Demand:
    raw = yaml.safe_load((DOCS.parent / f"configs/Pulumi.platform-{cloud}.yaml").read_text())
    system = raw["config"]["nodeyard:stack"]["systemNodes"]
    args = PLATFORMS[cloud].arguments(access={})
    changed = {"instance_type": system["instanceType"], "node_count": system["nodeCount"]}
    args["system_nodes"] = {**args["system_nodes"], **changed}
    args["monitoring"] = {}  # its volumes are as large as they are unless given
    return of_platform(platform_of("platform", args))


def usual_sequencer(cloud: CloudName, home: Path) -> Demand:
    """On the default instance types, with the disks that mainnet's file ships."""
    stands = contract(cloud, home)
    args = sequencer(platform=stands, namespace=stands["namespaces"][0])
    for process in ("l2geth", "l1dtl", "themis"):
        args[process] = {"disk_gib": args[process]["disk_gib"]}
    releases = {CloudName.AZURE: f"{stands['kubernetes_version']}.1", CloudName.GCP: gcp_world.RELEASE}
    return of_sequencer(
        sequencer_of("metis", {**args, "release_version": releases.get(cloud, args["release_version"])})
    )


def needs_of(cloud: CloudName, home: Path) -> list[str]:
    """What the shipped platform needs, and a sequencer of mainnet on it."""
    cloud_of = clouds.named(cloud)
    both = [cloud_of.quota_needs(shipped_platform(cloud)), cloud_of.quota_needs(usual_sequencer(cloud, home))]
    quotas = {need.called: need.quota for needs in both for need in needs}
    [first, second] = [of(list(needs)) for needs in both]
    return [
        f"| [{name}]({quota.link}) | {first.get(name, 0)} | {second.get(name, 0)} "
        f"| {'its console says' if quota.most is None else quota.most} |"
        for name, quota in quotas.items()
    ]


@pytest.mark.parametrize("cloud", CloudName)
def test_a_platforms_page_says_what_the_shipped_stacks_need(cloud: CloudName, tmp_path: Path) -> None:
    page = f"components/platform-{cloud}.md"
    assert listed(page, "quota | the platform | a Metis sequencer | a new account") == needs_of(cloud, tmp_path)
