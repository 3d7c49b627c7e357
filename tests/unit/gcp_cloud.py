"""A Google Cloud of mocks, and programs to run on it."""

from collections.abc import Callable
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs

from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.platform import Platform
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


def problems(**changes: Any) -> dict[str, str]:
    return refused(lambda: Platform("platform", arguments(**changes)))
