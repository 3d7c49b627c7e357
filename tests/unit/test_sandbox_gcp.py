"""The stand-in for Google Cloud refuses what Google refuses, with Google's own reasons."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.simulation import cloud_of
from sandbox.simulation.cloud import Answer, Cloud
from sandbox.simulation.resource import CloudError
from sandbox.simulation.values import UNKNOWN

PROJECT, REGION, ZONE = "p-1", "us-central1", "us-central1-a"
NETWORK, SUBNETWORK = "gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"
ADDRESS, DISK = "gcp:compute/address:Address", "gcp:compute/disk:Disk"
ROUTER, NAT = "gcp:compute/router:Router", "gcp:compute/routerNat:RouterNat"
POLICY = "gcp:compute/resourcePolicy:ResourcePolicy"
ATTACHMENT = "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment"
CLUSTER, POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
SECRET, VERSION = "gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretVersion:SecretVersion"
RING, KEY = "gcp:kms/keyRing:KeyRing", "gcp:kms/cryptoKey:CryptoKey"
MEMBER, ROLE = "gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMCustomRole:IAMCustomRole"
SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
SERVICE, KEY_MEMBER = "gcp:projects/service:Service", "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
AGENT, SECRETS = "service-123456789012", "gcp-sa-secretmanager"
ACCOUNT = "gcp:serviceaccount/account:Account"
MACHINE = "gcp:compute/perInstanceConfig:PerInstanceConfig"
GROUP = "gcp:compute/instanceGroupManager:InstanceGroupManager"
TEMPLATE = "gcp:compute/instanceTemplate:InstanceTemplate"
DASHBOARD, POLICY_OF_ALERTS = "gcp:monitoring/dashboard:Dashboard", "gcp:monitoring/alertPolicy:AlertPolicy"
LATEST = "gcp:secretmanager/getSecretVersion:getSecretVersion"
AUTO = {"replication": {"auto": {}}}
MEMBER_OF_OURS = f"principal://iam.googleapis.com/projects/1/x/{PROJECT}.svc.id.goog/subject/ns/n/sa/s"


@pytest.fixture
def off(tmp_path: Path) -> Cloud:
    return cloud_of("gcp", tmp_path, {"project": PROJECT, "region": REGION})


@pytest.fixture
def cloud(off: Cloud) -> Cloud:
    services = ("cloudkms", "compute", "container", "dns", "iam", "logging", "monitoring", "secretmanager", "sqladmin")
    for service in services:
        made(off, "gcp:projects/service:Service", service=f"{service}.googleapis.com")
    return off


def made(cloud: Cloud, token: str, **inputs: Any) -> Answer:
    checked = cloud.check(token, "it", {}, inputs, b"seed")
    assert checked.problems == []
    return cloud.create(token, "it", {**inputs, **checked.added}, preview=False)


def refusal(cloud: Cloud, token: str, **inputs: Any) -> str:
    with pytest.raises(CloudError) as refused:
        made(cloud, token, **inputs)
    return refused.value.code


def network(cloud: Cloud) -> tuple[str, str]:
    vpc = made(cloud, NETWORK, name="n", autoCreateSubnetworks=False).id
    return vpc, made(cloud, SUBNETWORK, name="s", network=vpc, region=REGION, ipCidrRange="10.0.0.0/20").id


def cluster(cloud: Cloud, **more: Any) -> str:
    vpc, subnet = network(cloud)
    given = {"name": "c", "location": REGION, "network": vpc, "subnetwork": subnet, "nodeLocations": [ZONE], **more}
    return made(cloud, CLUSTER, **given).id


def latest(cloud: Cloud, secret: str) -> dict[str, Any]:
    return cloud.invoke(LATEST, {"secret": secret, "fetchSecretData": False})


@pytest.mark.parametrize(
    ("token", "inputs", "code"),
    [
        (SUBNETWORK, {"network": f"projects/{PROJECT}/global/networks/no", "ipCidrRange": "10.0.0.0/20"}, "notFound"),
        (
            SUBNETWORK,
            {
                "network": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/global/networks/no",
                "ipCidrRange": "10.0.0.0/20",
            },
            "notFound",
        ),
        (
            NAT,
            {
                "router": "no",
                "natIpAllocateOption": "AUTO_ONLY",
                "sourceSubnetworkIpRangesToNat": "LIST_OF_SUBNETWORKS",
            },
            "notFound",
        ),
        (POOL, {"cluster": "no", "location": REGION}, "notFound"),
        (ATTACHMENT, {"disk": "no", "zone": ZONE, "name": "no"}, "notFound"),
        (
            DISK,
            {
                "zone": ZONE,
                "size": 10,
                "diskEncryptionKey": {"kmsKeySelfLink": f"projects/{PROJECT}/locations/l/keyRings/r/cryptoKeys/k"},
            },
            "notFound",
        ),
        (VERSION, {"secret": f"projects/{PROJECT}/secrets/no", "secretData": "x"}, "notFound"),
        (
            SECRET_MEMBER,
            {"secretId": f"projects/{PROJECT}/secrets/no", "role": "roles/viewer", "member": "user:a@b.c"},
            "notFound",
        ),
        (MEMBER, {"project": PROJECT, "role": f"projects/{PROJECT}/roles/no", "member": "user:a@b.c"}, "notFound"),
        (
            MEMBER,
            {
                "project": PROJECT,
                "role": "roles/viewer",
                "member": f"serviceAccount:no@{PROJECT}.iam.gserviceaccount.com",
            },
            "badRequest",
        ),
        (
            MEMBER,
            {"project": PROJECT, "role": "roles/secretmanager.secretReader", "member": "user:a@b.c"},
            "badRequest",
        ),
        (MEMBER, {"project": PROJECT, "role": "roles/viewer", "member": "a@b.c"}, "badRequest"),
    ],
)
def test_a_reference_to_nothing_is_refused_with_its_reason(cloud: Cloud, token: str, inputs: dict, code: str) -> None:
    assert refusal(cloud, token, **inputs) == code


def test_a_name_is_taken_once_in_its_project_or_place(cloud: Cloud) -> None:
    made(cloud, NETWORK, name="n")
    made(cloud, ADDRESS, name="a", region=REGION)
    made(cloud, ADDRESS, name="a", region="europe-west1")
    made(cloud, DISK, name="d", zone=ZONE, size=10)
    made(cloud, DISK, name="d", zone=f"{REGION}-b", size=10)
    made(cloud, SECRET, secretId="s", **AUTO)
    made(cloud, ROLE, roleId="role", title="t", permissions=["compute.instances.get"])
    taken = [
        (NETWORK, {"name": "n"}),
        (ADDRESS, {"name": "a", "region": REGION}),
        (DISK, {"name": "d", "zone": ZONE, "size": 10}),
        (SECRET, {"secretId": "s", **AUTO}),
        (ROLE, {"roleId": "role", "title": "t", "permissions": ["compute.instances.get"]}),
    ]
    assert {refusal(cloud, token, **inputs) for token, inputs in taken} == {"alreadyExists"}


def test_a_bucket_of_logs_that_is_there_is_taken_over(cloud: Cloud) -> None:
    bucket = {"project": PROJECT, "location": REGION, "bucketId": "flow-logs", "retentionDays": 90}
    first, second = (made(cloud, "gcp:logging/projectBucketConfig:ProjectBucketConfig", **bucket).id for _ in range(2))
    assert first == second == f"projects/{PROJECT}/locations/{REGION}/buckets/flow-logs"


def test_ids_are_googles(cloud: Cloud) -> None:
    address = made(cloud, ADDRESS, name="a", region=REGION)
    assert address.id == f"projects/{PROJECT}/regions/{REGION}/addresses/a"
    assert address.outputs["selfLink"] == f"https://www.googleapis.com/compute/v1/{address.id}"
    assert made(cloud, DISK, name="d", zone=ZONE, size=10).id == f"projects/{PROJECT}/zones/{ZONE}/disks/d"
    where = cluster(cloud)
    assert where == f"projects/{PROJECT}/locations/{REGION}/clusters/c"
    assert made(cloud, POOL, name="p", cluster="c", location=REGION).id == f"{where}/nodePools/p"
    ring = made(cloud, RING, name="r", location=REGION).id
    assert (
        made(cloud, KEY, name="k", keyRing=ring).id == f"projects/{PROJECT}/locations/{REGION}/keyRings/r/cryptoKeys/k"
    )


def test_without_a_project_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="project"):
        made(cloud_of("gcp", tmp_path, {"region": REGION}), NETWORK, name="n")


def test_nothing_is_made_before_its_service_is_on_and_it_stays_on(off: Cloud) -> None:
    assert refusal(off, NETWORK, name="n") == "accessNotConfigured"
    service = "gcp:projects/service:Service"
    first, _ = (made(off, service, service="compute.googleapis.com") for _ in range(2))
    off.delete(service, first.id, {})
    made(off, NETWORK, name="n")


def test_what_is_still_used_is_not_deleted(cloud: Cloud) -> None:
    vpc, subnet = network(cloud)
    address = made(cloud, ADDRESS, name="a", region=REGION)
    router = made(cloud, ROUTER, name="r", network=vpc, region=REGION)
    made(
        cloud,
        NAT,
        name="nat",
        router="r",
        region=REGION,
        natIpAllocateOption="MANUAL_ONLY",
        natIps=[address.outputs["selfLink"]],
        sourceSubnetworkIpRangesToNat="LIST_OF_SUBNETWORKS",
        subnetworks=[{"name": subnet, "sourceIpRangesToNats": ["ALL_IP_RANGES"]}],
    )
    for token, id_ in ((NETWORK, vpc), (SUBNETWORK, subnet), (ADDRESS, address.id), (ROUTER, router.id)):
        with pytest.raises(CloudError) as refused:
            cloud.delete(token, id_, {})
        assert refused.value.code == "resourceInUseByAnotherResource", token


def test_a_snapshot_schedule_that_a_disk_follows_stays(cloud: Cloud) -> None:
    disk = made(cloud, DISK, name="d", zone=ZONE, size=10)
    policy = made(cloud, POLICY, name="daily", region=REGION).id
    attachment = made(cloud, ATTACHMENT, disk="d", zone=ZONE, name="daily").id
    with pytest.raises(CloudError, match="resourceInUseByAnotherResource"):
        cloud.delete(POLICY, policy, {})
    cloud.delete(ATTACHMENT, attachment, {})
    cloud.delete(POLICY, policy, {})
    cloud.delete(DISK, disk.id, {})


def test_ranges_of_one_network_do_not_overlap(cloud: Cloud) -> None:
    vpc, _ = network(cloud)
    overlapping = {"name": "t", "network": vpc, "region": REGION, "ipCidrRange": "10.1.0.0/20"}
    pods = [{"rangeName": "pods", "ipCidrRange": "10.0.8.0/24"}]
    assert refusal(cloud, SUBNETWORK, **overlapping, secondaryIpRanges=pods) == "badRequest"


def test_a_disk_grows_does_not_shrink_and_is_in_a_zone(cloud: Cloud) -> None:
    inputs = {"name": "d", "zone": ZONE, "size": 100, "type": "pd-ssd"}
    disk = made(cloud, DISK, **inputs)
    assert cloud.update(DISK, disk.id, {}, {**inputs, "size": 200}, preview=False).outputs["size"] == 200
    with pytest.raises(CloudError, match="invalid"):
        cloud.update(DISK, disk.id, {}, inputs, preview=False)
    assert refusal(cloud, DISK, name="e", zone=REGION, size=10) == "invalid"


def test_a_later_disk_of_the_same_name_is_another(cloud: Cloud) -> None:
    inputs = {"name": "d", "zone": ZONE, "size": 100, "type": "pd-ssd"}
    first = made(cloud, DISK, **inputs)
    grown = cloud.update(DISK, first.id, {}, {**inputs, "size": 200}, preview=False)
    assert grown.outputs["diskId"] == first.outputs["diskId"]
    cloud.delete(DISK, first.id, {})
    again = made(cloud, DISK, **inputs)
    assert again.id == first.id
    assert again.outputs["diskId"] != first.outputs["diskId"]


def test_a_disk_may_start_from_anothers_snapshot(cloud: Cloud) -> None:
    made(cloud, DISK, name="d", zone=ZONE, snapshot="projects/other/global/snapshots/s")


def test_a_protected_cluster_is_not_deleted(cloud: Cloud) -> None:
    id_ = cluster(cloud)
    with pytest.raises(CloudError, match="deletionProtection"):
        cloud.delete(CLUSTER, id_, {})
    cloud.update(CLUSTER, id_, {}, {**cloud.world.find(CLUSTER)[0].inputs, "deletionProtection": False}, preview=False)
    cloud.delete(CLUSTER, id_, {})


def test_a_private_cluster_answers_inside_only(cloud: Cloud) -> None:
    cluster(cloud, privateClusterConfig={"enablePrivateNodes": True, "enablePrivateEndpoint": True})
    assert cloud.world.find(CLUSTER)[0].properties["endpoint"].startswith("10.")


def test_a_node_is_no_newer_than_its_control_plane_and_in_its_region(cloud: Cloud) -> None:
    cluster(cloud, minMasterVersion="1.33")
    pool = {"name": "p", "cluster": "c", "location": REGION}
    assert refusal(cloud, POOL, **pool, version="1.34.1-gke.1829001") == "badRequest"
    assert refusal(cloud, POOL, **pool, nodeLocations=["us-east1-b"]) == "badRequest"
    made(cloud, POOL, **pool, version="1.33.5-gke.1080000", nodeLocations=[ZONE])


def test_a_node_that_is_upgraded_by_itself_is_within_one_minor_of_its_control_plane(cloud: Cloud) -> None:
    cluster(cloud, minMasterVersion="1.35")
    pool = {"cluster": "c", "location": REGION, "management": {"autoUpgrade": True, "autoRepair": True}}
    with pytest.raises(CloudError, match="must be within one minor version of master version"):
        made(cloud, POOL, name="p", version="1.33.13-gke.1636000", **pool)
    made(cloud, POOL, name="p", version="1.34.11-gke.1056000", **pool)


def test_a_cluster_of_a_version_that_gke_does_not_have_is_refused(cloud: Cloud) -> None:
    with pytest.raises(CloudError, match="Master version"):
        cluster(cloud, minMasterVersion="1.21")


def test_a_control_plane_and_gke_tell_their_releases(cloud: Cloud) -> None:
    cluster(cloud, minMasterVersion="1.36")
    answer = cloud.invoke("gcp:container/getCluster:getCluster", {"name": "c", "location": REGION})
    assert answer["masterVersion"] == "1.36.4-gke.1082000"
    asked = {"location": REGION, "versionPrefix": "1.36."}
    had = cloud.invoke("gcp:container/getEngineVersions:getEngineVersions", asked)["validNodeVersions"]
    assert had == ["1.36.4-gke.1082000", "1.36.3-gke.1767000"], "the newest first"


def test_a_pool_names_the_groups_that_its_instances_are_in(cloud: Cloud) -> None:
    cluster(cloud)
    pool = made(cloud, POOL, name="a-pool-with-a-name-of-forty-characters-x", cluster="c", location=REGION)
    (group,) = pool.outputs["instanceGroupUrls"]
    where, _, name = group.rpartition("/")
    assert where.endswith(f"projects/{PROJECT}/zones/{ZONE}/instanceGroupManagers")
    assert name.startswith("gke-c-a-pool-with-a-name-")
    assert name.endswith("-grp")
    assert len(name.removesuffix("grp") + "abcd") <= 63


@pytest.mark.parametrize(
    ("technology", "config"),
    [
        ("SEV_SNP", {"machineType": "n2d-standard-4"}),
        ("SEV_SNP", {"machineType": "c3d-standard-4", "minCpuPlatform": "AMD Milan"}),
        ("TDX", {"machineType": "c3-standard-4-lssd"}),
        ("SEV", {}),
    ],
)
def test_a_machine_that_cannot_be_confidential_is_refused(cloud: Cloud, technology: str, config: dict) -> None:
    cluster(cloud)
    nodes = {**config, "confidentialNodes": {"enabled": True, "confidentialInstanceType": technology}}
    assert refusal(cloud, POOL, name="p", cluster="c", location=REGION, nodeConfig=nodes) == "badRequest"


@pytest.mark.parametrize(
    ("technology", "config"),
    [
        ("SEV_SNP", {"machineType": "n2d-standard-4", "minCpuPlatform": "AMD Milan"}),
        ("TDX", {"machineType": "c3-standard-4"}),
    ],
)
def test_a_machine_that_can_be_confidential_is_made(cloud: Cloud, technology: str, config: dict) -> None:
    cluster(cloud)
    nodes = {**config, "confidentialNodes": {"enabled": True, "confidentialInstanceType": technology}}
    made(cloud, POOL, name="p", cluster="c", location=REGION, nodeConfig=nodes)


@pytest.mark.parametrize(
    ("machine", "accelerator", "taken"),
    [
        ("n1-standard-4", "nvidia-tesla-t4", True),
        ("g2-standard-4", "nvidia-l4", True),
        ("a2-highgpu-1g", "nvidia-tesla-a100", True),
        ("g2-standard-4", "nvidia-tesla-t4", False),
        ("e2-standard-4", "nvidia-tesla-t4", False),
        ("n1-standard-4", "nvidia-tesla-t5", False),
    ],
)
def test_a_machine_takes_the_gpus_that_it_can(cloud: Cloud, machine: str, accelerator: str, taken: bool) -> None:
    cluster(cloud)
    config = {"machineType": machine, "guestAccelerators": [{"type": accelerator, "count": 1}]}
    given = {"name": "p", "cluster": "c", "location": REGION, "nodeConfig": config}
    if taken:
        made(cloud, POOL, **given)
    else:
        assert refusal(cloud, POOL, **given) == "badRequest"


def test_the_taint_of_gpus_is_gkes_to_give(cloud: Cloud) -> None:
    cluster(cloud)
    config = {"machineType": "g2-standard-4", "guestAccelerators": [{"type": "nvidia-l4", "count": 1}]}
    config |= {"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]}
    assert refusal(cloud, POOL, name="p", cluster="c", location=REGION, nodeConfig=config) == "badRequest"


def test_googles_own_accounts_are_there_once_their_service_is_on_or_somebody_asks(off: Cloud) -> None:
    made(off, SERVICE, service="cloudkms.googleapis.com")
    key = made(off, KEY, name="k", keyRing=made(off, RING, name="r", location=REGION).id).id
    grant = {"cryptoKeyId": key, "role": "roles/cloudkms.cryptoKeyEncrypterDecrypter"}
    disks, secrets = (f"serviceAccount:{AGENT}@{of}.iam.gserviceaccount.com" for of in ("compute-system", SECRETS))
    assert {refusal(off, KEY_MEMBER, **grant, member=member) for member in (disks, secrets)} == {"badRequest"}
    made(off, SERVICE, service="compute.googleapis.com")
    made(off, KEY_MEMBER, **grant, member=disks)
    made(off, SERVICE, service="secretmanager.googleapis.com")
    assert refusal(off, KEY_MEMBER, **grant, member=secrets) == "badRequest"
    asked = made(off, "gcp:projects/serviceIdentity:ServiceIdentity", service="secretmanager.googleapis.com")
    assert asked.outputs["member"] == secrets
    made(off, KEY_MEMBER, **grant, member=secrets)


def test_a_taint_effect_has_gkes_spelling(cloud: Cloud) -> None:
    inputs = {"cluster": "c", "nodeConfig": {"taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}]}}
    reasons = dict(cloud.check(POOL, "it", {}, inputs, b"").problems)
    assert reasons["nodeConfig.taints[0].effect"].startswith("expected one of NO_SCHEDULE")


def test_a_new_taint_zone_or_size_is_told_from_a_new_pool(cloud: Cloud) -> None:
    replaced = cloud.replaces(POOL)
    assert {"nodeConfig.taints", "nodeConfig.spot", "initialNodeCount"} <= set(replaced)
    assert not {"nodeCount", "version", "nodeConfig.machineType", "nodeConfig.labels"} & set(replaced)


def test_a_secret_without_a_value_gets_a_labelled_canary_that_is_in_no_state(cloud: Cloud) -> None:
    secret = made(cloud, SECRET, secretId="key", **AUTO)
    [canary] = cloud.world.find(VERSION, scope=secret.id)
    assert canary.properties["secretData"] == "sandbox canary for key"
    assert "canary" not in json.dumps(secret.outputs)
    assert latest(cloud, secret.id)["enabled"] is True


def test_an_operators_value_makes_way_for_the_programs(cloud: Cloud) -> None:
    secret = made(cloud, SECRET, secretId="key", **AUTO).id
    ours = made(cloud, VERSION, secret=secret, secretData="ours")
    assert [version.properties["secretData"] for version in cloud.world.find(VERSION)] == ["ours"]
    assert ours.id == "projects/123456789012/secrets/key/versions/2"
    assert "secretData" in ours.secrets


def test_an_empty_secret_has_no_latest_version(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_EMPTY_SECRETS", "1")
    secret = made(cloud, SECRET, secretId="key", **AUTO).id
    assert cloud.world.find(VERSION) == []
    with pytest.raises(CloudError, match="has no versions"):
        latest(cloud, secret)


def test_asking_for_a_version_does_not_read_its_data(cloud: Cloud) -> None:
    secret = made(cloud, SECRET, secretId="key", **AUTO).id
    made(cloud, VERSION, secret=secret, secretData="ours", enabled=False)
    assert latest(cloud, "key")["enabled"] is False
    assert "ours" not in json.dumps(latest(cloud, secret))
    with pytest.raises(CloudError, match="DISABLED"):
        cloud.invoke(LATEST, {"secret": secret})


def test_a_deleted_secrets_name_is_free_and_its_versions_are_gone(cloud: Cloud) -> None:
    cloud.delete(SECRET, made(cloud, SECRET, secretId="key", **AUTO).id, {})
    assert cloud.world.find(VERSION) == []
    made(cloud, SECRET, secretId="key", **AUTO)


def test_a_key_keeps_its_name_for_ever(cloud: Cloud) -> None:
    ring = made(cloud, RING, name="r", location=REGION).id
    cloud.delete(KEY, made(cloud, KEY, name="k", keyRing=ring).id, {})
    assert refusal(cloud, KEY, name="k", keyRing=ring) == "alreadyExists"
    cloud.delete(RING, ring, {})
    assert refusal(cloud, RING, name="r", location=REGION) == "alreadyExists"


def test_a_deleted_role_is_taken_back_within_a_week_and_keeps_its_id_for_another_month(cloud: Cloud) -> None:
    role = {"roleId": "claimant", "title": "t", "permissions": ["compute.addresses.get"]}
    id_ = made(cloud, ROLE, **role).id
    for days, fits in ((6, True), (8, False), (36, False), (38, True)):
        cloud.delete(ROLE, id_, {})
        [buried] = cloud.world.find(f"{ROLE} (deleted)")
        buried.properties["deletedAt"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        cloud.world.put(buried, [], [])
        if fits:
            assert made(cloud, ROLE, **role).id == id_
            assert not cloud.world.find(f"{ROLE} (deleted)")
        else:
            assert refusal(cloud, ROLE, **role) == "failedPrecondition"
            cloud.world.delete(buried)
            made(cloud, ROLE, **role)


def test_a_member_may_be_anybody_but_a_missing_account_of_the_projects_own(cloud: Cloud) -> None:
    email = made(cloud, ACCOUNT, accountId="nodes").outputs["email"]
    assert email == f"nodes@{PROJECT}.iam.gserviceaccount.com"
    for member in (f"serviceAccount:{email}", "serviceAccount:x@other.iam.gserviceaccount.com", MEMBER_OF_OURS):
        made(cloud, MEMBER, project=PROJECT, role="roles/viewer", member=member)


def test_words_of_conditions_and_filters_are_no_references(cloud: Cloud) -> None:
    condition = {"title": "t", "expression": f"projects/{PROJECT}/zones/{ZONE}/instances/x"}
    made(cloud, MEMBER, project=PROJECT, role="roles/viewer", member="user:a@b.c", condition=condition)


def test_a_type_without_an_entry_fails_with_where_it_belongs(cloud: Cloud) -> None:
    [(_, reason)] = cloud.check("gcp:redis/instance:Instance", "it", {}, {}, b"").problems
    assert (
        reason == "the sandbox has no stand-in for gcp:redis/instance:Instance; add it to sandbox/simulation/tables/gcp"
    )


def test_a_project_has_a_number(cloud: Cloud) -> None:
    asked = cloud.invoke("gcp:organizations/getProject:getProject", {"projectId": PROJECT})
    assert (asked["number"], asked["projectId"]) == ("123456789012", PROJECT)


# --- machines


def group(cloud: Cloud, type_: str = "n2-standard-4", **boot: Any) -> None:
    policy = {"type": "OPPORTUNISTIC", "minimalAction": "REPLACE", "replacementMethod": "RECREATE", "maxSurgeFixed": 0}
    template = made(cloud, TEMPLATE, name="t", machineType=type_, disks=[{"boot": True, **boot}]).id
    versions = [{"instanceTemplate": template}]
    made(cloud, GROUP, name="g", zone=ZONE, baseInstanceName="g", versions=versions, updatePolicy=policy)


def machine(disk: str, **more: Any) -> dict[str, Any]:
    state = {"disks": [{"deviceName": "data", "source": disk, "deleteRule": "NEVER"}]}
    return {"name": "m", "instanceGroupManager": "g", "zone": ZONE, "preservedState": state, **more}


def test_a_disk_is_written_by_one_machine_of_its_own_zone_and_not_deleted_meanwhile(cloud: Cloud) -> None:
    group(cloud)
    disk = made(cloud, DISK, name="d", zone=ZONE, size=10).id
    elsewhere = made(cloud, DISK, name="e", zone=f"{REGION}-b", size=10).id
    assert refusal(cloud, MACHINE, **machine(elsewhere)) == "invalid"
    first = made(cloud, MACHINE, **machine(disk)).id
    assert refusal(cloud, MACHINE, **machine(disk, name="other")) == "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE"
    with pytest.raises(CloudError, match="still in use by PerInstanceConfig m"):
        cloud.delete(DISK, disk, {})
    cloud.delete(MACHINE, first, {})
    made(cloud, MACHINE, **machine(disk, name="other"))


@pytest.mark.parametrize(
    ("type_", "image", "fits"),
    [
        ("t2a-standard-4", "ubuntu-2404-lts-amd64", False),
        ("c4a-standard-4", "rocky-linux-9-x86-64", False),
        ("n2-standard-4", "ubuntu-2404-lts-arm64", False),
        ("t2a-standard-4", "ubuntu-2404-lts-arm64", True),
        ("n2-standard-4", "ubuntu-2404-lts-amd64", True),
        ("t2a-standard-4", "an-image-of-ours", True),
    ],
)
def test_a_machines_image_runs_on_its_machine_type(cloud: Cloud, type_: str, image: str, fits: bool) -> None:
    group(cloud, type_, sourceImage=f"projects/public/global/images/{image}-v1")
    disk = made(cloud, DISK, name="d", zone=ZONE, size=10).id
    if fits:
        made(cloud, MACHINE, **machine(disk))
    else:
        with pytest.raises(CloudError, match=r"badRequest: Requested boot disk architecture .* is not compatible"):
            made(cloud, MACHINE, **machine(disk))


def test_a_group_that_has_a_machine_is_not_changed_under_it(cloud: Cloud) -> None:
    group(cloud)
    [item] = cloud.world.find(GROUP)
    cloud.update(GROUP, item.id, {}, {**item.inputs, "waitForInstances": False}, preview=False)
    made(cloud, MACHINE, **machine(made(cloud, DISK, name="d", zone=ZONE, size=10).id))
    with pytest.raises(CloudError, match="conditionNotMet"):
        cloud.update(GROUP, item.id, {}, item.inputs, preview=False)


def test_a_preview_goes_on_where_a_computation_needs_what_it_does_not_know(cloud: Cloud) -> None:
    network(cloud)
    [item] = cloud.world.find("gcp:compute/subnetwork:Subnetwork")
    inputs = {**item.inputs, "ipCidrRange": UNKNOWN}
    foreseen = cloud.update(item.type, item.id, item.properties, inputs, preview=True).outputs
    assert (foreseen["gatewayAddress"], foreseen["id"]) == (UNKNOWN, item.id)


def test_a_machine_needs_its_group_and_a_group_that_recreates_has_no_surge(cloud: Cloud) -> None:
    disk = made(cloud, DISK, name="d", zone=ZONE, size=10).id
    assert refusal(cloud, MACHINE, **machine(disk)) == "notFound"
    policy = {"type": "PROACTIVE", "minimalAction": "REPLACE", "replacementMethod": "RECREATE", "maxSurgeFixed": 1}
    given = {"name": "g", "zone": ZONE, "baseInstanceName": "g", "versions": [], "updatePolicy": policy}
    assert refusal(cloud, GROUP, **given) == "invalid"


def test_a_template_never_changes_and_one_with_a_gpu_stops_for_maintenance(cloud: Cloud) -> None:
    assert {"machineType", "metadata", "disks", "scheduling", "serviceAccount"} <= {*cloud.replaces(TEMPLATE)}
    gpu = {"name": "t", "machineType": "n1-standard-4", "disks": [{"boot": True}]}
    gpu |= {"guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 1}]}
    assert refusal(cloud, TEMPLATE, **gpu, scheduling={"onHostMaintenance": "MIGRATE"}) == "badRequest"
    made(cloud, TEMPLATE, **gpu, scheduling={"onHostMaintenance": "TERMINATE"})


def test_a_machines_metadata_changes_in_place(cloud: Cloud) -> None:
    assert not [path for path in cloud.replaces(MACHINE) if path.startswith("preservedState")]


@pytest.mark.parametrize(
    "dashboard",
    [
        {"mosaicLayout": {"columns": 48, "tiles": []}},
        {"displayName": "d", "mosaicLayout": {"columns": 48, "tiles": [{"xPos": 36, "width": 24, "height": 1}]}},
    ],
)
def test_a_dashboard_has_a_name_and_tiles_within_its_columns(cloud: Cloud, dashboard: dict[str, Any]) -> None:
    assert refusal(cloud, DASHBOARD, dashboardJson=json.dumps(dashboard)) == "INVALID_ARGUMENT"


def test_conditions_are_evaluated_each_half_minute_at_most(cloud: Cloud) -> None:
    def policy(interval: str) -> dict[str, Any]:
        asked = {"query": "absent(up)", "evaluationInterval": interval}
        condition = {"displayName": "c", "conditionPrometheusQueryLanguage": asked}
        return {"displayName": "p", "combiner": "OR", "conditions": [condition]}

    assert refusal(cloud, POLICY_OF_ALERTS, **policy("45s")) == "INVALID_ARGUMENT"
    assert made(cloud, POLICY_OF_ALERTS, **policy("60s")).outputs["name"].startswith(f"projects/{PROJECT}/alertPol")


def test_a_family_of_images_answers_with_one_image(cloud: Cloud) -> None:
    answer = cloud.invoke("gcp:compute/getImage:getImage", {"project": "ubuntu-os-cloud", "family": "ubuntu"})
    assert answer["selfLink"].endswith("projects/ubuntu-os-cloud/global/images/ubuntu-v20260101")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("1.35", "1.36", ""),
        ("1.35", "1.34", "cannot be downgraded by a minor version"),
        ("1.34", "1.36", "one minor version at a time"),
    ],
)
def test_a_control_plane_goes_up_one_minor_at_a_time_and_never_down(
    cloud: Cloud, before: str, after: str, words: str
) -> None:
    id_ = cluster(cloud, minMasterVersion=before)
    inputs = {**cloud.world.find(CLUSTER)[0].inputs, "minMasterVersion": after}
    if not words:
        assert cloud.update(CLUSTER, id_, {}, inputs, preview=False).outputs["masterVersion"].startswith(after)
        return
    with pytest.raises(CloudError, match=words):
        cloud.update(CLUSTER, id_, {}, inputs, preview=False)


def test_what_is_read_by_an_imports_id_is_the_thing_itself(cloud: Cloud) -> None:
    """The import of a role names its condition (google_project_iam), and that of an attachment the policy."""
    ours = {"project": PROJECT, "role": "roles/logging.logWriter", "member": MEMBER_OF_OURS}
    member = made(cloud, MEMBER, **ours, condition={"title": "our nodes", "expression": "true"})
    disk = made(cloud, DISK, name="d", zone=ZONE, size=10, type="pd-ssd").outputs["name"]
    policy = made(cloud, POLICY, name="daily", region=REGION).outputs["name"]
    attached = made(cloud, ATTACHMENT, disk=disk, name=policy, zone=ZONE)
    for token, id_, answer in (
        (MEMBER, f"{PROJECT} {ours['role']} {MEMBER_OF_OURS} our nodes", member),
        (ATTACHMENT, f"{PROJECT}/{ZONE}/d/daily", attached),
    ):
        found = cloud.read(token, id_, {})
        assert found is not None
        assert found.id == answer.id
