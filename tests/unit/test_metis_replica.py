"""What `MetisReplica` asks of the clouds and of the cluster, as the engine would be told."""

from typing import Any

import pytest

from nodeyard.clouds.aws.snapshot_schedule import SNAPSHOT_TAG
from nodeyard.errors import InputError
from nodeyard.metis.networks import NETWORKS
from nodeyard.metis_replica import MetisReplica
from nodeyard.metis_replica.rules import resolve
from nodeyard.metis_replica.settings import LONGEST_NAME, TYPE, DiskOf
from tests.unit import gcp_world
from tests.unit.examples import platform, replicas
from tests.unit.recording import Recording, record
from tests.unit.test_live import Registers, Up, component
from tests.unit.worlds import with_platform

CANARY = "https://l1.invalid/5eed8f2c5eed8f2c"
VOLUME, CLAIM = "aws:ebs/volume:Volume", "kubernetes:core/v1:PersistentVolumeClaim"
POOL, BALANCER = "aws:eks/nodeGroup:NodeGroup", "aws:lb/loadBalancer:LoadBalancer"
URL, SHA256 = "https://snapshots.example.com/l2geth.tar.gz", "ab" * 32
HOST = {"host": "rpc.example.com", "certificate": "arn:aws:acm:us-east-2:123456789012:certificate/1"}


def deploy(**changes: Any) -> Recording:
    args = replicas(**changes)
    recording = record(lambda: MetisReplica("rpc", args), with_platform(args["platform"]))
    recording.check(CANARY)
    return recording


@pytest.fixture(scope="module")
def recording() -> Recording:
    secrets = {"l1_rpc_endpoint": {"value": CANARY}}
    return deploy(replicas=4, secrets=secrets)


def values(recording: Recording) -> dict[str, Any]:
    found: dict[str, Any] = recording.one("kubernetes:helm.sh/v3:Release").inputs["values"]
    return found


def problems(name: str = "rpc", **changes: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        resolve(name, replicas(**changes))
    return dict(raised.value.problems)


# --- nodes and disks ---


def test_replicas_stand_in_the_platforms_zones_in_turns_each_on_a_node_of_its_own(recording: Recording) -> None:
    sizes = {pool.name: pool.inputs["scalingConfig"]["desiredSize"] for pool in recording.of(POOL)}
    assert sizes == {"rpc-us-east-2a": 2, "rpc-us-east-2b": 1, "rpc-us-east-2c": 1}
    subnets = {pool.name[-1]: pool.inputs["subnetIds"] for pool in recording.of(POOL)}
    assert subnets == {"a": ["subnet-private0"], "b": ["subnet-private1"], "c": ["subnet-private2"]}
    for pool in recording.of(POOL):
        assert pool.inputs["taints"] == [{"key": "nodeyard.io/metis-replica", "value": "rpc", "effect": "NO_SCHEDULE"}]


def test_each_replica_has_two_disks_in_its_own_zone_which_outlive_it(recording: Recording) -> None:
    zones = {volume.name: volume.inputs["availabilityZone"][-1] for volume in recording.of(VOLUME)}
    assert zones == {
        f"rpc-{number}-{process}": zone for number, zone in enumerate("abca") for process in ("l2geth", "l1dtl")
    }
    for volume in recording.of(VOLUME):
        assert volume.protect
        assert volume.retain_on_delete
        assert volume.inputs["throughput"] == 200


def test_a_statefulset_finds_the_claims_by_their_names(recording: Recording) -> None:
    names = {claim.inputs["metadata"]["name"] for claim in recording.of(CLAIM)}
    assert names == {f"{process}-rpc-replica-{number}" for number in range(4) for process in ("l2geth", "l1dtl")}
    bound = {
        volume.inputs["spec"]["claimRef"]["name"] for volume in recording.of("kubernetes:core/v1:PersistentVolume")
    }
    assert bound == names


def test_the_first_replicas_disks_alone_are_on_the_schedule_of_snapshots(recording: Recording) -> None:
    scheduled = {volume.name for volume in recording.of(VOLUME) if SNAPSHOT_TAG in volume.inputs["tags"]}
    assert scheduled == {"rpc-0-l2geth", "rpc-0-l1dtl"}


def test_one_replica_more_changes_nothing_of_the_others() -> None:
    two, three = deploy(replicas=2).comparable(), deploy(replicas=3).comparable()
    changed = {urn.rsplit("::", 1)[1] for urn in two if two[urn] != three[urn]}
    assert changed == {"rpc"}  # the release, which is told how many there are
    new = {urn.rsplit("::", 1)[1] for urn in three.keys() - two.keys()}
    assert new == {"rpc-2-l2geth", "rpc-2-l1dtl", "rpc-us-east-2c"}


def test_a_replica_that_goes_leaves_its_disks_for_when_it_comes_again() -> None:
    made = component("aws:ebs/volume:Volume", "rpc-2-l2geth", under="nodeyard:index:MetisReplica$nodeyard:aws:Disk$")
    kept: list[Any] = []

    def asks() -> None:
        kept.extend(resolve("rpc", replicas(replicas=1)).disks)
        raise Registers

    with pytest.raises(Registers):
        record(asks, Up(made))
    assert kept == [DiskOf("l2geth", 0), DiskOf("l1dtl", 0), DiskOf("l2geth", 2)]


def test_a_new_disk_is_made_of_the_clouds_snapshot() -> None:
    made = deploy(replicas=1, l2geth={"seed_from": "snap-0123456789abcdef0"})
    assert made.one(VOLUME, "rpc-0-l2geth").inputs["snapshotId"] == "snap-0123456789abcdef0"
    assert "snapshotId" not in made.one(VOLUME, "rpc-0-l1dtl").inputs
    assert "seed" not in values(made)["l2geth"]


def test_an_archive_under_a_url_is_the_pods_to_fetch() -> None:
    made = deploy(replicas=1, l2geth={"seed_from": URL, "seed_sha256": SHA256})
    assert values(made)["l2geth"]["seed"] == {"url": URL, "sha256": SHA256}
    assert "snapshotId" not in made.one(VOLUME, "rpc-0-l2geth").inputs


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"seed_from": URL}, "l2geth.seed_sha256"),
        ({"seed_sha256": SHA256}, "l2geth.seed_sha256"),
        ({"seed_from": URL.replace("https", "http"), "seed_sha256": SHA256}, "l2geth.seed_from"),
        ({"seed_from": URL.replace("tar.gz", "tar.zst"), "seed_sha256": SHA256}, "l2geth.seed_from"),
        ({"seed_from": URL, "seed_sha256": "AB" * 32}, "l2geth.seed_sha256"),
        ({"seed_from": URL.replace(".com", ".com:8443"), "seed_sha256": SHA256}, "l2geth.seed_from"),
        ({"seed_from": "vol-1"}, "l2geth.seed_from"),
        ({"existing_disks": {"2": "vol-0123456789abcdef0"}}, "l2geth.existing_disks.2"),
        ({"disk_gib": 499}, "l2geth.disk_gib"),
    ],
)
def test_what_no_disk_can_be_made_or_filled_of_is_refused(told: dict[str, Any], path: str) -> None:
    assert list(problems(l2geth=told)) == [path]


def test_an_archive_behind_a_port_that_is_open_is_taken() -> None:
    seed = {"seed_from": URL.replace(".com", ".com:8443"), "seed_sha256": SHA256}
    assert resolve("rpc", replicas(l2geth=seed, l1dtl={"egress_ports": [443, 8443]}))


# --- what a replica is ---


@pytest.mark.parametrize("network", NETWORKS)
def test_l2geth_is_told_that_it_is_no_sequencer(network: str) -> None:
    env = values(deploy(network=network, gc_mode="full"))["l2geth"]["env"]
    assert env["ETH1_SYNC_SERVICE_ENABLE"] == "false"
    assert env["GCMODE"] == "full"
    assert env["SEQ_BRIDGE_URL"] == NETWORKS[network].public_rpc  # type: ignore[index]
    assert not {"SEQ_ADDRESS", "L2_URL"} & env.keys()


def test_it_has_no_key_and_reads_how_it_reaches_l1(recording: Recording) -> None:
    made = {secret.inputs["name"] for secret in recording.of("aws:secretsmanager/secret:Secret")}
    assert made == {"rpc/l1-rpc-endpoint", "rpc/l1-beacon-endpoint"}
    assert values(recording)["secret"]["keys"] == {
        "l1RpcEndpoint": "l1RpcEndpoint",
        "l1BeaconEndpoint": "l1BeaconEndpoint",
    }


@pytest.mark.parametrize(
    ("process", "name", "value"),
    [
        ("l2geth", "ETH1_SYNC_SERVICE_ENABLE", "true"),
        ("l2geth", "GCMODE", "full"),
        ("l2geth", "SEQ_PRIV", "1"),
        ("l2geth", "L2_URL", "https://x"),
        ("l2geth", "WS", "true"),
        ("l2geth", "CHAIN_ID", "1"),
        ("l2geth", "RPC_ADDR", "0.0.0.0"),
        ("l1dtl", "DATA_TRANSPORT_LAYER__SYNC_FROM_L1", "false"),
        ("l1dtl", "DATA_TRANSPORT_LAYER__L1_RPC_ENDPOINT", "https://x"),
        ("l1dtl", "NODE_OPTIONS", "--max-old-space-size=16384"),
    ],
)
def test_a_variable_that_makes_something_else_of_it_is_refused(process: str, name: str, value: str) -> None:
    assert list(problems(**{process: {"env": {name: value}}})) == [f"{process}.env.{name}"]


def test_l2geth_may_take_what_its_node_has_left() -> None:
    small, large = (
        values(deploy(replicas=1, nodes={"instance_type": type_}))["l2geth"]["resources"]["limits"]["memory"]
        for type_ in ("c5.2xlarge", "m5.2xlarge")
    )
    assert int(small.removesuffix("Mi")) < int(large.removesuffix("Mi"))


def test_the_whole_chains_room_is_asked_of_an_archive_alone() -> None:
    assert resolve("rpc", replicas(gc_mode="full", l2geth={"disk_gib": 499})).args["l2geth"]["disk_gib"] == 499


def test_a_node_that_is_too_small_is_refused() -> None:
    assert list(problems(nodes={"instance_type": "c5.xlarge"})) == ["nodes.instance_type"]


def test_a_zone_that_the_platform_has_not_is_refused() -> None:
    assert list(problems(nodes={"zones": ["us-east-2a", "us-east-2d"]})) == ["nodes.zones[1]"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "r" * (LONGEST_NAME + 1)}, ""),
        ({"nodes": {"instance_type": "m6g.2xlarge"}}, "nodes.instance_type"),
        ({"l2geth": {"disk_iops": 2999}}, "l2geth.disk_iops"),
        ({"l1dtl": {"disk_throughput_mibps": 124}}, "l1dtl.disk_throughput_mibps"),
        ({"snapshots": {"every_hours": 1, "keep_days": 42}}, "snapshots.keep_days"),
        ({"rpc": {"private_address": "10.9.0.9"}}, "rpc.private_address"),
        ({"monitoring": False, "monitoring_labels": {"release": "mine"}}, "monitoring_labels"),
        ({"secrets": {"l1_rpc_endpoint": {"value": "l1.example.com"}}}, "secrets.l1_rpc_endpoint.value"),
        ({"tags": {"aws:owner": "me"}}, "tags.aws:owner"),
    ],
)
def test_whatever_is_wrong_is_told_before_anything_is_made(changes: dict[str, Any], path: str) -> None:
    assert list(problems(**changes)) == [path]


# --- the RPC ---


def test_the_rpc_is_reached_from_the_platforms_network_by_default(recording: Recording) -> None:
    assert recording.one(BALANCER).inputs["internal"] is True
    assert values(recording)["rpc"]["service"]["sourceRanges"] == ["10.0.0.0/16"]
    # In every zone, so that one more replica changes nothing of it.
    assert "subnet-private2" in str(recording.one(BALANCER).inputs)


def test_with_an_https_host_no_balancer_is_made_beside_it() -> None:
    made = deploy(rpc={"callers": ["192.0.2.0/24"], "ingress": {**HOST, "public": True}})
    assert BALANCER not in {resource.type for resource in made.resources}
    assert values(made)["rpc"]["ingress"]["host"] == "rpc.example.com"


@pytest.mark.parametrize(
    ("rpc", "path"),
    [
        ({"ingress": {**HOST, "public": True}}, "rpc.callers"),
        ({"callers": ["192.0.2.0/24"], "ingress": {"host": HOST["host"], "public": True}}, "rpc.ingress.certificate"),
        ({"exposure": "cluster", "callers": ["192.0.2.0/24"]}, "rpc.callers"),
        ({"exposure": "cluster", "private_address": "10.0.10.9"}, "rpc.private_address"),
    ],
)
def test_who_may_call_is_said_whole(rpc: dict[str, Any], path: str) -> None:
    assert list(problems(rpc=rpc)) == [path]


@pytest.mark.parametrize("api", ["debug", "admin", "personal", "rollup"])
def test_what_changes_a_node_is_not_answered_to_the_internet(api: str) -> None:
    env = {"env": {"RPC_API": f"eth,net,{api}"}}
    public = {"callers": ["192.0.2.0/24"], "ingress": {**HOST, "public": True}}
    assert list(problems(l2geth=env, rpc=public)) == ["l2geth.env.RPC_API"]
    assert resolve("rpc", replicas(l2geth=env))


def test_whoever_the_platform_is_joined_to_may_call_too() -> None:
    joined = platform(namespaces=["metis-rpc"], peered_cidrs=["10.8.0.0/16"])
    assert resolve("rpc", replicas(platform=joined)).callers == ["10.0.0.0/16", "10.8.0.0/16"]


# --- what stays ---


def test_what_is_adopted_is_not_looked_for_as_left_over() -> None:
    adopted = {"existing_disks": {"0": "vol-0123456789abcdef0"}}
    made = resolve("rpc", replicas(replicas=1, l2geth=adopted)).made
    assert {one.name for one in made if one.kind == "disk"} == {"rpc-0-l1dtl"}


def state(**identity: str) -> dict[str, Any]:
    before = {"network": "andromeda", "namespace": "metis-rpc", "gc_mode": "archive"}
    return component(TYPE, "rpc", identity={**before, **identity})


@pytest.mark.parametrize("key", ["network", "namespace", "gc_mode"])
def test_what_the_disks_hold_never_changes_under_them(key: str) -> None:
    with pytest.raises(InputError) as raised:
        record(lambda: MetisReplica("rpc", replicas()), Up(state(**{key: "another"})))
    assert list(dict(raised.value.problems)) == [key]


def test_they_run_on_google_cloud_as_well() -> None:
    there = {**gcp_world.platform(), "namespaces": ["metis-rpc"]}
    args = replicas(platform=there, release_version=gcp_world.RELEASE)
    made = record(lambda: MetisReplica("rpc", args), with_platform(args["platform"]))
    made.check()
    assert {disk.name for disk in made.of("gcp:compute/disk:Disk")} == {
        f"rpc-{number}-{process}" for number in range(2) for process in ("l2geth", "l1dtl")
    }


def test_a_platform_without_private_subnets_is_refused() -> None:
    assert "platform" in problems(platform=platform(private_subnets=[], namespaces=["metis-rpc"]))
