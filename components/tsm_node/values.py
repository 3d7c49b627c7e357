"""The values of charts/tsm-node: which of the player's things its pods are told of.

Names and ids only: no secret's value passes through here.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import Input

from ..clouds.contract.database import ADMIN, PORT, Database
from ..clouds.contract.load_balancer import LoadBalancer
from ..clouds.contract.node_pool import NodePool
from ..monitoring import monitoring_values
from ..pods import PodSecrets, filled
from ..words import camel
from .config import DATABASE, MANAGEMENT_PORT, MPC_PORT, SDK_PORT
from .secrets import METRICS_KEY, NODE, ROLE
from .settings import Settings

Values = dict[str, Any]


def chart_values(
    player: Settings,
    pools: Mapping[str, NodePool],
    balancers: Mapping[str, LoadBalancer],
    database: Database,
    secrets: Mapping[str, PodSecrets],
    config_version: Input[str],
) -> Values:
    """The whole of the release's values."""
    args = player.args
    return {
        "player": args["index"],
        "replicas": player.replicas,
        "images": {camel(key): image for key, image in player.images.items()},
        **_pull(player, secrets),
        "placement": _placement(pools),
        "resources": player.resources,
        "config": {**_config(player, secrets), "version": config_version},
        "mpc": {"port": MPC_PORT, **_service(balancers, "mpc"), **filled({"peerNamespaces": player.peer_namespaces})},
        "sdk": {
            "port": SDK_PORT,
            **_service(balancers, "sdk"),
            **_ingress(player),
            **filled({"callers": player.caller_namespaces}),
        },
        "management": {"port": MANAGEMENT_PORT},
        "database": _database(player, database, secrets),
        "monitoring": {**monitoring_values(args, player.platform), **_metrics_key(secrets)},
    }


def _placement(pools: Mapping[str, NodePool]) -> Values:
    """Every pool has the same labels and taints: the zones are the scheduler's."""
    return next(iter(pools.values())).placement()


def _pull(player: Settings, secrets: Mapping[str, PodSecrets]) -> Values:
    return {"imagePullSecrets": secrets[NODE].pull_secrets()} if player.pulls else {}


def _config(player: Settings, secrets: Mapping[str, PodSecrets]) -> Values:
    if name := player.args.get("config_secret_name"):
        return {"configSecretName": name}
    return {"secretProviderClass": secrets[NODE].values()["secretProviderClass"]}


def _service(balancers: Mapping[str, LoadBalancer], port: str) -> Values:
    return {"service": balancers[port].service.apply(filled)} if port in balancers else {}


def _ingress(player: Settings) -> Values:
    """None while the node is closed."""
    if player.ingress is None or player.closed:
        return {}
    return {"ingress": player.cloud.ingress_values(player.ingress, player.platform)}


def _database(player: Settings, database: Database, secrets: Mapping[str, PodSecrets]) -> Values:
    return {
        "host": database.host,
        "port": PORT,
        "cidrs": database.cidrs,
        "ca": database.ca,
        "sslMode": database.ssl_mode,
        "name": DATABASE,
        "schema": player.role,
        "role": player.role,
        "admin": ADMIN,
        "secretProviderClass": secrets[ROLE].values()["secretProviderClass"],
    }


def _metrics_key(secrets: Mapping[str, PodSecrets]) -> Values:
    """The key of the management port, in the Secret that the node's pods keep. There is none with a configuration that
    the operator brings: whether its server asks for a key, and for which, nobody here knows."""
    synced = secrets[NODE].values().get("secret") if NODE in secrets else None
    if not synced:
        return {}
    key = camel(METRICS_KEY)
    return {"authorization": {"name": synced["name"], "key": synced["keys"][key]}}
