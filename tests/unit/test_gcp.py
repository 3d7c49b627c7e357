"""What each concept asks of Google Cloud, as the engine would be told."""

import itertools
import json
from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import grpc
import pulumi
import pytest
from pulumi import ResourceOptions
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from components.clouds.contract import (
    AddressSpec,
    Capacity,
    DiskSpec,
    FirewallSpec,
    IdentitySpec,
    IngressRule,
    NodePoolSpec,
    PlatformContract,
    SecretFile,
    SecretMountSpec,
    SecretSpec,
    Taint,
    TaintEffect,
)
from components.clouds.gcp import CLOUD
from components.clouds.gcp.identity import only_instances
from components.clouds.gcp.instance_type import capacity, confidential_technology
from components.clouds.gcp.node_pool import NodePool
from components.clouds.gcp.secrets_provider import PLUGIN
from components.clouds.in_cluster.kubeconfig import kubeconfig
from components.errors import InputError
from components.metis_sequencer import MetisSequencer
from components.platform import Platform
from tests.unit import examples
from tests.unit.echo import Echo
from tests.unit.recording import Recording, record

PROJECT, NUMBER, REGION = "nodeyard-platform", "123456789012", "us-central1"
ZONES = [f"{REGION}-{letter}" for letter in "abc"]
RELEASE = "1.33.5-gke.1080000"
KEY = f"projects/{PROJECT}/locations/{REGION}/keyRings/platform/cryptoKeys/platform"
SUBNET = f"projects/{PROJECT}/regions/{REGION}/subnetworks/platform"
NODES = f"platform-node@{PROJECT}.iam.gserviceaccount.com"
POOL = f"{PROJECT}.svc.id.goog"
PRINCIPAL = f"principal://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/{POOL}"
GROUP = f"projects/{PROJECT}/zones/{ZONES[0]}/instanceGroupManagers/gke-platform-pool-1a2b3c4d-grp"

NETWORK, SUBNETWORK = "gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"
CLUSTER, NODE_POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
ADDRESS, DISK, FIREWALL = "gcp:compute/address:Address", "gcp:compute/disk:Disk", "gcp:compute/firewall:Firewall"
SECRET, VERSION = "gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretVersion:SecretVersion"
PROJECT_MEMBER, CUSTOM_ROLE = "gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMCustomRole:IAMCustomRole"
SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
SUBNET_MEMBER = "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember"
KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
PROVIDER_CLASS = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"


class NoVersion(grpc.RpcError):  # type: ignore[misc]
    """A provider's refusal, as it comes from the engine."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "Error 404: not found or has no versions"


class Cloud(Echo):
    """`version` is what Secret Manager answers of a secret's latest version; without one, that there is none."""

    def __init__(self, version: dict[str, Any] | None = None) -> None:
        self.version = version
        self.asked: list[dict[str, Any]] = []
        self.read: list[tuple[str, str | None]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        id_, outputs = super().new_resource(args)
        if args.resource_id:
            self.read.append((args.name, args.resource_id))
        agent = f"{args.name}@{PROJECT}.iam.gserviceaccount.com"
        computed = {
            ADDRESS: {"address": "192.0.2.7", "selfLink": f"{args.name}-link"},
            CLUSTER: {"endpoint": "192.0.2.9", "masterAuth": {"clusterCaCertificate": "Y2E="}},
            NODE_POOL: {"instanceGroupUrls": [f"https://www.googleapis.com/compute/v1/{GROUP}"]},
            CUSTOM_ROLE: {"name": f"projects/{PROJECT}/roles/{args.inputs.get('roleId')}"},
            "gcp:serviceaccount/account:Account": {"email": agent, "member": f"serviceAccount:{agent}"},
            "gcp:projects/serviceIdentity:ServiceIdentity": {"email": agent, "member": f"serviceAccount:{agent}"},
        }.get(args.typ, {})
        return id_, {**outputs, **computed}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        if args.token == "gcp:organizations/getProject:getProject":
            assert args.args["projectId"] == PROJECT
            return {"number": NUMBER, "projectId": PROJECT}
        assert args.token == "gcp:secretmanager/getSecretVersion:getSecretVersion", args.token
        self.asked.append(dict(args.args))
        if self.version is None:
            raise NoVersion
        return self.version


def platform(**changes: Any) -> PlatformContract:
    subnets = [{"id": SUBNET, "zone": zone, "cidr": "10.42.128.0/18"} for zone in ZONES]
    given = {
        "cloud": "gcp",
        "account": PROJECT,
        "region": REGION,
        "network_id": f"projects/{PROJECT}/global/networks/platform",
        "public_subnets": subnets,
        "private_subnets": subnets,
        "cluster_security_group": "",
        "node_role": NODES,
        "kms_key": KEY,
        "gcp": {"project_number": NUMBER, "workload_identity_pool": POOL},
    }
    return examples.platform(**{**given, **changes})


def recorded(program: Callable[[], Any], cloud: Cloud | None = None, *secrets: str) -> Recording:
    recording = record(program, cloud or Cloud())
    recording.check(*secrets)
    return recording


def refused(program: Callable[[], Any]) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        record(program, Cloud())
    return dict(raised.value.problems)


def arguments(**changes: Any) -> Any:
    return {
        "cloud": "gcp",
        "account": PROJECT,
        "region": REGION,
        "zones": ZONES,
        "cidr": "10.42.0.0/16",
        "kubernetes_version": "1.33",
        "public_access_cidrs": ["203.0.113.0/24"],
        "peered_cidrs": ["10.99.0.0/16"],
        "system_nodes": {"instance_type": "n2-standard-2", "node_count": 2, "release_version": RELEASE},
        "admins": ["group:platform-admins@example.com"],
        "access": {
            "metis": {
                "principal": "group:metis@example.com",
                "role": "deployer",
                "namespaces": ["metis-mainnet", "metis-sepolia"],
            },
            "audit": {"principal": "user:auditor@example.com", "role": "reader", "namespaces": ["metis-mainnet"]},
        },
        **changes,
    }


def deploy(**changes: Any) -> Recording:
    made: dict[str, Any] = {}

    def program() -> None:
        exported = Platform("platform", arguments(**changes)).platform
        pulumi.Output.all(exported, exported.is_secret()).apply(lambda both: made.update(value=both[0], secret=both[1]))

    recording = recorded(program)
    recording.exports.update(made)
    return recording


@pytest.fixture(scope="module")
def recording() -> Recording:
    return deploy()


def problems(**changes: Any) -> dict[str, str]:
    return refused(lambda: Platform("platform", arguments(**changes)))


# --- the network


def test_nodes_pods_and_services_share_the_range_without_overlap(recording: Recording) -> None:
    subnet = recording.one(SUBNETWORK).inputs
    given = [subnet["ipCidrRange"], *(extra["ipCidrRange"] for extra in subnet["secondaryIpRanges"])]
    ranges = [IPv4Network(cidr) for cidr in given]
    assert all(cidr.subnet_of(IPv4Network("10.42.0.0/16")) for cidr in ranges)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(ranges, 2))
    assert [extra["rangeName"] for extra in subnet["secondaryIpRanges"]] == ["pods", "services"]
    assert recording.one(NETWORK).inputs["autoCreateSubnetworks"] is False


def test_the_one_subnet_is_every_zones_public_and_private_one(recording: Recording) -> None:
    exported = recording.exports["value"]
    assert exported["public_subnets"] == exported["private_subnets"]
    assert [subnet["zone"] for subnet in exported["private_subnets"]] == ZONES
    assert {subnet["id"] for subnet in exported["private_subnets"]} == {"platform-id"}


def test_all_leaves_through_one_reserved_address(recording: Recording) -> None:
    nat = recording.one("gcp:compute/routerNat:RouterNat").inputs
    assert nat["natIpAllocateOption"] == "MANUAL_ONLY"
    assert nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    assert nat["natIps"] == ["platform-nat-link"]
    assert recording.exports["value"]["egress_addresses"] == ["192.0.2.7"]
    assert recording.one(SUBNETWORK).inputs["privateIpGoogleAccess"] is True


def test_flow_logs_are_kept_for_as_long_as_asked_and_once(recording: Recording) -> None:
    assert recording.one(SUBNETWORK).inputs["logConfig"]["flowSampling"] == 1.0
    bucket = recording.one("gcp:logging/projectBucketConfig:ProjectBucketConfig")
    assert (bucket.inputs["retentionDays"], bucket.retain_on_delete) == (90, True)
    sink = recording.one("gcp:logging/projectSink:ProjectSink").inputs
    assert sink["destination"] == "logging.googleapis.com/platform-flow-logs-id"
    assert 'subnetwork_name="platform"' in sink["filter"]
    assert recording.one("gcp:logging/projectExclusion:ProjectExclusion").inputs["filter"] == sink["filter"]


def test_account_zones_and_range_are_checked_before_anything_is_made() -> None:
    found = problems(account=None, zones=ZONES[:2], cidr="10.40.0.0/24")
    assert found.keys() == {"account", "zones", "cidr"}
    assert "us-east1-b" in problems(zones=[*ZONES[:2], "us-east1-b"])["zones"]


# --- the control plane


def test_the_api_server_is_open_to_the_named_ranges_only(recording: Recording) -> None:
    cluster = recording.one(CLUSTER).inputs
    assert cluster["privateClusterConfig"] == {"enablePrivateNodes": True, "enablePrivateEndpoint": False}
    networks = cluster["masterAuthorizedNetworksConfig"]
    assert [block["cidrBlock"] for block in networks["cidrBlocks"]] == ["203.0.113.0/24", "10.99.0.0/16"]
    assert networks["gcpPublicCidrsAccessEnabled"] is False


def test_without_ranges_there_is_no_public_endpoint() -> None:
    cluster = deploy(public_access_cidrs=[]).one(CLUSTER).inputs
    assert cluster["privateClusterConfig"]["enablePrivateEndpoint"] is True


def test_nothing_but_the_operator_changes_minor_versions_and_nodes(recording: Recording) -> None:
    cluster = recording.one(CLUSTER).inputs
    (exclusion,) = cluster["maintenancePolicy"]["maintenanceExclusions"]
    assert exclusion["exclusionOptions"] == {
        "scope": "NO_MINOR_OR_NODE_UPGRADES",
        "endTimeBehavior": "UNTIL_END_OF_SUPPORT",
    }
    assert (cluster["releaseChannel"], cluster["minMasterVersion"]) == ({"channel": "REGULAR"}, "1.33")


def test_the_cluster_is_hardened(recording: Recording) -> None:
    cluster = recording.one(CLUSTER)
    given = cluster.inputs
    assert given["workloadIdentityConfig"] == {"workloadPool": POOL}
    assert given["datapathProvider"] == "ADVANCED_DATAPATH"
    assert given["databaseEncryption"] == {"state": "ENCRYPTED", "keyName": "platform-id"}
    assert given["enableShieldedNodes"] is True
    assert given["enableLegacyAbac"] is False
    assert set(given["rbacBindingConfig"].values()) == {False}
    assert given["deletionProtection"] is True
    assert "APISERVER" in given["loggingConfig"]["enableComponents"]


def test_the_nodes_that_gke_makes_go_and_never_have_the_projects_default_account(recording: Recording) -> None:
    cluster = recording.one(CLUSTER)
    assert cluster.inputs["removeDefaultNodePool"] is True
    assert cluster.inputs["nodeConfig"]["serviceAccount"] == f"platform-node@{PROJECT}.iam.gserviceaccount.com"
    assert "nodeConfig" in cluster.ignore_changes


def test_the_key_is_for_the_three_services_that_use_it(recording: Recording) -> None:
    grants = recording.of(KEY_MEMBER)
    assert {grant.inputs["role"] for grant in grants} == {"roles/cloudkms.cryptoKeyEncrypterDecrypter"}
    assert {grant.inputs["member"] for grant in grants} == {
        f"serviceAccount:service-{NUMBER}@compute-system.iam.gserviceaccount.com",
        f"serviceAccount:kubernetes@{PROJECT}.iam.gserviceaccount.com",
        f"serviceAccount:secrets@{PROJECT}.iam.gserviceaccount.com",
    }
    assert {grant.urn for grant in grants} <= recording.one(CLUSTER).depends_on


PROTECTED = {
    ADDRESS: 1,
    "gcp:kms/keyRing:KeyRing": 1,
    "gcp:kms/cryptoKey:CryptoKey": 1,
    CLUSTER: 1,
    "kubernetes:core/v1:Namespace": 2,
}


@pytest.mark.parametrize(("type_", "count"), PROTECTED.items())
def test_what_cannot_be_had_again_is_protected(recording: Recording, type_: str, count: int) -> None:
    assert [resource.protect for resource in recording.of(type_)] == [True] * count


def test_nothing_else_is_protected_or_destroy_would_leave_it(recording: Recording) -> None:
    assert {resource.type for resource in recording.resources if resource.protect} == set(PROTECTED)


def test_what_is_made_waits_for_its_service_to_be_on(recording: Recording) -> None:
    services = {service.name: service for service in recording.of("gcp:projects/service:Service")}
    assert services["compute"].urn in recording.one(ADDRESS).depends_on
    assert services["cloudkms"].urn in recording.one("gcp:kms/keyRing:KeyRing").depends_on
    assert services["container"].urn in recording.one(CLUSTER).depends_on
    assert {service.inputs["disableOnDestroy"] for service in services.values()} == {False}


# --- nodes


def test_system_nodes_are_untainted_private_and_as_many_as_asked(recording: Recording) -> None:
    pool = recording.one(NODE_POOL).inputs
    assert (pool["nodeLocations"], pool["nodeCount"]) == (ZONES[:2], 1)
    assert pool["nodeConfig"]["taints"] == []
    assert pool["networkConfig"] == {"enablePrivateNodes": True}
    assert pool["version"] == RELEASE


def test_nodes_account_holds_nothing_worth_stealing(recording: Recording) -> None:
    account = f"serviceAccount:platform-node@{PROJECT}.iam.gserviceaccount.com"
    roles = {m.inputs["role"] for m in recording.of(PROJECT_MEMBER) if m.inputs["member"] == account}
    assert roles == {"roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"}


def pool(**changes: Any) -> Recording:
    given = {"instance_type": "n2d-standard-4", "zone": ZONES[1], "release_version": RELEASE}
    made: dict[str, Any] = {}

    def program() -> None:
        spec = NodePoolSpec(**{**given, **changes})
        built = NodePool("pool", spec, platform(), ResourceOptions())
        made["taints"] = built.taints
        built.instance_prefixes.apply(lambda prefixes: made.update(prefixes=prefixes))

    recording = recorded(program)
    recording.exports.update(made)
    return recording


def test_a_pool_has_its_labels_taints_and_tags_in_gkes_spelling() -> None:
    def program() -> None:
        firewall = CLOUD.firewall("peers", FirewallSpec(peers=True), platform(), ResourceOptions())
        spec = NodePoolSpec(
            instance_type="c2-standard-8",
            zone=ZONES[0],
            release_version=RELEASE,
            labels={"node.metis.io": "themis"},
            taints=[Taint("node.metis.io", "themis", effect) for effect in TaintEffect],
            firewalls=[firewall],
            root_disk_gib=50,
            node_count=2,
        )
        CLOUD.node_pool("pool", spec, platform(), ResourceOptions())

    made = recorded(program).one(NODE_POOL).inputs
    config = made["nodeConfig"]
    assert made["cluster"] == "platform"
    assert (made["location"], made["nodeLocations"], made["nodeCount"]) == (REGION, [ZONES[0]], 2)
    assert config["labels"] == {"node.metis.io": "themis"}
    assert [taint["effect"] for taint in config["taints"]] == ["NO_SCHEDULE", "PREFER_NO_SCHEDULE", "NO_EXECUTE"]
    assert config["tags"] == ["peers"]
    assert (config["machineType"], config["diskSizeGb"]) == ("c2-standard-8", 50)
    assert (config["bootDiskKmsKey"], config["serviceAccount"]) == (KEY, NODES)
    assert config["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
    assert config["shieldedInstanceConfig"] == {"enableSecureBoot": True, "enableIntegrityMonitoring": True}
    assert "confidentialNodes" not in config


def test_there_are_never_two_nodes_for_what_may_run_once() -> None:
    made = pool().one(NODE_POOL)
    assert made.inputs["upgradeSettings"] == {"strategy": "SURGE", "maxSurge": 0, "maxUnavailable": 1}
    assert made.delete_before_replace
    assert made.ignore_changes == ("initialNodeCount",)
    assert "initialNodeCount" not in made.inputs


@pytest.mark.parametrize("public", [True, False])
def test_a_pool_with_public_addresses_switches_its_own_private_nodes_off(public: bool) -> None:
    network = pool(public_address=public).one(NODE_POOL).inputs["networkConfig"]
    assert network == {"enablePrivateNodes": not public}


@pytest.mark.parametrize("spot", [True, False])
def test_a_spot_pool_asks_for_spot_and_gets_no_taint_of_gkes(spot: bool) -> None:
    made = pool(spot=spot)
    assert made.one(NODE_POOL).inputs["nodeConfig"]["spot"] is spot
    assert made.exports["taints"] == []


def test_pods_are_told_of_the_taint_that_gke_gives_arm_nodes() -> None:
    assert pool(instance_type="t2a-standard-4").exports["taints"] == [Taint("kubernetes.io/arch", "arm64")]


@pytest.mark.parametrize(("instance_type", "technology"), [("n2d-standard-4", "SEV_SNP"), ("c3-standard-4", "TDX")])
def test_a_confidential_pool_says_by_what(instance_type: str, technology: str) -> None:
    made = pool(instance_type=instance_type, confidential=True).one(NODE_POOL).inputs["nodeConfig"]
    assert made["confidentialNodes"] == {"enabled": True, "confidentialInstanceType": technology}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"instance_type": "n2-standard-4", "confidential": True}, "instance_type"),
        ({"instance_type": "c3-highmem-4", "confidential": True}, "instance_type"),
        ({"instance_type": "n4-standard-4"}, "instance_type"),
        ({"instance_type": "c4a-standard-4"}, "instance_type"),
        ({"release_version": "1.46.0-431fe75a"}, "release_version"),
        ({"release_version": "1.33"}, "release_version"),
        ({"zone": "us-central1-f"}, "zone"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(changes: dict[str, Any], path: str) -> None:
    given = {"instance_type": "n2d-standard-4", "zone": ZONES[0], "release_version": RELEASE, **changes}
    assert [*refused(lambda: NodePool("p", NodePoolSpec(**given), platform(), ResourceOptions()))] == [path]


def test_a_pool_knows_what_its_instances_names_begin_with() -> None:
    prefix = f"projects/{PROJECT}/zones/{ZONES[0]}/instances/gke-platform-pool-1a2b3c4d-"
    assert pool().exports["prefixes"] == [prefix]


@pytest.mark.parametrize(
    ("instance_type", "expected"),
    [
        ("c2-standard-8", Capacity(8, 32)),
        ("n2-highmem-4", Capacity(4, 32)),
        ("e2-highcpu-8", Capacity(8, 8)),
        ("c3-highcpu-8", Capacity(8, 16)),
        ("t2d-standard-8", Capacity(8, 32)),
        ("c2-highmem-8", None),
        ("c4-standard-8", None),
        ("n2d-standard-16", Capacity(16, 64)),
        ("e2-medium", None),
        ("n1-standard-4", None),
        ("n2-custom-4-8192", None),
        ("a2-highgpu-1g", None),
        ("c5.4xlarge", None),
        ("", None),
    ],
)
def test_a_types_name_tells_its_size_or_nothing(instance_type: str, expected: Capacity | None) -> None:
    assert capacity(instance_type) == expected


def test_a_technology_that_lets_the_host_change_memory_is_not_confidential() -> None:
    assert confidential_technology("c2d-standard-4") == ""


# --- firewalls and addresses


def test_a_firewall_opens_its_ports_to_the_nodes_with_its_tag() -> None:
    rules = [IngressRule(30303, "tcp", "p2p"), IngressRule(30303, "udp", "discovery", ("203.0.113.0/24",))]

    def program() -> None:
        CLOUD.firewall("l2geth", FirewallSpec(ingress=rules, peers=True), platform(), ResourceOptions())

    made = recorded(program)
    tcp, udp, peers = (made.one(FIREWALL, f"l2geth-{what}").inputs for what in ("30303-tcp", "30303-udp", "peers"))
    assert (tcp["allows"], tcp["sourceRanges"]) == ([{"protocol": "tcp", "ports": ["30303"]}], ["0.0.0.0/0"])
    assert (udp["allows"], udp["sourceRanges"]) == ([{"protocol": "udp", "ports": ["30303"]}], ["203.0.113.0/24"])
    assert (peers["allows"], peers["sourceTags"]) == ([{"protocol": "all"}], ["l2geth"])
    assert {rule.inputs["direction"] for rule in made.of(FIREWALL)} == {"INGRESS"}
    assert all(rule.inputs["targetTags"] == ["l2geth"] for rule in made.of(FIREWALL))


def test_an_address_is_regional_external_protected_and_kept() -> None:
    made: dict[str, Any] = {}

    def program() -> None:
        built = CLOUD.address("a", AddressSpec(zone=ZONES[0]), platform(), ResourceOptions())
        pulumi.Output.all(built.ingress_address, built.egress_address, built.address_id).apply(
            lambda known: made.update(known=known)
        )

    ours = recorded(program).one(ADDRESS)
    assert (ours.inputs["addressType"], ours.inputs["region"]) == ("EXTERNAL", REGION)
    assert (ours.protect, ours.retain_on_delete) == (True, True)
    assert made["known"] == ["192.0.2.7", "192.0.2.7", "a"]


def test_what_is_there_already_is_read_and_not_made() -> None:
    cloud = Cloud({"enabled": True})

    def program() -> None:
        opts, zone = ResourceOptions(), ZONES[0]
        CLOUD.address("a", AddressSpec(zone=zone, existing="an-address"), platform(), opts)
        CLOUD.disk("d", DiskSpec(zone=zone, size_gib=100, namespace="n", existing="a-disk"), platform(), opts)
        CLOUD.secret("s", SecretSpec(name="m/s", existing="a-secret"), platform(), opts)

    made = recorded(program, cloud)
    assert sorted(cloud.read) == [("a-adopted", "an-address"), ("d-adopted", "a-disk"), ("s-adopted", "a-secret")]
    assert not [resource for resource in made.resources if resource.type.startswith("gcp:")]


def test_a_pod_of_its_own_claims_an_address() -> None:
    claim = CLOUD.address_claim(platform())
    assert (claim.way, claim.provider) == ("claimant", "gcp")
    assert claim.env == {"CLOUDSDK_CORE_PROJECT": PROJECT, "REGION": REGION}


# --- disks


def disk(**changes: Any) -> Recording:
    spec = DiskSpec(**{"zone": ZONES[0], "size_gib": 100, "namespace": "metis", "throughput_mibps": 200, **changes})
    return recorded(lambda: CLOUD.disk("d", spec, platform(), ResourceOptions()))


def test_a_disk_is_a_protected_ssd_with_the_platforms_key_under_a_volume_of_its_own() -> None:
    made = disk(seed_from="projects/other/global/snapshots/s", access_mode="ReadWriteOncePod")
    ours = made.one(DISK)
    assert (ours.inputs["type"], ours.inputs["size"], ours.inputs["zone"]) == ("pd-ssd", 100, ZONES[0])
    assert ours.inputs["diskEncryptionKey"] == {"kmsKeySelfLink": KEY}
    assert (ours.protect, ours.retain_on_delete, ours.ignore_changes) == (True, True, ("snapshot",))
    volume = made.one("kubernetes:core/v1:PersistentVolume").inputs["spec"]
    assert (volume["csi"]["driver"], volume["csi"]["volumeHandle"]) == ("pd.csi.storage.gke.io", "d-id")
    assert volume["accessModes"] == ["ReadWriteOncePod"]


def test_a_disk_without_snapshots_has_no_policy() -> None:
    assert not [r for r in disk().resources if "Policy" in r.type]


def test_snapshots_are_daily_and_kept_for_a_week() -> None:
    made = disk(snapshots=True)
    policy = made.one("gcp:compute/resourcePolicy:ResourcePolicy").inputs["snapshotSchedulePolicy"]
    assert policy["schedule"]["dailySchedule"]["daysInCycle"] == 1
    assert policy["retentionPolicy"]["maxRetentionDays"] == 7
    attached = made.one("gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment").inputs
    assert attached == {"disk": "d", "name": "d", "zone": ZONES[0]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"size_gib": 100, "throughput_mibps": 289}, "throughput_mibps"),
        ({"size_gib": 100, "iops": 9001}, "iops"),
        ({"size_gib": 8000, "throughput_mibps": 1201}, "throughput_mibps"),
        ({"size_gib": 5, "throughput_mibps": 200}, "size_gib"),
    ],
)
def test_a_size_that_does_not_give_the_performance_is_refused(changes: dict[str, Any], path: str) -> None:
    given = {"zone": ZONES[0], "size_gib": 100, "namespace": "metis", **changes}
    assert [*refused(lambda: CLOUD.disk("d", DiskSpec(**given), platform(), ResourceOptions()))] == [path]
    disk(size_gib=100, iops=9000, throughput_mibps=288)


# --- secrets and identities


def secret(cloud: Cloud, **changes: Any) -> Recording:
    made: dict[str, Any] = {}

    def program() -> None:
        built = CLOUD.secret("s", SecretSpec(**{"name": "metis/seq-priv", **changes}), platform(), ResourceOptions())
        pulumi.Output.all(built.secret_id, built.has_value).apply(lambda known: made.update(known=known))

    recording = recorded(program, cloud, "open sesame")
    recording.exports.update(made)
    return recording


def test_a_secret_is_in_the_platforms_region_with_its_key_and_kept() -> None:
    made = secret(Cloud()).one(SECRET)
    (replica,) = made.inputs["replication"]["userManaged"]["replicas"]
    assert replica == {"location": REGION, "customerManagedEncryption": {"kmsKeyName": KEY}}
    assert made.inputs["secretId"].startswith("metis-seq-priv-")
    assert (made.protect, made.retain_on_delete) == (True, True)


@pytest.mark.parametrize(
    ("version", "has_value"), [(None, False), ({"enabled": False}, False), ({"enabled": True}, True)]
)
def test_whether_the_operator_gave_a_value_is_asked_without_reading_it(version: Any, has_value: bool) -> None:
    cloud = Cloud(version)
    assert secret(cloud).exports["known"] == ["s-id", has_value]
    assert [asked["fetchSecretData"] for asked in cloud.asked] == [False]
    assert {asked["secret"] for asked in cloud.asked} == {"s-id"}


def test_a_value_of_ours_is_a_secret_version() -> None:
    cloud = Cloud()
    made = secret(cloud, value="open sesame")
    assert made.one(VERSION).inputs["secret"] == "s-id"
    assert made.exports["known"] == ["s-id", True]
    assert cloud.asked == []


def test_a_mount_names_each_secret_its_file_and_its_mode() -> None:
    def program() -> None:
        opts = ResourceOptions()
        key = CLOUD.secret("key", SecretSpec(name="m/key"), platform(), opts)
        url = CLOUD.secret("url", SecretSpec(name="m/url"), platform(), opts)
        identity = CLOUD.identity("i", IdentitySpec(namespace="m", service_account="a"), platform(), opts)
        files = [SecretFile(key, "node_key.json", mode=0o600), SecretFile(url, "URL", env=True)]
        CLOUD.secret_mount("mount", SecretMountSpec(namespace="m", files=files, identity=identity), platform(), opts)

    spec = recorded(program).one(PROVIDER_CLASS).inputs["spec"]
    assert spec["provider"] == "gcp"
    assert json.loads(spec["parameters"]["secrets"]) == [
        {"resourceName": "key-id/versions/latest", "path": "node_key.json", "mode": 0o600},
        {"resourceName": "url-id/versions/latest", "path": "URL", "mode": 0o400},
    ]
    assert spec["secretObjects"][0]["data"] == [{"objectName": "URL", "key": "URL"}]


@pytest.fixture(scope="module")
def claimant() -> Recording:
    def program() -> None:
        opts = ResourceOptions()
        spec = NodePoolSpec(instance_type="c2-standard-8", zone=ZONES[0], release_version=RELEASE)
        identity = IdentitySpec(
            namespace="metis",
            service_account="themis",
            secrets=[CLOUD.secret("key", SecretSpec(name="m/key"), platform(), opts)],
            addresses=[CLOUD.address("a", AddressSpec(zone=ZONES[0]), platform(), opts)],
            node_pools=[CLOUD.node_pool("pool", spec, platform(), opts)],
        )
        CLOUD.identity("themis", identity, platform(), opts)

    return recorded(program)


def test_a_service_account_itself_reads_exactly_its_own_secrets(claimant: Recording) -> None:
    grant = claimant.one(SECRET_MEMBER).inputs
    assert grant["secretId"] == "key-id"
    assert grant["role"] == "roles/secretmanager.secretAccessor"
    assert grant["member"] == f"{PRINCIPAL}/subject/ns/metis/sa/themis"


def permissions(recording: Recording) -> dict[str, set[str]]:
    roles = recording.of(CUSTOM_ROLE)
    return {f"projects/{PROJECT}/roles/{role.inputs['roleId']}": set(role.inputs["permissions"]) for role in roles}


def test_what_changes_instances_is_narrowed_to_the_pools_own(claimant: Recording) -> None:
    roles = permissions(claimant)
    prefix = f"projects/{PROJECT}/zones/{ZONES[0]}/instances/gke-platform-pool-1a2b3c4d-"
    for grant in claimant.of(PROJECT_MEMBER):
        if roles[grant.inputs["role"]] & {"compute.instances.addAccessConfig", "compute.instances.deleteAccessConfig"}:
            condition = grant.inputs["condition"]["expression"]
            assert condition == f'resource.type == "compute.googleapis.com/Instance" && ({starts(prefix)})'
        else:
            assert roles[grant.inputs["role"]] == {
                *("compute.addresses.get", "compute.addresses.use", "compute.zoneOperations.get")
            }
            assert "condition" not in grant.inputs


def starts(prefix: str) -> str:
    return f'resource.name.startsWith("{prefix}")'


def test_external_addresses_are_used_in_the_platforms_subnet_only(claimant: Recording) -> None:
    grant = claimant.one(SUBNET_MEMBER).inputs
    assert grant["subnetwork"] == SUBNET
    assert permissions(claimant)[grant["role"]] == {"compute.subnetworks.useExternalIp"}
    everywhere = [m.inputs for m in claimant.of(PROJECT_MEMBER) if "condition" not in m.inputs]
    assert len(everywhere) == 1
    assert "compute.subnetworks.useExternalIp" not in permissions(claimant)[everywhere[0]["role"]]


def test_a_pool_without_instance_groups_is_nobodys() -> None:
    assert only_instances([]) == 'resource.type == "compute.googleapis.com/Instance" && (false)'


def test_an_identity_without_addresses_has_no_roles_of_its_own() -> None:
    spec = IdentitySpec(namespace="metis", service_account="exporter")
    made = recorded(lambda: CLOUD.identity("exporter", spec, platform(), ResourceOptions()))
    assert {resource.type for resource in made.resources} == {"nodeyard:gcp:Identity"}


# --- the sequencer


def test_a_mainnet_sequencer_fits_and_its_claimants_have_their_own_addresses_only() -> None:
    args = examples.sequencer(
        platform=platform(),
        release_version=RELEASE,
        l2geth={"disk_gib": 750},
        themis={"disk_gib": 300},
    )
    made = recorded(lambda: MetisSequencer("metis", args), Cloud({"enabled": True}))
    types = {made_pool.name: made_pool.inputs["nodeConfig"]["machineType"] for made_pool in made.of(NODE_POOL)}
    assert types == {"metis-l2geth": "c2-standard-16", "metis-themis": "c2-standard-8"}
    readers = {grant.inputs["member"].rpartition("/")[2] for grant in made.of(SECRET_MEMBER)}
    claimants = {grant.inputs["member"].rpartition("/")[2] for grant in made.of(PROJECT_MEMBER)}
    assert readers == {"metis-l2geth", "metis-l1dtl", "metis-themis", "metis-exporter"}
    assert claimants == {"metis-l2geth-address", "metis-themis-address"}


# --- access


def test_admins_and_teams_get_in_by_iam_and_teams_no_further(recording: Recording) -> None:
    members = {m.inputs["member"]: m.inputs["role"] for m in recording.of(PROJECT_MEMBER)}
    assert members["group:platform-admins@example.com"] == "roles/container.admin"
    assert members["group:metis@example.com"] == "roles/container.clusterViewer"
    assert members["user:auditor@example.com"] == "roles/container.clusterViewer"


def test_a_team_is_a_group_or_a_user_to_the_api_server(recording: Recording) -> None:
    bindings = recording.of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
    subjects = {(b.inputs["subjects"][0]["kind"], b.inputs["subjects"][0]["name"]) for b in bindings}
    assert subjects == {("Group", "metis@example.com"), ("User", "auditor@example.com")}
    groups = recording.one(CLUSTER).inputs["authenticatorGroupsConfig"]
    assert groups == {"securityGroup": "gke-security-groups@example.com"}


def test_without_groups_gke_asks_for_none() -> None:
    audit = {"audit": {"principal": "user:auditor@example.com", "role": "reader", "namespaces": ["metis-mainnet"]}}
    assert "authenticatorGroupsConfig" not in deploy(access=audit).one(CLUSTER).inputs


def test_principals_that_google_would_refuse_are_refused_first() -> None:
    team = {"role": "reader", "namespaces": ["n"]}
    found = problems(
        admins=["arn:aws:iam::111122223333:role/admin", "user:a@example.com"],
        access={
            "one": {"principal": "user:a@example.com", **team},
            "two": {"principal": "group:b@example.com", **team},
            "three": {"principal": "group:b@example.org", **team},
        },
    )
    assert found.keys() == {"admins[0]", "admins[1]", "access.one.principal", "access"}


# --- add-ons


def release(recording: Recording, chart: str) -> dict[str, Any]:
    return recording.one("kubernetes:helm.sh/v3:Release", chart).inputs


def test_the_driver_asks_for_tokens_of_the_projects_pool_and_syncs(recording: Recording) -> None:
    values = release(recording, "secrets-store-csi-driver")["values"]
    assert values["tokenRequests"] == [{"audience": POOL}]
    assert values["syncSecret"]["enabled"] is True


def test_the_provider_runs_on_every_node_and_makes_no_tokens(recording: Recording) -> None:
    pod = recording.one("kubernetes:apps/v1:DaemonSet").inputs["spec"]["template"]["spec"]
    assert pod["tolerations"] == [{"operator": "Exists"}]
    assert pod["containers"][0]["image"] == PLUGIN
    assert all("@sha256:" in container["image"] for container in (*pod["containers"], *pod["initContainers"]))
    role = recording.one(
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "secrets-store-csi-driver-provider-gcp"
    ).inputs
    assert role["rules"] == [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}]


def test_storage_classes_encrypt_with_the_platforms_key_and_keep_what_they_made(recording: Recording) -> None:
    classes = recording.of("kubernetes:storage.k8s.io/v1:StorageClass")
    assert {made.name for made in classes} == {"pd-balanced", "pd-ssd"}
    for made in classes:
        assert made.inputs["provisioner"] == "pd.csi.storage.gke.io"
        assert made.inputs["parameters"]["disk-encryption-kms-key"] == "platform-id"
        assert made.inputs["reclaimPolicy"] == "Retain"


# --- the contract


def test_the_contract_is_plain_and_says_what_google_cloud_has(recording: Recording) -> None:
    exported = recording.exports["value"]
    assert recording.exports["secret"] is False
    assert (exported["cloud"], exported["account"], exported["region"]) == ("gcp", PROJECT, REGION)
    assert exported["cluster_endpoint"] == "https://192.0.2.9"
    assert exported["gcp"] == {"project_number": NUMBER, "workload_identity_pool": POOL}
    assert exported["workload_identity_issuer"] == "https://container.googleapis.com/v1/platform-id"
    assert exported["node_role"] == f"platform-node@{PROJECT}.iam.gserviceaccount.com"
    assert exported["network_policy"] is True


def test_the_kubeconfig_asks_googles_plug_in_for_a_token(recording: Recording) -> None:
    (user,) = json.loads(kubeconfig(recording.exports["value"]))["users"]
    assert user["user"].keys() == {"exec"}
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert user["user"]["exec"]["provideClusterInfo"] is True


def test_everything_in_the_cloud_goes_through_the_provider_for_the_project_and_region(recording: Recording) -> None:
    provider = recording.one("pulumi:providers:gcp")
    assert (provider.inputs["project"], provider.inputs["region"]) == (PROJECT, REGION)
    for resource in recording.resources:
        if resource.type.startswith("gcp:"):
            assert resource.provider.startswith(provider.urn), resource.urn


def test_a_contract_without_its_google_section_is_refused() -> None:
    without = platform()
    del without["gcp"]
    spec = IdentitySpec(namespace="n", service_account="a")
    with pytest.raises(pulumi.RunError, match="deploy the platform again"):
        record(lambda: CLOUD.identity("i", spec, without, ResourceOptions()), Cloud())
