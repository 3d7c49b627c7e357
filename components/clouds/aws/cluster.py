"""The cluster on AWS: EKS with what every Nodeyard component relies on."""

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
from pulumi import Output, ResourceOptions

from ..contract import cluster as contract
from ..contract.cluster import ClusterSpec, contract_of, monitoring_contract
from ..contract.network import Network
from ..contract.platform import CloudName, PlatformContract, Subnet
from ..in_cluster.kubeconfig import cluster_kubeconfig, cluster_provider
from ..in_cluster.monitoring import add_monitoring
from ..in_cluster.teams import namespaces
from .access import Access, Admins
from .addons import AGENTS, CONTROLLERS, Addon
from .cluster_facts import ClusterFacts
from .ingress import ingress_values
from .keys import encryption_key, for_logs, for_node_disks
from .providers import token_command
from .releases import Releases
from .storage_classes import STORAGE_CLASS, storage_classes
from .system_nodes import SystemNodes

CONTROL_PLANE_LOGS = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
LOG_DAYS = 365
"""A year of who did what in the cluster."""


class Cluster(contract.Cluster):
    """An EKS cluster, its add-ons and who may use it.

    Makes: `aws:kms:Key` (protected) for Kubernetes' secrets, disks, volumes, the teams' secrets and the control plane's
    logs, which go to an `aws:cloudwatch:LogGroup`; `eks:index:Cluster` (protected, and by EKS itself too) without nodes
    and add-ons of its own; five managed add-ons (`nodeyard:aws:Addon`); a small node group and the role of all nodes
    (`nodeyard:aws:SystemNodes`); two storage classes; four Helm releases (`nodeyard:aws:Releases`); access entries, the
    teams' namespaces and their roles (`nodeyard:aws:Admins`, `nodeyard:aws:Access`).

    The cluster has the component's name, so that a second one with it fails instead of standing beside the first.
    The principal that creates it keeps every right in it: `pulumi-eks` always asks EKS for that.
    Upstream: pulumi-eks, `nodejs/eks/cluster/cluster.ts`.
    """

    def __init__(self, name: str, spec: ClusterSpec, network: Network, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Cluster", name, None, opts)
        self._network = network
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self)).account_id
        log_group = f"/aws/eks/{name}/cluster"
        key = encryption_key(
            name,
            f"Secrets, disks and logs of {name}",
            account,
            lambda account: [*for_node_disks(account), for_logs(account, spec.region, log_group)],
            ResourceOptions(parent=self),
        )
        cluster = self._cluster(name, spec, key, log_group)
        control_plane = cluster.eks_cluster
        facts = ClusterFacts(
            name=name,
            region=spec.region,
            kubernetes_version=spec.kubernetes_version,
            account=account,
            arn=control_plane.arn,
            network_id=self._network.network_id,
            security_group=control_plane.vpc_config.cluster_security_group_id,
            kms_key=key.arn,
        )
        agents = [Addon(name, agent, facts, self._child(cluster)) for agent in AGENTS]
        nodes = SystemNodes(name, spec.system_nodes, facts, _ids(self._network.private_subnets), self._child(*agents))
        controllers = [Addon(name, controller, facts, self._child(nodes)) for controller in CONTROLLERS]
        admins = Admins(name, name, spec.admins, self._child(cluster))
        kubernetes = cluster_provider(
            name,
            control_plane.endpoint,
            cluster_kubeconfig(
                name,
                control_plane.endpoint,
                control_plane.certificate_authority.data,
                token_command(name, spec.region),
            ),
            # It is made once the admins may enter, and removed while they still may. One of them may be running this.
            self._child(cluster, admins),
        )
        in_cluster = ResourceOptions(providers=[kubernetes])
        storage_classes(key.arn, ResourceOptions(parent=self, provider=kubernetes))
        releases = Releases(
            name, facts, spec.chart_mirror, ResourceOptions.merge(self._child(*controllers), in_cluster)
        )
        Access(name, name, spec.access, ResourceOptions.merge(self._child(cluster), in_cluster))
        self.platform = self._contract(name, spec, facts, control_plane, nodes)
        inside = ResourceOptions.merge(self._child(releases), in_cluster)
        add_monitoring(name, spec, STORAGE_CLASS, ingress_values, self.platform, inside)
        self.register_outputs({"platform": self.platform})

    def _child(self, *after: pulumi.Resource) -> ResourceOptions:
        """Options of a child that is made after others. Most children know the cluster by its name alone, and the name
        is known before there is a cluster."""
        return ResourceOptions(parent=self, depends_on=list(after))

    def _cluster(self, name: str, spec: ClusterSpec, key: aws.kms.Key, log_group: str) -> eks.Cluster:
        # EKS writes to a group of this name, and would make it without encryption and without an end.
        logs = aws.cloudwatch.LogGroup(
            f"{name}-control-plane",
            name=log_group,
            retention_in_days=LOG_DAYS,
            kms_key_id=key.arn,
            opts=ResourceOptions(parent=self),
        )
        return eks.Cluster(
            name,
            name=name,
            version=spec.kubernetes_version,
            vpc_id=self._network.network_id,
            subnet_ids=_ids(self._network.private_subnets),
            authentication_mode=eks.AuthenticationMode.API,
            endpoint_private_access=True,
            endpoint_public_access=bool(spec.public_access_cidrs),
            public_access_cidrs=list(spec.public_access_cidrs) or None,
            encryption_config_key_arn=key.arn,
            enabled_cluster_log_types=CONTROL_PLANE_LOGS,
            deletion_protection=spec.deletion_protection,
            # Nodes, their group and their role are ours; EKS's own security group joins them to the control plane.
            skip_default_node_group=True,
            skip_default_security_groups=True,
            # The add-ons are ours too, pinned: EKS must not bring its own, nor pulumi-eks the latest.
            bootstrap_self_managed_addons=False,
            use_default_vpc_cni=True,
            kube_proxy_addon_options={"enabled": False},
            coredns_addon_options={"enabled": False},
            opts=ResourceOptions(parent=self, protect=True, depends_on=[logs]),
        )

    def _contract(
        self,
        name: str,
        spec: ClusterSpec,
        facts: ClusterFacts,
        control_plane: Output[aws.eks.Cluster],
        nodes: SystemNodes,
    ) -> Output[PlatformContract]:
        """The contract is plain: none of this is secret, the certificate authority among it, which every client of the
        cluster is shown."""
        return contract_of(
            cloud=CloudName.AWS,
            account=facts.account,
            region=spec.region,
            network_id=facts.network_id,
            public_subnets=self._network.public_subnets,
            private_subnets=self._network.private_subnets,
            private_cidrs=[self._network.cidr],
            peered_cidrs=list(spec.peered_cidrs),
            egress_addresses=self._network.egress_addresses,
            cluster_name=name,
            cluster_endpoint=control_plane.endpoint,
            cluster_ca=control_plane.certificate_authority.data,
            cluster_security_group=facts.security_group,
            authentication=token_command(name, spec.region),
            kubernetes_version=spec.kubernetes_version,
            workload_identity_issuer=control_plane.identities[0].oidcs[0].issuer,
            node_role=nodes.role_arn,
            kms_key=facts.kms_key,
            network_policy=True,
            namespaces=namespaces(spec.access),
            **monitoring_contract(spec.monitoring),
        )


def _ids(subnets: Output[list[Subnet]]) -> Output[list[str]]:
    return subnets.apply(lambda known: [subnet["id"] for subnet in known])
