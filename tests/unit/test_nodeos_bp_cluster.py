"""What `NodeosBPCluster` asks of the clouds and of the cluster, as the engine would be told."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from nodeyard.errors import InputError
from nodeyard.nodeos_bp_cluster import NodeosBPCluster
from nodeyard.nodeos_bp_cluster.chain import chain_id, written
from nodeyard.nodeos_bp_cluster.networks import EOS_MAINNET, JUNGLE4
from tests.unit import examples
from tests.unit.examples import platform
from tests.unit.nodeos_clusters import (
    FINALIZER,
    NAME,
    ORDINALS,
    PRIVATE,
    SIGNING,
    TOKEN,
    component,
    deploy,
    on_azure,
    on_google_cloud,
    settings,
    values,
)
from tests.unit.recording import SECRET_SIGNATURE, Recording, record
from tests.unit.worlds import with_platform

POOL, VOLUME = "aws:eks/nodeGroup:NodeGroup", "aws:ebs/volume:Volume"
SECRET, VERSION = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
CLAIM, PROVIDER = (
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass",
)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return deploy(api_nodes=1)


# --- the chain ---


def test_the_id_of_a_public_chain_is_the_hash_of_the_genesis_that_nodeos_is_given() -> None:
    assert EOS_MAINNET.genesis is not None
    assert JUNGLE4.genesis is not None
    assert chain_id(written(EOS_MAINNET.genesis)) == "aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"
    assert chain_id(written(JUNGLE4.genesis)) == "73e4385a2708e6d7048834fbc1079f2fabb17b3c125b146af438971e90716c4d"


def test_a_line_of_the_users_stands_in_place_of_the_networks(recording: Recording) -> None:
    assert "block-log-retain-blocks = 172800\n" in values(recording)["config"]["ini"]
    lines = ["block-log-retain-blocks = 5000", "actor-blacklist = one", "actor-blacklist=two"]
    ini = settings(config=lines).config_ini
    assert "172800" not in ini
    assert ini.endswith("block-log-retain-blocks = 5000\nactor-blacklist = one\nactor-blacklist = two\n")


def test_a_node_asks_for_room_for_the_state_that_its_config_allows(recording: Recording) -> None:
    assert values(recording)["resources"]["requests"] == {"cpu": "2000m", "memory": f"{16384 + 4096}Mi"}
    larger = settings(config=["chain-state-db-size-mb = 20480"], disk_gib=200)
    assert larger.resources["requests"]["memory"] == f"{20480 + 4096}Mi"


# --- nodes and disks ---


@pytest.mark.parametrize(("node", "zone"), [*zip(ORDINALS, range(3), strict=True), ("nodeos-api-0", 0)])
def test_a_node_has_a_machine_of_its_own_in_a_private_subnet_of_its_zone(
    recording: Recording, node: str, zone: int
) -> None:
    pool = recording.one(POOL, f"{NAME}-{node}").inputs
    assert pool["subnetIds"] == [f"subnet-private{zone}"]
    assert pool["scalingConfig"] == {"desiredSize": 1, "minSize": 1, "maxSize": 1}
    assert pool["labels"] == {"nodeyard.io/nodeos": f"{NAME}-{node}"}
    assert pool["taints"] == [{"key": "nodeyard.io/nodeos", "value": f"{NAME}-{node}", "effect": "NO_SCHEDULE"}]
    disk = recording.one(VOLUME, f"{NAME}-{node}").inputs
    assert disk["availabilityZone"] == platform()["private_subnets"][zone]["zone"]


def test_no_node_has_a_public_address_and_nothing_opens_a_port_unless_ranges_are_named(recording: Recording) -> None:
    for template in recording.of("aws:ec2/launchTemplate:LaunchTemplate"):
        assert template.inputs["networkInterfaces"][0]["associatePublicIpAddress"] == "false"
    made = {resource.type for resource in recording.resources}
    assert not {"aws:ec2/eip:Eip", "aws:ec2/securityGroup:SecurityGroup"} & made


def test_named_ranges_reach_the_p2p_port_and_no_other() -> None:
    routed = platform(namespaces=["nodeos-jungle"], peered_cidrs=["10.99.0.0/16"])
    made = deploy(platform=routed, peer_cidrs=["10.99.7.0/24"])
    rule = made.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert (rule["fromPort"], rule["toPort"], rule["cidrIpv4"]) == (9876, 9876, "10.99.7.0/24")
    assert values(made)["p2p"] == {"peers": ["10.99.7.0/24"]}


def test_a_disk_is_encrypted_kept_on_no_schedule_and_held_by_one_pod_alone(recording: Recording) -> None:
    disks = recording.of(VOLUME)
    assert len(disks) == 4
    for disk in disks:
        assert (disk.inputs["size"], disk.inputs["encrypted"]) == (100, True)
        assert (disk.protect, disk.retain_on_delete) == (True, True)
        assert "nodeyard.io/snapshots" not in disk.inputs["tags"]
    for claim in recording.of(CLAIM):
        assert claim.inputs["spec"]["accessModes"] == ["ReadWriteOncePod"]


def test_an_ordinal_may_differ_from_the_others() -> None:
    own = {"zone": "us-east-2c", "instance_type": "m6i.4xlarge", "disk_gib": 300}
    made = deploy(ordinals={"nodeos-bp-0": own, "nodeos-bp-3": {}}, instance_type="m6a.2xlarge", disk_gib=150)
    types = {t.name: t.inputs["instanceType"] for t in made.of("aws:ec2/launchTemplate:LaunchTemplate")}
    sizes = {v.name: (v.inputs["size"], v.inputs["availabilityZone"]) for v in made.of(VOLUME)}
    assert types == {f"{NAME}-nodeos-bp-0": "m6i.4xlarge", f"{NAME}-nodeos-bp-3": "m6a.2xlarge"}
    assert sizes == {f"{NAME}-nodeos-bp-0": (300, "us-east-2c"), f"{NAME}-nodeos-bp-3": (150, "us-east-2a")}


# --- keys, and who reads them ---


READS = {
    "nodeos-bp-0": {"signature-providers", "finalizer-key-0", "token"},
    "nodeos-bp-1": {"signature-providers", "finalizer-key-1", "token"},
    "nodeos-bp-2": {"signature-providers", "finalizer-key-2", "token"},
    "nodeos-api-0": {"token"},
}


@pytest.mark.parametrize(("pod", "secrets"), READS.items())
def test_a_pod_may_read_exactly_its_own_secrets(recording: Recording, pod: str, secrets: set[str]) -> None:
    document = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", f"{NAME}-{pod}").inputs["policy"])
    arns = {secret.outputs["arn"]: secret.name for secret in recording.of(SECRET)}
    [named] = [
        statement["Resource"]
        for statement in document["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
    ]
    assert {arns[arn].removeprefix(f"{NAME}-") for arn in named} == secrets


def test_each_pod_uses_the_bucket_by_an_account_of_its_own_and_no_pod_another_one(recording: Recording) -> None:
    bucket = recording.one("aws:s3/bucket:Bucket", NAME)
    for pod in READS:
        document = recording.one("aws:iam/rolePolicy:RolePolicy", f"{NAME}-{pod}").inputs["policy"]
        assert bucket.outputs["arn"] in document
    accounts = [
        one.inputs["serviceAccount"] for one in recording.of("aws:eks/podIdentityAssociation:PodIdentityAssociation")
    ]
    assert sorted(accounts) == sorted(f"{NAME}-{pod}" for pod in READS)


def test_an_ordinal_that_may_not_produce_has_no_key() -> None:
    made = deploy(ordinals={"nodeos-bp-0": {}, "nodeos-bp-1": {"may_produce": False}})
    assert {secret.name for secret in made.of(SECRET)} == {
        f"{NAME}-{key}" for key in ("signature-providers", "finalizer-key-0", "token")
    }
    spare = values(made)["ordinals"]["nodeos-bp-1"]
    assert (spare["mayProduce"], spare["secretFiles"]) == (False, {"token": "token"})


def test_a_signer_takes_the_place_of_the_signing_keys() -> None:
    made = deploy(signer_url="http://signer.example.com:8900")
    assert f"{NAME}-signature-providers" not in {secret.name for secret in made.of(SECRET)}
    told = values(made)
    assert told["signerUrl"] == "http://signer.example.com:8900"
    assert "signatureProviders" not in told["ordinals"]["nodeos-bp-0"]["secretFiles"]


def test_a_chain_without_finalizers_has_no_keys_of_theirs() -> None:
    genesis = written({**JUNGLE4.genesis, "initial_timestamp": "2026-11-29T00:00:00"})  # type: ignore[dict-item]
    made = deploy(network="private", genesis=genesis, flavour="eos")
    assert not [secret.name for secret in made.of(SECRET) if "finalizer" in secret.name]
    told = values(made)
    assert told["chain"] == {"id": chain_id(genesis), "flavour": "eos"}
    assert told["config"]["genesis"] == genesis
    assert "peers" not in told


def test_the_token_is_made_once_and_kept_and_its_value_is_a_secret(recording: Recording) -> None:
    password = recording.one("random:index/randomPassword:RandomPassword", f"{NAME}-token")
    assert password.protect
    assert SECRET_SIGNATURE in recording.one(VERSION, f"{NAME}-token").inputs["secretString"]


def test_values_that_are_given_go_to_the_store_and_nowhere_else() -> None:
    given = {
        "signature_providers": {"value": pulumi.Output.secret(SIGNING)},
        "finalizer_key_0": {"value": pulumi.Output.secret(FINALIZER)},
        "token": {"value": pulumi.Output.secret(TOKEN)},
    }
    made = deploy(secrets=given)
    assert {version.name for version in made.of(VERSION)} == {
        f"{NAME}-{key}" for key in ("signature-providers", "finalizer-key-0", "token")
    }
    assert "random:index/randomPassword:RandomPassword" not in {resource.type for resource in made.resources}
    assert PRIVATE not in json.dumps(values(made))


def test_keys_without_a_value_are_missing_and_a_made_token_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    assert deploy(ordinals=2).exports["missing"] == [
        f"the value of the secret {NAME}/{key}" for key in ("signature-providers", "finalizer-key-0", "finalizer-key-1")
    ]


# --- the bucket ---


def test_the_pods_are_told_of_the_bucket_and_of_when_it_is_written_to(recording: Recording) -> None:
    store = values(recording)["store"]
    assert store["url"] == recording.exports["bucket"]["url"]
    assert store["url"].startswith("s3://")
    assert store["snapshots"] == {"period": 21600, "modulo": 0, "keep": 7}
    assert store["backups"] == {"period": 0, "modulo": 0, "keep": 3}
    assert store["autoRestore"] == "none"
    assert recording.one("aws:s3/bucket:Bucket", NAME).protect


def test_snapshots_by_blocks_are_not_made_by_time_too() -> None:
    assert settings(snapshots={"modulo": 7200}).snapshot_period == 0


def test_one_ordinal_alone_makes_no_snapshots_by_itself() -> None:
    assert settings(ordinals=1).snapshot_period == 0


# --- the release ---


def test_the_release_comes_after_all_that_its_pods_stand_on(recording: Recording) -> None:
    release = recording.one("kubernetes:helm.sh/v3:Release", NAME)
    awaited = {urn.rpartition("$")[2].partition("::")[0] for urn in release.depends_on}
    assert {
        POOL,
        CLAIM,
        PROVIDER,
        "aws:s3/bucket:Bucket",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    } <= awaited
    assert release.inputs["skipAwait"] is True


def test_a_pod_is_told_of_its_disk_by_an_id_that_no_copy_has(recording: Recording) -> None:
    for node in ORDINALS:
        told = values(recording)["ordinals"][node]
        assert told["claim"] == f"{NAME}-{node}"
        assert told["volumeId"] == recording.one(VOLUME, f"{NAME}-{node}").id


def test_the_release_gives_no_rights_since_the_platform_has_given_them(recording: Recording) -> None:
    assert values(recording)["rbac"] == {"create": False}


def test_operators_are_told_where_everything_is(recording: Recording) -> None:
    told = recording.exports
    assert told["ordinals"]["nodeos-bp-1"] == {
        "service": "nodeos-bp-1",
        "pod": "nodeos-bp-1-0",
        "zone": "us-east-2b",
        "nodePool": recording.one(POOL, f"{NAME}-nodeos-bp-1").outputs["nodeGroupName"],
        "disk": recording.one(VOLUME, f"{NAME}-nodeos-bp-1").id,
        "mayProduce": True,
    }
    assert list(told["api_nodes"]) == ["nodeos-api-0"]
    assert told["endpoints"]["nodeos-bp-2"] == "http://nodeos-bp-2.nodeos-jungle.svc:9999"
    assert told["endpoints"]["nodeos-api"] == "http://nodeos-api.nodeos-jungle.svc:9999"
    assert (told["lease"], told["active_producer"], told["failover"]) == ("nodeos-bp", "nodeos-bp-0", "manual")
    assert told["release"] == NAME
    assert len(told["node_pools"]) == 4


# --- the other clouds ---


def test_on_google_cloud_a_pod_uses_the_bucket_and_needs_no_label() -> None:
    made = deploy(**on_google_cloud())
    told = values(made)
    assert told["store"]["url"].startswith("gs://")
    assert told["ordinals"]["nodeos-bp-0"]["podLabels"] == {}
    zones = {pool.inputs["nodeLocations"][0] for pool in made.of("gcp:container/nodePool:NodePool")}
    assert len(zones) == 3


def test_on_azure_a_pod_has_the_label_and_its_account_the_id_by_which_it_logs_in(tmp_path: Path) -> None:
    mocks, there = on_azure(tmp_path)
    made = deploy(mocks, **there)
    told = values(made)
    assert told["store"]["url"].startswith("az://")
    for node in ORDINALS:
        identity = made.one("azure-native:managedidentity:UserAssignedIdentity", f"{NAME}-{node}")
        ordinal = told["ordinals"][node]
        assert ordinal["podLabels"] == {"azure.workload.identity/use": "true"}
        assert ordinal["accountAnnotations"] == {"azure.workload.identity/client-id": identity.outputs["clientId"]}


# --- what was kept ---


def test_what_an_earlier_cluster_left_is_named_by_the_key_that_adopts_it() -> None:
    args = examples.cluster(ordinals=1, api_nodes=1)
    mocks = with_platform(args["platform"])
    record(lambda: NodeosBPCluster(NAME, args), mocks)
    with pytest.raises(InputError) as raised:
        record(lambda: NodeosBPCluster(NAME, args), mocks)
    assert {path for path, _ in raised.value.problems} == {
        "ordinals.nodeos-bp-0.existing_disk",
        "api_nodes.nodeos-api-0.existing_disk",
        "bucket.existing",
        "secrets.signature_providers.existing",
        "secrets.finalizer_key_0.existing",
        "secrets.token.existing",
    }


# --- what is warned of ---


def warned(monkeypatch: pytest.MonkeyPatch, up: dict[str, Any], **changes: Any) -> list[str]:
    heard: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: heard.append(text))
    args = examples.cluster(**changes)
    mocks = with_platform(args["platform"])
    mocks.state = up
    record(lambda: NodeosBPCluster(NAME, args), mocks)
    return heard


def test_another_active_producer_is_said_to_move_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    up = component("nodeyard:index:NodeosBPCluster", NAME, active_producer="nodeos-bp-0")
    heard = warned(monkeypatch, up, active_producer="nodeos-bp-1")
    assert [text for text in heard if f"`nodeyard nodeos switch-producer {NAME} --to nodeos-bp-1` moves it" in text]
    assert not [text for text in warned(monkeypatch, up) if "switch-producer" in text]


def test_one_that_may_produce_alone_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [text for text in warned(monkeypatch, {}, ordinals=1) if "nobody takes over" in text]
    assert not [text for text in warned(monkeypatch, {}) if "nobody takes over" in text]
