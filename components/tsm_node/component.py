"""TSMNode: one player of Builder Vault, with its key, its database and its place in the mesh."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
from pulumi import Input, InvokeOptions, Output, ResourceOptions

from ..clouds.contract.database import PORT, Database
from ..clouds.contract.load_balancer import LoadBalancer
from ..clouds.contract.node_pool import NodePool
from ..clouds.contract.secret import Secret
from ..clouds.tagging import tagged
from ..left_over import check_left_over
from ..live import IDENTITY, live
from ..monitoring import warn_unheard
from ..pods import Pods, PodSecrets, missing_values, on_platform, secret_ids, service_host
from ..quotas import QUOTAS, QuotaNeed, told
from ..resources import unknown_size
from ..workload import Workload
from .args import MeshKind, TSMNodeArgs
from .card import CARD_VERSION, Card
from .config import MANAGEMENT_PORT, MPC_PORT, SDK_PORT, Connection, MeshPeer, render
from .demand import demand
from .keepsakes import Keepsakes, keepsakes
from .keys import key_hash
from .outputs import SDKPlayer
from .rules import resolve
from .secrets import CONFIG, DATABASE_ADMIN, DATABASE_ROLE, METRICS_KEY, NODE, PULL, ROLE
from .settings import CHART, PEERS, TYPE
from .values import chart_values


class TSMNode(pulumi.ComponentResource):
    """One player of a Builder Vault TSM (Blockdaemon), which holds one share of every key.

    Makes, in the platform's cloud and cluster:
    - a dedicated node pool in each zone of its instances, labelled and tainted `nodeyard.io/tsm-node=<name>`;
    - a managed PostgreSQL server, protected, encrypted, with a standby and a restore to any point in time;
    - the private key (or keeps the one that is given), the password of the key shares, and the passwords of the
      database, all protected and in the encrypted state;
    - load balancers for the mesh (9000) and for the SDK (8080), under addresses that stay; or for the SDK an Ingress,
      which ends TLS (`sdk.ingress`);
    - a secret with the node's whole `config.toml`, one for each password of the database, and one for the key that
      Prometheus uses; one identity and one SecretProviderClass for each of the two kinds of pod that read them;
    - its key in the platform's list of tenants (`kubernetes:core/v1:ConfigMapPatch`), protected;
    - the Helm release of `charts/tsm-node`. Its instances start when all other players are known: the output `missing`
      says who is not.

    Raises `InputError` with every problem at once, before anything is registered.

        TSMNode(
            "tsm-player0",
            {
                "platform": reference.platform("acme/nodeyard/platform-aws"),
                "namespace": "tsm",
                "index": 0,
                "peers": {"1": {"card": ...}, "2": {"signed_card": "eyJ...", "public_key": "MFkw..."}},
                "release_version": "1.66.0-1ad6b4a4",
                "images": {"node": "registry.example.com/tsm-node:72.0.0"},
                "secrets": {"private_key": {"value": config.require_secret("privateKey")}},
            },
        )

    Source: Blockdaemon/builder-vault-helm; see docs/components/tsm-node.md.
    """

    card: Output[Card | None]
    """What the other players must know of this one (`card.Card`). None as long as the player has no key."""
    sdk: Output[list[SDKPlayer]]
    """Of each player that is known: its index, the URL of its SDK port, and its public key."""
    endpoints: Output[dict[str, str]]
    """In-cluster endpoints, by port."""
    namespace: Output[str]
    """The namespace."""
    release: Output[str]
    """The name of the Helm release."""
    node_pools: Output[list[str]]
    """Names of the node pools."""
    database: Output[dict[str, str]]
    """The database's id and host."""
    secrets: Output[dict[str, str]]
    """The id of every secret, by the name that it has in a stack file."""
    missing: Output[list[str]]
    """What has to be there before the node starts, or before anybody may reach it."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the player needs."""
    peers: Output[dict[str, str]]
    """The public key of each other player that is known, by its number. None of them ever changes by itself."""
    identity: Output[dict[str, str]]
    """What makes it this player. It is kept in the state, and never changes in place."""

    def __init__(self, name: str, args: TSMNodeArgs, opts: ResourceOptions | None = None) -> None:
        player = resolve(name, args)
        super().__init__(TYPE, name, None, tagged(player.cloud, player.args["tags"], opts))
        self._player, self._cloud, self._platform = player, player.cloud, player.platform
        self._warn()
        before = live().component(TYPE, name)
        self.quotas = Output.from_input(told(player.cloud, demand(player), before, self))
        providers = self._cloud.providers(name, self._platform, ResourceOptions(parent=self))
        check_left_over(
            f"TSMNode {name!r} would be made beside what was kept of another.",
            player.made,
            self._cloud,
            self._platform,
            InvokeOptions(parent=self, provider=providers[0]),
        )
        self._child = on_platform(name, player.args["namespace"], providers, self)
        kept = keepsakes(player, ResourceOptions(parent=self))
        pools = self._node_pools()
        balancers = self._balancers()
        database = self._database(kept)
        pods = Pods(
            name=name,
            namespace=player.args["namespace"],
            cloud=self._cloud,
            platform=self._platform,
            opts=self._child,
        )
        secrets = self._secrets(pods, kept, database)
        read = self._reads(pods, secrets)
        workload = Workload(
            name,
            chart=CHART,
            namespace=player.args["namespace"],
            values=chart_values(player, pools, balancers, database, read, self._config_version(secrets)),
            depends_on=[
                *pools.values(),
                *balancers.values(),
                database,
                *(resource for pod in read.values() for resource in pod.resources()),
            ],
            opts=self._child,
        )
        self.card = self._card(kept, balancers)
        self.sdk = self._sdk(self.card)
        self.endpoints = Output.from_input(self._endpoints())
        self.namespace = Output.from_input(player.args["namespace"])
        self.release = workload.release_name
        self.node_pools = Output.all(*(pool.node_pool_name for pool in pools.values()))
        self.database = Output.all(id=database.database_id, host=database.host)
        self.secrets = secret_ids(secrets)
        self.missing = self._missing(secrets)
        # Of nothing `Output.all` makes a list.
        self.peers = Output.all(**{str(peer.index): peer.public_key for peer in player.peers}).apply(dict)
        self.identity = Output.from_input(player.identity)
        self.register_outputs(
            {
                "card": self.card,
                "sdk": self.sdk,
                "endpoints": self.endpoints,
                "namespace": self.namespace,
                "release": self.release,
                "node_pools": self.node_pools,
                "database": self.database,
                "secrets": self.secrets,
                "missing": self.missing,
                QUOTAS: self.quotas,
                PEERS: self.peers,
                IDENTITY: self.identity,
            }
        )

    def _warn(self) -> None:
        player = self._player
        warn_unheard(player.name, player.args, player.platform, self)
        if player.room is None:
            pulumi.log.warn(unknown_size("an instance's node", player.instance_type, player.asked), self)
        if absent := player.waits_for:
            state = "lets nobody in yet" if player.starts else "does not start yet"
            pulumi.log.warn(f"{player.name} {state}. Missing: {'; '.join(absent)}.", self)

    # --- what it stands on ---

    def _node_pools(self) -> dict[str, NodePool]:
        player = self._player
        return {
            zone: self._cloud.NodePool(player.pool_name(zone), spec, self._platform, self._child)
            for zone, spec in player.node_pools.items()
        }

    def _balancers(self) -> dict[str, LoadBalancer]:
        player = self._player
        return {
            port: self._cloud.LoadBalancer(player.part(port), spec, self._platform, self._child)
            for port, spec in player.balancers.items()
        }

    def _database(self, kept: Keepsakes) -> Database:
        spec = replace(self._player.database, admin_password=kept.admin_password)
        return self._cloud.Database(self._player.name, spec, self._platform, self._child)

    # --- secrets ---

    def _secrets(self, pods: Pods, kept: Keepsakes, database: Database) -> dict[str, Secret]:
        """The player's own, with what the stack puts into each."""
        player = self._player
        given: Mapping[str, Any] = player.args["secrets"]
        values: dict[str, Input[str] | None] = {
            CONFIG: self._config(kept, database),
            METRICS_KEY: kept.metrics_key,
            # An adopted server has a password of its own, which its own secret holds.
            DATABASE_ADMIN: None if player.database.existing else kept.admin_password,
            DATABASE_ROLE: kept.role_password,
        }
        sources: dict[str, Any] = {
            key: {**given.get(key, {}), "value": value} for key, value in values.items() if value is not None
        }
        sources.setdefault(DATABASE_ADMIN, given.get(DATABASE_ADMIN, {}))
        return pods.secrets(player.secret_table, {**sources, PULL: given.get(PULL, {})})

    def _config(self, kept: Keepsakes, database: Database) -> Output[str] | None:
        """The node's whole configuration; None as long as there is no key."""
        player = self._player
        if kept.private_key is None:
            return None
        peers = [Output.all(peer.index, peer.address, peer.public_key) for peer in player.peers]
        made = Output.all(
            private_key=kept.private_key,
            master_password=kept.master_password,
            role_password=kept.role_password,
            metrics_key=kept.metrics_key,
            host=database.host,
            peers=Output.all(*peers),
        )
        return Output.secret(made.apply(lambda known: self._rendered(known, database)))

    def _rendered(self, known: Mapping[str, Any], database: Database) -> str:
        player = self._player
        return render(
            player.args,
            private_key=known["private_key"],
            master_password=known["master_password"],
            connection=Connection(
                host=known["host"],
                port=PORT,
                role=player.role,
                password=known["role_password"],
                ssl_mode=database.ssl_mode,
            ),
            peers=[
                MeshPeer(index=int(index), address=address, public_key=key) for index, address, key in known["peers"]
            ],
            metrics_key_hash=key_hash(known["metrics_key"]) if player.args["monitoring"] else "",
        )

    def _reads(self, pods: Pods, secrets: Mapping[str, Secret]) -> dict[str, PodSecrets]:
        """What each pod mounts, and so may read. A node whose configuration the operator brings mounts nothing."""
        table = self._player.secret_table
        readers = [pod for pod in (NODE, ROLE) if any(pod in use.readers() for use in table.values())]
        return {pod: pods.reads(pod, table, secrets) for pod in readers}

    def _config_version(self, secrets: Mapping[str, Secret]) -> Input[str]:
        """Another configuration has another one, whoever put it there: the pods are replaced then."""
        if CONFIG not in secrets:
            return self._player.args["config_secret_name"]
        return secrets[CONFIG].version.apply(lambda version: version or "none")

    # --- outputs ---

    def _card(self, kept: Keepsakes, balancers: Mapping[str, LoadBalancer]) -> Output[Any]:
        player = self._player
        if kept.public_key is None:
            return Output.from_input(None)
        return Output.all(
            contract=CARD_VERSION,
            index=player.args["index"],
            address=self._address("tcp", "mpc", MPC_PORT, balancers),
            public_key=kept.public_key,
            egress=player.egress,
            mesh=player.mesh.value,
            peered=list(self._platform["peered_cidrs"]) if player.mesh is MeshKind.PRIVATE else [],
            sdk=self._sdk_address(balancers),
        )

    def _address(self, scheme: str, port: str, number: int, balancers: Mapping[str, LoadBalancer]) -> Input[str]:
        if port in balancers:
            return balancers[port].host.apply(lambda host: f"{scheme}://{host}:{number}")
        return f"{scheme}://{self._host(port)}:{number}"

    def _sdk_address(self, balancers: Mapping[str, LoadBalancer]) -> Input[str]:
        """Where the SDK reaches the player: with TLS if it can. Empty where only the cluster does."""
        if ingress := self._player.ingress:
            return f"https://{ingress.host}"
        return self._address("http", "sdk", SDK_PORT, balancers) if "sdk" in balancers else ""

    def _host(self, port: str) -> str:
        return service_host(self._player.name, port, self._player.args["namespace"])

    def _sdk(self, card: Output[Any]) -> Output[list[SDKPlayer]]:
        """Of this player in the cluster's own words where nothing is before it."""
        peers = [Output.all(index=peer.index, url=peer.sdk, publicKey=peer.public_key) for peer in self._player.peers]
        own = card.apply(
            lambda told: (
                told
                and {
                    "index": told["index"],
                    "url": told["sdk"] or f"http://{self._host('sdk')}:{SDK_PORT}",
                    "publicKey": told["public_key"],
                }
            )
        )
        return Output.all(own, *peers).apply(
            lambda all_: sorted((one for one in all_ if one), key=lambda one: int(one["index"]))
        )

    def _endpoints(self) -> dict[str, str]:
        ports = {"sdk": SDK_PORT, "management": MANAGEMENT_PORT}
        return {port: f"http://{self._host(port)}:{number}" for port, number in ports.items()}

    def _missing(self, secrets: Mapping[str, Secret]) -> Output[list[str]]:
        """The configuration has no value as long as there is no key, which is told by itself."""
        known = [secret for key, secret in secrets.items() if key != CONFIG]
        absent = list(self._player.waits_for)
        return missing_values(known).apply(lambda values: absent + values)
