"""What a platform's stack tells the stacks that stand on it."""

from enum import StrEnum
from typing import NotRequired

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

CONTRACT_VERSION = 1
"""Raised when a field of `PlatformContract` changes its meaning or goes; a new field alone does not raise it."""


class CloudName(StrEnum):
    """The clouds that there are, each as its folder beside this one is called."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"


class Subnet(TypedDict):
    """A subnet that lies in one zone."""

    id: str
    zone: str
    cidr: str


class ExecCredential(TypedDict):
    """The command that a kubeconfig runs to get a token (client.authentication.k8s.io/v1beta1)."""

    command: str
    args: list[str]


class AzurePlatform(TypedDict):
    """What only a platform on Azure has."""

    tenant: str
    """The Entra tenant's id."""
    resource_group: str
    """Where network, cluster and vault are, and where the teams' disks, addresses and identities go."""
    cluster_id: str
    """The cluster's ARM id."""
    cluster_principal: str
    """Object id of the cluster's own identity, which attaches disks and puts addresses on load balancers."""
    key_vault: str
    """The vault's name."""
    backup_vault: str
    """Name of the backup vault that keeps the schedule of the disks' snapshots; empty where a site makes none."""


class GcpPlatform(TypedDict):
    """What only a platform on Google Cloud has."""

    project_number: str
    workload_identity_pool: str
    """`<project id>.svc.id.goog`."""


class PlatformContract(TypedDict):
    """What a platform stack exports as `platform`. It holds no secret: one would make every name that is derived
    from it secret, and every plan unreadable."""

    contract: int
    """The `CONTRACT_VERSION` it was written with."""
    cloud: CloudName
    account: str
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    network_id: str
    """VPC or virtual network."""
    public_subnets: list[Subnet]
    """Where nodes with a public address of their own stand, one for each zone. Google's subnets span a region: there
    it is the same one for every zone, and the same as the private one. Azure's nodes have none: the private ones."""
    private_subnets: list[Subnet]
    private_cidrs: list[str]
    """The network's own address ranges."""
    peered_cidrs: list[str]
    """Ranges of networks that are routed to this one."""
    egress_addresses: list[str]
    """The public addresses that pods without one of their own are seen from; one, or one for each zone in the order of
    the subnets."""
    cluster_name: str
    cluster_endpoint: str
    cluster_ca: str
    """The API server's certificate authority, PEM in base64."""
    cluster_security_group: str
    """What every node must be in to talk to the control plane (AWS; elsewhere empty)."""
    authentication: ExecCredential
    kubernetes_version: str
    """Minor version, as in `1.33`."""
    workload_identity_issuer: str
    """The cluster's OIDC issuer."""
    node_role: str
    """The identity of the nodes themselves: ARN, client id or service account e-mail."""
    kms_key: str
    """The key that encrypts disks and secrets: ARN of the KMS key (AWS), id of the crypto key (Google Cloud), id of the
    disk encryption set (Azure, whose vault encrypts secrets by itself)."""
    network_policy: bool
    """Whether NetworkPolicies are enforced."""
    namespaces: list[str]
    """The namespaces that the platform made for its teams."""
    azure: NotRequired[AzurePlatform]
    gcp: NotRequired[GcpPlatform]


def without_cluster(
    *,
    cloud: CloudName,
    account: str,
    region: str,
    network_id: str,
    public_subnets: list[Subnet],
    private_subnets: list[Subnet],
    private_cidrs: list[str],
) -> PlatformContract:
    """The contract of a place that has a network and no cluster: what belongs to one is empty, and so is what only a
    platform has."""
    return PlatformContract(
        contract=CONTRACT_VERSION,
        cloud=cloud,
        account=account,
        region=region,
        network_id=network_id,
        public_subnets=public_subnets,
        private_subnets=private_subnets,
        private_cidrs=private_cidrs,
        peered_cidrs=[],
        egress_addresses=[],
        cluster_name="",
        cluster_endpoint="",
        cluster_ca="",
        cluster_security_group="",
        authentication={"command": "", "args": []},
        kubernetes_version="",
        workload_identity_issuer="",
        node_role="",
        kms_key="",
        network_policy=False,
        namespaces=[],
    )
