"""What `Platform` asks of AWS and of its cluster, as the engine would be told."""

import itertools
import json
from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockResourceArgs

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.clouds.contract.platform import CONTRACT_VERSION, CloudName, PlatformContract
from nodeyard.errors import InputError
from nodeyard.platform import Platform
from sandbox.controlplane.clouds.aws.iam import Request, allowed
from sandbox.mocks import SandboxMocks
from tests.unit.examples import ACCOUNT, REGION
from tests.unit.recording import Recording, Registered, record
from tests.unit.worlds import empty

ZONES = ["us-east-2a", "us-east-2b", "us-east-2c"]
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/metis-deployer"
READER = f"arn:aws:iam::{ACCOUNT}:role/auditor"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/platform-admin"
ROLE, SUBNET = "aws:iam/role:Role", "aws:ec2/subnet:Subnet"


def arguments(**changes: Any) -> Any:
    return {
        "cloud": "aws",
        "region": REGION,
        "zones": ZONES,
        "cidr": "10.40.0.0/16",
        "kubernetes_version": "1.33",
        "public_access_cidrs": ["192.31.196.0/24"],
        "peered_cidrs": ["10.99.0.0/16"],
        "system_nodes": {"instance_type": "m6i.large", "node_count": 2, "release_version": "1.46.0-431fe75a"},
        "admins": [ADMIN],
        "access": {
            "metis": {"principal": DEPLOYER, "role": "deployer", "namespaces": ["metis-mainnet", "metis-sepolia"]},
            "audit": {"principal": READER, "role": "reader", "namespaces": ["metis-mainnet"]},
        },
        **changes,
    }


def deploy(**changes: Any) -> Recording:
    made: dict[str, Any] = {}

    def program() -> None:
        platform = Platform("platform", arguments(**changes)).platform
        pulumi.Output.all(platform, platform.is_secret()).apply(lambda both: made.update(value=both[0], secret=both[1]))

    recording = record(program, empty(region=REGION))
    recording.check()
    recording.exports.update(made)
    return recording


@pytest.fixture(scope="module")
def recording() -> Recording:
    return deploy()


def problems(**changes: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        deploy(**changes)
    return dict(raised.value.problems)


def policy(recording: Recording, name: str) -> list[dict[str, Any]]:
    document = json.loads(recording.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])
    statements: list[dict[str, Any]] = document["Statement"]
    return statements


def actions(statements: list[dict[str, Any]]) -> set[str]:
    given = [s["Action"] if isinstance(s["Action"], list) else [s["Action"]] for s in statements]
    return set(itertools.chain(*given))


def key(recording: Recording, name: str = "platform") -> str:
    return str(recording.one("aws:kms/key:Key", name).outputs["arn"])


def key_policy(recording: Recording, name: str) -> dict[str, dict[str, Any]]:
    document = json.loads(recording.one("aws:kms/key:Key", name).inputs["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def release(recording: Recording, chart: str) -> dict[str, Any]:
    return recording.one("kubernetes:helm.sh/v3:Release", chart).inputs


def endpoint(recording: Recording) -> str:
    return str(control_plane(recording)["endpoint"])


def control_plane(recording: Recording) -> dict[str, Any]:
    """The state of the cluster that pulumi-eks made."""
    [state] = [state for urn, state in recording.state.items() if "aws:eks/cluster:Cluster" in urn]
    return state


def attached(recording: Recording, role: str) -> set[str]:
    return {
        attachment.inputs["policyArn"].removeprefix("arn:aws:iam::aws:policy/")
        for attachment in recording.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
        if attachment.inputs["role"] == recording.one(ROLE, role).id
    }


# --- the network


def test_each_zone_has_a_public_and_a_private_subnet_that_do_not_overlap(recording: Recording) -> None:
    subnets = [subnet.inputs for subnet in recording.of("aws:ec2/subnet:Subnet")]
    assert sorted(s["availabilityZone"] for s in subnets) == sorted([*ZONES, *ZONES])
    ranges = [IPv4Network(s["cidrBlock"]) for s in subnets]
    assert all(a.subnet_of(IPv4Network("10.40.0.0/16")) for a in ranges)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(ranges, 2))


def test_a_zones_private_subnet_leaves_through_the_nat_gateway_of_its_own_zone(recording: Recording) -> None:
    for zone in ZONES:
        route = recording.one("aws:ec2/route:Route", f"platform-{zone}-private").inputs
        nat = recording.one("aws:ec2/natGateway:NatGateway", f"platform-{zone}")
        assert route["natGatewayId"] == nat.id
        assert nat.inputs["subnetId"] == recording.one(SUBNET, f"platform-{zone}-public").id


def test_the_load_balancer_controller_finds_public_and_internal_subnets(recording: Recording) -> None:
    tags = {subnet.name.rsplit("-", 1)[-1]: subnet.inputs["tags"] for subnet in recording.of("aws:ec2/subnet:Subnet")}
    assert tags["public"]["kubernetes.io/role/elb"] == "1"
    assert tags["private"]["kubernetes.io/role/internal-elb"] == "1"


def test_the_default_security_group_allows_nothing(recording: Recording) -> None:
    group = recording.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert (group["ingress"], group["egress"]) == ([], [])


def test_flow_logs_go_to_an_encrypted_group_that_they_alone_write(recording: Recording) -> None:
    group = recording.one("aws:cloudwatch/logGroup:LogGroup", "platform-flow-logs").inputs
    assert group["kmsKeyId"] == key(recording, "platform-flow-logs")
    assert group["retentionInDays"] == 90
    assert recording.one("aws:ec2/flowLog:FlowLog").inputs["trafficType"] == "ALL"
    for statement in policy(recording, "platform-flow-logs"):
        assert statement["Resource"] != "*" or statement["Action"] == "logs:DescribeLogGroups"
    allowed = key_policy(recording, "platform-flow-logs")["EncryptLogs"]["Condition"]["ArnLike"]
    assert allowed["kms:EncryptionContext:aws:logs:arn"].endswith(":log-group:/nodeyard/platform/flow-logs")


def test_zones_and_range_are_checked_before_anything_is_made() -> None:
    assert problems(zones=ZONES[:2], cidr="10.40.0.0/24").keys() == {"zones", "cidr"}
    assert problems(zones=["us-east-2a"] * 3).keys() == {"zones"}


# --- the control plane


def test_the_public_endpoint_is_open_to_the_named_ranges_only(recording: Recording) -> None:
    cluster = recording.one("eks:index:Cluster").inputs
    assert cluster["endpointPrivateAccess"] is True
    assert cluster["endpointPublicAccess"] is True
    assert cluster["publicAccessCidrs"] == ["192.31.196.0/24"]


def test_without_ranges_there_is_no_public_endpoint() -> None:
    cluster = deploy(public_access_cidrs=[]).one("eks:index:Cluster").inputs
    assert cluster["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in cluster


def test_the_control_plane_logs_everything_to_an_encrypted_group(recording: Recording) -> None:
    cluster = recording.one("eks:index:Cluster").inputs
    assert sorted(cluster["enabledClusterLogTypes"]) == [
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    ]
    group = recording.one("aws:cloudwatch/logGroup:LogGroup", "platform-control-plane")
    assert group.inputs["name"] == f"/aws/eks/{cluster['name']}/cluster"
    assert group.inputs["kmsKeyId"] == key(recording)
    assert group.urn in recording.one("eks:index:Cluster").depends_on


def test_access_goes_by_access_entries_and_secrets_are_encrypted_with_our_key(recording: Recording) -> None:
    cluster = recording.one("eks:index:Cluster").inputs
    assert cluster["authenticationMode"] == "API"
    assert cluster["encryptionConfigKeyArn"] == key(recording)
    assert cluster["version"] == "1.33"


def test_the_cluster_comes_without_nodes_and_add_ons_of_its_own(recording: Recording) -> None:
    cluster = recording.one("eks:index:Cluster").inputs
    assert cluster["skipDefaultNodeGroup"] is True
    assert cluster["bootstrapSelfManagedAddons"] is False
    # pulumi-eks would otherwise bring each at the latest version.
    assert cluster["useDefaultVpcCni"] is True
    assert cluster["kubeProxyAddonOptions"] == {"enabled": False}
    assert cluster["corednsAddonOptions"] == {"enabled": False}


def test_the_key_lets_nodes_boot_and_the_control_planes_logs_be_written(recording: Recording) -> None:
    statements = key_policy(recording, "platform")
    assert recording.one("aws:kms/key:Key", "platform").inputs["enableKeyRotation"] is True
    assert statements["LeaveToIam"]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    auto_scaling = {
        "AWS": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    }
    assert statements["StartNodes"]["Principal"] == auto_scaling
    assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statements["StartNodes"]["Action"])
    assert statements["LendToNodes"]["Principal"] == auto_scaling
    assert statements["LendToNodes"]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    log_groups = statements["EncryptLogs"]["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert log_groups.endswith(":log-group:/aws/eks/platform/cluster")


def test_no_other_statement_gives_the_key_away(recording: Recording) -> None:
    for name in ("platform", "platform-flow-logs"):
        for statement in key_policy(recording, name).values():
            assert statement["Principal"] not in ("*", {"AWS": "*"})


PROTECTED = {
    "aws:ec2/eip:Eip": 3,
    "aws:kms/key:Key": 2,
    "eks:index:Cluster": 1,
    "kubernetes:core/v1:Namespace": 2,
}
GUARD = "pulumi:index:Stash"
"""What keeps the rest from a `destroy` (`test_teardown.py`)."""


@pytest.mark.parametrize(("type_", "count"), PROTECTED.items())
def test_what_cannot_be_had_again_is_protected(recording: Recording, type_: str, count: int) -> None:
    assert [resource.protect for resource in recording.of(type_)] == [True] * count


def test_nothing_else_is_protected_or_an_up_could_not_take_it_out(recording: Recording) -> None:
    assert {resource.type for resource in recording.resources if resource.protect} == {*PROTECTED, GUARD}
    assert recording.one("eks:index:Cluster").inputs["deletionProtection"] is True


# --- the nodes


def test_the_node_role_holds_nothing_worth_stealing(recording: Recording) -> None:
    assert attached(recording, "platform-node") == {
        "AmazonEKSWorkerNodeMinimalPolicy",
        "AmazonEC2ContainerRegistryPullOnly",
    }
    assert actions(policy(recording, "platform-node")) == {
        "ec2:DescribeInstances",
        "eks:DescribeCluster",
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }


def test_system_nodes_are_untainted_pinned_and_private(recording: Recording) -> None:
    nodes = recording.one("aws:eks/nodeGroup:NodeGroup").inputs
    group = control_plane(recording)["vpcConfig"]["clusterSecurityGroupId"]
    assert "taints" not in nodes
    assert nodes["subnetIds"] == [recording.one(SUBNET, f"platform-{zone}-private").id for zone in ZONES]
    assert (nodes["amiType"], nodes["releaseVersion"]) == ("BOTTLEROCKET_x86_64", "1.46.0-431fe75a")
    assert nodes["version"] == "1.33"
    assert nodes["scalingConfig"]["desiredSize"] == 2
    template = recording.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1
    assert template["networkInterfaces"][0]["associatePublicIpAddress"] == "false"
    assert template["networkInterfaces"][0]["securityGroups"] == [group]


def test_nodes_start_after_the_agents_that_make_them_ready(recording: Recording) -> None:
    nodes = recording.one("nodeyard:aws:SystemNodes")
    agents = {addon(recording, name).urn for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")}
    assert agents <= nodes.depends_on
    assert not {addon(recording, name).urn for name in ("coredns", "aws-ebs-csi-driver")} & nodes.depends_on


# --- the add-ons


def addon(recording: Recording, name: str) -> Registered:
    return recording.one("aws:eks/addon:Addon", f"platform-{name}")


@pytest.mark.parametrize("kubernetes_version", ["1.33", "1.36"])
def test_every_add_on_is_at_ekss_default_for_the_clusters_kubernetes(kubernetes_version: str) -> None:
    recording = deploy(kubernetes_version=kubernetes_version)
    made = {a.inputs["addonName"]: a.inputs["addonVersion"] for a in recording.of("aws:eks/addon:Addon")}
    asked = [given for function, given in recording.asked if function == "aws:eks/getAddonVersion:getAddonVersion"]
    assert {given["addonName"]: given["kubernetesVersion"] for given in asked} == dict.fromkeys(
        made, kubernetes_version
    )
    assert not any(given.get("mostRecent") for given in asked), "the newest is not what EKS itself would take"
    assert made["kube-proxy"].startswith(f"v{kubernetes_version}.")


def test_an_add_on_stays_at_the_version_that_was_looked_up_first() -> None:
    """Its Stashes took an older version first; EKS has another default now."""

    class Remembering(SandboxMocks):
        def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            if args.typ == "pulumi:index:Stash":
                return args.name, {**args.inputs, "output": f"v0.9.0 of {args.name}"}
            return super().new_resource(args)

    mocks = Remembering(empty().home, region=REGION)
    recording = record(lambda: Platform("platform", arguments()), mocks)
    for made in recording.of("aws:eks/addon:Addon"):
        assert made.inputs["addonVersion"] == f"v0.9.0 of {made.name}-version"


@pytest.mark.parametrize(
    ("cloud", "instance_type", "reason"),
    [
        *((cloud, "banana", "no instance type of") for cloud in CloudName),
        (CloudName.AWS, "m6g.large", "runs Arm code"),
        (CloudName.AZURE, "Standard_D8ps_v5", "runs Arm code"),
        (CloudName.GCP, "t2a-standard-4", "runs Arm code"),
        (CloudName.GCP, "c4-standard-4", "takes Hyperdisk only"),
    ],
)
def test_the_system_nodes_instance_type_is_asked_of_the_cloud(
    cloud: CloudName, instance_type: str, reason: str
) -> None:
    nodes = {"instance_type": instance_type, "release_version": "1.46.0-431fe75a"}
    assert reason in problems(cloud=cloud, system_nodes=nodes)["system_nodes.instance_type"]


def test_network_policies_are_enforced(recording: Recording) -> None:
    assert json.loads(addon(recording, "vpc-cni").inputs["configurationValues"])["enableNetworkPolicy"] == "true"
    assert recording.exports["value"]["network_policy"] is True


@pytest.mark.parametrize(
    ("name", "account", "policies"),
    [
        ("vpc-cni", "aws-node", {"AmazonEKS_CNI_Policy"}),
        ("aws-ebs-csi-driver", "ebs-csi-controller-sa", {"AmazonEBSCSIDriverPolicyV2"}),
    ],
)
def test_add_ons_have_their_rights_by_pod_identity(
    recording: Recording, name: str, account: str, policies: set[str]
) -> None:
    role = recording.one(ROLE, f"platform-{name}")
    (association,) = addon(recording, name).inputs["podIdentityAssociations"]
    assert association == {"serviceAccount": account, "roleArn": role.outputs["arn"]}
    assert attached(recording, f"platform-{name}") == policies
    trust = json.loads(role.inputs["assumeRolePolicy"])
    (statement,) = trust["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": ACCOUNT,
        "aws:RequestTag/eks-cluster-name": "platform",
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": account,
    }


def test_the_disk_driver_attaches_our_disks_and_deletes_none_of_them(recording: Recording) -> None:
    statements = policy(recording, "platform-aws-ebs-csi-driver")
    volume = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"

    def may(action: str, volume: str, tag: str) -> bool:
        context = {"aws:ResourceTag/nodeyard.io/disk": tag} if tag else {}
        return allowed([{"Statement": statements}], Request(action, volume, context))

    assert may("ec2:AttachVolume", volume, "platform")
    assert may("ec2:DetachVolume", volume, "platform")
    # Another platform's in this account, another region's, and what no platform has.
    assert not may("ec2:AttachVolume", volume, "platform-2")
    assert not may("ec2:AttachVolume", volume, "true")
    assert not may("ec2:AttachVolume", volume, "")
    assert not may("ec2:AttachVolume", f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/vol-1", "platform")
    assert not may("ec2:DeleteVolume", volume, "platform")
    assert all(s["Resource"] == key(recording) for s in statements if any("kms:" in a for a in actions([s])))
    with_key = [s for s in statements if s["Resource"] == key(recording)]
    # It makes an encrypted volume, and lends EC2 the key to attach one.
    assert actions(with_key) == {
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
    }
    (lent,) = (s for s in with_key if "kms:CreateGrant" in actions([s]))
    assert lent["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_storage_classes_encrypt_with_our_key_and_keep_their_volumes(recording: Recording) -> None:
    classes = {c.name: c.inputs for c in recording.of("kubernetes:storage.k8s.io/v1:StorageClass")}
    assert {name: c["parameters"]["throughput"] for name, c in classes.items()} == {"gp3": "125", "gp3-200": "200"}
    for storage_class in classes.values():
        assert storage_class["parameters"]["kmsKeyId"] == key(recording)
        assert storage_class["parameters"]["encrypted"] == "true"
        assert storage_class["parameters"]["iops"] == "3000"
        assert storage_class["reclaimPolicy"] == "Retain"
        assert storage_class["volumeBindingMode"] == "WaitForFirstConsumer"
        assert storage_class["allowVolumeExpansion"] is True


def test_every_agent_tolerates_every_taint(recording: Recording) -> None:
    every = [{"operator": "Exists"}]
    assert release(recording, "secrets-store-csi-driver")["values"]["linux"]["tolerations"] == every
    assert release(recording, "secrets-store-csi-driver-provider-aws")["values"]["tolerations"] == every
    # EKS's own agents do as they are delivered; a configuration that spoke of it could only narrow that.
    for managed in recording.of("aws:eks/addon:Addon"):
        assert "oleration" not in managed.inputs.get("configurationValues", "")


def test_secret_mounts_get_tokens_for_both_audiences(recording: Recording) -> None:
    values = release(recording, "secrets-store-csi-driver")["values"]
    assert [t["audience"] for t in values["tokenRequests"]] == ["sts.amazonaws.com", "pods.eks.amazonaws.com"]
    assert values["syncSecret"] == {"enabled": True}
    assert values["enableSecretRotation"] is False


def test_the_aws_provider_does_not_bring_a_second_driver(recording: Recording) -> None:
    provider = recording.one("kubernetes:helm.sh/v3:Release", "secrets-store-csi-driver-provider-aws")
    assert provider.inputs["values"]["secrets-store-csi-driver"] == {"install": False}
    assert recording.one("kubernetes:helm.sh/v3:Release", "secrets-store-csi-driver").urn in provider.depends_on


def test_every_release_is_pinned_and_awaited(recording: Recording) -> None:
    for made in recording.of("kubernetes:helm.sh/v3:Release"):
        assert made.inputs["version"]
        assert made.inputs["repositoryOpts"]["repo"].startswith("https://")
        assert not made.inputs.get("skipAwait")


def test_the_load_balancer_controller_needs_nothing_from_instance_metadata(recording: Recording) -> None:
    values = release(recording, "aws-load-balancer-controller")["values"]
    vpc = recording.one("aws:ec2/vpc:Vpc").id
    assert (values["clusterName"], values["region"], values["vpcId"]) == ("platform", REGION, vpc)
    association = recording.one("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs
    assert association["serviceAccount"] == values["serviceAccount"]["name"]


def test_the_load_balancer_controller_is_kept_to_its_own_and_to_this_network(recording: Recording) -> None:
    for statement in policy(recording, "platform-load-balancers"):
        kept = "Condition" in statement or statement["Resource"] != "*"
        looks = all(":Describe" in a or ":Get" in a or ":List" in a for a in actions([statement]))
        assert kept or looks, statement["Sid"]


# --- access


def rules(recording: Recording, role: str) -> dict[tuple[str, str], set[str]]:
    """(group, resource) -> verbs"""
    given: dict[tuple[str, str], set[str]] = {}
    for rule in recording.one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", f"nodeyard-{role}").inputs[
        "rules"
    ]:
        for group, resource in itertools.product(rule["apiGroups"], rule["resources"]):
            given.setdefault((group, resource), set()).update(rule["verbs"])
    return given


def test_each_team_is_bound_in_exactly_its_namespaces(recording: Recording) -> None:
    bound = {
        (b.inputs["subjects"][0]["name"], b.inputs["roleRef"]["name"], b.inputs["metadata"]["namespace"])
        for b in recording.of("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
        if b.inputs["roleRef"]["kind"] == "ClusterRole"
    }
    assert bound == {
        ("nodeyard:metis", "nodeyard-deployer", "metis-mainnet"),
        ("nodeyard:metis", "nodeyard-deployer", "metis-sepolia"),
        ("nodeyard:audit", "nodeyard-reader", "metis-mainnet"),
    }


def test_cluster_wide_a_team_sees_nodes_and_only_a_deployer_changes_volumes(recording: Recording) -> None:
    bound = {
        (b.inputs["subjects"][0]["name"], b.inputs["roleRef"]["name"])
        for b in recording.of("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding")
    }
    assert bound == {
        ("nodeyard:metis", "nodeyard-cluster"),
        ("nodeyard:metis", "nodeyard-volumes"),
        ("nodeyard:audit", "nodeyard-cluster"),
    }
    assert set().union(*rules(recording, "cluster").values()) == {"get", "list", "watch"}
    assert rules(recording, "volumes").keys() == {("", "persistentvolumes")}


def test_only_a_deployer_sees_secrets_and_only_a_reader_cannot_exec(recording: Recording) -> None:
    roles = {role: rules(recording, role) for role in ("reader", "operator", "deployer")}
    assert [("", "secrets") in roles[role] for role in roles] == [False, False, True]
    assert [("", "pods/exec") in roles[role] for role in roles] == [False, True, True]
    assert set().union(*roles["reader"].values()) == {"get", "list", "watch"}


def test_no_role_can_give_rights_away(recording: Recording) -> None:
    for role in ("reader", "operator", "deployer", "cluster", "volumes"):
        for group, resource in rules(recording, role):
            assert group != "rbac.authorization.k8s.io"
            assert "*" not in (group, resource)
            assert resource != "serviceaccounts/token"


def test_a_deployer_can_change_everything_our_charts_are_made_of(recording: Recording) -> None:
    deployer = rules(recording, "deployer")
    for group, resource in [
        ("apps", "statefulsets"),
        ("apps", "deployments"),
        ("batch", "jobs"),
        ("", "services"),
        ("", "configmaps"),
        ("", "secrets"),
        ("", "serviceaccounts"),
        ("", "persistentvolumeclaims"),
        ("networking.k8s.io", "networkpolicies"),
        ("policy", "poddisruptionbudgets"),
        ("secrets-store.csi.x-k8s.io", "secretproviderclasses"),
        ("monitoring.coreos.com", "servicemonitors"),
        ("monitoring.coreos.com", "prometheusrules"),
    ]:
        assert {"get", "list", "watch", "create", "update", "patch", "delete"} <= deployer[(group, resource)]


def test_principals_reach_the_cluster_through_their_groups_and_admins_by_policy(recording: Recording) -> None:
    entries = {
        e.inputs["principalArn"]: e.inputs.get("kubernetesGroups")
        for e in recording.of("aws:eks/accessEntry:AccessEntry")
    }
    assert entries == {DEPLOYER: ["nodeyard:metis"], READER: ["nodeyard:audit"], ADMIN: None}
    association = recording.one("aws:eks/accessPolicyAssociation:AccessPolicyAssociation").inputs
    assert association["principalArn"] == ADMIN
    assert association["policyArn"].endswith("/AmazonEKSClusterAdminPolicy")


def test_a_principal_that_eks_would_refuse_is_named_with_its_path() -> None:
    team = {"principal": ADMIN, "role": "reader", "namespaces": ["metis-mainnet"]}
    found = problems(admins=[ADMIN, "platform-admin"], access={"metis": team})
    assert found.keys() == {"admins[0]", "admins[1]", "access.metis.principal"}


def test_an_admin_who_runs_pulumi_is_let_in_first_and_put_out_last(recording: Recording) -> None:
    association = recording.one("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
    assert association.urn in recording.one("pulumi:providers:kubernetes").depends_on


def test_namespaces_admit_host_network_pods_and_audit_the_rest(recording: Recording) -> None:
    for namespace in recording.of("kubernetes:core/v1:Namespace"):
        labels = namespace.inputs["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "privileged"
        assert labels["pod-security.kubernetes.io/audit"] == "restricted"


# --- what others get


def test_the_contract_is_complete_and_holds_no_secret(recording: Recording) -> None:
    contract = recording.exports["value"]
    cluster = control_plane(recording)
    assert recording.exports["secret"] is False
    assert contract.keys() == PlatformContract.__annotations__.keys() - {"azure", "gcp", "monitoring"}
    assert contract["contract"] == CONTRACT_VERSION
    addresses = [recording.one("aws:ec2/eip:Eip", f"platform-{zone}").outputs["publicIp"] for zone in ZONES]
    assert contract["egress_addresses"] == addresses
    assert [s["zone"] for s in contract["public_subnets"]] == ZONES
    assert contract["private_cidrs"] == ["10.40.0.0/16"]
    assert contract["peered_cidrs"] == ["10.99.0.0/16"]
    assert contract["cluster_security_group"] == cluster["vpcConfig"]["clusterSecurityGroupId"]
    assert contract["workload_identity_issuer"] == cluster["identities"][0]["oidcs"][0]["issuer"]
    assert contract["namespaces"] == ["metis-mainnet", "metis-sepolia"]


def test_the_kubeconfig_asks_for_a_token_each_time_and_holds_none(recording: Recording) -> None:
    config = platform_kubeconfig(recording.exports["value"])
    (user,) = config["users"]
    assert user["user"].keys() == {"exec"}
    asks = user["user"]["exec"]
    assert asks["args"][:4] == ["eks", "get-token", "--cluster-name", "platform"]
    assert (asks["command"], asks["apiVersion"], asks["interactiveMode"]) == (
        "aws",
        "client.authentication.k8s.io/v1beta1",
        "Never",
    )
    contract = recording.exports["value"]
    there = {"server": endpoint(recording), "certificate-authority-data": contract["cluster_ca"]}
    assert config["clusters"] == [{"name": "platform", "cluster": there}]
    assert config["contexts"] == [{"name": "platform", "context": {"cluster": "platform", "user": user["name"]}}]
    assert config["current-context"] == "platform"


def test_everything_in_the_cloud_goes_through_the_provider_for_the_platforms_region(recording: Recording) -> None:
    provider = recording.one("pulumi:providers:aws")
    assert provider.inputs["region"] == REGION
    for resource in recording.resources:
        if resource.type.startswith("aws:"):
            assert resource.provider.startswith(provider.urn), resource.urn


def test_everything_in_the_cluster_goes_through_its_provider(recording: Recording) -> None:
    provider = recording.one("pulumi:providers:kubernetes")
    assert provider.inputs["clusterIdentifier"] == endpoint(recording)
    for resource in recording.resources:
        if resource.type.startswith("kubernetes:"):
            assert resource.provider.startswith(provider.urn), resource.urn


def test_with_a_mirror_every_add_on_is_released_from_its_archive() -> None:
    released = deploy(chart_mirror="/srv/charts").of("kubernetes:helm.sh/v3:Release")
    assert {release.inputs["chart"].rsplit("-", 1)[0] for release in released} == {
        f"/srv/charts/{name}"
        for name in (
            "prometheus-operator-crds",
            "aws-load-balancer-controller",
            "secrets-store-csi-driver",
            "secrets-store-csi-driver-provider-aws",
        )
    }
    assert not [
        release.name for release in released if "repositoryOpts" in release.inputs or "version" in release.inputs
    ]
