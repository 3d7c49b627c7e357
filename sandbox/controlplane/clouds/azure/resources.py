"""Azure's types, and what ARM ids say."""

from itertools import pairwise

from sandbox.simulation.world import Object

from .. import Cluster, View, text

CLUSTER = "azure-native:containerservice:ManagedCluster"
AGENT_POOL = "azure-native:containerservice:AgentPool"
SUBNET = "azure-native:network:Subnet"
PUBLIC_ADDRESS = "azure-native:network:PublicIPAddress"
DISK = "azure-native:compute:Disk"
VAULT = "azure-native:keyvault:Vault"
SECRET = "azure-native:keyvault:Secret"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
FEDERATED_CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
ROLE_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
ROLE_DEFINITION = "azure-native:authorization:RoleDefinition"


def managed_cluster(view: View, cluster: Cluster) -> Object:
    """What AKS has of a cluster."""
    host = cluster.server.removeprefix("https://").removesuffix(":443")
    return next(item for item in view.find(CLUSTER) if host in (text(item, "fqdn"), text(item, "privateFQDN")))


def group_of(arm_id: str) -> str:
    """The resource group in an ARM id."""
    return part_of(arm_id, "resourcegroups")


def part_of(arm_id: str, kind: str) -> str:
    parts = arm_id.split("/")
    return next((name for key, name in pairwise(parts) if key.lower() == kind.lower()), "")


def last_of(arm_id: str) -> str:
    return arm_id.rpartition("/")[2]


def within(arm_id: str, scope: str) -> bool:
    """Whether something is in a scope. ARM does not tell upper case from lower."""
    arm_id, scope = arm_id.lower(), scope.lower().rstrip("/")
    return arm_id == scope or arm_id.startswith(f"{scope}/")
