"""A platform on Google Cloud, and programs to run on it."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.platform import Platform
from sandbox.mocks import SandboxMocks
from tests.unit import examples
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty, with_platform

PROJECT, NUMBER, REGION = "nodeyard-platform", "123456789012", "us-central1"
ZONES = [f"{REGION}-{letter}" for letter in "abc"]
RELEASE = "1.33.5-gke.1080000"
KEY = f"projects/{PROJECT}/locations/{REGION}/keyRings/platform/cryptoKeys/platform"
SUBNET = f"projects/{PROJECT}/regions/{REGION}/subnetworks/platform"
NODES = f"platform-node@{PROJECT}.iam.gserviceaccount.com"
POOL = f"{PROJECT}.svc.id.goog"
PRINCIPAL = f"principal://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/{POOL}"
CLAIM_ROLES = {
    "on_nodes": f"projects/{PROJECT}/roles/claimNode",
    "on_subnet": f"projects/{PROJECT}/roles/claimSubnet",
    "on_addresses": f"projects/{PROJECT}/roles/claimAddress",
}
NETWORK, SUBNETWORK = "gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"
CLUSTER, NODE_POOL = "gcp:container/cluster:Cluster", "gcp:container/nodePool:NodePool"
ADDRESS, DISK, FIREWALL = "gcp:compute/address:Address", "gcp:compute/disk:Disk", "gcp:compute/firewall:Firewall"
SECRET, VERSION = "gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretVersion:SecretVersion"
PROJECT_MEMBER, CUSTOM_ROLE = "gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMCustomRole:IAMCustomRole"
SECRET_MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
SUBNET_MEMBER = "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember"
KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
PROVIDER_CLASS = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"


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
        "gcp": {"project_number": NUMBER, "workload_identity_pool": POOL, "claim_roles": CLAIM_ROLES},
    }
    return examples.platform(**{**given, **changes})


def recorded(program: Callable[[], Any], *secrets: str, mocks: SandboxMocks | None = None) -> Recording:
    recording = record(program, mocks or with_platform(platform()))
    recording.check(*secrets)
    return recording


def refused(program: Callable[[], Any]) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        record(program, empty(region=REGION))
    return dict(raised.value.problems)


def arguments(**changes: Any) -> Any:
    return {
        "cloud": "gcp",
        "account": PROJECT,
        "region": REGION,
        "zones": ZONES,
        "cidr": "10.42.0.0/16",
        "kubernetes_version": "1.33",
        "public_access_cidrs": ["192.31.196.0/24"],
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

    recording = recorded(program, mocks=empty(region=REGION))
    recording.exports.update(made)
    return recording


def problems(**changes: Any) -> dict[str, str]:
    return refused(lambda: Platform("platform", arguments(**changes)))
