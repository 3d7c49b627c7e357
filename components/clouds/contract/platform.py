"""What a platform's stack tells the stacks that stand on it."""

from typing import Final, NotRequired

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ...words import Word

CONTRACT_VERSION = 1
"""The version grows when a field of `PlatformContract` changes its meaning or goes. A new field does not count."""


MONITORING_NAMESPACE: Final = "monitoring"
"""Where a platform's monitoring runs. The platform makes the namespace, and no team has rights in it."""


class CloudName(Word):
    """The clouds that there are, each as its folder beside this one is called."""

    AWS = "aws"
    """Amazon Web Services."""
    AZURE = "azure"
    """Microsoft Azure."""
    GCP = "gcp"
    """Google Cloud."""


class Subnet(TypedDict):
    """A subnet that lies in one zone."""

    id: str
    """The subnet's id."""
    zone: str
    """The zone's name."""
    cidr: str
    """The subnet's address range."""


class ExecCredential(TypedDict):
    """The command that a kubeconfig runs to get a token (client.authentication.k8s.io/v1beta1)."""

    command: str
    """The program."""
    args: list[str]
    """What the program is told."""


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


class GcpClaimRoles(TypedDict):
    """The roles by which a pod claims an address for its node, as IAM names them: `projects/<project>/roles/<id>`."""

    on_nodes: str
    """To take a node's address off, and to put another one on."""
    on_subnet: str
    """To use external addresses in the subnet."""
    on_addresses: str
    """To use addresses."""


class GcpPlatform(TypedDict):
    """What only a platform on Google Cloud has."""

    project_number: str
    """The project's number."""
    workload_identity_pool: str
    """`<project id>.svc.id.goog`."""
    claim_roles: GcpClaimRoles
    """The custom roles of the platform. Google keeps a deleted role's id for 37 days, so that teams make none."""


class PlatformMonitoring(TypedDict):
    """The monitoring that a platform has."""

    namespace: str
    """Where Prometheus runs: its pods read the metrics of all others."""
    labels: dict[str, str]
    """By which Prometheus selects monitors and rules."""
    receiver: bool
    """Whether anybody is told of critical alerts."""


class PlatformContract(TypedDict):
    """What a platform stack exports as `platform`.

    The contract holds no secret. With one secret inside, Pulumi would treat every name that is derived from the
    contract as secret, and nobody could read a plan.
    """

    contract: int
    """The `CONTRACT_VERSION` of the program that wrote the contract."""
    cloud: CloudName
    """The cloud that the platform is on."""
    account: str
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    """The region, in the cloud's own words."""
    network_id: str
    """The id of the VPC or of the virtual network."""
    public_subnets: list[Subnet]
    """The subnets of nodes with a public address, one for each zone. A subnet of Google Cloud spans the region: every
    zone has the same one, and the private subnets are the same too. Nodes on Azure have no public address: there these
    are the private subnets."""
    private_subnets: list[Subnet]
    """The subnets of nodes without a public address, one for each zone."""
    private_cidrs: list[str]
    """The network's own address ranges."""
    peered_cidrs: list[str]
    """Ranges of networks that are routed to this one."""
    egress_addresses: list[str]
    """The public addresses that pods without an address of their own are seen from. There is one for all zones, or one
    for each zone in the order of the subnets."""
    cluster_name: str
    """The cluster's name."""
    cluster_endpoint: str
    """The URL of the API server."""
    cluster_ca: str
    """The certificate authority of the API server, as PEM in base64."""
    cluster_security_group: str
    """The security group that every node on AWS needs to talk to the control plane. Empty elsewhere."""
    authentication: ExecCredential
    """How whoever uses the cluster gets a token."""
    kubernetes_version: str
    """The minor version, as in `1.36`."""
    workload_identity_issuer: str
    """The cluster's OIDC issuer."""
    node_role: str
    """The identity of the nodes themselves. AWS: the role's ARN. Azure: the client id. Google Cloud: the e-mail address
    of the service account."""
    kms_key: str
    """The key that encrypts disks and secrets. AWS: the ARN of the KMS key. Azure: the id of the disk encryption set;
    the vault encrypts secrets by itself. Google Cloud: the id of the crypto key."""
    network_policy: bool
    """Whether NetworkPolicies are enforced."""
    namespaces: list[str]
    """The namespaces that the platform made for its teams."""
    monitoring: NotRequired[PlatformMonitoring]
    """The platform's monitoring. A platform without it has none."""
    azure: NotRequired[AzurePlatform]
    """What only a platform on Azure has."""
    gcp: NotRequired[GcpPlatform]
    """What only a platform on Google Cloud has."""


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
