"""MetisSequencer: a Metis sequencer's two nodes, their addresses, disks and keys, and the release that runs on them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pulumi
from pulumi import Output, ResourceOptions

from .. import clouds
from ..clouds.contract.address import Address, AddressClaim, AddressSpec
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.disk import Disk, DiskSpec
from ..clouds.contract.firewall import Firewall, FirewallSpec, IngressRule
from ..clouds.contract.identity import Identity, IdentitySpec
from ..clouds.contract.instance_type import Capacity
from ..clouds.contract.node_pool import NodePool, NodePoolSpec, Taint
from ..clouds.contract.secret import Secret, SecretSpec
from ..clouds.contract.secret_mount import SecretFile, SecretMount, SecretMountSpec
from ..errors import InputError, Problem
from ..workload import Workload
from .args import SECRETS, MetisSequencerArgs, SecretKey
from .networks import (
    INSTANCE_TYPES,
    L2GETH_LEAST_DISK_GIB,
    L2GETH_LEAST_MEMORY_GIB,
    L2GETH_LEAST_VCPU,
    NETWORKS,
    MetisNetwork,
    env_problems,
)
from .values import NODE_KEY, NodeProcess, chart_values

DISK_THROUGHPUT_MIBPS = 200
"""What every upstream source asks for; above gp3's default of 125."""

LONGEST_NAME = 39
"""AWS' roles have 64 characters, of which Pulumi's own ending takes 8 and `-l2geth-snapshots` 17. (Kubernetes has room
for 44: a StatefulSet's pods carry its name and a revision's hash in one label.)"""

NO_ADDRESS = "0x" + "0" * 40
"""What a stack file says before there is a sequencer key."""

NODES: tuple[NodeProcess, ...] = ("l2geth", "themis")
"""The processes with a node and an address of their own."""

L2GETH_P2P = (
    IngressRule(30303, "tcp", "l2geth p2p"),
    IngressRule(30303, "udp", "l2geth discovery"),
)
THEMIS_P2P = (IngressRule(26656, "tcp", "themis p2p"),)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a process runs."""

    zone: str
    instance_type: str


class MetisSequencer(pulumi.ComponentResource):
    """A Metis sequencer.

    Makes, in the platform's cloud and cluster:
    - two dedicated node pools of one node each, l2geth (with l1dtl) and themis (with bridge), labelled and tainted
      `node.metis.io=l2geth|themis`, behind firewalls that open 30303 tcp and udp and 26656 tcp, and to each other;
    - two static public addresses, protected, which get to each pod, or to its node, before its process starts;
    - three disks, protected, encrypted, 200 MiB/s, with their PersistentVolumes and claims: l2geth and l1dtl, which
      take days to sync, on a daily snapshot schedule, and themis, whose signing state must never come back from one;
    - six secrets, protected, one SecretProviderClass and one identity for each of the four pods that read them;
    - the Helm release of `charts/metis-sequencer`, without waiting for it to sync.

    Raises `InputError` with every problem at once, before anything is made.

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
    node_pools: Output[list[str]]
    """Names of the two node pools."""
    secrets: Output[dict[str, str]]
    """The id of every secret, by the name that it has in a stack file."""
    missing: Output[list[str]]
    """What the operator still has to do before the sequencer can start."""

    def __init__(self, name: str, args: MetisSequencerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("nodeyard:index:MetisSequencer", name, None, opts)
        platform = args["platform"]
        cloud, places = clouds.of(platform), _places(args)
        if problems := list(_problems(name, args, places, cloud)):
            raise InputError(f"MetisSequencer {name!r} has bad input.", problems)
        if any(args["themis"].get("signing_state", {}).values()):
            pulumi.log.warn(
                "themis.signing_state vouches for a signing state. Take it out once themis has started: an empty disk "
                "that came later would be taken for the one that it was meant for.",
                self,
            )
        providers = cloud.providers(name, platform, ResourceOptions(parent=self))
        self._name, self._args, self._platform, self._cloud, self._places = name, args, platform, cloud, places
        self._child = ResourceOptions(parent=self, providers=list(providers))

        claim = cloud.address_claim(platform)
        addresses: dict[NodeProcess, Address] = {process: self._address(process) for process in NODES}
        pools = self._node_pools()
        disks = self._disks()
        secrets = self._secrets()
        files = _files(secrets)
        identities = {pod: self._identity(pod, files[pod], claim, addresses, pools) for pod in files}
        claimants = self._claimants(claim, addresses, pools)
        mounts = {pod: self._mount(pod, files[pod], identities[pod]) for pod in files}
        workload = Workload(
            name,
            chart="metis-sequencer",
            namespace=args["namespace"],
            values=chart_values(args, cloud, addresses, pools, disks, mounts),
            depends_on=[*pools.values(), *disks.values(), *mounts.values(), *identities.values(), *claimants],
            opts=self._child,
        )
        self.l2geth_address = addresses["l2geth"].ingress_address
        self.themis_address = addresses["themis"].ingress_address
        self.egress_addresses = Output.all(**{process: addresses[process].egress_address for process in NODES})
        self.endpoints = workload.release_name.apply(lambda release: _endpoints(release, args["namespace"]))
        self.node_pools = Output.all(*(pool.node_pool_name for pool in pools.values()))
        self.secrets = Output.all(**{_camel(key): secret.secret_id for key, secret in secrets.items()})
        self.missing = _missing(args, secrets)
        self.register_outputs(
            {
                "l2geth_address": self.l2geth_address,
                "themis_address": self.themis_address,
                "egress_addresses": self.egress_addresses,
                "endpoints": self.endpoints,
                "node_pools": self.node_pools,
                "secrets": self.secrets,
                "missing": self.missing,
            }
        )

    def _address(self, process: NodeProcess) -> Address:
        spec = AddressSpec(zone=self._places[process].zone, existing=self._args[process].get("existing_address"))
        return self._cloud.Address(f"{self._name}-{process}", spec, self._platform, self._child)

    def _node_pools(self) -> dict[NodeProcess, NodePool]:
        peers = self._firewall("peers", FirewallSpec(peers=True))
        return {
            "l2geth": self._node_pool("l2geth", peers, self._firewall("l2geth", FirewallSpec(ingress=L2GETH_P2P))),
            "themis": self._node_pool("themis", peers, self._firewall("themis", FirewallSpec(ingress=THEMIS_P2P))),
        }

    def _firewall(self, role: str, spec: FirewallSpec) -> Firewall:
        return self._cloud.Firewall(f"{self._name}-{role}", spec, self._platform, self._child)

    def _node_pool(self, process: NodeProcess, *firewalls: Firewall) -> NodePool:
        spec = NodePoolSpec(
            instance_type=self._places[process].instance_type,
            zone=self._places[process].zone,
            release_version=self._args["release_version"],
            labels={NODE_KEY: process},
            taints=[Taint(NODE_KEY, process)],
            public_address=True,
            firewalls=firewalls,
        )
        return self._cloud.NodePool(f"{self._name}-{process}", spec, self._platform, self._child)

    def _disks(self) -> dict[str, Disk]:
        args, places = self._args, self._places
        return {
            "l2geth": self._disk("l2geth", places["l2geth"], args["l2geth"], snapshots=True),
            "l1dtl": self._disk("l1dtl", places["l2geth"], args["l1dtl"], snapshots=True),
            "themis": self._disk("themis", places["themis"], args["themis"], access_mode="ReadWriteOncePod"),
        }

    def _disk(self, process: str, place: Place, args: Mapping[str, Any], **spec: Any) -> Disk:
        return self._cloud.Disk(
            f"{self._name}-{process}",
            DiskSpec(
                zone=place.zone,
                size_gib=args["disk_gib"],
                namespace=self._args["namespace"],
                throughput_mibps=DISK_THROUGHPUT_MIBPS,
                seed_from=args.get("seed_from"),
                existing=args.get("existing_disk"),
                **spec,
            ),
            self._platform,
            self._child,
        )

    def _secrets(self) -> dict[SecretKey, Secret]:
        return {key: self._secret(key, stem) for key, stem in SECRETS.items()}

    def _secret(self, key: SecretKey, stem: str) -> Secret:
        source = self._args.get("secrets", {}).get(key, {})
        spec = SecretSpec(name=f"{self._name}/{stem}", value=source.get("value"), existing=source.get("existing"))
        return self._cloud.Secret(f"{self._name}-{stem}", spec, self._platform, self._child)

    def _identity(
        self,
        pod: str,
        files: Sequence[SecretFile],
        claim: AddressClaim,
        addresses: Mapping[NodeProcess, Address],
        pools: Mapping[NodeProcess, NodePool],
    ) -> Identity:
        node = next((process for process in NODES if process == pod and claim.way == "pod"), None)
        spec = IdentitySpec(
            namespace=self._args["namespace"],
            service_account=f"{self._name}-{pod}",
            secrets=[file.secret for file in files],
            addresses=[addresses[node]] if node else [],
            node_pools=[pools[node]] if node else [],
        )
        return self._cloud.Identity(f"{self._name}-{pod}", spec, self._platform, self._child)

    def _claimants(
        self, claim: AddressClaim, addresses: Mapping[NodeProcess, Address], pools: Mapping[NodeProcess, NodePool]
    ) -> list[Identity]:
        """The identities of the pods that claim addresses for others, where the cloud needs such."""
        if claim.way != "claimant":
            return []
        specs = {
            f"{self._name}-{process}-address": IdentitySpec(
                namespace=self._args["namespace"],
                service_account=f"{self._name}-{process}-address",
                addresses=[addresses[process]],
                node_pools=[pools[process]],
            )
            for process in NODES
        }
        return [self._cloud.Identity(name, spec, self._platform, self._child) for name, spec in specs.items()]

    def _mount(self, pod: str, files: Sequence[SecretFile], identity: Identity) -> SecretMount:
        spec = SecretMountSpec(namespace=self._args["namespace"], files=files, identity=identity)
        return self._cloud.SecretMount(f"{self._name}-{pod}", spec, self._platform, self._child)


def _files(secrets: Mapping[SecretKey, Secret]) -> dict[str, list[SecretFile]]:
    """What each pod mounts, and so may read: a pod has one service account, and each has its own."""
    return {
        "l2geth": [SecretFile(secrets["seq_priv"], "SEQ_PRIV", env=True)],
        "l1dtl": [
            SecretFile(secrets["l1_rpc_endpoint"], "L1_RPC_ENDPOINT", env=True),
            SecretFile(secrets["l1_beacon_endpoint"], "L1_BEACON_ENDPOINT", env=True),
        ],
        "themis": [
            SecretFile(secrets["node_key"], "node_key.json", mode=0o600),
            SecretFile(secrets["priv_validator_key"], "priv_validator_key.json", mode=0o600),
            SecretFile(secrets["persistent_peers"], "persistent_peers"),
            SecretFile(secrets["l1_rpc_endpoint"], "ETH_RPC_URL", env=True),
        ],
        # For the balance of the bridge's wallet on L1.
        "exporter": [SecretFile(secrets["l1_rpc_endpoint"], "L1_RPC_ENDPOINT", env=True)],
    }


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _endpoints(release: str, namespace: str) -> dict[str, str]:
    ports = {"l2geth": 8545, "l1dtl": 7878, "exporter": 9090}
    return {process: f"http://{release}-{process}.{namespace}.svc:{port}" for process, port in ports.items()}


def _missing(args: MetisSequencerArgs, secrets: Mapping[SecretKey, Secret]) -> Output[list[str]]:
    address = ["the sequencer's own address"] if args["sequencer_address"] == NO_ADDRESS else []
    there = Output.all(**{secret.secret_name: secret.has_value for secret in secrets.values()})
    return there.apply(
        lambda values: address + [f"the value of the secret {name}" for name in values if not values[name]]
    )


def _places(args: MetisSequencerArgs) -> dict[NodeProcess, Place]:
    """What is not given follows the platform: its first zone for l2geth and its second for themis, so that one zone's
    loss is not both's, and its cloud's own instance types."""
    platform = args["platform"]
    zones = [subnet["zone"] for subnet in platform["public_subnets"]]
    return {
        process: Place(
            zone=args[process].get("zone") or zone,
            instance_type=args[process].get("instance_type") or INSTANCE_TYPES[process][platform["cloud"]],
        )
        for process, zone in zip(NODES, cycle(zones), strict=False)
    }


def _problems(
    name: str, args: MetisSequencerArgs, places: Mapping[NodeProcess, Place], cloud: Cloud
) -> Iterator[Problem]:
    platform, network = args["platform"], NETWORKS[args["network"]]
    if len(name) > LONGEST_NAME:
        yield "name", f"{name!r} is longer than {LONGEST_NAME} characters, which the names of its parts have room for"
    zones = [subnet["zone"] for subnet in platform["public_subnets"]]
    if problem := cloud.release_problem(args["release_version"]):
        yield "release_version", problem
    for process in NODES:
        zone = places[process].zone
        if zone not in zones:
            yield f"{process}.zone", f"the platform has no nodes in {zone!r}; it has {', '.join(zones)}"
    if args["namespace"] not in platform["namespaces"]:
        yield "namespace", f"the platform made no namespace {args['namespace']!r} for a team: add it to its `access`"
    for key, reason in env_problems(network, args["l2geth"].get("env", {})):
        yield f"l2geth.env.{key}", reason
    for key, reason in env_problems(network, args["l1dtl"].get("env", {})):
        yield f"l1dtl.env.{key}", reason
    if network.mainnet and args["l2geth"]["disk_gib"] < L2GETH_LEAST_DISK_GIB:
        yield "l2geth.disk_gib", f"mainnet needs {L2GETH_LEAST_DISK_GIB} GiB or more"
    instance_type = places["l2geth"].instance_type
    if too_small := _too_small(cloud.capacity(instance_type), network):
        yield "l2geth.instance_type", f"{instance_type!r} {too_small}"


def _too_small(capacity: Capacity | None, network: MetisNetwork) -> str:
    """Why l2geth's node is, or nothing."""
    least = f"{L2GETH_LEAST_VCPU} vCPU and {L2GETH_LEAST_MEMORY_GIB} GiB (upstream: c5.2xlarge)"
    if capacity is None:
        return f"does not tell its size by its name; mainnet needs {least}" if network.mainnet else ""
    if capacity.vcpu < L2GETH_LEAST_VCPU or capacity.memory_gib < L2GETH_LEAST_MEMORY_GIB:
        return f"is too small: l2geth with l1dtl needs {least}"
    return ""
