"""A managed PostgreSQL server of one owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pulumi
from pulumi import Input, Output

PORT: Final = 5432
"""Where every server listens."""
ADMIN: Final = "nodeyard_admin"
"""The first user, who may make roles and databases."""


@dataclass(frozen=True, kw_only=True)
class DatabaseSpec:
    """A PostgreSQL server in the platform's network, for pods of its cluster. Nobody reaches it from the internet.

    The server is encrypted with the platform's key, takes connections by TLS only, keeps its log for a restore to a
    point in time, and is protected.
    """

    zones: Sequence[str]
    """The zone of the server and, with two, that of its standby."""
    instance_type: str
    """In the cloud's own words."""
    disk_gib: int
    """The size in GiB. The disk grows in place and never shrinks."""
    version: str
    """PostgreSQL's major version, as in `17`."""
    connections: int
    """How many connections the server must take at least, besides those that the cloud keeps for itself."""
    admin_password: Input[str] = ""
    """The password of `ADMIN`. An adopted server has its own."""
    backup_days: int = 14
    """How many days back a restore can go."""
    restored_from: str | None = None
    """The id of a server to make this one from, as that one was at `restored_at`."""
    restored_at: str | None = None
    """A time as RFC 3339 writes it, in UTC. AWS and Google Cloud take the last possible time unless given."""
    existing: str | None = None
    """The id of a server to adopt."""


class Database(pulumi.ComponentResource):
    """The server that a cloud made of a `DatabaseSpec`."""

    database_id: Output[str]
    """The id used to adopt the server. AWS: its identifier. Azure: its ARM id. Google Cloud: its name."""
    host: Output[str]
    """The name that clients dial, and that the server's certificate is for."""
    ca: Output[str]
    """The authorities that may have signed the server's certificate, as PEM."""
    ssl_mode: Literal["verify-full", "verify-ca"]
    """How much of the certificate a client can check."""
    cidrs: Output[list[str]]
    """Where the server stands in the network, for the NetworkPolicies of its clients."""
