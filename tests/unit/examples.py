"""A platform and a sequencer as a user would describe them, for tests to change one thing at a time."""

from typing import Any

from nodeyard.clouds.contract.platform import CONTRACT_VERSION, PlatformContract

ACCOUNT = "123456789012"
REGION = "us-east-2"


def platform(**changes: Any) -> PlatformContract:
    zones = ["us-east-2a", "us-east-2b", "us-east-2c"]
    contract: dict[str, Any] = {
        "contract": CONTRACT_VERSION,
        "cloud": "aws",
        "account": ACCOUNT,
        "region": REGION,
        "network_id": "vpc-0123456789abcdef0",
        "public_subnets": [
            {"id": f"subnet-public{i}", "zone": zone, "cidr": f"10.0.{i}.0/24"} for i, zone in enumerate(zones)
        ],
        "private_subnets": [
            {"id": f"subnet-private{i}", "zone": zone, "cidr": f"10.0.1{i}.0/24"} for i, zone in enumerate(zones)
        ],
        "private_cidrs": ["10.0.0.0/16"],
        "peered_cidrs": [],
        "egress_addresses": ["198.51.100.1"],
        "cluster_name": "platform",
        "cluster_endpoint": "https://platform.invalid",
        "cluster_ca": "Y2E=",
        "cluster_security_group": "sg-cluster",
        "authentication": {"command": "aws", "args": ["eks", "get-token"]},
        "kubernetes_version": "1.33",
        "workload_identity_issuer": "https://oidc.invalid",
        "node_role": f"arn:aws:iam::{ACCOUNT}:role/node",
        "kms_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
        "network_policy": True,
        "namespaces": ["metis-mainnet", "metis-sepolia"],
    }
    return PlatformContract(**{**contract, **changes})  # type: ignore[typeddict-item]


def metis_config(**changes: Any) -> dict[str, Any]:
    """The value of `nodeyard:stack` in a stack file."""
    return {
        "kind": "metis",
        "platform": "platform-aws",
        "network": "andromeda",
        "namespace": "metis-mainnet",
        "sequencerAddress": "0x" + "ab" * 20,
        "releaseVersion": "1.46.0-431fe75a",
        "l2geth": {"zone": "us-east-2a"},
        "themis": {"zone": "us-east-2b"},
        **changes,
    }


def sequencer(**changes: Any) -> Any:
    """The arguments of `MetisSequencer`."""
    return {
        "platform": platform(),
        "network": "andromeda",
        "namespace": "metis-mainnet",
        "sequencer_address": "0x" + "ab" * 20,
        "release_version": "1.46.0-431fe75a",
        "l2geth": {"zone": "us-east-2a", "instance_type": "c5.4xlarge", "disk_gib": 750},
        "l1dtl": {"disk_gib": 100},
        "themis": {"zone": "us-east-2b", "instance_type": "c5.2xlarge", "disk_gib": 300},
        **changes,
    }


def replicas(**changes: Any) -> Any:
    """The arguments of `MetisReplica`."""
    return {
        "platform": platform(namespaces=["metis-mainnet", "metis-rpc"]),
        "network": "andromeda",
        "namespace": "metis-rpc",
        "release_version": "1.46.0-431fe75a",
        **changes,
    }


def nodeos_config(**changes: Any) -> dict[str, Any]:
    """The value of `nodeyard:stack` in the file of a stack of nodeos."""
    return {
        "kind": "nodeos",
        "platform": "platform-aws",
        "network": "jungle4",
        "namespace": "nodeos-jungle",
        "producers": ["myproducer11"],
        "releaseVersion": "1.46.0-431fe75a",
        "images": {"manager": "images.invalid/nodeos-manager:antelope"},
        **changes,
    }


def cluster(**changes: Any) -> Any:
    """The arguments of `NodeosBPCluster`. A key that becomes None is taken out."""
    given = {
        "platform": platform(namespaces=["nodeos-eos-mainnet", "nodeos-jungle"]),
        "network": "jungle4",
        "namespace": "nodeos-jungle",
        "producers": ["myproducer11"],
        "release_version": "1.46.0-431fe75a",
        "images": {"manager": "images.invalid/nodeos-manager:antelope"},
        **changes,
    }
    return {key: value for key, value in given.items() if value is not None}


def mantis_config(**changes: Any) -> dict[str, Any]:
    """The value of `nodeyard:stack` in the file of a network's stack."""
    return {
        "kind": "mantis",
        "platform": "platform-aws",
        "chainId": 1337,
        "releaseVersion": "1.46.0-431fe75a",
        "images": {"client": "images.invalid/core-geth:1.12.20", "tools": "images.invalid/chain-tools:1"},
        **changes,
    }


def network(**changes: Any) -> Any:
    """The arguments of `MantisCluster`. A key that becomes None is taken out."""
    given = {
        "platform": platform(namespaces=["mantis-staging", "mantis-testnet"]),
        "chain_id": 1337,
        "release_version": "1.46.0-431fe75a",
        "images": {"client": "images.invalid/core-geth:1.12.20", "tools": "images.invalid/chain-tools:1"},
        **changes,
    }
    return {key: value for key, value in given.items() if value is not None}
