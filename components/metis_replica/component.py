"""MetisReplica: Metis nodes that are no sequencer, their disks, and the load balancer before them."""

from dataclasses import replace
from typing import Any

import pulumi
from pulumi import InvokeOptions, Output, ResourceOptions

from ..clouds.contract.disk import Disk
from ..clouds.contract.load_balancer import LoadBalancer
from ..clouds.contract.node_pool import NodePool
from ..clouds.contract.snapshot_schedule import SnapshotScheduleSpec
from ..clouds.tagging import tagged
from ..left_over import check_left_over
from ..live import IDENTITY, live
from ..metis.node import L2GETH_RPC
from ..monitoring import warn_unheard
from ..pods import Pods, missing_values, on_platform, secret_ids
from ..quotas import QUOTAS, QuotaNeed, told
from ..resources import unknown_size
from ..workload import Workload
from .args import MetisReplicaArgs
from .demand import demand
from .environment import READING_APIS
from .outputs import MetisReplicaNode
from .rules import resolve
from .secrets import REPLICA, SECRETS
from .settings import CHART, TYPE
from .values import chart_values


class MetisReplica(pulumi.ComponentResource):
    """Metis nodes that are no sequencer: each follows the chain and answers its RPC, without a key.

    Makes, in the platform's cloud and cluster:
    - a node pool for each zone, with a node for each replica there, in the private subnets, labelled and tainted
      `nodeyard.io/metis-replica=<name>`;
    - for each replica two disks, of l2geth and of l1dtl, protected, encrypted, 200 MiB/s, with their PersistentVolumes
      and claims; the first replica's on a snapshot schedule, from which the next ones can be made;
    - a load balancer under an address of the platform's network, unless the RPC stays in the cluster;
    - two secrets, protected, one SecretProviderClass and one identity that may read both;
    - its key in the platform's list of tenants (`kubernetes:core/v1:ConfigMapPatch`), protected;
    - the Helm release of `charts/metis-replica`, without waiting for it to sync.

    A replica takes calls only while its newest block is fresh. Raises `InputError` with every problem at once, before
    anything is registered.

        MetisReplica(
            "metis-rpc",
            {
                "platform": reference.platform("acme/nodeyard/platform-aws"),
                "network": "andromeda",
                "namespace": "metis-rpc",
                "release_version": "1.66.0-1ad6b4a4",
                "replicas": 3,
            },
        )

    Sources: MetisProtocol/metis-charts, MetisProtocol/metis-ansible, MetisProtocol/mvm; see
    docs/components/metis-replica.md.
    """

    endpoint: Output[str]
    """Where callers reach the RPC: the HTTPS host, else the load balancer, else the Service in the cluster."""
    endpoints: Output[dict[str, str]]
    """The same inside the cluster, under `rpc`: of all replicas that are ready."""
    replicas: Output[dict[str, MetisReplicaNode]]
    """What each replica consists of, by its name."""
    namespace: Output[str]
    """The namespace."""
    release: Output[str]
    """The name of the Helm release."""
    node_pools: Output[list[str]]
    """Names of the node pools."""
    secrets: Output[dict[str, str]]
    """The id of every secret, by the name that it has in a stack file."""
    missing: Output[list[str]]
    """What the operator still has to do before the replicas can start."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the replicas need."""
    identity: Output[dict[str, str]]
    """What makes them these replicas. It is kept in the state, and never changes in place."""

    def __init__(self, name: str, args: MetisReplicaArgs, opts: ResourceOptions | None = None) -> None:
        replicas = resolve(name, args)
        super().__init__(TYPE, name, None, tagged(replicas.cloud, replicas.args["tags"], opts))
        self._replicas, self._cloud, self._platform = replicas, replicas.cloud, replicas.platform
        self._warn()
        before = live().component(TYPE, name)
        self.quotas = Output.from_input(told(replicas.cloud, demand(replicas), before, self))
        providers = self._cloud.providers(name, self._platform, ResourceOptions(parent=self))
        check_left_over(
            f"MetisReplica {name!r} would be made beside what was kept of another.",
            replicas.made,
            self._cloud,
            self._platform,
            InvokeOptions(parent=self, provider=providers[0]),
        )
        namespace = replicas.args["namespace"]
        self._child = on_platform(name, namespace, providers, self)
        pods = Pods(name=name, namespace=namespace, cloud=self._cloud, platform=self._platform, opts=self._child)
        pools = self._node_pools()
        disks = self._disks()
        balancer = self._balancer()
        secrets = pods.secrets(SECRETS, replicas.args["secrets"])
        read = pods.reads(REPLICA, SECRETS, secrets)
        workload = Workload(
            name,
            chart=CHART,
            namespace=namespace,
            values=chart_values(replicas, pools, balancer, read),
            depends_on=[*pools.values(), *disks, *([balancer] if balancer else []), *read.resources()],
            opts=self._child,
        )
        self.endpoint = self._endpoint(balancer)
        self.endpoints = Output.from_input({"rpc": replicas.in_cluster})
        self.replicas = Output.all(**{f"replica-{number}": self._told(number, pools) for number in replicas.numbers})
        self.namespace = Output.from_input(namespace)
        self.release = workload.release_name
        self.node_pools = Output.all(*(pool.node_pool_name for pool in pools.values()))
        self.secrets = secret_ids(secrets)
        self.missing = missing_values(list(secrets.values()))
        self.identity = Output.from_input(replicas.identity)
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "endpoints": self.endpoints,
                "replicas": self.replicas,
                "namespace": self.namespace,
                "release": self.release,
                "node_pools": self.node_pools,
                "secrets": self.secrets,
                "missing": self.missing,
                QUOTAS: self.quotas,
                IDENTITY: self.identity,
            }
        )

    def _warn(self) -> None:
        replicas = self._replicas
        warn_unheard(replicas.name, replicas.args, replicas.platform, self)
        if replicas.args["monitoring"] and not replicas.images.get("tools"):
            pulumi.log.warn("No alert tells of a head that stands still: `images.tools` is not given.", self)
        if not replicas.room:
            pulumi.log.warn(unknown_size("a replica's node", replicas.instance_type, replicas.asked), self)
        asked = replicas.args["l2geth"]["env"].get("RPC_API", "").split(",")
        if unsafe := [api for api in asked if api and api not in READING_APIS]:
            pulumi.log.warn(f"The RPC answers {', '.join(unsafe)}, which tell or change what no stranger may.", self)

    def _node_pools(self) -> dict[str, NodePool]:
        replicas = self._replicas
        return {
            zone: self._cloud.NodePool(replicas.part(zone), spec, self._platform, self._child)
            for zone, spec in replicas.node_pools.items()
        }

    def _disks(self) -> list[Disk]:
        replicas, name = self._replicas, self._replicas.name
        described = SnapshotScheduleSpec(description=f"Snapshots of the chain data of {name}", rhythm=replicas.rhythm)
        schedule = self._cloud.SnapshotSchedule(name, described, self._platform, self._child).schedule
        return [
            self._cloud.Disk(
                replicas.disk_name(disk),
                replace(spec, snapshots=schedule) if spec.snapshots else spec,
                self._platform,
                self._child,
            )
            for disk, spec in replicas.disks.items()
        ]

    def _balancer(self) -> LoadBalancer | None:
        spec = self._replicas.balancer
        if spec is None:
            return None
        return self._cloud.LoadBalancer(self._replicas.part("rpc"), spec, self._platform, self._child)

    def _endpoint(self, balancer: LoadBalancer | None) -> Output[str]:
        if ingress := self._replicas.ingress:
            return Output.from_input(f"https://{ingress.host}")
        if balancer:
            return balancer.host.apply(lambda host: f"http://{host}:{L2GETH_RPC.number}")
        return Output.from_input(self._replicas.in_cluster)

    def _told(self, number: int, pools: dict[str, NodePool]) -> Output[dict[str, Any]]:
        zone = self._replicas.zone(number)
        return Output.all(
            pod=f"{self._replicas.part(REPLICA)}-{number}", zone=zone, nodePool=pools[zone].node_pool_name
        )
