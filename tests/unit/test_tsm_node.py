"""What `TSMNode` asks of each cloud and of the cluster, as the engine would be told."""

import json
from typing import Any

import pulumi
import pytest

from nodeyard.errors import InputError
from nodeyard.tsm_node.keys import new_private_key, private_key_problem, public_key_of
from sandbox.simulation.values import is_secret, plain
from tests.unit import gcp_world
from tests.unit.examples import ACCOUNT, REGION
from tests.unit.recording import Recording
from tests.unit.tsm_players import (
    KEYS,
    MASTER,
    NAME,
    NODE,
    PUBLIC,
    RELEASE,
    Kept,
    azure_platform,
    by_value,
    card,
    cards,
    deploy,
    platform,
    values,
)
from tests.unit.worlds import plant, with_platform

A, B, C = (f"{REGION}{letter}" for letter in "abc")
GROUP, EIP = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/eip:Eip"
POOL, TEMPLATE = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/launchTemplate:LaunchTemplate"
BALANCER, SERVER = "aws:lb/loadBalancer:LoadBalancer", "aws:rds/instance:Instance"
SECRET, VALUE = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
STASH, PASSWORD = "pulumi:index:Stash", "random:index/randomPassword:RandomPassword"
MOUNT = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
RELEASED = "kubernetes:helm.sh/v3:Release"
PULL = {"private_key": {"value": KEYS[0]}, "pull": {}}
RESTORED = {"restored_from": "old", "restored_at": "2026-11-20T10:00:00Z"}
PASSWORD_TOO = {"private_key": {"value": KEYS[0]}, "master_password": {"value": MASTER}}


@pytest.fixture(scope="module")
def recording() -> Recording:
    return deploy(secrets=PULL)


def types(recording: Recording) -> set[str]:
    return {resource.type for resource in recording.resources}


# --- its nodes


def test_each_instance_has_a_node_of_its_own_in_a_zone_of_its_own(recording: Recording) -> None:
    pools = {pool.name: pool.inputs for pool in recording.of(POOL)}
    assert {name: pool["subnetIds"] for name, pool in pools.items()} == {
        f"{NAME}-{A}": ["subnet-private0"],
        f"{NAME}-{B}": ["subnet-private1"],
    }
    for pool in pools.values():
        assert pool["scalingConfig"] == {"desiredSize": 1, "minSize": 1, "maxSize": 1}
        assert (pool["releaseVersion"], pool["amiType"]) == (RELEASE, "BOTTLEROCKET_x86_64")
    assert {template.inputs["instanceType"] for template in recording.of(TEMPLATE)} == {"m6a.2xlarge"}
    assert sorted(recording.exports["node_pools"]) == sorted(pools)


def test_instances_stand_in_the_zones_that_are_given_in_turns() -> None:
    made = deploy(nodes={"zones": [C, A]}, replicas=5)
    sizes = {pool.name: pool.inputs["scalingConfig"]["desiredSize"] for pool in made.of(POOL)}
    assert sizes == {f"{NAME}-{C}": 3, f"{NAME}-{A}": 2}
    one = deploy(replicas=1)
    assert [pool.name for pool in one.of(POOL)] == [f"{NAME}-{A}"]
    assert [address.name for address in one.of(EIP)] == [f"{NAME}-mpc-{A}"]


def test_a_node_is_labelled_and_tainted_for_its_player_and_no_other(recording: Recording) -> None:
    for pool in recording.of(POOL):
        assert pool.inputs["labels"] == {"nodeyard.io/tsm-node": NAME}
        assert pool.inputs["taints"] == [{"key": "nodeyard.io/tsm-node", "value": NAME, "effect": "NO_SCHEDULE"}]
    placed = values(recording)["placement"]
    assert placed["nodeSelector"] == {"nodeyard.io/tsm-node": NAME}
    [toleration] = placed["tolerations"]
    assert (toleration["key"], toleration["value"]) == ("nodeyard.io/tsm-node", NAME)


def test_no_node_has_a_public_address(recording: Recording) -> None:
    for template in recording.of(TEMPLATE):
        assert template.inputs["networkInterfaces"][0]["associatePublicIpAddress"] == "false"


def test_confidential_nodes_encrypt_their_memory() -> None:
    made = deploy(nodes={"confidential": "required"}, release_version="1.33.5-20260601")
    for template in made.of(TEMPLATE):
        assert template.inputs["cpuOptions"] == {"amdSevSnp": "enabled"}


# --- its balancers


def rules(recording: Recording, port: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = recording.one(GROUP, f"{NAME}-{port}").inputs.get("ingress", [])
    return found


def test_the_mesh_is_reached_under_kept_addresses_by_the_peers_alone(recording: Recording) -> None:
    assert recording.one(BALANCER, f"{NAME}-mpc").inputs["internal"] is False
    assert {address.name for address in recording.of(EIP)} == {f"{NAME}-mpc-{A}", f"{NAME}-mpc-{B}"}
    assert all(address.protect and address.retain_on_delete for address in recording.of(EIP))
    [rule] = rules(recording, "mpc")
    assert (rule["fromPort"], rule["toPort"]) == (9000, 9000)
    assert rule["cidrBlocks"] == ["198.51.100.11/32", "198.51.100.12/32"]


def test_the_sdks_port_is_reached_from_the_network_and_keeps_a_caller_on_one_instance(recording: Recording) -> None:
    assert recording.one(BALANCER, f"{NAME}-sdk").inputs["internal"] is True
    [rule] = rules(recording, "sdk")
    assert (rule["fromPort"], rule["cidrBlocks"]) == (8080, platform()["private_cidrs"])
    assert values(recording)["sdk"]["service"]["sticky"] is True
    assert values(recording)["mpc"]["service"]["sticky"] is False
    routed = deploy(platform=platform(peered_cidrs=["10.9.0.0/16"]))
    assert rules(routed, "sdk")[0]["cidrBlocks"] == ["10.0.0.0/16", "10.9.0.0/16"]
    assert rules(deploy(sdk={"callers": ["10.8.0.0/16"]}), "sdk")[0]["cidrBlocks"] == ["10.8.0.0/16"]


def test_a_balancer_asks_whether_an_instance_is_well(recording: Recording) -> None:
    checks = {group.name: group.inputs["healthCheck"] for group in recording.of("aws:lb/targetGroup:TargetGroup")}
    assert checks[f"{NAME}-sdk"]["path"] == "/ping"
    assert "path" not in checks[f"{NAME}-mpc"]


def test_nobody_calls_a_port_whose_list_of_callers_is_empty() -> None:
    made = deploy(sdk={"callers": []})
    assert rules(made, "sdk") == []
    assert "sourceRanges" not in values(made)["sdk"]["service"]


def test_a_port_that_only_the_cluster_reaches_has_no_balancer() -> None:
    made = deploy(sdk={"exposure": "cluster", "namespaces": ["wallet"]})
    assert [balancer.name for balancer in made.of(BALANCER)] == [f"{NAME}-mpc"]
    assert values(made)["sdk"] == {"port": 8080, "callers": ["wallet"]}


def test_a_mesh_in_one_cluster_has_no_balancer_either() -> None:
    peers = {str(n): by_value(n, namespace=f"tsm-{n}") for n in (1, 2)}
    made = deploy(mesh={"kind": "cluster"}, peers=peers, sdk={"exposure": "cluster"})
    assert BALANCER not in types(made)
    assert values(made)["mpc"] == {"port": 9000, "peerNamespaces": ["tsm-1", "tsm-2"]}
    assert made.exports["card"]["address"] == f"tcp://{NAME}-mpc.tsm.svc:9000"


# --- its database


def test_the_database_is_kept_has_a_standby_and_takes_every_connection(recording: Recording) -> None:
    server = recording.one(SERVER)
    assert (server.name, server.protect, server.retain_on_delete) == (NAME, True, True)
    told = server.inputs
    assert (told["instanceClass"], told["allocatedStorage"], told["engineVersion"]) == ("db.m6g.large", 64, "17")
    assert (told["multiAz"], told["storageEncrypted"], told["deletionProtection"]) == (True, True, True)
    parameters = recording.one("aws:rds/parameterGroup:ParameterGroup").inputs["parameters"]
    [most] = [one["value"] for one in parameters if one["name"] == "max_connections"]
    assert int(most) >= 2 * 50 + 10


def test_the_database_is_as_it_is_asked_for() -> None:
    asked = {"instance_type": "db.r6g.large", "disk_gib": 100, "version": "18", "standby": False, "backup_days": 35}
    told = deploy(database=asked).one(SERVER).inputs
    assert (told["instanceClass"], told["allocatedStorage"], told["engineVersion"]) == ("db.r6g.large", 100, "18")
    assert (told["multiAz"], told["backupRetentionPeriod"]) == (False, 35)


def test_the_release_is_told_of_the_database_and_of_a_role_of_the_players_own(recording: Recording) -> None:
    told = values(recording)["database"]
    assert told["host"] == recording.exports["database"]["host"] == recording.one(SERVER).outputs["address"]
    assert (told["port"], told["sslMode"], told["admin"]) == (5432, "verify-full", "nodeyard_admin")
    assert (told["name"], told["schema"], told["role"]) == ("tsm", "tsm0", "tsm0")
    assert told["cidrs"] == ["10.0.10.0/24", "10.0.11.0/24"]
    assert "BEGIN CERTIFICATE" in told["ca"]
    assert told["secretProviderClass"] == f"{NAME}-role"


# --- its secrets, and who reads each


READS = {"node": {"config", "metrics-key", "pull"}, "role": {"database-admin", "database-role"}}


@pytest.mark.parametrize(("pod", "secrets"), READS.items())
def test_a_pod_reads_exactly_its_own_secrets(recording: Recording, pod: str, secrets: set[str]) -> None:
    arns = {secret.id for secret in recording.of(SECRET) if secret.name.removeprefix(f"{NAME}-") in secrets}
    assert len(arns) == len(secrets)
    document = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", f"{NAME}-{pod}").inputs["policy"])
    rights = {statement["Sid"]: statement for statement in document["Statement"]}
    assert set(rights) == {"ReadOwnSecrets", "DecryptOwnSecrets"}
    assert set(rights["ReadOwnSecrets"]["Resource"]) == arns
    mount = recording.one(MOUNT, f"{NAME}-{pod}").inputs["spec"]["parameters"]
    assert {item["objectName"] for item in json.loads(mount["objects"])} == arns
    bound = recording.one("aws:eks/podIdentityAssociation:PodIdentityAssociation", f"{NAME}-{pod}").inputs
    assert (bound["namespace"], bound["serviceAccount"]) == ("tsm", f"{NAME}-{pod}")


def test_the_node_finds_its_whole_configuration_under_one_name(recording: Recording) -> None:
    spec = recording.one(MOUNT, f"{NAME}-node").inputs["spec"]
    files = {item["objectAlias"] for item in json.loads(spec["parameters"]["objects"])}
    assert "config.toml" in files
    synced = {group["secretName"]: group for group in spec["secretObjects"]}
    assert synced[f"{NAME}-node-pull"]["type"] == "kubernetes.io/dockerconfigjson"
    assert [item["key"] for item in synced[f"{NAME}-node"]["data"]] == ["metricsKey"]
    told = values(recording)
    assert told["config"]["secretProviderClass"] == f"{NAME}-node"
    assert told["imagePullSecrets"] == [{"name": f"{NAME}-node-pull"}]
    assert told["monitoring"]["authorization"] == {"name": f"{NAME}-node", "key": "metricsKey"}


def test_the_jobs_pod_finds_both_passwords(recording: Recording) -> None:
    spec = recording.one(MOUNT, f"{NAME}-role").inputs["spec"]
    files = {item["objectAlias"] for item in json.loads(spec["parameters"]["objects"])}
    assert files == {"databaseAdmin", "databaseRole"}
    assert not spec.get("secretObjects")


def test_another_configuration_is_another_version(recording: Recording) -> None:
    version = values(recording)["config"]["version"]
    assert version == recording.one(VALUE, f"{NAME}-config").outputs["versionId"]


def test_what_may_exist_once_is_protected(recording: Recording) -> None:
    protected = {resource.type for resource in recording.resources if resource.protect}
    assert protected == {EIP, SERVER, SECRET, STASH, PASSWORD, "kubernetes:core/v1:ConfigMapPatch"}
    assert {one.name for one in recording.of(PASSWORD)} == {
        f"{NAME}-{part}" for part in ("master-password", "database-admin", "database-role", "metrics-key")
    }


def test_passwords_are_long_and_need_no_quotes(recording: Recording) -> None:
    for password in recording.of(PASSWORD):
        assert (password.inputs["length"], password.inputs["special"]) == (40, False)


def test_every_value_goes_to_its_store_as_a_secret(recording: Recording) -> None:
    filled = recording.of(VALUE)
    assert {value.name.removeprefix(f"{NAME}-") for value in filled} == READS["node"] - {"pull"} | READS["role"]
    assert all(is_secret(value.inputs["secretString"]) for value in filled)


def test_the_outputs_name_every_secret_and_no_value(recording: Recording) -> None:
    assert set(recording.exports["secrets"]) == {"config", "metricsKey", "databaseAdmin", "databaseRole", "pull"}
    told = json.dumps(recording.exports)
    hidden = [plain(value.inputs["secretString"]) for value in recording.of(VALUE)]
    assert len(hidden) == 4
    assert not [value for value in (*hidden, *KEYS) if json.dumps(value)[1:-1] in told]


# --- the key


def test_a_key_that_the_stack_makes_is_protected_and_never_told() -> None:
    made = deploy(key="generated", secrets={})
    key = made.one("tls:index/privateKey:PrivateKey")
    assert (key.protect, key.inputs["algorithm"], key.inputs["ecdsaCurve"]) == (True, "ECDSA", "P256")
    assert made.exports["missing"] == []
    config = str(plain(made.one(VALUE, f"{NAME}-config").inputs["secretString"]))
    [private] = [line.split('"')[1] for line in config.splitlines() if line.startswith("PrivateKey")]
    assert private_key_problem(private) == ""
    assert made.exports["card"]["public_key"] == public_key_of(private)
    made.check(private)


def test_a_given_key_is_kept_as_it_was_first_given() -> None:
    made = deploy(secrets={"private_key": {"value": f"{KEYS[0]}\n"}})
    kept = made.one(STASH, f"{NAME}-private-key")
    assert kept.protect
    assert is_secret(kept.inputs["input"])
    assert made.exports["card"]["public_key"] == PUBLIC[0]
    assert f'PrivateKey = "{KEYS[0]}"\n' in str(plain(made.one(VALUE, f"{NAME}-config").inputs["secretString"]))


def kept(**first: str) -> Kept:
    """A world in which a player of that name was given these before."""
    return Kept(with_platform(platform()), {f"{NAME}-{key.replace('_', '-')}": value for key, value in first.items()})


def test_another_key_later_is_refused_without_being_told() -> None:
    other = new_private_key()
    with pytest.raises(pulumi.RunError, match="another private key is given") as raised:
        deploy(mocks=kept(private_key=other))
    assert "nothing was changed" in str(raised.value)
    assert not [key for key in (KEYS[0], other) if key in str(raised.value)]
    assert deploy(mocks=kept(private_key=f"{KEYS[0]}\n")).exports["card"]["public_key"] == PUBLIC[0]


def test_another_master_password_later_is_refused_without_being_told() -> None:
    with pytest.raises(pulumi.RunError, match="another master password is given") as raised:
        deploy(secrets=PASSWORD_TOO, mocks=kept(master_password="the-first-one"))
    assert "the key shares in the database open with the first one only" in str(raised.value)
    assert not [word for word in (MASTER, "the-first-one") if word in str(raised.value)]
    made = deploy(secrets=PASSWORD_TOO, mocks=kept(master_password=MASTER))
    assert f'EncryptorMasterPassword = "{MASTER}"' in str(
        plain(made.one(VALUE, f"{NAME}-config").inputs["secretString"])
    )
    assert f"{NAME}-master-password" not in {one.name for one in made.of(PASSWORD)}


# --- before all are known


def test_a_player_alone_makes_all_it_stands_on_runs_nothing_and_says_who_is_missing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = deploy(peers={})
    assert values(made)["replicas"] == 0
    assert made.exports["missing"] == ["the card of player 1", "the card of player 2"]
    assert made.exports["peers"] == {}
    assert made.exports["card"]["public_key"] == PUBLIC[0]
    assert {POOL, SERVER, EIP, VALUE} <= types(made)
    assert rules(made, "mpc") == []
    assert f"{NAME} does not start yet. Missing: the card of player 1; the card of player 2." in caplog.text


def test_a_player_that_knows_all_others_runs_and_misses_nothing(recording: Recording) -> None:
    assert values(recording)["replicas"] == 2
    assert recording.exports["missing"] == []
    assert recording.exports["peers"] == {"1": PUBLIC[1], "2": PUBLIC[2]}


def test_what_the_operator_has_not_put_into_a_secret_yet_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    assert deploy(secrets=PULL).exports["missing"] == [f"the value of the secret {NAME}/pull"]


def test_without_a_key_there_is_no_configuration_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    made = deploy(secrets={})
    assert made.exports["missing"] == ["the player's own key (`nodeyard tsm keygen`)"]
    assert f"{NAME}-config" not in {value.name for value in made.of(VALUE)}
    assert values(made)["config"]["version"] == "none"
    assert values(made)["replicas"] == 0


def test_the_sdk_is_told_of_every_player_that_is_known(recording: Recording) -> None:
    own, *others = recording.exports["sdk"]
    assert (own["index"], own["url"], own["publicKey"]) == (0, recording.exports["card"]["sdk"], PUBLIC[0])
    assert others == [{"index": n, "url": card(n)["sdk"], "publicKey": PUBLIC[n]} for n in (1, 2)]
    [alone] = deploy(peers={}).exports["sdk"]
    assert alone["index"] == 0


# --- a restore


def test_a_player_that_was_restored_is_closed_until_its_presignatures_are_gone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mocks = with_platform(platform())
    plant(mocks, SERVER, "db-old", REGION, name="old", identifier="old", address="old.invalid")
    closed = deploy(database=RESTORED, secrets=PASSWORD_TOO, mocks=mocks)
    told = closed.one(SERVER).inputs["restoreToPointInTime"]
    assert told == {"sourceDbInstanceIdentifier": "old", "restoreTime": RESTORED["restored_at"]}
    assert values(closed)["replicas"] == 1
    assert rules(closed, "mpc") == rules(closed, "sdk") == []
    assert "DeleteAllPresigs" in closed.exports["missing"][0]
    assert f"{NAME} lets nobody in yet." in caplog.text


def test_a_player_whose_presignatures_are_gone_is_open() -> None:
    mocks = with_platform(platform())
    plant(mocks, SERVER, "db-old", REGION, name="old", identifier="old", address="old.invalid")
    opened = deploy(database=RESTORED | {"presignatures_purged": True}, secrets=PASSWORD_TOO, mocks=mocks)
    assert values(opened)["replicas"] == 2
    assert rules(opened, "mpc")
    assert opened.exports["missing"] == []


# --- what is adopted


def adopted() -> tuple[Any, dict[str, Any]]:
    """A world in which an operator made everything before that can be adopted."""
    mocks = with_platform(platform())
    addresses = ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"]
    for id_ in addresses:
        plant(mocks, EIP, id_, REGION, allocationId=id_, publicIp="192.0.2.1")
    admin = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:admin-a1b2c3"
    plant(mocks, SECRET, admin, REGION, arn=admin)
    plant(mocks, VALUE, f"{admin}|1", admin, secretId=admin)
    plant(mocks, SERVER, "db-theirs", REGION, name="theirs", identifier="theirs", address="theirs.invalid")
    told = {
        "mesh": {"existing_addresses": addresses},
        "database": {"existing": "theirs"},
        "secrets": {**PASSWORD_TOO, "database_admin": {"existing": admin}},
    }
    return mocks, told


def test_what_exists_is_adopted_and_neither_made_nor_overwritten() -> None:
    mocks, told = adopted()
    made = deploy(mocks=mocks, **told)
    assert EIP not in types(made)
    assert SERVER not in types(made)
    mapped = made.one(BALANCER, f"{NAME}-mpc").inputs["subnetMappings"]
    assert [each["allocationId"] for each in mapped] == told["mesh"]["existing_addresses"]
    assert made.exports["database"] == {"id": "theirs", "host": "theirs.invalid"}
    assert made.exports["secrets"]["databaseAdmin"] == told["secrets"]["database_admin"]["existing"]
    # An adopted server has a password of its own, which its own secret holds.
    assert f"{NAME}-database-admin" not in {value.name for value in made.of(VALUE)}
    assert made.exports["missing"] == []


def test_what_was_kept_of_a_player_of_the_same_name_is_not_made_a_second_time() -> None:
    mocks = with_platform(platform())
    named = {"name": NAME, "identifier": NAME, "address": "x.invalid", "arn": "arn:aws:rds:x"}
    plant(mocks, SERVER, "db-1", REGION, **named)
    plant(
        mocks,
        EIP,
        "eipalloc-01",
        REGION,
        allocationId="eipalloc-01",
        publicIp="192.0.2.1",
        tags={"Name": f"{NAME}-mpc-{A}"},
    )
    with pytest.raises(InputError) as raised:
        deploy(mocks=mocks)
    assert {path for path, _ in raised.value.problems} == {"database.existing", "mesh.existing_addresses"}


def test_a_secret_of_the_operators_gets_the_stacks_value() -> None:
    mocks = with_platform(platform())
    config = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:config-a1b2c3"
    plant(mocks, SECRET, config, REGION, arn=config)
    made = deploy(mocks=mocks, secrets={"private_key": {"value": KEYS[0]}, "config": {"existing": config}})
    assert made.exports["secrets"]["config"] == config
    assert made.one(VALUE, f"{NAME}-config").inputs["secretId"] == config


# --- a configuration of the operator's


def test_a_configuration_that_the_operator_brings_is_used_as_it_is() -> None:
    made = deploy(config_secret_name="mine", public_key=PUBLIC[0], secrets={"pull": {}})
    told = values(made)
    assert told["config"] == {"configSecretName": "mine", "version": "mine"}
    assert told["replicas"] == 2
    assert "authorization" not in told["monitoring"]
    assert set(made.exports["secrets"]) == {"pull", "databaseAdmin", "databaseRole"}
    assert STASH not in types(made)
    assert made.exports["card"]["public_key"] == PUBLIC[0]


# --- the release


def test_the_release_comes_after_everything_its_pods_need(recording: Recording) -> None:
    needed = recording.one(RELEASED).depends_on
    for type_ in (POOL, BALANCER, SERVER, MOUNT, "aws:eks/podIdentityAssociation:PodIdentityAssociation"):
        assert {resource.urn for resource in recording.of(type_)} <= needed, type_


def test_the_release_is_told_what_the_player_is(recording: Recording) -> None:
    told = values(recording)
    assert (told["player"], told["images"]["node"]) == (0, NODE)
    assert "@sha256:" in told["images"]["databaseClient"]
    assert told["resources"]["requests"]["cpu"] == "6"
    assert told["management"] == {"port": 14401}
    assert told["monitoring"]["namespace"] == "monitoring"
    assert recording.one(RELEASED).inputs["namespace"] == "tsm"


def test_what_is_told_of_monitoring_reaches_the_release() -> None:
    told = values(deploy(monitoring_labels={"release": "prometheus"}, monitoring_namespace="watch"))["monitoring"]
    assert (told["labels"], told["namespace"], told["enabled"]) == ({"release": "prometheus"}, "watch", True)
    silent = deploy(monitoring=False)
    assert values(silent)["monitoring"]["enabled"] is False
    assert "metricsKey" not in silent.exports["secrets"]


def test_endpoints_are_those_of_the_cluster(recording: Recording) -> None:
    assert recording.exports["endpoints"] == {
        "sdk": f"http://{NAME}-sdk.tsm.svc:8080",
        "management": f"http://{NAME}-management.tsm.svc:14401",
    }


def test_everything_is_made_with_the_platforms_own_providers(recording: Recording) -> None:
    for resource in recording.resources:
        package = resource.type.split(":")[0]
        if package in ("aws", "kubernetes"):
            assert f"pulumi:providers:{package}::{NAME}" in resource.provider, resource.urn


def test_what_makes_it_this_player_is_kept_in_the_state(recording: Recording) -> None:
    assert recording.exports["identity"] == {
        "index": "0",
        "players": "3",
        "namespace": "tsm",
        "platform": f"aws/{ACCOUNT}/{REGION}/platform",
        "key": "external",
    }


def test_a_node_whose_size_its_name_does_not_tell_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    deploy(nodes={"instance_type": "t3.large"})
    assert "'t3.large' does not tell its size by its name" in caplog.text


# --- on the other clouds


@pytest.fixture(scope="module")
def on_gcp() -> Recording:
    there = gcp_world.platform(namespaces=["tsm"])
    return deploy(platform=there, release_version=gcp_world.RELEASE, peers=cards(1, 2))


def test_a_player_on_google_cloud_has_its_parts_there(on_gcp: Recording) -> None:
    assert {pool.inputs["nodeLocations"][0] for pool in on_gcp.of(gcp_world.NODE_POOL)} == set(gcp_world.ZONES[:2])
    server = on_gcp.one("gcp:sql/databaseInstance:DatabaseInstance")
    assert (server.protect, server.inputs["settings"]["availabilityType"]) == (True, "REGIONAL")
    assert server.inputs["settings"]["tier"] == "db-custom-2-8192"
    kinds = {address.name: address.inputs["addressType"] for address in on_gcp.of(gcp_world.ADDRESS)}
    assert kinds[f"{NAME}-mpc"] == "EXTERNAL"
    assert kinds[f"{NAME}-sdk"] == "INTERNAL"
    service = values(on_gcp)["mpc"]["service"]
    assert (service["type"], service["sourceRanges"]) == ("LoadBalancer", ["198.51.100.11/32", "198.51.100.12/32"])
    assert on_gcp.exports["card"]["address"] == f"tcp://{service['address']}:9000"
    assert len(on_gcp.of(gcp_world.SECRET)) == 4
    assert values(on_gcp)["replicas"] == 2


@pytest.fixture(scope="module")
def on_azure(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    mocks, there = azure_platform(tmp_path_factory.mktemp("azure"))
    subnet = there["private_subnets"][0]["cidr"]
    address = f"{subnet.rpartition('.')[0]}.250"
    return deploy(mocks=mocks, platform=there, release_version="1.36.2", sdk={"private_address": address})


def test_a_player_on_azure_has_its_parts_there(on_azure: Recording) -> None:
    pools = on_azure.of("azure-native:containerservice:AgentPool")
    assert sorted(pool.inputs["availabilityZones"][0] for pool in pools) == ["1", "2"]
    server = on_azure.one("azure-native:dbforpostgresql:Server")
    assert (server.protect, server.inputs["highAvailability"]["mode"]) == (True, "ZoneRedundant")
    public = on_azure.one("azure-native:network:PublicIPAddress")
    assert (public.name, public.protect, public.retain_on_delete) == (f"{NAME}-mpc", True, True)
    told = values(on_azure)
    assert not is_secret(told), "nobody could read a plan"
    assert told["mpc"]["service"]["type"] == told["sdk"]["service"]["type"] == "LoadBalancer"
    assert told["sdk"]["service"]["annotations"]["service.beta.kubernetes.io/azure-load-balancer-internal"] == "true"
    assert len(on_azure.of("azure-native:keyvault:Secret")) == 4
    assert on_azure.exports["card"]["address"] == f"tcp://{public.outputs['ipAddress']}:9000"
