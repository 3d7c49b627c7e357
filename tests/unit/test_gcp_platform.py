"""The platform on Google Cloud: what its network, cluster and add-ons are, as the engine would be told."""

import itertools
from ipaddress import IPv4Network
from typing import Any

import pytest

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.pins.images import GCP_SECRETS_PROVIDER
from tests.unit.gcp_world import (
    ADDRESS,
    CLUSTER,
    CUSTOM_ROLE,
    KEY_MEMBER,
    NETWORK,
    NODE_POOL,
    NUMBER,
    POOL,
    PROJECT,
    PROJECT_MEMBER,
    REGION,
    RELEASE,
    SUBNETWORK,
    ZONES,
    deploy,
    problems,
)
from tests.unit.recording import Recording

CRYPTO_KEY = "gcp:kms/cryptoKey:CryptoKey"
SERVICE = "gcp:projects/service:Service"


@pytest.fixture(scope="module")
def recording() -> Recording:
    return deploy()


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
    assert {subnet["id"] for subnet in exported["private_subnets"]} == {recording.one(SUBNETWORK).id}


def test_all_leaves_through_one_reserved_address(recording: Recording) -> None:
    nat, address = recording.one("gcp:compute/routerNat:RouterNat").inputs, recording.one(ADDRESS).outputs
    assert nat["natIpAllocateOption"] == "MANUAL_ONLY"
    assert nat["sourceSubnetworkIpRangesToNat"] == "LIST_OF_SUBNETWORKS"
    assert nat["natIps"] == [address["selfLink"]]
    assert recording.exports["value"]["egress_addresses"] == [address["address"]]
    assert recording.one(SUBNETWORK).inputs["privateIpGoogleAccess"] is True


def test_flow_logs_are_kept_for_as_long_as_asked_and_once(recording: Recording) -> None:
    assert recording.one(SUBNETWORK).inputs["logConfig"]["flowSampling"] == 1.0
    bucket = recording.one("gcp:logging/projectBucketConfig:ProjectBucketConfig")
    assert (bucket.inputs["retentionDays"], bucket.retain_on_delete) == (90, True)
    sink = recording.one("gcp:logging/projectSink:ProjectSink").inputs
    assert sink["destination"] == f"logging.googleapis.com/{bucket.id}"
    assert 'subnetwork_name="platform"' in sink["filter"]
    assert recording.one("gcp:logging/projectExclusion:ProjectExclusion").inputs["filter"] == sink["filter"]


def test_account_zones_and_range_are_checked_before_anything_is_made() -> None:
    found = problems(account=None, zones=ZONES[:2], cidr="10.40.0.0/24")
    assert found.keys() == {"account", "zones", "cidr"}
    assert "us-east1-b" in problems(zones=[*ZONES[:2], "us-east1-b"])["zones[2]"]


# --- the control plane


def test_the_api_server_is_open_to_the_named_ranges_only(recording: Recording) -> None:
    cluster = recording.one(CLUSTER).inputs
    assert cluster["privateClusterConfig"] == {"enablePrivateNodes": True, "enablePrivateEndpoint": False}
    networks = cluster["masterAuthorizedNetworksConfig"]
    assert [block["cidrBlock"] for block in networks["cidrBlocks"]] == ["192.31.196.0/24", "10.99.0.0/16"]
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
    assert given["databaseEncryption"] == {"state": "ENCRYPTED", "keyName": recording.one(CRYPTO_KEY).id}
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


def test_the_key_is_for_the_five_services_that_use_it(recording: Recording) -> None:
    grants = recording.of(KEY_MEMBER)
    assert {grant.inputs["role"] for grant in grants} == {"roles/cloudkms.cryptoKeyEncrypterDecrypter"}
    assert {grant.inputs["member"] for grant in grants} == {
        f"serviceAccount:service-{NUMBER}@compute-system.iam.gserviceaccount.com",
        f"serviceAccount:service-{NUMBER}@container-engine-robot.iam.gserviceaccount.com",
        f"serviceAccount:service-{NUMBER}@gcp-sa-secretmanager.iam.gserviceaccount.com",
        f"serviceAccount:service-{NUMBER}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        f"serviceAccount:service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com",
    }
    assert {grant.urn for grant in grants} <= recording.one(CLUSTER).depends_on


PROTECTED = {
    ADDRESS: 1,
    "gcp:kms/keyRing:KeyRing": 1,
    CRYPTO_KEY: 1,
    CLUSTER: 1,
    CUSTOM_ROLE: 3,
    "kubernetes:core/v1:Namespace": 2,
}


@pytest.mark.parametrize(("type_", "count"), PROTECTED.items())
def test_what_cannot_be_had_again_is_protected(recording: Recording, type_: str, count: int) -> None:
    assert [resource.protect for resource in recording.of(type_)] == [True] * count


def test_nothing_else_is_protected_or_an_up_could_not_take_it_out(recording: Recording) -> None:
    assert {resource.type for resource in recording.resources if resource.protect} == {*PROTECTED, "pulumi:index:Stash"}


def test_what_is_made_waits_for_its_service_to_be_on(recording: Recording) -> None:
    assert after("compute", recording) & recording.one(ADDRESS).depends_on
    assert after("cloudkms", recording) & recording.one("gcp:kms/keyRing:KeyRing").depends_on
    assert after("container", recording) & recording.one(CLUSTER).depends_on
    assert {service.inputs["disableOnDestroy"] for service in recording.of(SERVICE)} == {False}


def test_the_key_is_granted_to_compute_engine_once_it_is_there(recording: Recording) -> None:
    (grant,) = [one for one in recording.of(KEY_MEMBER) if "@compute-system." in one.inputs["member"]]
    network = recording.one("gcp:compute/network:Network")
    assert network.urn in grant.depends_on
    assert after("compute", recording) & network.depends_on


def after(service: str, recording: Recording) -> set[str]:
    return {found.urn for found in recording.of(SERVICE) if found.name == service}


# --- system nodes


def test_system_nodes_are_untainted_private_and_as_many_as_asked(recording: Recording) -> None:
    pool = recording.one(NODE_POOL).inputs
    assert (pool["nodeLocations"], pool["nodeCount"]) == (ZONES[:2], 1)
    assert pool["nodeConfig"]["taints"] == []
    assert pool["networkConfig"] == {"enablePrivateNodes": True}
    assert pool["version"] == RELEASE
    assert pool["nodeConfig"]["diskSizeGb"] == 100


def test_system_nodes_that_are_replaced_are_there_before_the_old_ones_go(recording: Recording) -> None:
    pool = recording.one(NODE_POOL)
    assert "name" not in pool.inputs, "of the same name the second could not be made"
    assert not pool.delete_before_replace


def test_nodes_account_holds_nothing_worth_stealing(recording: Recording) -> None:
    account = f"serviceAccount:platform-node@{PROJECT}.iam.gserviceaccount.com"
    roles = {m.inputs["role"] for m in recording.of(PROJECT_MEMBER) if m.inputs["member"] == account}
    assert roles == {"roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"}


# --- access


def test_admins_and_teams_get_in_by_iam_and_teams_no_further(recording: Recording) -> None:
    members = {m.inputs["member"]: m.inputs["role"] for m in recording.of(PROJECT_MEMBER)}
    assert members["group:platform-admins@example.com"] == "roles/container.admin"
    assert members["group:metis@example.com"] == "roles/container.clusterViewer"
    assert members["user:auditor@example.com"] == "roles/container.clusterViewer"


def test_a_team_is_a_group_or_a_user_to_the_api_server(recording: Recording) -> None:
    bindings = recording.of("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding")
    bindings = [binding for binding in bindings if binding.name.startswith("nodeyard-")]
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
    assert pod["containers"][0]["image"] == GCP_SECRETS_PROVIDER.reference
    assert all("@sha256:" in container["image"] for container in (*pod["containers"], *pod["initContainers"]))
    role = recording.one(
        "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "secrets-store-csi-driver-provider-gcp"
    ).inputs
    assert role["rules"] == [{"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"]}]


def test_the_provider_gives_away_its_directory_and_may_do_nothing_else_as_root(recording: Recording) -> None:
    pod = recording.one("kubernetes:apps/v1:DaemonSet").inputs["spec"]["template"]["spec"]
    (chown,), (provider,) = pod["initContainers"], pod["containers"]
    assert chown["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["CHOWN"]}
    assert provider["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    for container in (chown, provider):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["resources"].keys() == {"requests", "limits"}


def test_storage_classes_encrypt_with_the_platforms_key_and_keep_what_they_made(recording: Recording) -> None:
    classes = recording.of("kubernetes:storage.k8s.io/v1:StorageClass")
    assert {made.name for made in classes} == {"pd-balanced", "pd-ssd"}
    for made in classes:
        assert made.inputs["provisioner"] == "pd.csi.storage.gke.io"
        assert made.inputs["parameters"]["disk-encryption-kms-key"] == recording.one(CRYPTO_KEY).id
        assert made.inputs["reclaimPolicy"] == "Retain"


# --- the contract


def test_the_contract_is_plain_and_says_what_google_cloud_has(recording: Recording) -> None:
    exported, cluster = recording.exports["value"], recording.one(CLUSTER)
    assert recording.exports["secret"] is False
    assert (exported["cloud"], exported["account"], exported["region"]) == ("gcp", PROJECT, REGION)
    assert exported["cluster_endpoint"] == f"https://{cluster.outputs['endpoint']}"
    roles = {role.name: role.outputs["name"] for role in recording.of(CUSTOM_ROLE)}
    assert exported["gcp"] == {
        "project_number": NUMBER,
        "workload_identity_pool": POOL,
        "claim_roles": {
            "on_nodes": roles["platform-claim-node"],
            "on_subnet": roles["platform-claim-subnet"],
            "on_addresses": roles["platform-claim-address"],
        },
    }
    assert exported["workload_identity_issuer"] == f"https://container.googleapis.com/v1/{cluster.id}"
    assert exported["node_role"] == f"platform-node@{PROJECT}.iam.gserviceaccount.com"
    assert exported["network_policy"] is True


def test_what_a_claimant_may_do_is_no_more_than_it_must(recording: Recording) -> None:
    assert {role.name: set(role.inputs["permissions"]) for role in recording.of(CUSTOM_ROLE)} == {
        "platform-claim-node": {
            *("compute.instances.get", "compute.instances.addAccessConfig", "compute.instances.deleteAccessConfig")
        },
        "platform-claim-subnet": {"compute.subnetworks.useExternalIp"},
        "platform-claim-address": {*("compute.addresses.get", "compute.addresses.use", "compute.zoneOperations.get")},
    }


def test_two_platforms_of_a_project_have_roles_of_their_own(recording: Recording) -> None:
    """An id is the project's, and a second role of an id would be the first one."""
    ids = {role.inputs["roleId"] for role in recording.of(CUSTOM_ROLE)}
    assert len(ids) == 3
    assert all(id_.startswith("platformclaim") for id_ in ids)


def test_the_kubeconfig_asks_googles_plug_in_for_a_token(recording: Recording) -> None:
    (user,) = platform_kubeconfig(recording.exports["value"])["users"]
    assert user["user"].keys() == {"exec"}
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert user["user"]["exec"]["provideClusterInfo"] is True


def test_everything_in_the_cloud_goes_through_the_provider_for_the_project_and_region(recording: Recording) -> None:
    provider = recording.one("pulumi:providers:gcp")
    assert (provider.inputs["project"], provider.inputs["region"]) == (PROJECT, REGION)
    for resource in recording.resources:
        if resource.type.startswith("gcp:"):
            assert resource.provider.startswith(provider.urn), resource.urn
