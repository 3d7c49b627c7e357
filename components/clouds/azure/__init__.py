"""Azure: virtual networks, AKS, virtual machines, managed disks, Key Vault and managed identities."""

from ..contract import Cloud
from .address import Address, address_claim
from .cluster import Cluster
from .disk import Disk
from .firewall import Firewall
from .identity import Identity
from .instance_type import capacity, gpu_problem
from .log_group import LogGroup
from .machine import Machine, machine_boot
from .machine_plan import machine_problems
from .network import Network
from .node_pool import NodePool
from .providers import cloud_provider, providers
from .release_version import release_problem
from .secrets import Secret, SecretMount
from .site import Site
from .snapshot import snapshot_source
from .telemetry import Telemetry

CLOUD = Cloud(
    capacity=capacity,
    gpu_problem=gpu_problem,
    release_problem=release_problem,
    address_claim=address_claim,
    policies_name_nodes=False,
    cloud_provider=cloud_provider,
    providers=providers,
    network=Network,
    cluster=Cluster,
    firewall=Firewall,
    node_pool=NodePool,
    address=Address,
    disk=Disk,
    snapshot_source=snapshot_source,
    secret=Secret,
    secret_mount=SecretMount,
    identity=Identity,
    site=Site,
    machine=Machine,
    machine_boot=machine_boot,
    machine_problems=machine_problems,
    log_group=LogGroup,
    telemetry=Telemetry,
)
