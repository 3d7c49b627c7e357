"""What `MantisCluster` asks of the clouds and of the cluster, as the engine would be told."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from nodeyard.errors import InputError
from nodeyard.mantis_cluster import MantisCluster
from nodeyard.mantis_cluster.keepsakes import GENERATED
from nodeyard.mantis_cluster.keys import address, public_id
from sandbox.mocks import STASH
from tests.unit import examples
from tests.unit.examples import platform
from tests.unit.mantis_networks import (
    EVERYTHING,
    FAUCET,
    IMAGES,
    MANTIS,
    NAME,
    OFF,
    Recording,
    deploy,
    key_of,
    on_azure,
    on_google_cloud,
    settings,
    values,
)
from tests.unit.recording import SECRET_SIGNATURE, record
from tests.unit.worlds import with_platform

POOL, POLICY = "aws:eks/nodeGroup:NodeGroup", "aws:iam/rolePolicy:RolePolicy"
SECRET, VERSION = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
MOUNT = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
BUCKET, ADDRESS = "aws:s3/bucket:Bucket", "aws:ec2/eip:Eip"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return deploy()


@pytest.fixture(scope="module")
def everything() -> Recording:
    return deploy(**EVERYTHING, miners=2, passive=1, services_nodes={"instance_type": "m6i.2xlarge"})


def types(recording: Recording) -> set[str]:
    return {resource.type for resource in recording.resources}


# --- keys, and who reads them


def test_each_miner_and_the_faucet_has_a_key_that_is_made_once_and_kept(recording: Recording) -> None:
    keys = recording.of(GENERATED)
    assert {key.name for key in keys} == {
        f"{NAME}-{owner}-key" for owner in (*(f"miner-{n}" for n in range(5)), "faucet")
    }
    assert all(key.protect for key in keys)
    assert {key.inputs["length"] for key in keys} == {64}


def test_a_keys_value_goes_to_the_store_and_nowhere_else(recording: Recording) -> None:
    for version in recording.of(VERSION):
        assert SECRET_SIGNATURE in version.inputs["secretString"]
    secrets = {secret.inputs["name"]: secret for secret in recording.of(SECRET)}
    assert set(secrets) == {f"{NAME}/{owner}" for owner in (*(f"miner-{n}" for n in range(5)), "faucet")}
    assert all(secret.protect and secret.retain_on_delete for secret in secrets.values())


@pytest.mark.parametrize("pod", ["miner-0", "miner-1", "obft-0", "obft-1", "faucet"])
def test_a_pod_reads_its_own_key_and_no_other(everything: Recording, pod: str) -> None:
    arns = {secret.outputs["arn"]: secret.name for secret in everything.of(SECRET)}
    policy = json.loads(everything.one(POLICY, f"{NAME}-{pod}").inputs["policy"])
    read = [
        arn
        for statement in policy["Statement"]
        if "secretsmanager:GetSecretValue" in statement["Action"]
        for arn in statement["Resource"]
    ]
    assert [arns[arn] for arn in read] == [f"{NAME}-{pod}"]
    mounted = everything.one(MOUNT, f"{NAME}-{pod}").inputs["spec"]["parameters"]["objects"]
    assert [arn for arn in arns if arn in mounted] == read


def test_who_has_no_key_has_no_mount_and_reads_no_secret(everything: Recording) -> None:
    assert {mount.name for mount in everything.of(MOUNT)} == {
        f"{NAME}-{pod}" for pod in ("miner-0", "miner-1", "obft-0", "obft-1", "faucet")
    }
    for account in ("passive", "backup"):
        assert "secretsmanager" not in everything.one(POLICY, f"{NAME}-{account}").inputs["policy"]
    told = values(everything)
    assert "secretFiles" not in told["nodes"]["passive-0"]
    assert "secretFiles" not in told["backup"]
    assert "secretFiles" not in told["explorer"]


def test_a_node_is_known_by_what_follows_from_its_key(recording: Recording) -> None:
    key = key_of("miner-3")
    assert recording.exports["tasks"]["miner-3"] == {
        "role": "miner",
        "service": "miner-3",
        "pod": "miner-3-0",
        "zone": "us-east-2a",
        "nodePool": recording.one(POOL, f"{NAME}-miner-0").outputs["nodeGroupName"],
        "address": address(key),
        "enode": f"enode://{public_id(key)}@miner-3.{NAME}.svc:9076?discport=30303",
    }


def test_a_key_that_is_given_is_the_nodes_and_is_kept() -> None:
    given = key_of("brought")
    made = deploy(keys={"miner-0": {"value": pulumi.Output.secret(f"{given}\n")}})
    assert made.exports["tasks"]["miner-0"]["address"] == address(given)
    assert f"{NAME}-miner-0-key" not in {key.name for key in made.of(GENERATED)}
    assert {stash.name for stash in made.of(STASH)} == {f"{NAME}-miner-0-key", f"{NAME}-genesis-0"}
    assert made.one(STASH, f"{NAME}-miner-0-key").protect
    made.check(given)


# --- the genesis


def test_the_genesis_has_the_miners_as_signers_and_funds_them_and_the_faucet(recording: Recording) -> None:
    genesis = json.loads(values(recording)["chain"]["genesis"])
    miners = [address(key_of(f"miner-{number}"))[2:] for number in range(5)]
    assert [genesis["extraData"].count(miner) for miner in miners] == [1] * 5
    faucet = address(key_of("faucet"))[2:]
    assert set(genesis["alloc"]) == {*miners, faucet}
    assert genesis["config"]["clique"]["period"] == 5
    assert faucet not in genesis["extraData"]


def test_the_input_lays_its_own_accounts_over_the_networks() -> None:
    own, miner = "0x" + "cd" * 20, address(key_of("miner-0"))
    alloc = json.loads(values(deploy(genesis={"alloc": {own: 7, miner: "1"}}))["chain"]["genesis"])["alloc"]
    assert (alloc[own[2:]]["balance"], alloc[miner[2:]]["balance"]) == ("7", "1")


def test_the_genesis_is_no_secret_and_is_kept_protected(recording: Recording) -> None:
    stash = recording.one(STASH, f"{NAME}-genesis-0")
    assert stash.protect
    assert values(recording)["chain"]["genesisHash"] in stash.inputs["input"]
    assert recording.exports["genesis_hash"] == values(recording)["chain"]["genesisHash"]


def test_upstreams_client_is_told_upstreams_way(everything: Recording) -> None:
    told = values(everything)
    assert (told["client"], told["images"]["client"]) == ("mantis", MANTIS["images"]["client"])
    assert set(told["nodes"]["miner-0"]["config"]) == {"files"}  # an empty list would be lost on its way
    assert public_id(key_of("obft-1")) in told["nodes"]["passive-0"]["config"]["files"]["mantis.conf"]


# --- machines


@pytest.mark.parametrize(("kind", "sizes"), [("miner", [2, 2, 1]), ("passive", [2, 2, 1])])
def test_a_pool_of_each_kind_and_zone_has_a_machine_for_each_task_in_it(
    recording: Recording, kind: str, sizes: list[int]
) -> None:
    for zone, size in enumerate(sizes):
        label = f"{NAME}-{kind}-{zone}"
        pool = recording.one(POOL, label).inputs
        assert pool["scalingConfig"] == {"desiredSize": size, "minSize": size, "maxSize": size}
        assert pool["subnetIds"] == [f"subnet-private{zone}"]
        assert pool["labels"] == {"nodeyard.io/mantis": label}
        assert pool["taints"] == [{"key": "nodeyard.io/mantis", "value": label, "effect": "NO_SCHEDULE"}]
    selector = values(recording)["nodes"][f"{kind}-4"]["placement"]["nodeSelector"]
    assert selector == {"nodeyard.io/mantis": f"{NAME}-{kind}-1"}


def test_all_services_share_one_machine_in_the_first_zone(everything: Recording) -> None:
    pool = everything.one(POOL, f"{NAME}-services-0").inputs
    assert pool["scalingConfig"]["desiredSize"] == 1
    told = values(everything)
    placed = [told["nodes"]["obft-1"], told["backup"], told["explorer"], told["faucet"]]
    assert {one["placement"]["nodeSelector"]["nodeyard.io/mantis"] for one in placed} == {f"{NAME}-services-0"}


def test_every_kind_has_room_for_what_the_chart_asks_for_on_its_usual_machine() -> None:
    told = {"obft": 2, "explorer": {"port": 3000}, "faucet": FAUCET}
    network = settings(**MANTIS, **told)
    for kind in network.kinds:
        room = network.room(kind)
        assert room is not None
        assert room.holds(network.asked(kind)), kind


# --- the bucket


def test_the_backup_alone_writes_to_the_bucket_and_those_that_restore_read_it(everything: Recording) -> None:
    told = values(everything)
    bucket = everything.one(BUCKET, NAME)
    assert bucket.protect
    assert told["store"] == {"url": everything.exports["bucket"]["url"], "autoRestore": True}
    writers = {
        policy.name.removeprefix(f"{NAME}-")
        for policy in everything.of(POLICY)
        if "s3:PutObject" in policy.inputs["policy"]
    }
    readers = {
        policy.name.removeprefix(f"{NAME}-")
        for policy in everything.of(POLICY)
        if bucket.outputs["arn"] in policy.inputs["policy"]
    }
    assert writers == {"backup"}
    assert readers == {"backup", "passive", "miner-0", "miner-1"}


@pytest.mark.parametrize(
    ("period", "schedule", "late"),
    [(3600, "7 * * * *", 10800), (21600, "7 */6 * * *", 64800), (86400, "7 0 * * *", 259200)],
)
def test_backups_are_made_by_the_period_and_late_after_three(period: int, schedule: str, late: int) -> None:
    told = values(deploy(backup={"period": period, "keep": 9}))["backup"]
    assert (told["schedule"], told["lateAfter"], told["keep"]) == (schedule, late, 9)


# --- parts that are off


def test_a_network_with_everything_off_makes_nothing_of_it() -> None:
    made = deploy(**OFF)
    told = values(made)
    assert not {BUCKET, ADDRESS, RULE} & types(made)
    assert {pool.name.split("-")[2] for pool in made.of(POOL)} == {"miner", "passive"}
    assert {policy.name for policy in made.of(POLICY)} == {f"{NAME}-miner-{number}" for number in range(5)}
    assert told["backup"] == {"enabled": False}
    assert told["store"] == {"url": "", "autoRestore": False}
    assert not {"explorer", "faucet", "passive", "addressClaim", "callers"} & set(told)
    assert not [node for node in told["nodes"] if node.startswith("obft")]
    assert {task["role"] for task in made.exports["tasks"].values()} == {"miner", "passive"}
    assert made.exports["bucket"] == {}


def test_the_faucets_account_is_in_the_genesis_of_a_network_without_a_faucet() -> None:
    without, having = deploy(), deploy(images=IMAGES, faucet=FAUCET)
    assert without.exports["genesis_hash"] == having.exports["genesis_hash"]
    assert f"{NAME}-faucet" not in {policy.name for policy in without.of(POLICY)}


def test_a_network_that_restores_anothers_backups_reads_that_bucket_and_makes_none() -> None:
    args = examples.network(**{**OFF, "images": IMAGES}, auto_restore=True, bucket={"existing": "theirs"})
    assert settings(**args).bucket.existing == "theirs"
    assert settings(**args).has_bucket
    assert not [wanted for wanted in settings(**args).made if wanted.kind == "bucket"]


# --- a public network


@pytest.fixture(scope="module")
def public() -> Recording:
    return deploy(public=True, miners=3, genesis_miners=2)


def test_each_genesis_miner_of_a_public_network_has_an_address_and_announces_it(public: Recording) -> None:
    addresses = {address.name: address for address in public.of(ADDRESS)}
    assert set(addresses) == {f"{NAME}-miner-0", f"{NAME}-miner-1"}
    assert all(address.protect and address.retain_on_delete for address in addresses.values())
    told = values(public)
    ip = addresses[f"{NAME}-miner-0"].outputs["publicIp"]
    assert told["nodes"]["miner-0"]["address"]["publicAddress"] == ip
    assert "address" not in told["nodes"]["miner-2"]
    task = public.exports["tasks"]["miner-0"]
    assert (task["publicAddress"], task["enode"].split("@")[1]) == (ip, f"{ip}:9076?discport=30303")
    assert "publicAddress" not in public.exports["tasks"]["miner-2"]


def test_the_world_reaches_the_p2p_ports_of_miners_and_no_other(public: Recording) -> None:
    opened = {(rule.inputs["ipProtocol"], rule.inputs["fromPort"]) for rule in public.of(RULE)}
    assert opened == {("tcp", 9076), ("udp", 30303)}
    kinds = {
        template.name.split("-")[2]: template.inputs["networkInterfaces"][0]["associatePublicIpAddress"]
        for template in public.of("aws:ec2/launchTemplate:LaunchTemplate")
    }
    assert kinds == {"miner": "true", "passive": "false", "services": "false"}


def test_in_the_cluster_miners_are_dialled_by_name_public_or_not(public: Recording) -> None:
    private = deploy(miners=3, genesis_miners=2)
    of_public, of_private = (values(made)["nodes"]["passive-0"]["config"] for made in (public, private))
    assert of_public == of_private


def test_an_internal_network_has_no_address_and_opens_no_port(recording: Recording) -> None:
    assert not {ADDRESS, RULE} & types(recording)
    assert values(recording)["public"] is False
    assert "addressClaim" not in values(recording)


def test_an_address_is_adopted_by_its_miner() -> None:
    network = settings(public=True, miners=2, addresses={"miner-1": "eipalloc-0123456789abcdef0"})
    addresses = [(wanted.name, making.key) for wanted, making in network.made.items() if wanted.kind == "address"]
    assert addresses == [(f"{NAME}-miner-0", ("addresses", "miner-0"))]


# --- web applications


def test_explorer_and_faucet_are_told_of_their_ingress_and_the_faucet_of_its_limits() -> None:
    host = {
        "host": "faucet.example.com",
        "class_name": "edge",
        "tls_secret_name": "tls",
        "controller_namespace": "edge",
    }
    told = values(
        deploy(
            images=IMAGES,
            explorer={"port": 3000, "environment": {"THEME": "dark"}},
            faucet={**FAUCET, "ingress": host},
        )
    )
    assert told["explorer"]["environment"] == {"THEME": "dark"}
    assert (told["explorer"]["port"], told["faucet"]["ingress"]["host"]) == (3000, "faucet.example.com")
    assert (told["faucet"]["amount"], told["faucet"]["perAddress"]) == ("1000", "5000")


# --- the release


def test_the_release_is_named_as_the_network_and_comes_after_all_that_its_pods_stand_on(recording: Recording) -> None:
    release = recording.one("kubernetes:helm.sh/v3:Release", NAME)
    assert (release.inputs["name"], release.inputs["namespace"]) == (NAME, NAME)
    awaited = {urn.rpartition("$")[2].partition("::")[0] for urn in release.depends_on}
    assert {POOL, MOUNT, BUCKET, "aws:eks/podIdentityAssociation:PodIdentityAssociation"} <= awaited


def test_operators_are_told_where_everything_is(everything: Recording) -> None:
    told = everything.exports
    assert list(told["tasks"]) == [
        "miner-0",
        "miner-1",
        "passive-0",
        "obft-0",
        "obft-1",
        "backup",
        "explorer",
        "faucet",
    ]
    assert told["tasks"]["backup"].keys() == {"role", "zone", "nodePool"}
    assert told["endpoints"] == {
        "rpc": f"http://rpc.{NAME}.svc:8546",
        "passive-0": f"http://passive-0.{NAME}.svc:8546",
        "explorer": f"http://explorer.{NAME}.svc:3000",
        "faucet": f"http://faucet.{NAME}.svc:8080",
    }
    assert set(told["secrets"]) == {"miner-0", "miner-1", "obft-0", "obft-1", "faucet"}
    assert (told["network"], told["namespace"], told["release"], told["missing"]) == (NAME, NAME, NAME, [])


# --- the other clouds


def test_on_google_cloud_a_pod_of_its_own_claims_a_public_address() -> None:
    made = deploy(**on_google_cloud(public=True, miners=1, passive=1))
    assert values(made)["addressClaim"]["way"] == "claimant"
    claimed = [right.name for right in made.of("gcp:projects/iAMMember:IAMMember")]
    assert claimed
    assert all(right.startswith(f"{NAME}-miner-0-address") for right in claimed)
    assert values(made)["store"]["url"].startswith("gs://")


def test_on_azure_a_pod_has_the_label_and_its_account_the_id_by_which_it_logs_in(tmp_path: Path) -> None:
    mocks, there = on_azure(tmp_path)
    told = values(deploy(mocks=mocks, **there, miners=1, passive=1, public=True))
    for account in (told["nodes"]["miner-0"], told["passive"], told["backup"]):
        assert account["podLabels"] == {"azure.workload.identity/use": "true"}
        assert set(account["accountAnnotations"]) == {"azure.workload.identity/client-id"}
    assert told["addressClaim"]["way"] == "load-balancer"
    assert "addressClaim" not in told["images"]


# --- what was kept


def test_what_an_earlier_network_left_is_named_by_the_key_that_has_it_back() -> None:
    args = examples.network(miners=1, passive=1, public=True)
    mocks = with_platform(args["platform"])
    record(lambda: MantisCluster(NAME, args), mocks)
    with pytest.raises(InputError) as raised:
        record(lambda: MantisCluster(NAME, args), mocks)
    found = dict(raised.value.problems)
    assert set(found) == {"bucket.existing", "addresses.miner-0", "keys.miner-0.value", "keys.faucet.value"}
    assert "read it and give it here" in found["keys.miner-0.value"]


# --- what is warned of


def test_an_api_that_no_stranger_may_ask_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def warned(**changes: Any) -> list[str]:
        heard: list[str] = []
        monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: heard.append(text))
        deploy(**changes)
        return [text for text in heard if text.startswith("The RPC API answers")]

    assert [text for text in warned(rpc_apis=["eth", "debug"]) if "answers debug" in text]
    assert not warned()


def test_a_machine_of_unknown_size_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: heard.append(text))
    deploy(passive_nodes={"instance_type": "t3.xlarge"})
    assert [text for text in heard if "each of the passive nodes" in text]


def test_a_network_takes_only_private_subnets_unless_it_is_public() -> None:
    assert settings(platform=platform(namespaces=[NAME], public_subnets=[])).zones
