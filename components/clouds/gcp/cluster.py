"""The cluster on Google Cloud: GKE Standard with what every Nodeyard component relies on."""

import pulumi
import pulumi_gcp as gcp
from pulumi import Input, Output, ResourceOptions

from ..contract import cluster as contract
from ..contract.cluster import ClusterSpec, contract_of, monitoring_contract
from ..contract.network import Network
from ..contract.platform import CloudName, GcpClaimRoles, PlatformContract
from ..in_cluster.kubeconfig import cluster_kubeconfig, cluster_provider
from ..in_cluster.monitoring import add_monitoring
from ..in_cluster.teams import namespaces
from ..naming import GKE_CLUSTER
from . import services
from .access import Access, Admins, security_group
from .claim_roles import ClaimRoles
from .cluster_facts import ClusterFacts
from .ingress import ingress_values
from .keys import encryption_key, service_agents
from .network import PODS, SERVICES
from .providers import token_command
from .releases import Releases
from .storage_classes import STORAGE_CLASS, storage_classes
from .system_nodes import SystemNodes, node_account

CONTROL_PLANE_LOGS = ["APISERVER", "CONTROLLER_MANAGER", "SCHEDULER", "SYSTEM_COMPONENTS"]
"""Who did what stands in Cloud Audit Logs besides, where it is kept for 400 days whatever anybody configures."""

PODS_PER_NODE = 64
"""GKE gives each node twice as many addresses: a /25 of the pods' range, so that a /20 network has 16 nodes and a /16
has 256."""

MAINTENANCE: gcp.container.ClusterMaintenancePolicyArgsDict = {
    # Patches of the control plane come whether one wants them or not; this is when.
    "recurring_window": {
        "start_time": "2026-01-03T02:00:00Z",
        "end_time": "2026-01-03T08:00:00Z",
        "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU",
    },
    # Minor versions and nodes change when the operator says so: an exclusion stops GKE and no one else. It reaches to
    # the end of the minor version's support, and then GKE upgrades all the same ("Maintenance windows and exclusions").
    "maintenance_exclusions": [
        {
            "exclusion_name": "the-operator-upgrades",
            "start_time": "2026-01-01T00:00:00Z",
            "exclusion_options": {
                "scope": "NO_MINOR_OR_NODE_UPGRADES",
                "end_time_behavior": "UNTIL_END_OF_SUPPORT",
            },
        }
    ],
}


class Cluster(contract.Cluster):
    """A regional GKE cluster, its add-ons and who may use it.

    Makes: `gcp:projects:Service`s; `gcp:kms:KeyRing` and `CryptoKey` (protected) for Kubernetes' secrets, disks,
    databases and the teams' secrets, with grants to the four service agents that use it; the nodes' own
    `gcp:serviceaccount:Account`; `gcp:container:Cluster` (protected, and by the provider too) without the nodes that
    GKE would make; a small node pool (`nodeyard:gcp:SystemNodes`); two storage classes; two Helm releases and the
    secrets provider (`nodeyard:gcp:Releases`); IAM members, the teams' namespaces and their roles
    (`nodeyard:gcp:Admins`, `nodeyard:gcp:Access`); the roles by which pods claim addresses (`nodeyard:gcp:ClaimRoles`,
    protected).

    The control plane is in all of the region's zones. Nodes have no public address unless their pool says so. Dataplane
    V2 enforces network policies. GKE brings network, DNS, disks and pods' identities itself, at the versions of its
    release. (EKS has them as add-ons.) The cluster has the component's name, and a second one with that name fails.
    """

    def __init__(self, name: str, spec: ClusterSpec, network: Network, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Cluster", name, None, opts)
        self._network = network
        project = spec.account or ""  # the network has refused an empty one
        switched_on = services.switch_on(services.CLUSTER, ResourceOptions(parent=self))
        after = ResourceOptions(parent=self, depends_on=switched_on)
        number = gcp.organizations.get_project_output(project_id=project, opts=pulumi.InvokeOptions(parent=self)).number
        key, grants = encryption_key(
            name, spec.region, service_agents(project, number, self._network.network_id, after), after
        )
        facts = ClusterFacts(
            name=GKE_CLUSTER.fit(name), account=project, project_number=number, region=spec.region, kms_key=key.id
        )
        account = node_account(name, project, after)
        cluster = self._cluster(name, spec, facts, account.email, [*switched_on, *grants])
        zones = self._network.private_subnets.apply(lambda subnets: [subnet["zone"] for subnet in subnets])
        nodes = SystemNodes(
            name, spec.system_nodes, facts, zones, account.email, cluster.master_version, self._child(cluster)
        )
        roles = ClaimRoles(name, project, after)
        admins = Admins(name, project, spec.admins, self._child())
        endpoint = Output.concat("https://", cluster.endpoint)
        # Google gives it in one object with client keys, and so the whole object is a secret.
        ca = Output.unsecret(cluster.master_auth.cluster_ca_certificate)
        kubernetes = cluster_provider(
            name,
            endpoint,
            cluster_kubeconfig(facts.name, endpoint, ca, token_command()),
            # It is made once the admins may enter, and removed while they still may. One of them may be running this.
            self._child(cluster, admins),
        )
        in_cluster = ResourceOptions(providers=[kubernetes])
        storage_classes(key.id, ResourceOptions(parent=self, provider=kubernetes))
        releases = Releases(name, facts, spec.chart_mirror, ResourceOptions.merge(self._child(nodes), in_cluster))
        Access(name, project, spec.access, ResourceOptions.merge(self._child(cluster), in_cluster))
        self.platform = self._contract(spec, facts, cluster, endpoint, ca, account.email, roles.names)
        inside = ResourceOptions.merge(self._child(releases), in_cluster)
        add_monitoring(name, spec, STORAGE_CLASS, ingress_values, self.platform, inside)
        self.register_outputs({"platform": self.platform})

    def _child(self, *after: pulumi.Resource) -> ResourceOptions:
        """Options of a child that is made after others. Most children know the cluster by its name alone, and the name
        is known before there is a cluster."""
        return ResourceOptions(parent=self, depends_on=list(after))

    def _cluster(
        self,
        name: str,
        spec: ClusterSpec,
        facts: ClusterFacts,
        node_account: Input[str],
        after: list[pulumi.Resource],
    ) -> gcp.container.Cluster:
        subnets = self._network.private_subnets
        group = security_group(spec.access)
        return gcp.container.Cluster(
            name,
            name=facts.name,
            location=spec.region,
            node_locations=subnets.apply(lambda known: [subnet["zone"] for subnet in known]),
            network=self._network.network_id,
            subnetwork=subnets.apply(lambda known: known[0]["id"]),
            networking_mode="VPC_NATIVE",
            ip_allocation_policy={"cluster_secondary_range_name": PODS, "services_secondary_range_name": SERVICES},
            default_max_pods_per_node=PODS_PER_NODE,
            datapath_provider="ADVANCED_DATAPATH",
            private_cluster_config={
                "enable_private_nodes": True,
                "enable_private_endpoint": not spec.public_access_cidrs,
            },
            master_authorized_networks_config={
                # Nodes and pods are always let in; machines of Google's other customers never.
                "gcp_public_cidrs_access_enabled": False,
                "cidr_blocks": [{"cidr_block": cidr} for cidr in (*spec.public_access_cidrs, *spec.peered_cidrs)],
            },
            min_master_version=spec.kubernetes_version,
            release_channel={"channel": "REGULAR"},
            maintenance_policy=MAINTENANCE,
            workload_identity_config={"workload_pool": facts.workload_identity_pool},
            authenticator_groups_config={"security_group": group} if group else None,
            enable_shielded_nodes=True,
            enable_legacy_abac=False,
            rbac_binding_config={
                # No right for whoever has a Google account, let alone for anybody.
                "enable_insecure_binding_system_authenticated": False,
                "enable_insecure_binding_system_unauthenticated": False,
            },
            database_encryption={"state": "ENCRYPTED", "key_name": facts.kms_key},
            logging_config={"enable_components": CONTROL_PLANE_LOGS},
            # Prometheus is the operator's choice, as on the other clouds.
            monitoring_config={"enable_components": ["SYSTEM_COMPONENTS"], "managed_prometheus": {"enabled": False}},
            deletion_protection=spec.deletion_protection,
            # GKE makes no cluster without nodes: these are there for a moment, and must not have the project's
            # all-powerful default account meanwhile.
            remove_default_node_pool=True,
            initial_node_count=1,
            node_config={"service_account": node_account, "boot_disk_kms_key": facts.kms_key},
            opts=ResourceOptions(
                parent=self, protect=True, depends_on=after, ignore_changes=["nodeConfig", "initialNodeCount"]
            ),
        )

    def _contract(
        self,
        spec: ClusterSpec,
        facts: ClusterFacts,
        cluster: gcp.container.Cluster,
        endpoint: Output[str],
        ca: Output[str],
        node_account: Output[str],
        roles: Output[GcpClaimRoles],
    ) -> Output[PlatformContract]:
        """The contract is plain: none of this is secret, the certificate authority among it, which every client of the
        cluster is shown."""
        return contract_of(
            cloud=CloudName.GCP,
            account=facts.account,
            region=spec.region,
            network_id=self._network.network_id,
            public_subnets=self._network.public_subnets,
            private_subnets=self._network.private_subnets,
            private_cidrs=[self._network.cidr],
            peered_cidrs=list(spec.peered_cidrs),
            egress_addresses=self._network.egress_addresses,
            cluster_name=facts.name,
            cluster_endpoint=endpoint,
            cluster_ca=ca,
            cluster_security_group="",
            authentication=token_command(),
            kubernetes_version=spec.kubernetes_version,
            workload_identity_issuer=Output.concat("https://container.googleapis.com/v1/", cluster.id),
            node_role=node_account,
            kms_key=facts.kms_key,
            network_policy=True,
            namespaces=namespaces(spec.access),
            **monitoring_contract(spec.monitoring),
            gcp={
                "project_number": facts.project_number,
                "workload_identity_pool": facts.workload_identity_pool,
                "claim_roles": roles,
            },
        )
