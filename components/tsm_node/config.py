"""The node's `config.toml`, rendered whole (Builder Vault's documentation, "Example TSM configuration file")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import tomli_w

from .args import MPCServer, Permission, TSMNodeArgs
from .protocols import PROTOCOLS

SDK_PORT = 8080
MPC_PORT = 9000
MANAGEMENT_PORT = 14401
DATABASE = "tsm"
"""The name of the database in the player's server."""

_SERVERS: Mapping[MPCServer, str] = {MPCServer.DIRECT: "MPCDirectServer", MPCServer.TCP: "MPCTCPServer"}
_CA_FILE = "/database-ca/ca.pem"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How the node reaches its database."""

    host: str
    port: int
    role: str
    """The user, who owns a schema of the same name."""
    password: str
    ssl_mode: str

    @property
    def url(self) -> str:
        """As Go's drivers for PostgreSQL take it."""
        options = urlencode({"sslmode": self.ssl_mode, "sslrootcert": _CA_FILE, "search_path": self.role}, safe="/")
        return f"postgres://{self.role}:{quote(self.password, safe='')}@{self.host}:{self.port}/{DATABASE}?{options}"


@dataclass(frozen=True, kw_only=True)
class MeshPeer:
    """Another player, as the configuration has it."""

    index: int
    address: str
    public_key: str


def render(
    args: TSMNodeArgs,
    *,
    private_key: str,
    master_password: str,
    connection: Connection,
    peers: Sequence[MeshPeer],
    metrics_key_hash: str = "",
) -> str:
    """The configuration of the player that `args` describe. It holds secrets. Without `metrics_key_hash` nobody reads
    metrics but the operators' own keys.

        render(args, private_key="MHcC...", master_password="...", connection=Connection(...), peers=[...])
    """
    return tomli_w.dumps(
        {
            "Player": {
                "Index": args["index"],
                "PrivateKey": private_key,
                "ExportWhiteList": list(args["export_white_list"]),
            },
            "Players": {str(peer.index): {"Address": peer.address, "PublicKey": peer.public_key} for peer in peers},
            "Database": {
                "DriverName": "postgres",
                "DataSourceName": connection.url,
                "EncryptorMasterPassword": master_password,
                "MaxOpenConns": args["database"]["max_open_connections"],
                "MaxIdleConns": args["database"]["max_idle_connections"],
            },
            _SERVERS[args["mesh"]["server"]]: {"Port": MPC_PORT},
            "SDKServer": {"Port": SDK_PORT},
            "ManagementServer": _management(args, metrics_key_hash),
            "Authentication": _authentication(args),
            "MultiInstance": {
                # The pod says its own address (Blockdaemon/builder-vault-helm @ e4d15b6, examples).
                "Address": "{{ env `TSM_MULTIINSTANCE_ADDRESS` }}",
                "CleanupInterval": args["multi_instance"]["cleanup_interval"],
                "CleanupProbability": args["multi_instance"]["cleanup_probability"],
            },
            **_features(args),
        }
    )


def _management(args: TSMNodeArgs, metrics_key_hash: str) -> dict[str, Any]:
    keys = [
        (key["hash"], [permission.value for permission in key["permissions"]])
        for key in args["authentication"]["management_keys"].values()
    ]
    if metrics_key_hash:
        keys.append((metrics_key_hash, [Permission.METRICS.value]))
    return {
        "Port": MANAGEMENT_PORT,
        "Metrics": {"Prometheus": True},
        "APIKeys": [{"APIKey": hash_, "Permissions": permissions} for hash_, permissions in keys],
    }


def _authentication(args: TSMNodeArgs) -> dict[str, Any]:
    told = args["authentication"]
    if told["dynamic"]:
        return {"DynamicAPIKeys": True}
    return {
        "APIKeys": [
            {"APIKey": key["hash"], "ApplicationID": key["application_id"]} for key in told["api_keys"].values()
        ]
    }


def _features(args: TSMNodeArgs) -> dict[str, Any]:
    """Every switch of every protocol, off unless it is asked for."""
    tables: dict[str, dict[str, Any]] = {}
    for protocol, features in PROTOCOLS.items():
        asked = args["features"].get(protocol, ())
        section, table = features.table
        tables.setdefault(section, {})[table] = {name: name in asked for name in features.names}
    return tables
