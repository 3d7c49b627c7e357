"""Node pools, firewalls and addresses on Google Cloud, as the engine would be told."""

from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.address import AddressSpec
from nodeyard.clouds.contract.firewall import FirewallSpec, IngressRule
from nodeyard.clouds.contract.instance_type import Capacity
from nodeyard.clouds.contract.node_pool import NodePoolSpec, Taint, TaintEffect
from nodeyard.clouds.contract.platform import CloudName
from nodeyard.clouds.gcp.instance_type import capacity, confidential_technology
from nodeyard.clouds.gcp.node_pool import NodePool
from nodeyard.clouds.gcp.release_version import newest
from tests.unit.gcp_world import (
    ADDRESS,
    FIREWALL,
    KEY,
    NODE_POOL,
    NODES,
    PROJECT,
    REGION,
    RELEASE,
    ZONES,
    platform,
    recorded,
    refused,
)
from tests.unit.recording import Recording

CLOUD = clouds.named(CloudName.GCP)

# --- nodes


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
        firewall = CLOUD.Firewall("peers", FirewallSpec(peers=True), platform(), ResourceOptions())
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
        CLOUD.NodePool("pool", spec, platform(), ResourceOptions())

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


@pytest.mark.parametrize("release", ["1.33", "1.32"])
def test_a_minor_version_is_looked_up_beside_the_control_plane_and_kept(release: str) -> None:
    made = pool(release_version=release)
    stash = made.one("pulumi:index:Stash")
    asked = {function.rpartition(":")[2]: given for function, given in made.asked}
    assert asked["getEngineVersions"] == {"location": REGION, "project": PROJECT, "versionPrefix": f"{release}."}
    assert asked["getCluster"]["name"] == "platform"
    assert (stash.name, stash.inputs["input"]) == ("pool-release", made.one(NODE_POOL).inputs["version"])


def test_a_release_is_taken_as_it_is_and_nobody_is_asked() -> None:
    made = pool()
    assert made.one(NODE_POOL).inputs["version"] == RELEASE
    assert made.asked == []


def test_of_a_minor_version_the_newest_is_taken_that_is_not_newer_than_the_control_plane() -> None:
    had = ["1.35.8-gke.1225000", "1.35.10-gke.1000000", "1.35.8-gke.1036000", "1.34.11-gke.1056000"]
    assert newest(had, "1.35.9-gke.1") == "1.35.8-gke.1225000"
    assert newest(had, "1.36.4-gke.1082000") == "1.35.10-gke.1000000"
    # GKE has taken every older one away; nodes may always have the control plane's own.
    assert newest(had, "1.33.5-gke.1080000") == "1.33.5-gke.1080000"


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


@pytest.mark.parametrize(
    ("instance_type", "technology", "platform"),
    [("n2d-standard-4", "SEV_SNP", "AMD Milan"), ("c3-standard-4", "TDX", None)],
)
def test_a_confidential_pool_says_by_what(instance_type: str, technology: str, platform: str | None) -> None:
    made = pool(instance_type=instance_type, confidential=True).one(NODE_POOL).inputs["nodeConfig"]
    assert made["confidentialNodes"] == {"enabled": True, "confidentialInstanceType": technology}
    assert made.get("minCpuPlatform") == platform


def test_an_ordinary_pool_takes_any_cpu_and_the_disk_that_gke_gives() -> None:
    made = pool(root_disk_gib=None).one(NODE_POOL).inputs["nodeConfig"]
    assert "minCpuPlatform" not in made
    assert made["diskSizeGb"] == 100


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"instance_type": "n2-standard-4", "confidential": True}, "instance_type"),
        ({"instance_type": "c3-highmem-4", "confidential": True}, "instance_type"),
        ({"instance_type": "c3-standard-4-lssd", "confidential": True}, "instance_type"),
        ({"instance_type": "n4-standard-4"}, "instance_type"),
        ({"instance_type": "c4a-standard-4"}, "instance_type"),
        ({"release_version": "1.46.0-431fe75a"}, "release_version"),
        ({"release_version": "latest"}, "release_version"),
        ({"release_version": "1.34"}, "release_version"),
        ({"release_version": "1.34.1-gke.1829001"}, "release_version"),
        ({"release_version": "1.31"}, "release_version"),
        ({"release_version": "1.31.14-gke.1476000"}, "release_version"),
        ({"zone": "us-central1-f"}, "zone"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(changes: dict[str, Any], path: str) -> None:
    given = {"instance_type": "n2d-standard-4", "zone": ZONES[0], "release_version": RELEASE, **changes}
    assert [*refused(lambda: NodePool("p", NodePoolSpec(**given), platform(), ResourceOptions()))] == [path]


def test_a_pool_knows_what_its_instances_names_begin_with() -> None:
    made = pool()
    [group] = made.one(NODE_POOL).outputs["instanceGroupUrls"]
    [prefix] = made.exports["prefixes"]
    assert prefix.startswith(f"projects/{PROJECT}/zones/{ZONES[1]}/instances/gke-platform-pool-")
    assert prefix.removesuffix("-").rpartition("/")[2] == group.rpartition("/")[2].removesuffix("-grp")


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
        ("n1-standard-4", Capacity(4, 15)),
        ("g2-standard-8", Capacity(8, 32)),
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
        CLOUD.Firewall("l2geth", FirewallSpec(ingress=rules, peers=True), platform(), ResourceOptions())

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
        built = CLOUD.Address("a", AddressSpec(zone=ZONES[0]), platform(), ResourceOptions())
        pulumi.Output.all(built.ingress_address, built.egress_address, built.address_id).apply(
            lambda known: made.update(known=known)
        )

    ours = recorded(program).one(ADDRESS)
    assert (ours.inputs["addressType"], ours.inputs["region"]) == ("EXTERNAL", REGION)
    assert (ours.protect, ours.retain_on_delete) == (True, True)
    assert made["known"] == [ours.outputs["address"], ours.outputs["address"], ours.outputs["name"]]


def test_a_pod_of_its_own_claims_an_address() -> None:
    claim = CLOUD.address_claim(platform())
    assert (claim.way, claim.provider) == ("claimant", "gcp")
    assert claim.env == {"CLOUDSDK_CORE_PROJECT": PROJECT, "REGION": REGION}
