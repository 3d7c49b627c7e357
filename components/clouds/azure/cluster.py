"""The cluster on Azure: AKS with what every Nodeyard component relies on."""

import base64
import re
from collections.abc import Sequence
from operator import itemgetter

import pulumi
from pulumi import InvokeOptions, InvokeOutputOptions, Output, ResourceOptions
from pulumi_azure_native import authorization, containerservice, managedidentity

from ..contract import cluster as contract
from ..contract.cluster import ClusterSpec, contract_of, monitoring_contract
from ..contract.network import Network
from ..contract.platform import CloudName, PlatformContract
from ..in_cluster.kubeconfig import cluster_kubeconfig, cluster_provider
from ..in_cluster.monitoring import add_monitoring
from ..in_cluster.teams import namespaces
from ..naming import AKS_CLUSTER, AKS_DNS_PREFIX, AZURE_IDENTITY
from ..standing import standing_name
from . import arm_id
from .access import Access, Admins
from .backup import BackupVault
from .cluster_facts import ClusterFacts
from .cluster_ranges import DNS, PODS, SERVICES
from .ingress import ingress_values
from .keys import Vault
from .logs import send_logs, workspace
from .providers import TOKEN_COMMAND
from .releases import Releases
from .roles import Role, grant
from .storage_classes import STORAGE_CLASS, storage_classes
from .system_nodes import system_pool

# Not `kube-audit`: it also has every read, of every controller and kubelet.
CONTROL_PLANE_LOGS = [
    "kube-apiserver",
    "kube-audit-admin",
    "guard",
    "kube-controller-manager",
    "kube-scheduler",
    "cloud-controller-manager",
    "csi-azuredisk-controller",
]


class Cluster(contract.Cluster):
    """An AKS cluster, its vaults, its logs and who may use it.

    Makes: `azure-native:containerservice:ManagedCluster` (protected) with its system nodes, and
    `azure-native:managedidentity:UserAssignedIdentity` for it with rights on the platform's subnets and to read its
    resource group; the vault, the disks' key and encryption set (`nodeyard:azure:Vault`); the backup vault
    (`nodeyard:azure:BackupVault`); `azure-native:operationalinsights:Workspace` with the control plane's logs; two
    storage classes; two Helm releases (`nodeyard:azure:Releases`); role assignments, the teams' namespaces and their
    roles (`nodeyard:azure:Admins`, `nodeyard:azure:Access`).

    The cluster has the component's name. A second cluster with that name fails, instead of standing beside the first.
    Nothing in the cluster changes by itself. The operator raises `kubernetes_version` and the pools' releases, at least
    every month, for what AKS would have patched. The system nodes' count and release change in place, and every other
    pool waits meanwhile. AKS refuses another instance type of the system nodes. The cluster has no lock against
    deletion but `protect`, because a lock would also keep every node pool from being replaced.

    Sources: AKS documentation, azure-aks-docs `fb060ab`.
    """

    def __init__(self, name: str, spec: ClusterSpec, network: Network, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Cluster", name, None, opts)
        self._network = network
        facts = self._facts(name, spec)
        vault = Vault(facts, spec.public_access_cidrs, ResourceOptions(parent=self))
        backups = BackupVault(name, facts.group, facts.group_id, ResourceOptions(parent=self))
        identity, rights = self._identity(facts)
        cluster = self._cluster(spec, facts, vault, identity, rights)
        send_logs(f"{name}-control-plane", cluster.id, CONTROL_PLANE_LOGS, facts.workspace, self)
        admins = Admins(name, cluster.id, spec.admins, ResourceOptions(parent=self))
        # A cluster has one of the two. A preview would take the other for a name that is not known yet.
        host = cluster.fqdn if spec.public_access_cidrs else cluster.private_fqdn
        endpoint = Output.concat("https://", host, ":443")
        ca = self._certificate_authority(facts, cluster)
        kubernetes = cluster_provider(
            name,
            endpoint,
            cluster_kubeconfig(cluster.name, endpoint, ca, TOKEN_COMMAND),
            # It is made once the admins may enter, and removed while they still may. One of them is running this.
            ResourceOptions(parent=self, depends_on=[cluster, admins]),
        )
        in_cluster = ResourceOptions(parent=self, providers=[kubernetes])
        storage_classes(vault.disk_encryption_set, ResourceOptions(parent=self, provider=kubernetes))
        releases = Releases(name, spec.chart_mirror, in_cluster)
        Access(name, cluster.id, spec.access, in_cluster)
        self.platform = _contract(spec, network, facts, cluster, identity, vault, backups, endpoint, ca)
        inside = ResourceOptions.merge(ResourceOptions(parent=self, depends_on=[releases]), in_cluster)
        add_monitoring(name, spec, STORAGE_CLASS, ingress_values, self.platform, inside)
        self.register_outputs({"platform": self.platform})

    def _facts(self, name: str, spec: ClusterSpec) -> ClusterFacts:
        group = self._network.network_id.apply(arm_id.resource_group)
        return ClusterFacts(
            name=name,
            account=str(spec.account),
            region=spec.region,
            group=group,
            group_id=group.apply(lambda group: f"/subscriptions/{spec.account}/resourceGroups/{group}"),
            tenant=authorization.get_client_config_output(opts=InvokeOptions(parent=self)).tenant_id,
            subnets=self._network.private_subnets.apply(lambda subnets: [subnet["id"] for subnet in subnets]),
            workspace=workspace(name, group, self),
        )

    def _identity(self, facts: ClusterFacts) -> tuple[managedidentity.UserAssignedIdentity, list[pulumi.Resource]]:
        """The identity that the cluster itself has in Azure, and its rights. The teams' disks and addresses add more
        rights."""
        child = ResourceOptions(parent=self)
        own = f"{facts.name}-cluster"
        identity = managedidentity.UserAssignedIdentity(
            own,
            resource_name_=standing_name(
                "azure-native:managedidentity:UserAssignedIdentity", own, AZURE_IDENTITY.fit(own)
            ),
            resource_group_name=facts.group,
            opts=child,
        )
        rights: list[pulumi.Resource] = [
            # It looks for addresses by listing the group, and reads the disk encryption set: of those two a role of our
            # own would have to be made, which takes more rights than to assign Azure's (docs/clouds.md, "Address").
            grant(f"{facts.name}-cluster-group", Role.READER, facts.group_id, identity.principal_id, child)
        ]
        for zone in range(3):
            subnet = facts.subnets.apply(itemgetter(zone))
            rights.append(
                grant(
                    f"{facts.name}-cluster-subnet-{zone + 1}",
                    Role.NETWORK_CONTRIBUTOR,
                    subnet,
                    identity.principal_id,
                    child,
                )
            )
        return identity, rights

    def _cluster(
        self,
        spec: ClusterSpec,
        facts: ClusterFacts,
        vault: Vault,
        identity: managedidentity.UserAssignedIdentity,
        rights: Sequence[pulumi.Resource],
    ) -> containerservice.ManagedCluster:
        return containerservice.ManagedCluster(
            facts.name,
            resource_name_=AKS_CLUSTER.fit(facts.name),
            resource_group_name=facts.group,
            dns_prefix=AKS_DNS_PREFIX.fit(facts.name),
            kubernetes_version=spec.kubernetes_version,
            # With an uptime agreement, which the free tier lacks.
            sku={
                "name": containerservice.ManagedClusterSKUName.BASE,
                "tier": containerservice.ManagedClusterSKUTier.STANDARD,
            },
            identity={
                "type": containerservice.ResourceIdentityType.USER_ASSIGNED,
                "user_assigned_identities": [identity.id],
            },
            # A changed list sets every pool of the cluster to Scaling, those made elsewhere too
            # (pulumi-azure-native#4264), so that only the system pool stands in it, and a team's is an AgentPool. AKS
            # leaves alone the pools that it does not name.
            agent_pool_profiles=[system_pool(spec.system_nodes, facts.subnets)],
            auto_upgrade_profile={
                "upgrade_channel": containerservice.UpgradeChannel.NONE,
                "node_os_upgrade_channel": containerservice.NodeOSUpgradeChannel.NONE,
            },
            enable_rbac=True,
            disable_local_accounts=True,
            aad_profile={
                "managed": True,
                "enable_azure_rbac": True,
                "tenant_id": facts.tenant,
                # At once, for the run that makes the cluster and goes on inside it: a role assignment takes up to five
                # minutes to get there (azure-aks-docs, entra-id-authorization.md).
                "admin_group_object_ids": list(spec.admins),
            },
            api_server_access_profile=_api_access(spec, self._network),
            disk_encryption_set_id=vault.disk_encryption_set,
            oidc_issuer_profile={"enabled": True},
            # Secrets of Kubernetes are encrypted by Azure's own key: with one of ours AKS asks for a vault that is open
            # to the whole internet, or for an API server inside our network; what asks for neither is in preview
            # (azure-aks-docs, use-kms-etcd-encryption.md and kms-data-encryption.md).
            security_profile={"workload_identity": {"enabled": True}},
            addon_profiles={
                "azureKeyvaultSecretsProvider": {
                    "enabled": True,
                    # Files and synced Secrets follow the vault; a process sees a new value when it starts again.
                    "config": {"enableSecretRotation": "true", "rotationPollInterval": "1h"},
                }
            },
            network_profile={
                "network_plugin": containerservice.NetworkPlugin.AZURE,
                "network_plugin_mode": containerservice.NetworkPluginMode.OVERLAY,
                "network_dataplane": containerservice.NetworkDataplane.CILIUM,
                "network_policy": containerservice.NetworkPolicy.CILIUM,
                "load_balancer_sku": containerservice.LoadBalancerSku.STANDARD,
                "outbound_type": containerservice.OutboundType.USER_ASSIGNED_NAT_GATEWAY,
                "pod_cidr": PODS,
                "service_cidr": SERVICES,
                "dns_service_ip": DNS,
            },
            storage_profile={
                "disk_csi_driver": {"enabled": True},
                "file_csi_driver": {"enabled": False},
                # Azure Disk Backup takes our snapshots, outside the cluster.
                "snapshot_controller": {"enabled": False},
            },
            opts=ResourceOptions(parent=self, protect=True, depends_on=[*rights, *vault.ready]),
        )

    def _certificate_authority(self, facts: ClusterFacts, cluster: containerservice.ManagedCluster) -> Output[str]:
        """Out of the kubeconfig that every user of the cluster may ask for, which has no credentials: with local
        accounts off they log in at Entra. Plain, because every client of the cluster is shown it."""
        credentials = containerservice.list_managed_cluster_user_credentials_output(
            resource_group_name=facts.group, resource_name=cluster.name, opts=InvokeOutputOptions(parent=self)
        )
        return Output.unsecret(credentials.apply(lambda found: _authority(found.kubeconfigs[0].value)))


def _api_access(spec: ClusterSpec, network: Network) -> containerservice.ManagedClusterAPIServerAccessProfileArgsDict:
    """`az aks command invoke` is off: it would let whoever may call it run anything in the cluster."""
    if not spec.public_access_cidrs:
        return {
            "enable_private_cluster": True,
            "enable_private_cluster_public_fqdn": False,
            "private_dns_zone": "system",
            "disable_run_command": True,
        }
    # The nodes call the API server from the NAT gateways' addresses, which AKS does not add by itself.
    own = network.egress_addresses.apply(
        lambda addresses: [*spec.public_access_cidrs, *(f"{address}/32" for address in addresses)]
    )
    return {"authorized_ip_ranges": own, "disable_run_command": True}


def _authority(kubeconfig: str) -> str:
    found = re.search(r"certificate-authority-data: *\"?([\w+/=]+)", base64.b64decode(kubeconfig).decode())
    if found is None:
        raise ValueError("the cluster's kubeconfig names no certificate authority")
    return found[1]


def _contract(
    spec: ClusterSpec,
    network: Network,
    facts: ClusterFacts,
    cluster: containerservice.ManagedCluster,
    identity: managedidentity.UserAssignedIdentity,
    vault: Vault,
    backups: BackupVault,
    endpoint: Output[str],
    ca: Output[str],
) -> Output[PlatformContract]:
    """The contract is plain: none of this is secret."""
    return contract_of(
        cloud=CloudName.AZURE,
        account=facts.account,
        region=spec.region,
        network_id=network.network_id,
        public_subnets=network.private_subnets,
        private_subnets=network.private_subnets,
        private_cidrs=[network.cidr],
        peered_cidrs=list(spec.peered_cidrs),
        egress_addresses=network.egress_addresses,
        cluster_name=cluster.name,
        cluster_endpoint=endpoint,
        cluster_ca=ca,
        cluster_security_group="",
        authentication=TOKEN_COMMAND,
        kubernetes_version=spec.kubernetes_version,
        workload_identity_issuer=cluster.oidc_issuer_profile.apply(
            lambda profile: str(profile.issuer_url if profile else "")
        ),
        node_role=cluster.identity_profile.apply(lambda profile: str((profile or {})["kubeletidentity"].client_id)),
        kms_key=vault.disk_encryption_set,
        network_policy=True,
        namespaces=namespaces(spec.access),
        **monitoring_contract(spec.monitoring),
        azure={
            "tenant": facts.tenant,
            "resource_group": facts.group,
            "cluster_id": cluster.id,
            "cluster_principal": identity.principal_id,
            "key_vault": vault.name,
            "backup_vault": backups.name,
        },
    )
