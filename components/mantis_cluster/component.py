"""MantisCluster: a private network, its keys, its genesis, its machines, and the release on them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
from pulumi import InvokeOptions, Output, ResourceOptions

from ..clouds.contract.address import Address, AddressSpec
from ..clouds.contract.bucket import Bucket
from ..clouds.contract.firewall import Firewall, FirewallSpec
from ..clouds.contract.identity import Identity
from ..clouds.contract.node_pool import NodePool
from ..clouds.contract.secret import Secret
from ..clouds.tagging import tagged
from ..left_over import check_left_over
from ..live import IDENTITY, live
from ..monitoring import warn_unheard
from ..pods import Pods, PodSecrets, ingress, missing_values, on_platform, secret_ids
from ..quotas import QUOTAS, QuotaNeed, told
from ..resources import unknown_size
from ..workload import Workload
from .args import MantisClusterArgs
from .chain import Keyed, chain, configs, enode, genesis, keyed
from .clients.contract import Consensus, Role
from .demand import demand
from .keepsakes import KeptGenesis
from .network import PORTS, Task
from .outputs import MantisTask
from .rules import resolve
from .settings import CHART, STORAGE, TYPE, Settings
from .values import Made, chart_values


class MantisCluster(pulumi.ComponentResource):
    """A private network of Ethereum Classic's kind: miners, passive nodes, and the services beside them.

    The component's name is the network's, its namespace's and its release's. Makes, in the platform's cloud and
    cluster:
    - a key for each miner, for each checkpoint node and for the faucet: 32 random bytes, protected, kept in the stack's
      encrypted state; a secret with it, protected; one SecretProviderClass and one identity for each pod, so that none
      reads another's;
    - the genesis, of the keys of the miners of the first `up`, kept: later miners are not in it;
    - a node pool for each kind of task (miner, passive, services) and zone, labelled and tainted
      `nodeyard.io/mantis=<network>-<kind>-<zone number>`, with a machine for each miner and each passive node;
    - a bucket of backups, protected and encrypted, unless backups and restores are off;
    - with `public`, a static public address for each genesis miner, protected, and a firewall that opens 9076 tcp and
      30303 udp to the world;
    - its key in the platform's list of tenants (`kubernetes:core/v1:ConfigMapPatch`), protected;
    - the Helm release of `charts/mantis`, without waiting for it to sync.

    Raises `InputError` with every problem at once, before anything is registered.

        MantisCluster(
            "mantis-testnet",
            {
                "platform": reference.platform("acme/nodeyard/platform-aws"),
                "chain_id": 1337,
                "release_version": "1.66.0-1ad6b4a4",
                "images": {
                    "client": "registry.example.com/core-geth:1.12.20",
                    "tools": "registry.example.com/chain-tools:1.0.0",
                },
            },
        )

    Sources: input-output-hk/mantis-ops, input-output-hk/mantis, etclabscore/core-geth; see
    docs/components/mantis-cluster.md.
    """

    network: Output[str]
    """The network's name."""
    client: Output[str]
    """The program of the nodes."""
    chain_id: Output[int]
    """The chain's id."""
    genesis_hash: Output[str]
    """The hash of the first block."""
    genesis_miners: Output[int]
    """How many miners are in the genesis."""
    tasks: Output[dict[str, MantisTask]]
    """What each node and service consists of, by its name."""
    namespace: Output[str]
    """The namespace."""
    release: Output[str]
    """The name of the Helm release."""
    bucket: Output[dict[str, str]]
    """The bucket's `id`, and its `url` as the pods know it; empty where there is none."""
    endpoints: Output[dict[str, str]]
    """Where the RPC API answers in the cluster: of each passive node by its name, and of all that are ready under
    `rpc`; and where explorer and faucet do."""
    node_pools: Output[list[str]]
    """Names of the node pools."""
    secrets: Output[dict[str, str]]
    """The id of every secret, by whose key it is."""
    missing: Output[list[str]]
    """What the operator still has to do before the nodes can start."""
    public: Output[bool]
    """Whether the world may dial the genesis miners."""
    storage: Output[dict[str, str]]
    """How large the disks are, by what uses them."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the network needs."""
    identity: Output[dict[str, str]]
    """What makes it this network. It is kept in the state, and never changes in place."""

    def __init__(self, name: str, args: MantisClusterArgs, opts: ResourceOptions | None = None) -> None:
        network = resolve(name, args)
        super().__init__(TYPE, name, None, tagged(network.cloud, network.args["tags"], opts))
        self._network, self._cloud, self._platform = network, network.cloud, network.platform
        self._warn()
        before = live().component(TYPE, name)
        self.quotas = Output.from_input(told(network.cloud, demand(network), before, self))
        providers = self._cloud.providers(name, self._platform, ResourceOptions(parent=self))
        check_left_over(
            f"MantisCluster {name!r} would be made beside what was kept of another.",
            network.made,
            self._cloud,
            self._platform,
            InvokeOptions(parent=self, provider=providers[0]),
        )
        self._child = on_platform(name, name, providers, self)
        self._pods = Pods(name=name, namespace=name, cloud=self._cloud, platform=self._platform, opts=self._child)
        owners = keyed(network, ResourceOptions(parent=self))
        kept = genesis(network, owners, ResourceOptions(parent=self))
        secrets = self._pods.secrets(
            network.secret_table, {owner: {"value": keyed.key} for owner, keyed in owners.items()}
        )
        made = self._made(owners, kept, secrets)
        workload = Workload(
            name,
            chart=CHART,
            namespace=name,
            values=chart_values(network, made),
            depends_on=[*made.resources(), *self._claimants(made)],
            opts=self._child,
        )
        self.network = Output.from_input(name)
        self.client = Output.from_input(network.args["client"].value)
        self.chain_id = Output.from_input(network.args["chain_id"])
        self.genesis_hash = kept.apply(lambda one: one.genesis_hash)
        self.genesis_miners = Output.from_input(network.genesis_miners)
        self.tasks = Output.all(**{task.name: _told(network, made, owners, task) for task in network.tasks})
        self.namespace = Output.from_input(name)
        self.release = workload.release_name
        self.bucket = _bucket_told(made.bucket)
        self.endpoints = workload.release_name.apply(lambda _: network.endpoints)
        self.node_pools = Output.all(*(pool.node_pool_name for pool in made.pools.values()))
        self.secrets = secret_ids(secrets)
        self.missing = missing_values(list(secrets.values()))
        self.public = Output.from_input(network.args["public"])
        self.storage = Output.from_input(network.sizes)
        self.identity = Output.from_input(network.identity)
        self.register_outputs(
            {
                "network": self.network,
                "client": self.client,
                "chain_id": self.chain_id,
                "genesis_hash": self.genesis_hash,
                "genesis_miners": self.genesis_miners,
                "tasks": self.tasks,
                "namespace": self.namespace,
                "release": self.release,
                "bucket": self.bucket,
                "endpoints": self.endpoints,
                "node_pools": self.node_pools,
                "secrets": self.secrets,
                "missing": self.missing,
                "public": self.public,
                STORAGE: self.storage,
                QUOTAS: self.quotas,
                IDENTITY: self.identity,
            }
        )

    def _warn(self) -> None:
        network = self._network
        warn_unheard(network.name, network.args, network.platform, self)
        for kind in network.kinds:
            if not network.room(kind):
                what = f"each of the {kind} nodes"
                pulumi.log.warn(unknown_size(what, network.instance_type(kind), network.asked(kind)), self)
        later = network.args["miners"] - network.genesis_miners
        if later > 0 and network.consensus is Consensus.CLIQUE:
            pulumi.log.warn(
                f"{later} of the miners came after the genesis: they make no block before more than half of the others "
                "have voted for them, as the network's page says.",
                self,
            )
        unsafe = [api for api in network.rpc_apis if api in network.client.UNSAFE_RPC_APIS]
        if unsafe:
            told = ", ".join(unsafe)
            pulumi.log.warn(f"The RPC API answers {told}, which tell or change what no stranger may.", self)

    # --- what it stands on ---

    def _made(self, owners: Mapping[str, Keyed], kept: Output[KeptGenesis], secrets: Mapping[str, Secret]) -> Made:
        network = self._network
        told = chain(network, owners, kept)
        addresses = {miner.name: self._address(miner) for miner in network.public_miners}
        pools = self._node_pools()
        bucket = self._bucket()
        return Made(
            genesis=kept,
            configs=configs(network, told, owners),
            pools=pools,
            bucket=bucket,
            addresses=addresses,
            reads=self._reads(secrets, addresses, pools, bucket),
            accounts=self._accounts(bucket),
        )

    def _node_pools(self) -> dict[str, NodePool]:
        network = self._network
        open_ = [self._firewall()] if network.args["public"] else []
        return {
            part: self._cloud.NodePool(
                network.part(part),
                replace(spec, firewalls=open_ if spec.public_address else []),
                self._platform,
                self._child,
            )
            for part, spec in network.node_pools.items()
        }

    def _bucket(self) -> Bucket | None:
        network = self._network
        if not network.has_bucket:
            return None
        return self._cloud.Bucket(network.name, network.bucket, self._platform, self._child)

    def _firewall(self) -> Firewall:
        spec = FirewallSpec(ingress=ingress(PORTS))
        return self._cloud.Firewall(self._network.part("p2p"), spec, self._platform, self._child)

    def _address(self, miner: Task) -> Address:
        existing = self._network.args["addresses"].get(miner.name)
        spec = AddressSpec(zone=self._network.zone(miner), existing=existing)
        return self._cloud.Address(self._network.part(miner.name), spec, self._platform, self._child)

    # --- who may do what ---

    def _reads(
        self,
        secrets: Mapping[str, Secret],
        addresses: Mapping[str, Address],
        pools: Mapping[str, NodePool],
        bucket: Bucket | None,
    ) -> dict[str, PodSecrets]:
        """What each pod with a key mounts, and so may read: every one has a service account of its own."""
        network = self._network
        restores = [bucket] if bucket and network.auto_restore else []
        return {
            task.name: self._pods.reads(
                task.name,
                network.secret_table,
                secrets,
                readable_buckets=restores if task.role is Role.MINER else [],
                **(self._claim(task, addresses, pools) if network.claim.way == "pod" else {}),
            )
            for task in network.tasks
            if task.name in secrets
        }

    def _claim(self, task: Task, addresses: Mapping[str, Address], pools: Mapping[str, NodePool]) -> dict[str, Any]:
        """The rights of whoever claims a task's address for its machine."""
        if task.name not in addresses:
            return {}
        return {"addresses": [addresses[task.name]], "node_pools": [pools[self._network.pool_of(task)]]}

    def _accounts(self, bucket: Bucket | None) -> dict[str, Identity]:
        """The accounts of those without a key that use the bucket."""
        network = self._network
        if bucket is None:
            return {}
        accounts = {}
        if network.auto_restore and network.passive:
            accounts["passive"] = self._pods.identity("passive", readable_buckets=[bucket])
        if network.backups:
            accounts["backup"] = self._pods.identity("backup", buckets=[bucket])
        return accounts

    def _claimants(self, made: Made) -> list[Identity]:
        """The identities of the pods that claim addresses for others, where the cloud needs such."""
        if self._network.claim.way != "claimant":
            return []
        return [
            self._pods.identity(f"{miner.name}-address", **self._claim(miner, made.addresses, made.pools))
            for miner in self._network.public_miners
        ]


def _bucket_told(bucket: Bucket | None) -> Output[dict[str, str]]:
    return Output.all(id=bucket.bucket_id, url=bucket.url) if bucket else Output.from_input({})


def _told(network: Settings, made: Made, owners: Mapping[str, Keyed], task: Task) -> Output[dict[str, Any]]:
    address = made.addresses[task.name].ingress_address if task.name in made.addresses else None
    told: dict[str, Any] = {
        "role": task.what,
        "zone": network.zone(task),
        "nodePool": made.pools[network.pool_of(task)].node_pool_name,
    }
    if task.role is not Role.BACKUP:
        told["service"] = task.name
    if task in network.nodes:
        told["pod"] = f"{task.name}-0"
    if task.name in owners:
        told["address"] = owners[task.name].account
    if task.role is Role.MINER:
        told["enode"] = enode(network, owners, task, address)
    if address is not None:
        told["publicAddress"] = address
    return Output.all(**told)
