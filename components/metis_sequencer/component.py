"""MetisSequencer: a Metis sequencer's two nodes, their addresses, disks and keys, and the release that runs on them."""

from collections.abc import Mapping
from dataclasses import replace

import pulumi
from pulumi import InvokeOptions, Output, ResourceOptions

from ..clouds.contract.address import Address, AddressSpec
from ..clouds.contract.disk import Disk
from ..clouds.contract.firewall import Firewall, FirewallSpec
from ..clouds.contract.identity import Identity
from ..clouds.contract.node_pool import NodePool
from ..clouds.contract.secret import Secret
from ..clouds.contract.snapshot_schedule import SnapshotScheduleSpec
from ..clouds.tagging import tagged
from ..left_over import check_left_over
from ..live import IDENTITY, live
from ..monitoring import warn_unheard
from ..pods import Pods, PodSecrets, endpoints, ingress, missing_values, on_platform, secret_ids
from ..quotas import QUOTAS, QuotaNeed, told
from ..resources import unknown_size
from ..workload import Workload
from .args import MetisSequencerArgs
from .demand import demand
from .secrets import SECRETS
from .settings import DISKS, NO_ADDRESS, NODES, PORTS, TYPE, DiskProcess, NodeProcess, Settings, resolve
from .values import chart_values


class MetisSequencer(pulumi.ComponentResource):
    """A Metis sequencer.

    Makes, in the platform's cloud and cluster:
    - two dedicated node pools of one node each, l2geth (with l1dtl) and themis (with bridge), labelled and tainted
      `node.metis.io=l2geth|themis`, behind firewalls that open 30303 tcp and udp and 26656 tcp, and to each other;
    - two static public addresses, protected, which get to each pod, or to its node, before its process starts;
    - three disks, protected, encrypted, 200 MiB/s, with their PersistentVolumes and claims: l2geth and l1dtl, which
      take days to sync, on a daily snapshot schedule, and themis, whose signing state must never come back from one;
    - six secrets, protected, one SecretProviderClass and one identity for each of the four pods that read them;
    - its key in the platform's list of tenants (`kubernetes:core/v1:ConfigMapPatch`), protected;
    - the Helm release of `charts/metis-sequencer`, without waiting for it to sync.

    Raises `InputError` with every problem at once, before anything is registered.

        MetisSequencer(
            "metis",
            {
                "platform": reference.platform("acme/nodeyard/platform-aws"),
                "network": "sepolia",
                "namespace": "metis-sepolia",
                "sequencer_address": "0x0000000000000000000000000000000000000000",
                "release_version": "1.66.0-1ad6b4a4",
                "l2geth": {"instance_type": "c5.2xlarge", "disk_gib": 100},
            },
        )

    Sources: MetisProtocol/metis-charts, ericlee42/metis-sequencer-terraform-module,
    ericlee42/metis-sequencer-setup-docker-compose; see docs/components/metis-sequencer.md.
    """

    l2geth_address: Output[str]
    """The public address that l2geth's peers know."""
    themis_address: Output[str]
    """The public address that themis' peers know."""
    egress_addresses: Output[dict[str, str]]
    """The public address that each process' peers see it come from."""
    endpoints: Output[dict[str, str]]
    """In-cluster endpoints, by process."""
    namespace: Output[str]
    """The namespace."""
    release: Output[str]
    """The name of the Helm release."""
    node_pools: Output[list[str]]
    """Names of the two node pools."""
    secrets: Output[dict[str, str]]
    """The id of every secret, by the name that it has in a stack file."""
    missing: Output[list[str]]
    """What the operator still has to do before the sequencer can start."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the sequencer needs."""
    identity: Output[dict[str, str]]
    """What makes it this sequencer. It is kept in the state, and never changes in place."""

    def __init__(self, name: str, args: MetisSequencerArgs, opts: ResourceOptions | None = None) -> None:
        sequencer = resolve(name, args)
        super().__init__(TYPE, name, None, tagged(sequencer.cloud, sequencer.args["tags"], opts))
        self._warn(sequencer)
        before = live().component(TYPE, name)
        self.quotas = Output.from_input(told(sequencer.cloud, demand(sequencer), before, self))
        self._sequencer, self._cloud, self._platform = sequencer, sequencer.cloud, sequencer.platform
        providers = self._cloud.providers(name, self._platform, ResourceOptions(parent=self))
        check_left_over(
            f"MetisSequencer {name!r} would be made beside what was kept of another.",
            sequencer.made,
            self._cloud,
            self._platform,
            InvokeOptions(parent=self, provider=providers[0]),
        )
        self._child = on_platform(name, sequencer.args["namespace"], providers, self)
        self._pods = Pods(
            name=name,
            namespace=sequencer.args["namespace"],
            cloud=self._cloud,
            platform=self._platform,
            opts=self._child,
        )
        addresses: dict[NodeProcess, Address] = {process: self._address(process) for process in NODES}
        pools = self._node_pools()
        schedule = self._snapshots()
        disks: dict[DiskProcess, Disk] = {process: self._disk(process, schedule) for process in DISKS}
        secrets = self._pods.secrets(SECRETS, sequencer.args["secrets"])
        read = self._reads(secrets, addresses, pools)
        claimants = self._claimants(addresses, pools)
        workload = Workload(
            name,
            chart="metis-sequencer",
            namespace=sequencer.args["namespace"],
            values=chart_values(sequencer, addresses, pools, disks, read),
            depends_on=[
                *pools.values(),
                *disks.values(),
                *(resource for pod in read.values() for resource in pod.resources()),
                *claimants,
            ],
            opts=self._child,
        )
        self.l2geth_address = addresses["l2geth"].ingress_address
        self.themis_address = addresses["themis"].ingress_address
        self.egress_addresses = Output.all(**{process: addresses[process].egress_address for process in NODES})
        self.endpoints = workload.release_name.apply(
            lambda release: endpoints(release, sequencer.args["namespace"], PORTS)
        )
        self.namespace = Output.from_input(sequencer.args["namespace"])
        self.release = workload.release_name
        self.node_pools = Output.all(*(pool.node_pool_name for pool in pools.values()))
        self.secrets = secret_ids(secrets)
        self.missing = _missing(sequencer, secrets)
        self.identity = Output.from_input(sequencer.identity)
        self.register_outputs(
            {
                "l2geth_address": self.l2geth_address,
                "themis_address": self.themis_address,
                "egress_addresses": self.egress_addresses,
                "endpoints": self.endpoints,
                "namespace": self.namespace,
                "release": self.release,
                "node_pools": self.node_pools,
                "secrets": self.secrets,
                "missing": self.missing,
                QUOTAS: self.quotas,
                IDENTITY: self.identity,
            }
        )

    def _warn(self, sequencer: Settings) -> None:
        warn_unheard(sequencer.name, sequencer.args, sequencer.platform, self)
        if sequencer.args["monitoring"] and not sequencer.images.get("tools"):
            pulumi.log.warn(
                "No alert tells of blocks that themis misses, or of a sync that is lost: `images.tools` is not given.",
                self,
            )
        for process in NODES:
            pods = sequencer.pods_on(process)
            if not pods.room:
                told = unknown_size(f"{process}'s node", sequencer.instance_type(process), pods.asked)
                pulumi.log.warn(told, self)
        if any(sequencer.args["themis"]["signing_state"].values()):
            pulumi.log.warn(
                "The stack vouches for themis' signing state. Take that out once themis has started: were its disk "
                "wiped, that would be taken for the one that it was meant for.",
                self,
            )

    def _address(self, process: NodeProcess) -> Address:
        existing = self._sequencer.args[process].get("existing_address")
        spec = AddressSpec(zone=self._sequencer.zone(process), existing=existing)
        return self._cloud.Address(self._sequencer.part(process), spec, self._platform, self._child)

    def _node_pools(self) -> dict[NodeProcess, NodePool]:
        peers = self._firewall("peers", FirewallSpec(peers=True))
        return {process: self._node_pool(process, peers) for process in NODES}

    def _node_pool(self, process: NodeProcess, peers: Firewall) -> NodePool:
        own = self._firewall(process, FirewallSpec(ingress=ingress(PORTS[process])))
        spec = self._sequencer.node_pool(process, firewalls=[peers, own])
        return self._cloud.NodePool(self._sequencer.part(process), spec, self._platform, self._child)

    def _firewall(self, role: str, spec: FirewallSpec) -> Firewall:
        return self._cloud.Firewall(self._sequencer.part(role), spec, self._platform, self._child)

    def _snapshots(self) -> Output[str]:
        name = self._sequencer.name
        spec = SnapshotScheduleSpec(description=f"Snapshots of the chain data of {name}", rhythm=self._sequencer.rhythm)
        return self._cloud.SnapshotSchedule(name, spec, self._platform, self._child).schedule

    def _disk(self, process: DiskProcess, schedule: Output[str]) -> Disk:
        spec = self._sequencer.disk(process)
        if spec.snapshots:
            spec = replace(spec, snapshots=schedule)
        return self._cloud.Disk(self._sequencer.part(process), spec, self._platform, self._child)

    def _reads(
        self,
        secrets: Mapping[str, Secret],
        addresses: Mapping[NodeProcess, Address],
        pools: Mapping[NodeProcess, NodePool],
    ) -> dict[str, PodSecrets]:
        """What each pod mounts, and so may read: every pod has a service account of its own. Where a pod claims its own
        address, its account has the right to do so."""
        claims = NODES if self._sequencer.claim.way == "pod" else ()
        return {
            process: self._pods.reads(
                process,
                SECRETS,
                secrets,
                addresses=[addresses[node] for node in claims if node == process],
                node_pools=[pools[node] for node in claims if node == process],
            )
            for process in PORTS
        }

    def _claimants(
        self, addresses: Mapping[NodeProcess, Address], pools: Mapping[NodeProcess, NodePool]
    ) -> list[Identity]:
        """The identities of the pods that claim addresses for others, where the cloud needs such."""
        if self._sequencer.claim.way != "claimant":
            return []
        return [
            self._pods.identity(f"{process}-address", addresses=[addresses[process]], node_pools=[pools[process]])
            for process in NODES
        ]


def _missing(sequencer: Settings, secrets: Mapping[str, Secret]) -> Output[list[str]]:
    address = ["the sequencer's own address"] if sequencer.args["sequencer_address"] == NO_ADDRESS else []
    return missing_values(list(secrets.values())).apply(lambda values: address + values)
