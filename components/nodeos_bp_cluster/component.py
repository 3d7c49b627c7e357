"""NodeosBPCluster: the block producers of one Antelope chain, their disks, keys and bucket, and the release on them."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import InvokeOptions, Output, ResourceOptions

from ..clouds.contract.bucket import Bucket
from ..clouds.contract.disk import Disk
from ..clouds.contract.firewall import Firewall, FirewallSpec, IngressRule
from ..clouds.contract.node_pool import NodePool
from ..clouds.contract.secret import Secret
from ..clouds.tagging import tagged
from ..kept_values import generated_password
from ..left_over import check_left_over
from ..live import IDENTITY, live
from ..monitoring import warn_unheard
from ..pods import Pods, PodSecrets, missing_values, on_platform, secret_ids
from ..quotas import QUOTAS, QuotaNeed, told
from ..resources import amount, unknown_size
from ..workload import Workload
from .args import API_NODE, ORDINAL, NodeosBPClusterArgs
from .demand import demand
from .outputs import NodeosNode
from .rules import resolve
from .secrets import TOKEN
from .settings import CHART, LEASE, P2P, PROXY, TYPE, Node, Settings
from .values import chart_values

ACTIVE = "active_producer"
"""The output in which a cluster keeps who was to be first."""


class NodeosBPCluster(pulumi.ComponentResource):
    """The block producers of one Antelope chain (EOS, Jungle, a private one), of which one produces at a time.

    Makes, in the platform's cloud and cluster:
    - for each ordinal, and for each API node, a dedicated node pool of one node, labelled and tainted
      `nodeyard.io/nodeos=<cluster>-<node>`, without a public address, and a disk, protected, encrypted, with its
      PersistentVolume and a claim that one pod alone may hold; they are spread over the platform's zones;
    - a bucket of snapshots and backups, protected and encrypted, which the pods use by their own identities;
    - the secret of the signing keys for all that may produce, one of the finalizer key for each of these alone, and the
      token of the managers' API, which is made and kept unless it is given; all protected; one SecretProviderClass and
      one identity for each pod;
    - a firewall that opens 9876 to `peer_cidrs`, where there are any;
    - its key in the platform's list of tenants (`kubernetes:core/v1:ConfigMapPatch`), protected;
    - the Helm release of `charts/nodeos-bp`, without waiting for it to sync.

    Raises `InputError` with every problem at once, before anything is registered.

        NodeosBPCluster(
            "nodeos-jungle",
            {
                "platform": reference.platform("acme/nodeyard/platform-aws"),
                "network": "jungle4",
                "namespace": "nodeos-jungle",
                "producers": ["myproducer11"],
                "release_version": "1.66.0-1ad6b4a4",
                "images": {"manager": "registry.example.com/nodeos-manager:1.0.0"},
            },
        )

    Sources: AntelopeIO/spring, EOS-Nation/bpconfig, dfuse-io/manageos; see docs/components/nodeos-bp-cluster.md.
    """

    network: Output[str]
    """The chain, as `network` names it."""
    chain_id: Output[str]
    """The chain's id."""
    namespace: Output[str]
    """The namespace."""
    release: Output[str]
    """The name of the Helm release."""
    ordinals: Output[dict[str, NodeosNode]]
    """What each ordinal consists of, by its name."""
    api_nodes: Output[dict[str, NodeosNode]]
    """The same of the API nodes."""
    producers: Output[list[str]]
    """The names in the chain's schedule that they produce for."""
    active_producer: Output[str]
    """Who was to take the right to produce first. The Lease says who has it."""
    failover: Output[str]
    """Who moves that right: `manual` or `automatic`."""
    lease: Output[str]
    """The name of the Lease that says who has it."""
    bucket: Output[dict[str, str]]
    """The bucket's `id`, and its `url` as the managers know it."""
    endpoints: Output[dict[str, str]]
    """Where the chain API answers in the cluster: of each node by its name, and of all that have a fresh head under
    `nodeos-bp` and `nodeos-api`."""
    node_pools: Output[list[str]]
    """Names of the node pools."""
    secrets: Output[dict[str, str]]
    """The id of every secret, by the name that it has in a stack file."""
    missing: Output[list[str]]
    """What the operator still has to do before the nodes can start."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the cluster needs."""
    identity: Output[dict[str, str]]
    """What makes it this cluster. It is kept in the state, and never changes in place."""

    def __init__(self, name: str, args: NodeosBPClusterArgs, opts: ResourceOptions | None = None) -> None:
        cluster = resolve(name, args)
        super().__init__(TYPE, name, None, tagged(cluster.cloud, cluster.args["tags"], opts))
        self._cluster, self._cloud, self._platform = cluster, cluster.cloud, cluster.platform
        before = live().component(TYPE, name)
        self._warn(before)
        self.quotas = Output.from_input(told(cluster.cloud, demand(cluster), before, self))
        providers = self._cloud.providers(name, self._platform, ResourceOptions(parent=self))
        check_left_over(
            f"NodeosBPCluster {name!r} would be made beside what was kept of another.",
            cluster.made,
            self._cloud,
            self._platform,
            InvokeOptions(parent=self, provider=providers[0]),
        )
        self._child = on_platform(name, cluster.args["namespace"], providers, self)
        self._pods = Pods(
            name=name,
            namespace=cluster.args["namespace"],
            cloud=self._cloud,
            platform=self._platform,
            opts=self._child,
        )
        pools = self._node_pools()
        disks = {node.name: self._disk(node) for node in cluster.nodes}
        bucket = self._cloud.Bucket(name, cluster.bucket, self._platform, self._child)
        secrets = self._secrets()
        read = self._reads(secrets, bucket)
        workload = Workload(
            name,
            chart=CHART,
            namespace=cluster.args["namespace"],
            values=chart_values(cluster, pools, disks, bucket, read),
            depends_on=[
                *pools.values(),
                *disks.values(),
                bucket,
                *(resource for pod in read.values() for resource in pod.resources()),
            ],
            opts=self._child,
        )
        self.network = Output.from_input(cluster.network.name.value)
        self.chain_id = Output.from_input(cluster.chain_id)
        self.namespace = Output.from_input(cluster.args["namespace"])
        self.release = workload.release_name
        self.ordinals = Output.all(**{node.name: _told(cluster, node, pools, disks) for node in cluster.ordinals})
        self.api_nodes = Output.all(**{node.name: _told(cluster, node, pools, disks) for node in cluster.api_nodes})
        self.producers = Output.from_input(list(cluster.args["producers"]))
        self.active_producer = Output.from_input(cluster.args["active_producer"])
        self.failover = Output.from_input(cluster.args["failover"].value)
        self.lease = Output.from_input(LEASE)
        self.bucket = Output.all(id=bucket.bucket_id, url=bucket.url)
        self.endpoints = workload.release_name.apply(lambda _: _endpoints(cluster))
        self.node_pools = Output.all(*(pool.node_pool_name for pool in pools.values()))
        self.secrets = secret_ids(secrets)
        self.missing = missing_values(list(secrets.values()))
        self.identity = Output.from_input(cluster.identity)
        self.register_outputs(
            {
                "network": self.network,
                "chain_id": self.chain_id,
                "namespace": self.namespace,
                "release": self.release,
                "ordinals": self.ordinals,
                "api_nodes": self.api_nodes,
                "producers": self.producers,
                ACTIVE: self.active_producer,
                "failover": self.failover,
                "lease": self.lease,
                "bucket": self.bucket,
                "endpoints": self.endpoints,
                "node_pools": self.node_pools,
                "secrets": self.secrets,
                "missing": self.missing,
                QUOTAS: self.quotas,
                IDENTITY: self.identity,
            }
        )

    def _warn(self, before: Mapping[str, Any]) -> None:
        cluster = self._cluster
        warn_unheard(cluster.name, cluster.args, cluster.platform, self)
        for node in cluster.nodes:
            if not cluster.room(node):
                asked = amount(cluster.resources["requests"])
                pulumi.log.warn(unknown_size(node.name, cluster.instance_type(node), asked), self)
        first, now = before.get(ACTIVE), cluster.args["active_producer"]
        if first and first != now:
            pulumi.log.warn(
                f"activeProducer was {first}, and {now} moves nothing: the Lease says who produces. "
                f"`nodeyard nodeos switch-producer {cluster.name} --to {now}` moves it.",
                self,
            )
        if len(cluster.producers) < 2:
            pulumi.log.warn("One ordinal alone may produce: nobody takes over while its node is away.", self)

    # --- what it stands on ---

    def _node_pools(self) -> dict[str, NodePool]:
        firewalls = self._firewalls()
        return {node.name: self._node_pool(node, firewalls) for node in self._cluster.nodes}

    def _node_pool(self, node: Node, firewalls: list[Firewall]) -> NodePool:
        spec = self._cluster.node_pool(node, firewalls=firewalls)
        return self._cloud.NodePool(self._cluster.part(node.name), spec, self._platform, self._child)

    def _firewalls(self) -> list[Firewall]:
        """Nodes of the cluster reach each other without one."""
        cidrs = self._cluster.args["peer_cidrs"]
        if not cidrs:
            return []
        spec = FirewallSpec(ingress=[IngressRule(P2P, "tcp", "nodeos p2p", tuple(cidrs))])
        return [self._cloud.Firewall(self._cluster.part("peers"), spec, self._platform, self._child)]

    def _disk(self, node: Node) -> Disk:
        spec = self._cluster.disk(node)
        return self._cloud.Disk(self._cluster.part(node.name), spec, self._platform, self._child)

    # --- secrets ---

    def _secrets(self) -> dict[str, Secret]:
        """As the input gives them. The token is made, and kept, where it gives none."""
        given: Mapping[str, Any] = self._cluster.args["secrets"]
        token = given.get(TOKEN) or {
            "value": generated_password(self._cluster.part(TOKEN), ResourceOptions(parent=self))
        }
        return self._pods.secrets(self._cluster.secret_table, {**given, TOKEN: token})

    def _reads(self, secrets: Mapping[str, Secret], bucket: Bucket) -> dict[str, PodSecrets]:
        """What each pod mounts, and so may read: every pod has a service account of its own."""
        table = self._cluster.secret_table
        return {
            node.name: self._pods.reads(node.name, table, secrets, buckets=[bucket]) for node in self._cluster.nodes
        }


def _told(
    cluster: Settings, node: Node, pools: Mapping[str, NodePool], disks: Mapping[str, Disk]
) -> Output[dict[str, Any]]:
    return Output.all(
        service=node.name,
        pod=f"{node.name}-0",
        zone=cluster.zone(node),
        nodePool=pools[node.name].node_pool_name,
        disk=disks[node.name].disk_id,
        mayProduce=node.may_produce,
    )


def _endpoints(cluster: Settings) -> dict[str, str]:
    namespace = cluster.args["namespace"]
    together = [ORDINAL, *([API_NODE] if cluster.api_nodes else [])]
    services = [*(stem.rstrip("-") for stem in together), *(node.name for node in cluster.nodes)]
    return {service: f"http://{service}.{namespace}.svc:{PROXY}" for service in services}
