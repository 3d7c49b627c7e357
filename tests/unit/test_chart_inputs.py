"""What a component takes, its chart takes too: no release is refused that a component has let through."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from nodeyard.clouds.contract.node_pool import NodePool, NodePoolSpec
from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.keys import at, fields, is_mapping
from nodeyard.mantis_cluster import MantisClusterArgs
from nodeyard.mantis_cluster import values as mantis
from nodeyard.mantis_cluster.clients.contract import Role
from nodeyard.mantis_cluster.rules import resolve as resolve_network
from nodeyard.metis_replica import MetisReplicaArgs
from nodeyard.metis_replica import secrets as replica_secrets
from nodeyard.metis_replica import values as replica
from nodeyard.metis_replica.rules import resolve as resolve_replicas
from nodeyard.metis_sequencer import MetisSequencerArgs
from nodeyard.metis_sequencer.secrets import SECRETS
from nodeyard.metis_sequencer.settings import DISKS, NODES, PORTS, Settings, resolve
from nodeyard.metis_sequencer.values import chart_values
from nodeyard.nodeos_bp_cluster import NodeosBPClusterArgs
from nodeyard.nodeos_bp_cluster import values as nodeos
from nodeyard.nodeos_bp_cluster.chain import written
from nodeyard.nodeos_bp_cluster.networks import JUNGLE4
from nodeyard.nodeos_bp_cluster.rules import resolve as resolve_cluster
from nodeyard.pods import PodSecrets
from nodeyard.theta_edge_node import ThetaEdgeNodeArgs, cluster
from nodeyard.theta_edge_node.networks import ThetaNetwork
from nodeyard.theta_edge_node.rules import resolve as resolve_fleet
from nodeyard.tsm_node import TSMNodeArgs
from nodeyard.tsm_node import values as tsm
from nodeyard.tsm_node.rules import resolve as resolve_player
from nodeyard.tsm_node.secrets import NODE, ROLE
from nodeyard.words import camel
from tests.unit import examples, tsm_players
from tests.unit.examples import platform, sequencer
from tests.unit.theta_fleet import IN_CLUSTER, arguments
from tools.charts.values_table import NOT_THE_CHARTS

CHARTS = Path(__file__).resolve().parents[2] / "charts"
TOYS = Path(__file__).resolve().parents[1] / "toy"
ALL_CHARTS = sorted(path.parent for folder in (CHARTS, TOYS) for path in folder.rglob("values.schema.json"))


@dataclass(frozen=True)
class Charted:
    """A component and its chart."""

    chart: str
    args_type: Any
    right: Any
    """What the component takes."""
    values: Callable[[Any], dict[str, Any]]
    """The release's values of what the component is told. Raises `InputError`."""
    reaches: Mapping[tuple[Any, ...], Any]
    """What of the input gets into the chart's values as it is, and a value of it that nothing else has there."""
    decides: set[str]
    """What of the input decides what is made, or which of our own constants are told."""

    @cached_property
    def schema(self) -> Draft7Validator:
        return Draft7Validator(json.loads((CHARTS / self.chart / "values.schema.json").read_text()))

    @cached_property
    def defaults(self) -> dict[str, Any]:
        values: dict[str, Any] = yaml.safe_load((CHARTS / self.chart / "values.yaml").read_text())
        return values

    def refusals(self, release: dict[str, Any]) -> list[str]:
        """Where the chart refuses the values."""
        return [error.json_path for error in self.schema.iter_errors(merged(copy.deepcopy(self.defaults), release))]

    def check(self, args: Any) -> None:
        """Fails when the component takes what its chart does not."""
        try:
            release = self.values(args)
        except InputError:
            return
        assert not self.refusals(release), args


def subnets(*zones: str) -> Any:
    return [{"id": zone, "zone": zone, "cidr": f"10.0.{place}.0/24"} for place, zone in enumerate(zones)]


AWS, AZURE, GCP = (
    subnets(*zones)
    for zones in (("us-east-2a", "us-east-2b"), ("eastus2-1", "eastus2-2"), ("us-central1-a", "us-central1-b"))
)
AZURE_ONLY = dict.fromkeys(
    ("tenant", "resource_group", "cluster_id", "cluster_principal", "key_vault", "backup_vault"), "x"
)
CLOUDS: dict[str, tuple[PlatformContract, str]] = {
    "aws": (platform(private_subnets=AWS), "1.46.0-431fe75a"),
    "azure": (
        platform(
            cloud="azure",
            region="eastus2",
            kubernetes_version="1.36",
            public_subnets=AZURE,
            private_subnets=AZURE,
            azure=AZURE_ONLY,
        ),
        "1.36.2",
    ),
    "gcp": (
        platform(
            cloud="gcp",
            region="us-central1",
            public_subnets=GCP,
            private_subnets=GCP,
            gcp={
                "project_number": "1",
                "workload_identity_pool": "nodeyard.svc.id.goog",
                "claim_roles": {"on_nodes": "nodes", "on_subnet": "subnet", "on_addresses": "addresses"},
            },
        ),
        "1.33.5-gke.1080000",
    ),
}
NODE_CHOICE: Any = {"l2geth": {}, "l1dtl": {}, "themis": {}}


def told(cloud: str, **changes: Any) -> Settings:
    contract, release = CLOUDS[cloud]
    return resolve("metis", {**sequencer(), "platform": contract, "release_version": release, **NODE_CHOICE, **changes})


def pool(spec: NodePoolSpec) -> Any:
    made = NodePool.__new__(NodePool)
    made.labels, made.taints = spec.labels, spec.taints
    return made


# What is made has names and ids of our own making.
ADDRESS: Any = SimpleNamespace(ingress_address="192.0.2.1", address_id="address-1")
DISK: Any = SimpleNamespace(claim_name="disk", unique_id="disk-1")
MOUNT: Any = SimpleNamespace(provider_class_name="mount", synced_secret_name="mount")


def values(asked: Settings) -> dict[str, Any]:
    """A sequencer's release, with stand-ins for what is made."""
    secrets = {
        pod: PodSecrets(
            identity=MOUNT,
            mount=MOUNT,
            env=[camel(key) for key, use in SECRETS.items() if pod in use.env],
            files=[camel(key) for key, use in SECRETS.items() if pod in use.file],
        )
        for pod in PORTS
    }
    pools = {process: pool(asked.node_pool("l2geth" if process == "l2geth" else "themis")) for process in NODES}
    return chart_values(asked, dict.fromkeys(NODES, ADDRESS), pools, dict.fromkeys(DISKS, DISK), secrets)


def edge_values(args: Any) -> dict[str, Any]:
    """The release of a fleet's first node, with stand-ins for what is made."""
    [node, *_] = resolve_fleet("theta", args).nodes
    reads = PodSecrets(identity=MOUNT, mount=MOUNT, env=list(cluster.SECRETS), files=[])
    return dict(cluster.chart_values(node, args["platform"], pool(node.node_pool), DISK, reads))


@dataclass(frozen=True)
class Now:
    """An Output of which everything is known."""

    value: Any

    def apply(self, function: Callable[[Any], Any]) -> Any:
        return function(self.value)


DATABASE: Any = SimpleNamespace(
    host="db.invalid", cidrs=["10.0.10.0/24"], ca="-----BEGIN CERTIFICATE-----", ssl_mode="verify-full"
)


def balanced(spec: Any) -> Any:
    """A load balancer that was made."""
    told = {
        "type": "LoadBalancer",
        "annotations": {"a": "b"},
        "address": "192.0.2.1",
        "sourceRanges": list(spec.source_ranges),
        "healthRanges": ["10.0.0.0/24"],
        "sticky": spec.sticky,
    }
    return SimpleNamespace(service=Now(told))


def player_values(args: Any) -> dict[str, Any]:
    """A player's release, with stand-ins for what is made."""
    player = resolve_player("tsm", args)
    mount: Any = SimpleNamespace(provider_class_name="mount", synced_secret_name="mount", pull_secret_name=Now("pull"))
    reads = {
        pod: PodSecrets(
            identity=mount,
            mount=mount,
            env=[camel(key) for key, use in player.secret_table.items() if pod in use.env],
            files=[camel(key) for key, use in player.secret_table.items() if pod in use.file],
        )
        for pod in (NODE, ROLE)
        if any(pod in use.readers() for use in player.secret_table.values())
    }
    balancers = {port: balanced(spec) for port, spec in player.balancers.items()}
    pools = {zone: pool(spec) for zone, spec in player.node_pools.items()}
    return dict(tsm.chart_values(player, pools, balancers, DATABASE, reads, "version-1"))


def replica_values(args: Any) -> dict[str, Any]:
    """The release of replicas, with stand-ins for what is made."""
    replicas = resolve_replicas("rpc", args)
    reads = PodSecrets(identity=MOUNT, mount=MOUNT, env=[camel(key) for key in replica_secrets.SECRETS], files=[])
    pools = {zone: pool(spec) for zone, spec in replicas.node_pools.items()}
    balancer = replicas.balancer and balanced(replicas.balancer)
    return replica.chart_values(replicas, pools, balancer, reads)


def cluster_values(args: Any) -> dict[str, Any]:
    """The release of a cluster of nodeos, with stand-ins for what is made."""
    cluster = resolve_cluster("nodeos", args)
    identity: Any = SimpleNamespace(pod_labels={"a": "b"}, account_annotations={"c": "d"})
    bucket: Any = SimpleNamespace(url="s3://nodeos?region=us-east-2")
    reads = {
        node.name: PodSecrets(
            identity=identity,
            mount=MOUNT,
            env=[],
            files=[use.file_name or camel(key) for key, use in cluster.secret_table.items() if node.name in use.file],
        )
        for node in cluster.nodes
    }
    pools = {node.name: pool(cluster.node_pool(node)) for node in cluster.nodes}
    return dict(nodeos.chart_values(cluster, pools, dict.fromkeys(pools, DISK), bucket, reads))


def network_values(args: Any) -> dict[str, Any]:
    """The release of a network, with stand-ins for what is made. What a client is told is its own (`clients/`)."""
    network = resolve_network("mantis-testnet", args)
    identity: Any = SimpleNamespace(pod_labels={"a": "b"}, account_annotations={"c": "d"})
    genesis: Any = Now(SimpleNamespace(genesis="{}", genesis_hash="0x" + "7" * 64))
    config: Any = {"files": {"config.toml": "a"}, "arguments": ["--a"]}
    return mantis.chart_values(
        network,
        mantis.Made(
            genesis=genesis,
            configs={task.name: config for task in network.tasks if task.role},
            pools={part: pool(spec) for part, spec in network.node_pools.items()},
            bucket=SimpleNamespace(url="s3://mantis?region=us-east-2") if network.has_bucket else None,  # type: ignore[arg-type]
            addresses={miner.name: ADDRESS for miner in network.public_miners},
            reads={
                task.name: PodSecrets(identity=identity, mount=MOUNT, env=[], files=["key"])
                for task in network.tasks
                if task.role in (Role.MINER, Role.CHECKPOINT) or task.name == "faucet"
            },
            accounts=dict.fromkeys(("passive", "backup") if network.has_bucket else (), identity),
        ),
    )


def merged(base: Any, over: Any) -> Any:
    """As Helm lays values over a chart's own. An empty list never gets there: pulumi-kubernetes drops it."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    kept = {key: value for key, value in over.items() if value not in ([], None)}
    return {**base, **{key: merged(base.get(key), value) for key, value in kept.items()}}


def put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `tree` with `value` at `path`."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return [put(None, tuple(rest), value)]
    return {**(tree or {}), first: put((tree or {}).get(first), tuple(rest), value)}


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else None
    if items is None:
        yield path, tree
        return
    for key, value in items:
        yield from leaves(value, (*path, key))


def asks(*where: str, **amounts: tuple[str, str]) -> dict[tuple[Any, ...], str]:
    """Amounts of CPU and memory that a process may be given."""
    given = [(kind, dict(zip(("cpu", "memory"), both, strict=True))) for kind, both in amounts.items()]
    return {(*where, "resources", kind, key): value for kind, both in given for key, value in both.items()}


SEED_PORT = 7777
SEEDED: Any = {
    process: {
        "seed_from": f"https://snapshots.example.com:{SEED_PORT}/{process}.tar.gz",
        "seed_sha256": "1" * 64,
        **({"egress_ports": [SEED_PORT]} if process == "l1dtl" else {}),
    }
    for process in ("l2geth", "l1dtl")
}


def seeds() -> dict[tuple[Any, ...], str]:
    """The archives that fill the disks of l2geth and l1dtl."""
    return {
        (process, key): value
        for process, digit in (("l2geth", "7"), ("l1dtl", "8"))
        for key, value in (
            ("seed_from", f"https://sentinel.example.com:{SEED_PORT}/{process}.tgz"),
            ("seed_sha256", digit * 64),
        )
    }


METIS = Charted(
    chart="metis-sequencer",
    args_type=MetisSequencerArgs,
    right={**sequencer(), **SEEDED, "themis": {}},
    values=lambda args: values(resolve("metis", args)),
    reaches={
        **{("images", key): f"reg.invalid/{key}:v7" for key in ("l2geth", "l1dtl", "themis", "exporter", "tools")},
        ("images", "address_claim"): "reg.invalid/claim@sha256:" + "7" * 64,
        ("sequencer_address",): "0x" + "77" * 20,
        ("l2geth", "env", "SENTINEL"): "l2geth's sentinel",
        ("l1dtl", "env", "SENTINEL"): "l1dtl's sentinel",
        ("themis", "env", "SENTINEL"): "themis' sentinel",
        ("bridge", "env", "SENTINEL"): "the bridge's sentinel",
        ("l2geth", "args", 0): "--sentinel=7",
        **asks("l2geth", requests=("4777m", "8777Mi"), limits=("5777m", "9777Mi")),
        **asks("l1dtl", requests=("777m", "777Mi"), limits=("1777m", "7777Mi")),
        **asks("themis", requests=("2777m", "2777Mi"), limits=("3777m", "3777Mi")),
        **asks("bridge", requests=("1777m", "1777Mi"), limits=("2777m", "7777Mi")),
        **asks("exporter", requests=("77m", "77Mi"), limits=("577m", "577Mi")),
        ("image_pull_secrets", 0): "sentinel",
        ("monitoring_labels", "SENTINEL"): "sentinel",
        ("l1dtl", "egress_ports", 0): SEED_PORT,
        **seeds(),
        ("themis", "signing_state", "volume"): "sentinel-volume",
        ("themis", "signing_state", "resume_at_height"): 7777777,
    },
    decides={
        "platform", "network", "namespace", "release_version", "validator_public_key", "secrets", "monitoring", "tags",
        *(f"{node}.{key}" for node in ("l2geth", "themis") for key in ("zone", "instance_type", "existing_address")),
        *(
            f"{process}.{key}"
            for process in ("l2geth", "l1dtl", "themis")
            for key in ("disk_gib", "disk_iops", "disk_throughput_mibps", "existing_disk")
        ),
        *(f"snapshots.{key}" for key in ("at", "every_hours", "keep_days")),
        "themis.signing_state.bootstrap", "themis.signing_state.key_ran_nowhere_else",
    },
)  # fmt: skip
THETA = Charted(
    chart="theta-edge-node",
    args_type=ThetaEdgeNodeArgs,
    right=arguments(**IN_CLUSTER),
    values=edge_values,
    reaches={
        ("image",): "reg.invalid/fleet@sha256:" + "7" * 64,
        ("nodes", "edge-1", "image"): "reg.invalid/node@sha256:" + "7" * 64,
        ("probe_image",): "reg.invalid/probe:v7",
        ("resolvers", 0): "7.7.7.7",
        ("image_pull_secrets", 0): "sentinel",
        **asks(requests=("2777m", "4777Mi"), limits=("3777m", "5777Mi")),
    },
    decides={
        # Of the platform, the network's ranges reach the chart: they have a test of their own.
        "platform", "site.cloud", "site.account", "site.region", "zones", "network", "placement", "namespace", "gpu",
        "instance_type", "release_version", "capacity", "machine_image", "root_disk_gib", "disk_gib", "disk_iops",
        "disk_type",
        "disk_throughput_mibps", "snapshots", "expose", "expose_cidrs", "user", "read_only_root", "notify", "log_days",
        "tags",
        *(f"nodes.*.{key}" for key in ("zone", "instance_type", "existing_disk", "seed_from", "old_disk_is_gone")),
        *(f"nodes.*.password.{key}" for key in ("value", "existing", "external")),
    },
)  # fmt: skip
INGRESS = {
    "host": "sdk.example.com",
    "tls_secret_name": "sdk-tls",
    "class_name": "nginx",
    "controller_namespace": "ingress",
}
TSM = Charted(
    chart="tsm-node",
    args_type=TSMNodeArgs,
    right=tsm_players.arguments(
        platform=tsm_players.platform(private_subnets=AWS),
        players=99,
        peers={"1": tsm_players.by_value(1)},
        sdk={"exposure": "internal", "private_address": "10.0.0.250", "ingress": INGRESS},
    ),
    values=player_values,
    reaches={
        ("index",): 77,
        ("images", "node"): "reg.invalid/node:v7",
        ("images", "database_client"): "reg.invalid/postgres@sha256:" + "7" * 64,
        ("peers", "1", "egress", 0): "10.77.0.0/16",
        ("sdk", "callers", 0): "10.77.0.0/16",
        ("sdk", "namespaces", 0): "sentinel",
        ("sdk", "ingress", "host"): "sentinel.example.com",
        ("sdk", "ingress", "tls_secret_name"): "sentinel",
        ("sdk", "ingress", "class_name"): "sentinel",
        ("sdk", "ingress", "controller_namespace"): "sentinel",
        ("sdk", "ingress", "controller_cidrs", 0): "10.77.0.0/16",
        ("sdk", "ingress", "annotations", "SENTINEL"): "sentinel",
        **asks(requests=("2777m", "4777Mi"), limits=("7777m", "5777Mi")),
        ("monitoring_labels", "SENTINEL"): "sentinel",
        ("monitoring_namespace",): "sentinel",
    },
    decides={
        # Of the configuration, the chart knows where it is. It has a test of its own.
        "platform", "namespace", "players", "key", "public_key", "config_secret_name", "features", "export_white_list",
        "release_version", "replicas", "secrets", "tags", "monitoring",
        *(f"peers.*.{key}" for key in ("card", "signed_card", "public_key", "address", "sdk", "namespace")),
        *(f"mesh.{key}" for key in ("kind", "server", "private_address", "existing_addresses")),
        *(f"sdk.{key}" for key in ("exposure", "private_address", "existing_addresses")),
        "sdk.ingress.certificate", "sdk.ingress.public",
        *(f"nodes.{key}" for key in ("instance_type", "zones", "confidential")),
        *(f"database.{key}" for key in ("instance_type", "disk_gib", "version", "standby", "backup_days")),
        *(f"database.{key}" for key in ("max_open_connections", "max_idle_connections", "existing")),
        *(f"database.{key}" for key in ("restored_from", "restored_at", "presignatures_purged")),
        *(f"authentication.api_keys.*.{key}" for key in ("hash", "application_id")),
        *(f"authentication.management_keys.*.{key}" for key in ("hash", "permissions")),
        "authentication.dynamic",
        *(f"multi_instance.{key}" for key in ("cleanup_interval", "cleanup_probability")),
    },
)  # fmt: skip
GENESIS = {**(JUNGLE4.genesis or {})}
NODEOS = Charted(
    chart="nodeos-bp",
    args_type=NodeosBPClusterArgs,
    right=examples.cluster(
        network="private", genesis=written({**GENESIS, "initial_timestamp": "2026-01-01T00:00:00"}), api_nodes=1
    ),
    values=cluster_values,
    reaches={
        ("images", "manager"): "reg.invalid/manager:v7",
        ("image_pull_secrets", 0): "sentinel",
        ("producers", 0): "sentinel1111",
        ("active_producer",): "nodeos-bp-2",
        ("failover",): "automatic",
        ("flavour",): "eos",
        ("genesis",): written({**GENESIS, "initial_timestamp": "2026-07-07T07:07:07"}),
        ("peers", 0): "sentinel.example.com:7777",
        ("peer_cidrs", 0): "10.0.77.0/24",
        ("callers", 0): "sentinel",
        ("signer_url",): "http://sentinel.example.com:7777",
        ("grace",): 777,
        ("readiness_max_latency",): 17,
        ("snapshots", "period"): 77777,
        ("snapshots", "modulo"): 77777,
        ("snapshots", "keep"): 77,
        ("backups", "period"): 77777,
        ("backups", "modulo"): 77777,
        ("backups", "keep"): 77,
        ("auto_restore",): "backup",
        **asks(requests=("777m", "7777Mi"), limits=("1777m", "19777Mi")),
        ("monitoring_labels", "SENTINEL"): "sentinel",
        ("monitoring_namespace",): "sentinel",
    },
    decides={
        # Of `config`, every line is one of a text: it has a test of its own.
        "platform", "network", "namespace", "release_version", "chain_id", "config", "finalizers", "instance_type",
        "disk_gib", "bucket.existing", "bucket.undelete_days", "secrets", "tags", "monitoring",
        *(
            f"{nodes}.*.{key}"
            for nodes in ("ordinals", "api_nodes")
            for key in ("zone", "instance_type", "disk_gib", "existing_disk", "seed_from")
        ),
        "ordinals.*.may_produce",
    },
)  # fmt: skip
MANTIS = Charted(
    chart="mantis",
    args_type=MantisClusterArgs,
    right=examples.network(
        client="mantis",
        chain_id=42,
        images={image: f"images.invalid/{image}:1" for image in ("client", "tools", "obft", "explorer", "faucet")},
        obft=1,
        public=True,
        explorer={"port": 3000, "ingress": {**INGRESS, "host": "explorer.example.com"}},
        faucet={
            "port": 8080,
            "amount": "1000",
            "per_address": "5000",
            "ingress": {**INGRESS, "host": "faucet.example.com"},
        },
    ),
    values=network_values,
    reaches={
        **{("images", key): f"reg.invalid/{key}:v7" for key in ("client", "tools", "obft", "explorer", "faucet")},
        ("images", "address_claim"): "reg.invalid/claim@sha256:" + "7" * 64,
        ("image_pull_secrets", 0): "sentinel",
        ("chain_id",): 77,
        ("callers", 0): "sentinel",
        ("auto_restore",): False,
        ("backup", "keep"): 77,
        **asks("miner_nodes", requests=("3077m", "7777Mi"), limits=("3177m", "8777Mi")),
        **asks("passive_nodes", requests=("1777m", "6777Mi"), limits=("1877m", "8877Mi")),
        **{
            at: value
            for web, port in (("explorer", 7077), ("faucet", 7177))
            for at, value in {
                (web, "port"): port,
                (web, "environment", "SENTINEL"): f"{web}'s sentinel",
                (web, "ingress", "host"): f"sentinel.{web}.com",
                (web, "ingress", "tls_secret_name"): f"sentinel-{web}",
                (web, "ingress", "class_name"): f"sentinel-{web}",
                (web, "ingress", "controller_namespace"): f"sentinel-{web}",
                (web, "ingress", "controller_cidrs", 0): "10.77.0.0/16",
                (web, "ingress", "annotations", "SENTINEL"): f"{web}'s sentinel",
                **asks(web, requests=("777m", "1777Mi"), limits=("877m", "2777Mi")),
            }.items()
        },
        ("faucet", "amount"): "777",
        ("faucet", "per_address"): "7777",
        ("monitoring_labels", "SENTINEL"): "sentinel",
        ("monitoring_namespace",): "sentinel",
    },
    decides={
        # What a node is told of the chain is a text of its client's, which has tests of its own.
        "platform", "client", "consensus", "release_version", "miners", "passive", "obft", "genesis_miners",
        "reset_generation", "rpc_apis", "public", "addresses", "tags", "monitoring",
        *(f"genesis.{key}" for key in ("period", "gas_limit", "difficulty", "alloc")),
        *(f"{kind}_nodes.{key}" for kind in ("miner", "passive", "services") for key in ("instance_type", "disk_gib")),
        # They are the backup's and the checkpoint nodes' alike.
        *(f"services_nodes.resources.{kind}.{key}" for kind in ("requests", "limits") for key in ("cpu", "memory")),
        "backup.enabled", "backup.period", "bucket.existing", "bucket.undelete_days",
        *(f"{web}.{key}" for web in ("explorer", "faucet") for key in ("callers", "health_path")),
        *(f"{web}.ingress.{key}" for web in ("explorer", "faucet") for key in ("certificate", "public")),
        "keys.*.value", "keys.*.existing",
    },
)  # fmt: skip
REPLICA = Charted(
    chart="metis-replica",
    args_type=MetisReplicaArgs,
    right=examples.replicas(
        platform=platform(namespaces=["metis-rpc"], private_subnets=AWS),
        rpc={
        "exposure": "internal",
        "private_address": "10.0.0.250",
        "ingress": {**INGRESS, "host": "rpc.example.com"},
    },
        **SEEDED,
    ),
    values=replica_values,
    reaches={
        **{("images", key): f"reg.invalid/{key}:v7" for key in ("l2geth", "l1dtl", "tools")},
        ("replicas",): 7,
        ("rpc", "max_head_age"): 777,
        ("rpc", "namespaces", 0): "sentinel",
        ("rpc", "callers", 0): "10.77.0.0/16",
        ("rpc", "ingress", "host"): "sentinel.example.com",
        ("rpc", "ingress", "tls_secret_name"): "sentinel",
        ("rpc", "ingress", "class_name"): "sentinel",
        ("rpc", "ingress", "controller_namespace"): "sentinel",
        ("rpc", "ingress", "controller_cidrs", 0): "10.77.0.0/16",
        ("rpc", "ingress", "annotations", "SENTINEL"): "sentinel",
        ("l2geth", "env", "SENTINEL"): "l2geth's sentinel",
        ("l1dtl", "env", "SENTINEL"): "l1dtl's sentinel",
        ("l2geth", "args", 0): "--sentinel=7",
        ("l1dtl", "egress_ports", 0): SEED_PORT,
        **seeds(),
        **asks("l2geth", requests=("4777m", "8777Mi"), limits=("5777m", "9777Mi")),
        **asks("l1dtl", requests=("777m", "777Mi"), limits=("1777m", "7777Mi")),
        ("image_pull_secrets", 0): "sentinel",
        ("monitoring_labels", "SENTINEL"): "sentinel",
        ("monitoring_namespace",): "sentinel",
    },
    decides={
        "platform", "network", "namespace", "release_version", "secrets", "monitoring", "tags", "gc_mode",
        "rpc.exposure", "rpc.private_address", "rpc.ingress.certificate", "rpc.ingress.public",
        "nodes.instance_type", "nodes.zones",
        *(
            f"{process}.{key}"
            for process in ("l2geth", "l1dtl")
            for key in ("disk_gib", "disk_iops", "disk_throughput_mibps", "existing_disks")
        ),
        *(f"snapshots.{key}" for key in ("at", "every_hours", "keep_days")),
    },
)  # fmt: skip
CHARTED = [MANTIS, METIS, NODEOS, REPLICA, THETA, TSM]

RESUMED = {"themis": {"signing_state": {"resume_at_height": 5, "volume": "v", "key_ran_nowhere_else": True}}}
HOSTILE = [
    "", " ", "\n", "a\nb", "a b", "x", "x:latest", "x:", ":", "@", "x@sha256:7", "é:v1", "x:v1 ", "-", "0x", "A" * 300,
    None, True, 0, -1, 1, 65535, 65536, 1.5, 2**63, [], {}, ["x"], {"x": 1},
]  # fmt: skip


def every_key(annotation: Any, path: str = "") -> Iterator[str]:
    """Every key of the input that is no group of keys, dotted. A `*` stands for any name."""
    for key, inner in fields(annotation).items():
        name = f"{path}.{key}" if path else key
        group, below = (at(inner, "*"), f"{name}.*") if is_mapping(inner) else (inner, name)
        if fields(group) and key != "secrets":
            yield from every_key(group, below)
        else:
            yield name


def dotted(path: tuple[Any, ...]) -> str:
    """A path as `every_key` has it."""
    names = {"SENTINEL": None, "edge-1": "*", "1": "*"}
    parts = [names.get(part, part) for part in path if isinstance(part, str)]
    return ".".join(part for part in parts if part)


@pytest.mark.parametrize("component", CHARTED, ids=lambda component: component.chart)
def test_every_key_of_the_input_is_known_to_reach_the_chart_or_not_to(component: Charted) -> None:
    reaching = {dotted(path) for path in component.reaches}
    assert reaching | component.decides == set(every_key(component.args_type))
    assert not reaching & component.decides


@pytest.mark.parametrize(
    ("component", "path"),
    [(component, path) for component in CHARTED for path in component.reaches],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else value.chart,
)
def test_what_the_chart_refuses_the_component_refuses(component: Charted, path: tuple[Any, ...]) -> None:
    right = {**component.right, **(RESUMED if "signing_state" in path else {})}
    sentinel = component.reaches[path]
    release = component.values(put(right, path, sentinel))
    assert not component.refusals(release)
    (place,) = [where for where, value in leaves(release) if value == sentinel]
    tried = [value for value in HOSTILE if component.refusals(put_in(release, place, value))]
    assert tried or path[-2:-1] == ("signing_state",), "nothing is refused there: the chart asks nothing"
    for value in tried:
        component.check(put(right, path, value))


def put_in(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(tree)
    *parents, last = path
    inner = changed
    for part in parents:
        inner = inner[part]
    inner[last] = value
    return changed


@pytest.mark.parametrize("process", ["l2geth", "l1dtl", "themis", "bridge"])
def test_a_variable_that_the_chart_refuses_the_component_refuses(process: str) -> None:
    (refused,) = METIS.schema.schema["properties"][process]["properties"]["env"]["patternProperties"]
    names = [*refused.strip("^()$").split("|"), "", "a", "A B", "A-B", "1A", "Ä", "A\n"]
    for name in names:
        with pytest.raises(InputError):
            resolve("metis", put(METIS.right, (process, "env", name), "1"))


@pytest.mark.parametrize("process", ["l2geth", "l1dtl", "themis", "bridge"])
def test_a_variable_without_quotes_reaches_the_pod_as_a_text(process: str) -> None:
    env = {"NUMBER": 150, "SWITCH": True}
    assert METIS.values(put(METIS.right, (process, "env"), env))[process]["env"].items() >= {
        ("NUMBER", "150"),
        ("SWITCH", "true"),
    }


text = st.one_of(st.text(max_size=20), st.sampled_from([value for value in HOSTILE if isinstance(value, str)]))
tag = st.from_regex(r"[a-z.]{1,9}(/[a-z]{1,5})?(:[A-Za-z0-9._-]{1,9}|@sha256:[0-9a-f]{64})?", fullmatch=True)
name = st.one_of(text, st.from_regex(r"[A-Z_][A-Z0-9_]{0,9}", fullmatch=True))
env = st.dictionaries(name, text, max_size=2)


@pytest.mark.parametrize("cloud", CLOUDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    network=st.sampled_from(["andromeda", "sepolia"]),
    images=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["l2geth", "l1dtl", "themis", "exporter"], st.one_of(tag, text))
    ),
    l2geth=st.fixed_dictionaries({}, optional={"env": env}),
    l1dtl=st.fixed_dictionaries(
        {}, optional={"env": env, "egress_ports": st.lists(st.integers(-1, 70000), max_size=2)}
    ),
    monitoring=st.booleans(),
)
def test_what_is_taken_on_a_cloud_its_chart_takes(cloud: str, **changes: Any) -> None:
    try:
        asked = told(cloud, **changes)
    except InputError:
        return
    assert not METIS.refusals(values(asked))


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_least_that_is_told_is_taken_on_every_cloud(cloud: str) -> None:
    assert not METIS.refusals(values(told(cloud)))


# --- an edge node's ---


def on(cloud: str, **changes: Any) -> Any:
    """What a fleet in a cluster of `cloud` is told."""
    contract, release = CLOUDS[cloud]
    there: Any = {**contract, "namespaces": ["theta"]}
    return {**THETA.right, "platform": there, "release_version": release, **changes}


@pytest.mark.parametrize(("cloud", "network", "gpu"), list(product(CLOUDS, ThetaNetwork, (True, False))))
def test_an_edge_node_is_taken_on_every_cloud(cloud: str, network: ThetaNetwork, gpu: bool) -> None:
    assert not THETA.refusals(THETA.values(on(cloud, network=network.value, gpu=gpu)))


@pytest.mark.parametrize("key", ["private_cidrs", "peered_cidrs"])
@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_a_range_of_the_network_that_the_chart_refuses_an_edge_node_refuses(key: str, value: Any) -> None:
    THETA.check(put(THETA.right, ("platform", key, 0), value))


def test_an_edge_node_has_no_more_resolvers_than_its_chart_takes() -> None:
    resolvers = [f"9.9.9.{number}" for number in range(1, 10)]
    for most in range(len(resolvers) + 1):
        THETA.check({**THETA.right, "resolvers": resolvers[:most]})


# --- a player's ---


IN_CLUSTER_MESH = {
    "mesh": {"kind": "cluster"},
    "peers": {"1": tsm_players.by_value(1, namespace="tsm-1")},
    "sdk": {"exposure": "cluster"},
}
OWN_CONFIG = {"config_secret_name": "mine", "public_key": tsm_players.PUBLIC[0], "secrets": {}}


@pytest.mark.parametrize(("path", "told"), [("namespace", IN_CLUSTER_MESH), ("config_secret_name", OWN_CONFIG)])
@pytest.mark.parametrize("value", [*HOSTILE, "tsm-1", "a.b", "A"], ids=repr)
def test_a_name_that_the_chart_refuses_a_player_refuses(path: str, told: dict[str, Any], value: Any) -> None:
    at = ("peers", "1", path) if path == "namespace" else (path,)
    TSM.check(put({**TSM.right, **told}, at, value))


def test_a_player_that_brings_its_configuration_and_one_in_a_cluster_are_taken() -> None:
    own, among = (TSM.values({**TSM.right, **told}) for told in (OWN_CONFIG, IN_CLUSTER_MESH))
    assert own["config"] == {"configSecretName": "mine", "version": "version-1"}
    assert among["mpc"] == {"port": 9000, "peerNamespaces": ["tsm-1"]}
    assert TSM.refusals(own) == TSM.refusals(among) == []


# --- a cluster of nodeos ---


@pytest.mark.parametrize(("cloud", "network"), list(product(CLOUDS, ["eos-mainnet", "jungle4"])))
def test_producers_are_taken_on_every_cloud(cloud: str, network: str) -> None:
    contract, release = CLOUDS[cloud]
    told = examples.cluster(
        platform={**contract, "namespaces": ["nodeos-jungle"]}, release_version=release, network=network
    )
    assert not NODEOS.refusals(NODEOS.values(told))


@pytest.mark.parametrize(
    "line", ["a = KEY:1", "peer-key = PVT_K1_x", "agent-name = producer of ours", "x =", "", "signature-provider = x"]
)
def test_a_line_of_config_that_the_chart_refuses_a_cluster_refuses(line: str) -> None:
    NODEOS.check({**NODEOS.right, "config": [line]})


# --- every chart ---


EVERY_CHOICE: dict[str, Any] = {
    METIS.chart: {
        **METIS.right,
        "image_pull_secrets": ["registry"],
        "monitoring_labels": {"release": "prometheus"},
        "images": {"tools": "images.invalid/chain-tools:1"},
        "l2geth": {**SEEDED["l2geth"], "args": ["--cache=1"], "env": {"A": "1"}},
        "themis": {"env": {"A": "1"}},
    },
    NODEOS.chart: {
        **NODEOS.right,
        "image_pull_secrets": ["registry"],
        "peers": ["p2p.example.com:9876"],
        "peer_cidrs": ["10.0.77.0/24"],
        "callers": ["wallet"],
        "monitoring_labels": {"release": "prometheus"},
    },
    MANTIS.chart: {
        **MANTIS.right,
        "image_pull_secrets": ["registry"],
        "callers": ["wallet"],
        **{
            web: {**MANTIS.right[web], "ingress": {**INGRESS, "controller_cidrs": ["10.0.0.0/24"]}}
            for web in ("explorer", "faucet")
        },
        "monitoring_labels": {"release": "prometheus"},
    },
    REPLICA.chart: {
        **REPLICA.right,
        "image_pull_secrets": ["registry"],
        "monitoring_labels": {"release": "prometheus"},
        "images": {"tools": "images.invalid/chain-tools:1"},
        "rpc": {
            **REPLICA.right["rpc"],
            "private_address": "10.0.0.250",
            "callers": ["10.0.0.0/16"],
            "namespaces": ["wallet"],
            "ingress": {**INGRESS, "controller_cidrs": ["10.0.0.0/24"]},
        },
        "l2geth": {**SEEDED["l2geth"], "args": ["--cache=1"], "env": {"A": "1"}},
    },
    THETA.chart: {**THETA.right, "image_pull_secrets": ["registry"], "resources": {"limits": {"cpu": "2"}}},
    TSM.chart: {
        **TSM.right,
        "secrets": {**TSM.right["secrets"], "pull": {}},
        "sdk": {
            "private_address": "10.0.0.250",
            "callers": ["10.0.0.0/16"],
            "namespaces": ["wallet"],
            "ingress": {**INGRESS, "controller_cidrs": ["10.0.0.0/24"]},
            "exposure": "internal",
        },
        "monitoring_labels": {"release": "prometheus"},
    },
}
REFUSED = {(NODEOS.chart, "azure"): ["peer_cidrs"]}
"""Choices that the component refuses on a cloud: no other network finds the pods there."""


def every_choice(chart: str, cloud: str) -> dict[str, Any]:
    refused = REFUSED.get((chart, cloud), [])
    return {key: value for key, value in EVERY_CHOICE[chart].items() if key not in refused}


FIXED = {
    MANTIS.chart: {
        "addressClaim.resources": "of a script of ours, which asks for little",
        "backup.deadline": "hours more than any private chain takes",
        "backup.timeout": "hours more than a whole run takes",
        "grace": "the clients' own time to end is known",
        **{
            f"{web}.ingress.{key}": "of the cloud's controller, in the place of an operator's own"
            for web in ("explorer", "faucet")
            for key in ("serviceAnnotations", "settings")
        },
    },
    METIS.chart: {
        "addressClaim.resources": "of a script of ours, which asks for little",
        "monitoring.l1BalanceAlert": "of an alert of ours",
        "probes.port": "of an exporter of ours, which nobody else asks",
        "probes.resources": "of an exporter of ours, which asks for little",
        "themis.secretFiles.genesis": "no network of ours has its genesis in a secret: it comes from a url",
    },
    NODEOS.chart: {
        "nodeosPath": "the chart finds nodeos where its packages put it",
        "p2p.public": "producers dial out: nobody on the internet finds them",
        "monitoring.databaseAlert": "of an alert of ours",
    },
    REPLICA.chart: {
        "probes.port": "of an exporter of ours, which nobody else asks",
        "probes.resources": "of an exporter of ours, which asks for little",
        "rpc.ingress.serviceAnnotations": "of the cloud's controller, in the place of an operator's own",
        "rpc.ingress.settings": "of the cloud's controller, in the place of an operator's own",
    },
    THETA.chart: {
        "monitoring.enabled": "follows the platform's own monitoring, by a test of its own",
        "monitoring.labels": "follows the platform's own monitoring, by a test of its own",
        "status.resources": "of a loop of ours, which asks for little",
    },
    TSM.chart: {
        "config.configSecretName": "in the place of `secretProviderClass`, by a test of its own",
        "mpc.peerNamespaces": "of a mesh in one cluster, in the place of a balancer, by a test of its own",
        "sdk.ingress.serviceAnnotations": "of the cloud's controller, in the place of an operator's own",
        "sdk.ingress.settings": "of the cloud's controller, in the place of an operator's own",
    },
}
"""What no stack's file sets, and why. The component reads what they ask for."""


def keys_of(schema: Any, whole: Any, path: str = "") -> Iterator[str]:
    """Every key that a chart takes, dotted, down to what is no group of keys. `resources` is one."""
    known = _followed(schema, whole).get("properties", {})
    if not known or path.endswith("resources"):
        yield path
        return
    for key, inner in known.items():
        if path or key not in NOT_THE_CHARTS:
            yield from keys_of(inner, whole, f"{path}.{key}" if path else key)


@pytest.mark.parametrize("component", CHARTED, ids=lambda component: component.chart)
def test_every_key_of_a_chart_is_set_by_its_component_or_has_a_reason(component: Charted) -> None:
    releases = [component.values({**every_choice(component.chart, cloud), **_place(cloud)}) for cloud in CLOUDS]
    set_ = {".".join(map(str, path)) for release in releases for path in groups(release)}
    taken = set(keys_of(component.schema.schema, component.schema.schema))
    assert taken - set_ == set(FIXED[component.chart])


def groups(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every path of the values, of groups of keys too."""
    yield path
    for key, value in tree.items() if isinstance(tree, dict) else ():
        yield from groups(value, (*path, key))


def _place(cloud: str) -> Any:
    contract, release = CLOUDS[cloud]
    return {
        "platform": {
            **contract,
            "namespaces": [*contract["namespaces"], "mantis-testnet", "metis-rpc", "nodeos-jungle", "theta", "tsm"],
        },
        "release_version": release,
    }


@pytest.mark.parametrize("choices", ["least", "every"])
@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("component", CHARTED, ids=lambda component: component.chart)
def test_no_value_that_a_component_sends_is_an_empty_list_or_null(component: Charted, cloud: str, choices: str) -> None:
    """Older versions of the Kubernetes provider make null of an empty list, and the chart misses the key."""
    args = component.right if choices == "least" else every_choice(component.chart, cloud)
    release = component.values({**args, **_place(cloud)})
    assert [path for path in groups(release) if _at(release, path) in ([], None)] == []


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def objects(schema: Any, whole: Any) -> Iterator[tuple[str, Any]]:
    """(key, schema) of everything that a chart requires."""
    if isinstance(schema, list):
        for item in schema:
            yield from objects(item, whole)
    if not isinstance(schema, dict):
        return
    for key in schema.get("required", []):
        yield key, _followed(schema.get("properties", {}).get(key, {}), whole)
    for inner in schema.values():
        yield from objects(inner, whole)


def _followed(schema: Any, whole: Any) -> Any:
    while "$ref" in schema:
        schema = whole["definitions"][schema["$ref"].rpartition("/")[2]]
    return schema


HELD: dict[str, Callable[[Any], Any]] = {
    "array": lambda schema: schema.get("minItems"),
    "object": lambda schema: schema.get("minProperties") or schema.get("required"),
}


@pytest.mark.parametrize("chart", ALL_CHARTS, ids=lambda chart: chart.name)
def test_nothing_that_a_chart_requires_may_be_empty(chart: Path) -> None:
    """pulumi-kubernetes drops an empty list, and Helm then misses the key."""
    whole = json.loads((chart / "values.schema.json").read_text())
    required = list(objects(whole, whole))
    assert required
    empty = [key for key, schema in required if schema.get("type") in HELD and not HELD[schema["type"]](schema)]
    assert empty == []
    assert not [key for key, schema in required if "null" in (schema.get("type") or ())]
