"""What `MetisSequencer` asks of AWS and of the cluster, as the engine would be told."""

import json
from typing import Any

import pytest

from nodeyard.errors import InputError
from nodeyard.metis_sequencer import MetisSequencer
from sandbox.controlplane.clouds.aws.iam import Request, allowed
from sandbox.mocks import SandboxMocks
from tests.unit.examples import ACCOUNT, REGION, platform, sequencer
from tests.unit.recording import SECRET_SIGNATURE, Recording, record
from tests.unit.worlds import plant, with_platform

CANARY = "5eed8f2c" * 8


EXISTING_KEY = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:key"


def world() -> SandboxMocks:
    """With a platform, and with what an operator made before: a snapshot, and all that one node stands on."""
    mocks = with_platform(platform())
    volume = {"availabilityZone": "us-east-2b", "size": 300}
    plant(mocks, "aws:ebs/volume:Volume", "vol-0123456789abcdef0", REGION, **volume)
    address = "eipalloc-0123456789abcdef0"
    plant(mocks, "aws:ec2/eip:Eip", address, REGION, allocationId=address, publicIp="192.0.2.1")
    plant(mocks, "aws:secretsmanager/secret:Secret", EXISTING_KEY, REGION, arn=EXISTING_KEY)
    return mocks


def deploy(**changes: Any) -> Recording:
    recording = record(lambda: MetisSequencer("metis", sequencer(**changes)), world())
    recording.check(CANARY)
    return recording


@pytest.fixture(scope="module")
def recording() -> Recording:
    return deploy()


def problems(**changes: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        deploy(**changes)
    return dict(raised.value.problems)


def policy(recording: Recording, pod: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        recording.one("aws:iam/rolePolicy:RolePolicy", f"metis-{pod}").inputs["policy"]
    )
    return {statement["Sid"]: statement for statement in document["Statement"]}


def values(recording: Recording) -> dict[str, Any]:
    found: dict[str, Any] = recording.one("kubernetes:helm.sh/v3:Release").inputs["values"]
    return found


GROUP = "aws:ec2/securityGroup:SecurityGroup"


# --- the nodes ---


@pytest.mark.parametrize(("process", "zone"), [("l2geth", 0), ("themis", 1)])
def test_each_process_has_one_node_in_its_zones_public_subnet(recording: Recording, process: str, zone: int) -> None:
    pool = recording.one("aws:eks/nodeGroup:NodeGroup", f"metis-{process}")
    assert pool.inputs["subnetIds"] == [f"subnet-public{zone}"]
    assert pool.inputs["scalingConfig"] == {"desiredSize": 1, "minSize": 1, "maxSize": 1}
    assert pool.inputs["releaseVersion"] == "1.46.0-431fe75a"
    assert pool.inputs["amiType"] == "BOTTLEROCKET_x86_64"


def test_zones_and_instance_types_follow_the_platform_unless_given() -> None:
    pools = deploy(l2geth={"disk_gib": 750}, themis={"disk_gib": 300})
    types = {t.name: t.inputs["instanceType"] for t in pools.of("aws:ec2/launchTemplate:LaunchTemplate")}
    subnets = {g.name: g.inputs["subnetIds"] for g in pools.of("aws:eks/nodeGroup:NodeGroup")}
    assert types == {"metis-l2geth": "c5.4xlarge", "metis-themis": "c5.2xlarge"}
    assert subnets == {"metis-l2geth": ["subnet-public0"], "metis-themis": ["subnet-public1"]}
    zones = {v.name: v.inputs["availabilityZone"] for v in pools.of("aws:ebs/volume:Volume")}
    assert zones == {"metis-l2geth": "us-east-2a", "metis-l1dtl": "us-east-2a", "metis-themis": "us-east-2b"}


def test_a_release_of_another_image_is_refused() -> None:
    assert list(problems(release_version="1.33.5")) == ["release_version"]


@pytest.mark.parametrize("process", ["l2geth", "themis"])
def test_a_node_is_labelled_and_tainted_for_its_process_and_no_other(recording: Recording, process: str) -> None:
    pool = recording.one("aws:eks/nodeGroup:NodeGroup", f"metis-{process}").inputs
    assert pool["labels"] == {"node.metis.io": process}
    assert pool["taints"] == [{"key": "node.metis.io", "value": process, "effect": "NO_SCHEDULE"}]


@pytest.mark.parametrize("process", ["l2geth", "themis"])
def test_a_replaced_node_goes_before_the_new_one_comes(recording: Recording, process: str) -> None:
    pool = recording.one("aws:eks/nodeGroup:NodeGroup", f"metis-{process}")
    assert pool.delete_before_replace
    assert pool.inputs["updateConfig"] == {"maxUnavailable": 1, "updateStrategy": "MINIMAL"}


@pytest.mark.parametrize("process", ["l2geth", "themis"])
def test_a_node_is_behind_the_clusters_group_the_peers_and_its_own(recording: Recording, process: str) -> None:
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate", f"metis-{process}").inputs
    groups = template["networkInterfaces"][0]["securityGroups"]
    own = [recording.one(GROUP, f"metis-{name}") for name in ("peers", process)]
    assert groups == [platform()["cluster_security_group"], *(g.id for g in own)]


def test_a_node_has_its_clusters_kubernetes(recording: Recording) -> None:
    for pool in recording.of("aws:eks/nodeGroup:NodeGroup"):
        assert pool.inputs["version"] == platform()["kubernetes_version"]


def test_nodes_take_imdsv2_only_with_one_hop_and_have_no_key_pair(recording: Recording) -> None:
    for template in recording.of("aws:ec2/launchTemplate:LaunchTemplate"):
        options = template.inputs["metadataOptions"]
        assert (options["httpTokens"], options["httpPutResponseHopLimit"]) == ("required", 1)
        assert "keyName" not in template.inputs
        assert template.inputs["networkInterfaces"][0]["associatePublicIpAddress"] == "true"


def test_every_disk_of_a_node_is_encrypted_with_the_platforms_key(recording: Recording) -> None:
    for template in recording.of("aws:ec2/launchTemplate:LaunchTemplate"):
        for mapping in template.inputs["blockDeviceMappings"]:
            assert mapping["ebs"]["encrypted"] == "true"
            assert mapping["ebs"]["kmsKeyId"] == platform()["kms_key"]


@pytest.mark.parametrize("process", ["l2geth", "themis"])
def test_the_tag_that_lets_a_pod_move_its_address_is_on_instance_and_interface(
    recording: Recording, process: str
) -> None:
    for template in [recording.one("aws:ec2/launchTemplate:LaunchTemplate", f"metis-{process}")]:
        tagged = {tags["resourceType"]: tags["tags"] for tags in template.inputs["tagSpecifications"]}
        assert tagged["instance"]["nodeyard.io/node-pool"] == f"metis-{process}"
        assert tagged["network-interface"]["nodeyard.io/node-pool"] == f"metis-{process}"


def test_no_root_disk_of_a_node_has_the_name_by_which_the_processs_own_disk_is_found(recording: Recording) -> None:
    """A preview asks for what was kept by this name, and would offer a node's root disk to be adopted."""
    disks = {volume.inputs["tags"]["Name"] for volume in recording.of("aws:ebs/volume:Volume")}
    templates = recording.of("aws:ec2/launchTemplate:LaunchTemplate")
    roots = {
        tags["tags"]["Name"]
        for template in templates
        for tags in template.inputs["tagSpecifications"]
        if tags["resourceType"] == "volume"
    }
    assert roots == {"metis-l2geth-root", "metis-themis-root"}
    assert not roots & disks


def test_only_the_p2p_ports_are_open_to_the_world(recording: Recording) -> None:
    rules = {
        (
            rule.parent.rsplit("::", 1)[1],
            rule.inputs["ipProtocol"],
            rule.inputs.get("fromPort"),
            rule.inputs.get("toPort"),
        )
        for rule in recording.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs.get("cidrIpv4") == "0.0.0.0/0"
    }
    assert rules == {
        ("metis-l2geth", "tcp", 30303, 30303),
        ("metis-l2geth", "udp", 30303, 30303),
        ("metis-themis", "tcp", 26656, 26656),
    }


def test_every_other_rule_only_lets_the_members_in(recording: Recording) -> None:
    others = [
        rule
        for rule in recording.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.inputs.get("cidrIpv4") != "0.0.0.0/0"
    ]
    assert [rule.name for rule in others] == ["metis-peers-peers"]
    assert others[0].inputs["referencedSecurityGroupId"] == others[0].inputs["securityGroupId"]


# --- addresses, disks, secrets ---


def test_what_may_exist_once_is_protected_and_nothing_else_is(recording: Recording) -> None:
    protected = {resource.type for resource in recording.resources if resource.protect}
    kept = {"aws:ec2/eip:Eip", "aws:ebs/volume:Volume", "aws:secretsmanager/secret:Secret"}
    assert protected == {*kept, "kubernetes:core/v1:ConfigMapPatch"}
    for type_, count in (("aws:ec2/eip:Eip", 2), ("aws:ebs/volume:Volume", 3), ("aws:secretsmanager/secret:Secret", 6)):
        assert [resource.protect for resource in recording.of(type_)] == [True] * count


def test_every_disk_says_which_platforms_driver_may_attach_it(recording: Recording) -> None:
    for volume in recording.of("aws:ebs/volume:Volume"):
        assert volume.inputs["tags"]["nodeyard.io/disk"] == platform()["cluster_name"]


def test_a_deleted_secret_can_be_had_back_for_thirty_days(recording: Recording) -> None:
    for secret in recording.of("aws:secretsmanager/secret:Secret"):
        assert secret.inputs["recoveryWindowInDays"] == 30


def test_what_may_exist_once_is_kept_even_when_it_leaves_the_state(recording: Recording) -> None:
    kept = {resource.type for resource in recording.resources if resource.retain_on_delete}
    assert kept == {"aws:ec2/eip:Eip", "aws:ebs/volume:Volume", "aws:secretsmanager/secret:Secret"}


def test_every_data_disk_does_200_mib_a_second_and_is_encrypted(recording: Recording) -> None:
    sizes = {}
    for volume in recording.of("aws:ebs/volume:Volume"):
        assert (volume.inputs["throughput"], volume.inputs["iops"], volume.inputs["type"]) == (200, 3000, "gp3")
        assert volume.inputs["encrypted"] is True
        assert volume.inputs["kmsKeyId"] == platform()["kms_key"]
        sizes[volume.name] = (volume.inputs["size"], volume.inputs["availabilityZone"])
    assert sizes == {
        "metis-l2geth": (750, "us-east-2a"),
        "metis-l1dtl": (100, "us-east-2a"),
        "metis-themis": (300, "us-east-2b"),
    }


def test_disks_are_as_fast_and_snapshots_as_often_as_they_are_asked_for() -> None:
    made = deploy(
        l2geth={"disk_iops": 6000, "disk_throughput_mibps": 400},
        snapshots={"at": "05:00", "every_hours": 12, "keep_days": 14},
    )
    fast = {disk.name: (disk.inputs["iops"], disk.inputs["throughput"]) for disk in made.of("aws:ebs/volume:Volume")}
    assert fast == {"metis-l2geth": (6000, 400), "metis-l1dtl": (3000, 200), "metis-themis": (3000, 200)}
    (rule,) = made.one("aws:dlm/lifecyclePolicy:LifecyclePolicy").inputs["policyDetails"]["schedules"]
    assert rule["createRule"] == {"interval": 12, "intervalUnit": "HOURS", "times": "05:00"}
    assert rule["retainRule"] == {"count": 28}
    assert rule["copyTags"] is True, "whose disk it was is seen on the snapshot"


def test_signing_state_is_never_on_the_snapshot_schedule(recording: Recording) -> None:
    schedule = recording.one("aws:dlm/lifecyclePolicy:LifecyclePolicy").inputs["policyDetails"]["targetTags"]
    assert schedule == {"nodeyard.io/snapshots": "metis"}
    tags = {volume.name: volume.inputs["tags"] for volume in recording.of("aws:ebs/volume:Volume")}
    on_it = {name for name, its in tags.items() if its.get("nodeyard.io/snapshots") == "metis"}
    assert on_it == {"metis-l2geth", "metis-l1dtl"}


def test_who_takes_the_snapshots_may_use_the_platforms_key_and_serves_one_account(
    recording: Recording,
) -> None:
    role = recording.one("aws:iam/role:Role", "metis-snapshots").inputs
    trust = [json.loads(role["assumeRolePolicy"])]
    policies = f"arn:aws:dlm:{REGION}:{ACCOUNT}:policy"

    def assumes(account: str, policy: str) -> bool:
        context = {"aws:SourceAccount": account, "aws:SourceArn": policy}
        return allowed(trust, Request("sts:AssumeRole", "", context, principal="dlm.amazonaws.com"))

    assert assumes(ACCOUNT, f"{policies}/policy-0123")
    assert not assumes("999999999999", f"{policies}/policy-0123")
    assert not assumes(ACCOUNT, f"arn:aws:dlm:eu-central-1:{ACCOUNT}:policy/policy-0123")
    rights = policy(recording, "snapshots")
    assert {rights[sid]["Resource"] for sid in ("UseOurKey", "LendOurKey")} == {platform()["kms_key"]}
    assert rights["LendOurKey"]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_who_takes_the_snapshots_takes_them_of_our_disks_and_deletes_no_others(recording: Recording) -> None:
    documents = [{"Statement": list(policy(recording, pod).values())} for pod in ("snapshots", "snapshots-expiry")]
    made = recording.one("aws:dlm/lifecyclePolicy:LifecyclePolicy")
    assert not [a for a in recording.resources if a.type == "aws:iam/rolePolicyAttachment:RolePolicyAttachment"]

    def may(action: str, resource: str, **tags: str) -> bool:
        context = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
        return allowed(documents, Request(action, resource, context))

    volume, snapshot = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1", f"arn:aws:ec2:{REGION}::snapshot/snap-1"
    on_schedule, by_policy = "nodeyard.io/snapshots", "aws:dlm:lifecycle-policy-id"
    for region in (REGION, "eu-central-1"):
        sees = allowed(documents, Request("ec2:DescribeVolumes", "*", {"ec2:Region": region}))
        assert sees == (region == REGION)
    assert may("ec2:CreateSnapshot", volume, **{on_schedule: "metis"})
    assert may("ec2:CreateSnapshot", snapshot)
    assert may("ec2:CreateTags", snapshot)
    assert may("ec2:DeleteSnapshot", snapshot, **{by_policy: made.id})
    assert not may("ec2:CreateSnapshot", volume)
    assert not may("ec2:CreateSnapshot", volume, **{on_schedule: "another"})
    # What the role could put on a snapshot itself.
    assert not may("ec2:DeleteSnapshot", snapshot, **{on_schedule: "metis"})
    assert not may("ec2:DeleteSnapshot", snapshot, **{by_policy: "policy-another"})
    for action in ("ec2:ModifySnapshotAttribute", "ec2:CopySnapshot", "ec2:DeleteVolume"):
        assert not may(action, snapshot, **{by_policy: made.id})


def test_an_adopted_disk_is_tagged_for_the_snapshot_schedule_and_for_the_platforms_driver() -> None:
    adopted = {"zone": "us-east-2b", "disk_gib": 300, "existing_disk": "vol-0123456789abcdef0"}
    made = deploy(network="sepolia", l2geth=adopted, themis={"disk_gib": 300})
    tags = made.of("aws:ec2/tag:Tag")
    assert {tag.inputs["resourceId"] for tag in tags} == {"vol-0123456789abcdef0"}
    assert {tag.inputs["key"]: tag.inputs["value"] for tag in tags} == {
        "nodeyard.io/snapshots": "metis",
        "nodeyard.io/disk": platform()["cluster_name"],
    }
    volume = made.one("kubernetes:core/v1:PersistentVolume", "metis-l2geth")
    assert {tag.urn for tag in tags} <= volume.depends_on, "a driver without its tag could not let go of the volume"


def test_themis_claim_can_be_mounted_by_one_pod_only(recording: Recording) -> None:
    for kind in ("PersistentVolume", "PersistentVolumeClaim"):
        made = recording.one(f"kubernetes:core/v1:{kind}", "metis-themis")
        assert made.inputs["spec"]["accessModes"] == ["ReadWriteOncePod"]


def test_a_claim_names_its_volume_and_the_volume_its_disk(recording: Recording) -> None:
    volume = recording.one("kubernetes:core/v1:PersistentVolume", "metis-themis").inputs["spec"]
    disk = recording.one("aws:ebs/volume:Volume", "metis-themis")
    assert volume["csi"] == {"driver": "ebs.csi.aws.com", "volumeHandle": disk.id, "fsType": "ext4"}
    assert volume["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["claimRef"] == {"namespace": "metis-mainnet", "name": "metis-themis"}
    claim = recording.one("kubernetes:core/v1:PersistentVolumeClaim", "metis-themis").inputs["spec"]
    assert (claim["volumeName"], claim["storageClassName"]) == ("metis-themis", "")


def test_a_seed_is_looked_at_once() -> None:
    l2geth = {"zone": "us-east-2a", "instance_type": "c5.4xlarge", "disk_gib": 750, "seed_from": "snap-1"}
    volume = deploy(l2geth=l2geth).one("aws:ebs/volume:Volume", "metis-l2geth")
    assert volume.inputs["snapshotId"] == "snap-1"
    assert volume.ignore_changes == ("snapshotId",)


ARCHIVE = {"seed_from": "https://snapshots.example.com/data.tar.gz", "seed_sha256": "ab" * 32}


@pytest.mark.parametrize("process", ["l2geth", "l1dtl"])
def test_an_archive_under_a_url_is_the_pods_to_fetch(process: str) -> None:
    made = deploy(**{process: {"disk_gib": 750, **ARCHIVE}})
    assert "snapshotId" not in made.one("aws:ebs/volume:Volume", f"metis-{process}").inputs
    assert values(made)[process]["seed"] == {"url": ARCHIVE["seed_from"], "sha256": ARCHIVE["seed_sha256"]}


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ({"seed_from": ARCHIVE["seed_from"]}, "l1dtl.seed_sha256"),
        ({**ARCHIVE, "seed_from": "ftp://snapshots.example.com/data.tar.gz"}, "l1dtl.seed_from"),
        ({**ARCHIVE, "seed_from": "https://snapshots.example.com:8443/data.tar.gz"}, "l1dtl.seed_from"),
        ({**ARCHIVE, "existing_disk": "vol-0123456789abcdef0"}, "l1dtl.seed_from"),
    ],
)
def test_an_archive_that_no_pod_can_fetch_or_check_is_refused(told: dict[str, str], path: str) -> None:
    assert list(problems(l1dtl=told)) == [path]


def test_what_exists_is_adopted_and_not_made() -> None:
    recording = deploy(
        themis={
            "zone": "us-east-2b",
            "instance_type": "c5.2xlarge",
            "disk_gib": 300,
            "existing_disk": "vol-0123456789abcdef0",
            "existing_address": "eipalloc-0123456789abcdef0",
        },
        secrets={"priv_validator_key": {"existing": EXISTING_KEY}},
    )
    assert {volume.name for volume in recording.of("aws:ebs/volume:Volume")} == {"metis-l2geth", "metis-l1dtl"}
    assert {address.name for address in recording.of("aws:ec2/eip:Eip")} == {"metis-l2geth"}
    assert len(recording.of("aws:secretsmanager/secret:Secret")) == 5
    assert values(recording)["themis"]["volumeId"] == "vol-0123456789abcdef0"


def test_a_value_from_config_is_stored_as_a_secret_and_stays_one() -> None:
    version = deploy(secrets={"seq_priv": {"value": CANARY}}).one("aws:secretsmanager/secretVersion:SecretVersion")
    assert SECRET_SIGNATURE in version.inputs["secretString"]


def test_the_output_names_the_secrets_that_neither_config_nor_the_operator_gave_a_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing: list[str] = []

    def program() -> None:
        secrets = {"seq_priv": {"value": CANARY}, "node_key": {"existing": node_key}}
        MetisSequencer("metis", sequencer(secrets=secrets)).missing.apply(missing.extend)

    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    mocks = world()
    version = {"secretId": (node_key := EXISTING_KEY.replace("key", "node-key"))}
    plant(mocks, "aws:secretsmanager/secret:Secret", node_key, REGION, arn=node_key)
    plant(mocks, "aws:secretsmanager/secretVersion:SecretVersion", f"{node_key}|1", node_key, **version)
    recording = record(program, mocks)
    assert len(recording.of("aws:secretsmanager/secretVersion:SecretVersion")) == 1
    assert missing == [
        "the value of the secret metis/priv-validator-key",
        "the value of the secret metis/l1-rpc-endpoint",
        "the value of the secret metis/l1-beacon-endpoint",
        "the value of the secret metis/persistent-peers",
    ]


# --- identities ---


READS = {
    "l2geth": {"seq-priv"},
    "l1dtl": {"l1-rpc-endpoint", "l1-beacon-endpoint"},
    "themis": {"node-key", "priv-validator-key", "persistent-peers", "l1-rpc-endpoint"},
    "exporter": {"l1-rpc-endpoint"},
}


@pytest.mark.parametrize(("pod", "secrets"), READS.items())
def test_a_pod_reads_exactly_its_own_secrets(recording: Recording, pod: str, secrets: set[str]) -> None:
    made = recording.of("aws:secretsmanager/secret:Secret")
    arns = {secret.id for secret in made if secret.name.removeprefix("metis-") in secrets}
    assert len(arns) == len(secrets)
    statements = policy(recording, pod)
    assert set(statements["ReadOwnSecrets"]["Resource"]) == arns
    condition = statements["DecryptOwnSecrets"]["Condition"]["StringEquals"]
    assert set(condition["kms:EncryptionContext:SecretARN"]) == arns
    assert condition["kms:ViaService"] == f"secretsmanager.{REGION}.amazonaws.com"


@pytest.mark.parametrize("pod", READS)
def test_a_chart_is_told_the_names_that_the_pods_mount_has_and_all_of_them(recording: Recording, pod: str) -> None:
    mount = recording.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass", f"metis-{pod}").inputs["spec"]
    mounted = {item["objectAlias"] for item in json.loads(mount["parameters"]["objects"])}
    synced = {item["key"] for group in mount.get("secretObjects", []) for item in group["data"]}
    told = values(recording)[pod]
    assert told["secretProviderClass"] == f"metis-{pod}"
    assert set(told.get("secret", {}).get("keys", {}).values()) == synced
    assert set(told.get("secretFiles", {}).values()) == mounted - synced


@pytest.mark.parametrize("pod", READS)
def test_a_pods_mount_names_the_secrets_that_its_identity_reads(recording: Recording, pod: str) -> None:
    mount = recording.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass", f"metis-{pod}")
    parameters = mount.inputs["spec"]["parameters"]
    assert parameters["usePodIdentity"] == "true"
    mounted = {item["objectName"] for item in json.loads(parameters["objects"])}
    assert mounted == set(policy(recording, pod)["ReadOwnSecrets"]["Resource"])


def test_keys_are_files_that_only_their_owner_reads(recording: Recording) -> None:
    mount = recording.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass", "metis-themis")
    modes = {i["objectAlias"]: i["filePermission"] for i in json.loads(mount.inputs["spec"]["parameters"]["objects"])}
    assert modes["privValidatorKey"] == modes["nodeKey"] == "0600"


@pytest.mark.parametrize("pod", ["l2geth", "themis"])
def test_a_pod_may_move_its_own_address_onto_its_own_node_and_do_nothing_else(recording: Recording, pod: str) -> None:
    statements = policy(recording, pod)
    ec2 = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    address = recording.one("aws:ec2/eip:Eip", f"metis-{pod}")
    assert set(statements) == {"ReadOwnSecrets", "DecryptOwnSecrets", "ClaimOwnAddress", "OnOwnNodes", "SeeAddresses"}
    assert statements["ClaimOwnAddress"]["Action"] == "ec2:AssociateAddress"
    assert statements["ClaimOwnAddress"]["Resource"] == [f"{ec2}:elastic-ip/{address.id}"]
    assert statements["OnOwnNodes"]["Action"] == "ec2:AssociateAddress"
    assert statements["OnOwnNodes"]["Resource"] == [f"{ec2}:instance/*", f"{ec2}:network-interface/*"]
    assert statements["OnOwnNodes"]["Condition"] == {
        "StringEquals": {"aws:ResourceTag/nodeyard.io/node-pool": [f"metis-{pod}"]}
    }
    assert statements["SeeAddresses"]["Action"] == "ec2:DescribeAddresses"
    assert statements["SeeAddresses"]["Condition"] == {"StringEquals": {"ec2:Region": REGION}}


@pytest.mark.parametrize("pod", ["l1dtl", "exporter"])
def test_a_pod_without_an_address_may_only_read_its_secrets(recording: Recording, pod: str) -> None:
    assert set(policy(recording, pod)) == {"ReadOwnSecrets", "DecryptOwnSecrets"}


@pytest.mark.parametrize("pod", READS)
def test_an_identity_is_bound_to_one_service_account(recording: Recording, pod: str) -> None:
    association = recording.one("aws:eks/podIdentityAssociation:PodIdentityAssociation", f"metis-{pod}").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("metis-mainnet", f"metis-{pod}")
    trust = json.loads(recording.one("aws:iam/role:Role", f"metis-{pod}").inputs["assumeRolePolicy"])
    condition = trust["Statement"][0]["Condition"]["StringEquals"]
    assert condition["aws:RequestTag/kubernetes-service-account"] == f"metis-{pod}"
    assert condition["aws:RequestTag/eks-cluster-name"] == "platform"


# --- the release ---


def test_the_release_does_not_wait_for_the_chain_and_is_not_atomic(recording: Recording) -> None:
    release = recording.one("kubernetes:helm.sh/v3:Release").inputs
    assert release["skipAwait"] is True
    assert "atomic" not in release
    assert release["namespace"] == "metis-mainnet"


def test_the_release_comes_after_everything_its_pods_need(recording: Recording) -> None:
    needed = recording.one("kubernetes:helm.sh/v3:Release").depends_on
    for type_ in (
        "aws:eks/nodeGroup:NodeGroup",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass",
    ):
        assert {resource.urn for resource in recording.of(type_)} <= needed, type_


def test_the_network_decides_the_chains_constants() -> None:
    for network, chain_id, chain in (("andromeda", "1088", "andromeda"), ("sepolia", "59902", "sepolia")):
        given = values(deploy(network=network))
        assert given["l2geth"]["env"]["CHAIN_ID"] == given["l2geth"]["env"]["NETWORK_ID"] == chain_id
        assert given["l1dtl"]["env"]["DATA_TRANSPORT_LAYER__L2_CHAIN_ID"] == chain_id
        assert given["themis"]["config"]["chain"] == chain
        assert given["l2geth"]["env"]["GCMODE"] == "archive"


def test_l1dtl_lets_in_the_nodes_and_gets_out_where_it_is_told() -> None:
    given = values(deploy(l1dtl={"disk_gib": 100, "egress_ports": [8545]}))
    assert given["nodeCidrs"] == [subnet["cidr"] for subnet in platform()["public_subnets"]]
    assert given["l1dtl"]["egressPorts"] == [8545]


def test_an_empty_signing_state_is_not_vouched_for_by_default(recording: Recording) -> None:
    state = values(recording)["themis"]["signingState"]
    assert state == {"bootstrap": False, "resumeAtHeight": 0, "volume": "", "keyRanNowhereElse": False}


def test_the_image_that_may_move_addresses_is_pinned_by_digest(recording: Recording) -> None:
    assert "@sha256:" in values(recording)["images"]["addressClaim"]


def test_everything_is_made_with_the_platforms_own_providers(recording: Recording) -> None:
    for resource in recording.resources:
        package = resource.type.split(":")[0]
        if package in ("aws", "kubernetes"):
            assert f"pulumi:providers:{package}::metis" in resource.provider, resource.urn


# --- bad input ---


@pytest.mark.parametrize("network", ["andromeda", "sepolia"])
@pytest.mark.parametrize(
    ("instance_type", "reason"), [("banana", "no instance type of AWS"), ("m6g.large", "runs Arm code")]
)
def test_what_is_no_instance_type_of_ours_is_refused_once_on_every_network(
    network: str, instance_type: str, reason: str
) -> None:
    with pytest.raises(InputError) as raised:
        deploy(network=network, l2geth={"instance_type": instance_type, "disk_gib": 750})
    [(path, said)] = raised.value.problems
    assert path == "l2geth.instance_type"
    assert reason in said


@pytest.mark.parametrize("instance_type", ["c5.xlarge", "c5.large", "t3.2xlarge"])
def test_mainnet_refuses_a_node_under_c5_2xlarge_for_l2geth(instance_type: str) -> None:
    found = problems(l2geth={"zone": "us-east-2a", "instance_type": instance_type, "disk_gib": 750})
    assert list(found) == ["l2geth.instance_type"]


def test_a_node_that_its_pods_do_not_fit_on_is_refused_on_every_network() -> None:
    small = {"zone": "us-east-2a", "instance_type": "c5.xlarge", "disk_gib": 100}
    assert list(problems(network="sepolia", l2geth=small)) == ["l2geth.instance_type"]


def test_mainnet_takes_c5_2xlarge_for_l2geth() -> None:
    deploy(l2geth={"zone": "us-east-2a", "instance_type": "c5.2xlarge", "disk_gib": 500})


def test_a_name_that_its_pods_labels_have_no_room_for_is_refused() -> None:
    with pytest.raises(InputError, match="longer than 44 characters"):
        record(lambda: MetisSequencer("m" * 45, sequencer()), world())


def test_every_problem_of_the_arguments_is_told_before_anything_is_made() -> None:
    found = problems(
        namespace="other",
        l2geth={"zone": "eu-west-1a", "instance_type": "c5.large", "disk_gib": 1, "env": {"GCMODE": "full"}},
        l1dtl={"disk_gib": 100, "env": {"DATA_TRANSPORT_LAYER__SYNC_L1_BATCH": "false"}},
    )
    assert set(found) == {
        "namespace",
        "l2geth.zone",
        "l2geth.instance_type",
        "l2geth.disk_gib",
        "l2geth.env.GCMODE",
        "l1dtl.env.DATA_TRANSPORT_LAYER__SYNC_L1_BATCH",
    }
