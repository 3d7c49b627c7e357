"""Worlds of the sandbox for unit tests: empty ones, and those in which a platform of `examples` is there already."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.clouds.contract.platform import PlatformContract
from sandbox.mocks import SandboxMocks
from sandbox.simulation import world_of
from sandbox.simulation.tables.gcp.databases import AGENT, KEY_MEMBER
from sandbox.simulation.tables.gcp.storage import AGENT as STORAGE_AGENT
from sandbox.simulation.world import Object

_HOMES = tempfile.TemporaryDirectory(prefix="nodeyard-worlds-")


def empty(**config: str) -> SandboxMocks:
    """`config` is what the stack would say to its default providers."""
    return SandboxMocks(Path(tempfile.mkdtemp(dir=_HOMES.name)), **config)


def plant(
    mocks: SandboxMocks, token: str, id_: str, scope: str = "", *called: str, name: str | None = None, **properties: Any
) -> None:
    """An object that somebody else made, with everything that it is called besides its id."""
    named = {"name": name} if name else {}
    item = Object(token, scope, id_, name, inputs=properties, properties={"id": id_, **named, **properties})
    world_of(mocks.home).put(item, [id_, *called], [])


def with_platform(platform: PlatformContract) -> SandboxMocks:
    """What the contract tells of is there, and the default providers are those of its account and its cluster."""
    account = {"project": platform["account"], "subscriptionId": platform["account"]}
    mocks = empty(**account, region=platform["region"], kubeconfig=json.dumps(platform_kubeconfig(platform)))
    _CLOUDS[platform["cloud"]](mocks, platform)
    for namespace in platform["namespaces"]:
        plant(mocks, "/Namespace", namespace, platform["cluster_endpoint"], name=namespace)
    return mocks


def _aws(mocks: SandboxMocks, platform: PlatformContract) -> None:
    region, name = platform["region"], platform["cluster_name"]
    plant(mocks, "aws:ec2/vpc:Vpc", platform["network_id"], region, cidrBlock=platform["private_cidrs"][0])
    for subnet in _subnets(platform):
        inside = {"vpcId": platform["network_id"], "availabilityZone": subnet["zone"], "cidrBlock": subnet["cidr"]}
        plant(mocks, "aws:ec2/subnet:Subnet", subnet["id"], region, **inside)
    plant(mocks, "aws:ec2/securityGroup:SecurityGroup", platform["cluster_security_group"], platform["network_id"])
    plant(mocks, "aws:iam/role:Role", platform["node_role"].rpartition("/")[2], "iam", platform["node_role"])
    plant(mocks, "aws:kms/key:Key", platform["kms_key"].rpartition("/")[2], region, platform["kms_key"])
    cluster = "aws:eks/cluster:Cluster"
    called = (platform["cluster_endpoint"], f"{cluster}/{region}/{name}")
    plant(mocks, cluster, name, region, *called, name=name, version=platform["kubernetes_version"])


def _gcp(mocks: SandboxMocks, platform: PlatformContract) -> None:
    project, region, name = platform["account"], platform["region"], platform["cluster_name"]
    shared = ("cloudkms", "compute", "container", "dns", "iam", "logging", "monitoring", "secretmanager", "sqladmin")
    for service in (*shared, "storage"):
        on = f"{project}/{service}.googleapis.com is on"
        plant(mocks, "gcp: a service that is switched on", on, project)
    plant(mocks, "gcp:compute/network:Network", platform["network_id"], project)
    for id_ in {subnet["id"] for subnet in _subnets(platform)}:
        plant(mocks, "gcp:compute/subnetwork:Subnetwork", id_, f"{project}/{region}")
    account = f"projects/{project}/serviceAccounts/{platform['node_role']}"
    plant(mocks, "gcp:serviceaccount/account:Account", account, project, platform["node_role"])
    if platform["kms_key"]:
        plant(mocks, "gcp:kms/cryptoKey:CryptoKey", platform["kms_key"])
        for agent in (AGENT, STORAGE_AGENT):
            grant = {"cryptoKeyId": platform["kms_key"], "member": agent}
            plant(mocks, KEY_MEMBER, f"{platform['kms_key']}/{agent}", **grant)
    for role in platform["gcp"]["claim_roles"].values() if "gcp" in platform else ():
        plant(mocks, "gcp:projects/iAMCustomRole:IAMCustomRole", str(role), project)
    told = {
        "location": region,
        "masterVersion": f"{platform['kubernetes_version']}.99-gke.1",
        "nodeLocations": [subnet["zone"] for subnet in platform["private_subnets"]],
        "name": name,
    }
    cluster = f"projects/{project}/locations/{region}/clusters/{name}"
    plant(mocks, "gcp:container/cluster:Cluster", cluster, project, platform["cluster_endpoint"], **told)


def _azure(mocks: SandboxMocks, platform: PlatformContract) -> None:
    cluster, version = platform["azure"]["cluster_id"], platform["kubernetes_version"]
    plant(mocks, "azure-native:resources:ResourceGroup", cluster.partition("/providers/")[0])
    plant(mocks, "azure-native:containerservice:ManagedCluster", cluster, kubernetesVersion=version)


def _subnets(platform: PlatformContract) -> Iterable[Any]:
    return (*platform["public_subnets"], *platform["private_subnets"])


_CLOUDS = {"aws": _aws, "azure": _azure, "gcp": _gcp}
