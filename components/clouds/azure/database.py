"""PostgreSQL servers on Azure: Azure Database for PostgreSQL, Flexible Server."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pulumi
from pulumi import Output, ResourceOptions
from pulumi_azure_native import authorization, dbforpostgresql

from ...errors import InputError, Problem
from ...live import database_facts, live
from ..adoption import adopted, id_of
from ..contract import database as contract
from ..contract.database import ADMIN, DatabaseSpec
from ..contract.platform import PlatformContract
from ..naming import AZURE_DATABASE
from . import arm_id, zones
from .adoption import FORMS, adoption_problem
from .database_endpoint import DatabaseEndpoint
from .database_key import DatabaseKey
from .instance_type import capacity
from .limits import (
    DATABASE_BACKUP_DAYS,
    DATABASE_CONNECTIONS,
    DATABASE_GIB,
    DATABASE_TYPES,
    DATABASE_VERSIONS,
)
from .platform_section import azure_of

ROOTS = Path(__file__).with_name("database_roots.pem")
"""DigiCert Global Root G2 and Microsoft RSA Root Certificate Authority 2017, as Mozilla's list has them: what Azure's
"Transport Layer Security (TLS) in Azure Database for PostgreSQL" tells clients to trust. Their thumbprints are in
"Azure Certificate Authority details"."""

LOCK = "nodeyard"
"""The name of the lock on a server."""

_FIXED = [
    # Azure takes them once. Naming another server to restore from later must not replace one that is there.
    "sourceServerResourceId",
    "pointInTimeUTC",
    # A failover swaps the two.
    "availabilityZone",
    "highAvailability.standbyAvailabilityZone",
]


class Database(contract.Database):
    """A PostgreSQL server that the platform's network alone reaches, made, restored or adopted.

    Makes: `azure-native:dbforpostgresql:Server` (protected and retained; public access off; encrypted with the
    platform's key by a `DatabaseKey`, and without such a key with the service's own), its `Configuration`
    `require_secure_transport`, an `azure-native:authorization:ManagementLockByScope` against its deletion (protected
    and retained too), and a `DatabaseEndpoint`. Or reads the server whose ARM id is `spec.existing`, and makes the
    endpoint alone. Sizes in GiB. A server's name is taken once in the world, so that part of the subscription's id is
    in it.

    Azure restores a server without its standby and with the roles of its source (azure-databases-docs `0085bb1`,
    postgresql/backup-restore/concepts-backup-restore.md). The next `up` gives it the standby, and `ADMIN`'s password.

    `max_connections` is left as it is: each size has its own, which changes only when a server starts again.

    Raises `InputError` for what `database_problems` says.
    """

    def __init__(self, name: str, spec: DatabaseSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Database", name, None, opts)
        if problems := list(database_problems(spec, platform)):
            raise InputError(f"Database {name!r} cannot be made on Azure.", problems)
        server, ready = self._adopted(name, spec) if spec.existing else self._made(name, spec, platform)
        self.database_id = id_of(server, spec.existing)
        subnets = {subnet["zone"]: subnet["id"] for subnet in platform["private_subnets"]}
        endpoint = DatabaseEndpoint(
            f"{name}-endpoint",
            self.database_id,
            arm_id.name(spec.existing) if spec.existing else server_name(name, platform),
            subnets[spec.zones[0]],
            platform,
            # One change at a time: Azure refuses what comes while a server is busy.
            ResourceOptions(parent=self, depends_on=ready),
        )
        self.host = Output.all(server.fully_qualified_domain_name, endpoint.ready).apply(lambda known: str(known[0]))
        self.ca = Output.from_input(ROOTS.read_text(encoding="ascii"))
        self.ssl_mode = "verify-full"
        self.cidrs = endpoint.address.apply(lambda address: [f"{address}/32"])
        self.register_outputs({"database_id": self.database_id, "host": self.host, **database_facts(spec, platform)})

    def _adopted(self, name: str, spec: DatabaseSpec) -> tuple[dbforpostgresql.Server, list[pulumi.Resource]]:
        server = dbforpostgresql.Server.get(
            adopted(name), Output.from_input(str(spec.existing)), opts=ResourceOptions(parent=self)
        )
        return server, []

    def _made(
        self, name: str, spec: DatabaseSpec, platform: PlatformContract
    ) -> tuple[dbforpostgresql.Server, list[pulumi.Resource]]:
        """The server, and what must be there before anything else changes it."""
        group = azure_of(platform)["resource_group"]
        kept = ResourceOptions(parent=self, protect=True, retain_on_delete=True)
        # What is there already was restored before, whatever its source is called now.
        restored = bool(spec.restored_from) and not live().has("database", name)
        key = DatabaseKey(f"{name}-key", platform, ResourceOptions(parent=self)) if platform["kms_key"] else None
        server = dbforpostgresql.Server(
            name,
            server_name=server_name(name, platform),
            resource_group_name=group,
            version=spec.version,
            sku={"name": spec.instance_type, "tier": _tier(spec.instance_type)},
            storage={
                "storage_size_gb": spec.disk_gib,
                # What grew by itself the next `up` would try to make smaller.
                "auto_grow": dbforpostgresql.StorageAutoGrow.DISABLED,
            },
            availability_zone=zones.number(spec.zones[0]),
            high_availability=_standby(spec.zones if not restored else spec.zones[:1]),
            backup={
                "backup_retention_days": spec.backup_days,
                "geo_redundant_backup": dbforpostgresql.GeographicallyRedundantBackup.DISABLED,
            },
            network={"public_network_access": dbforpostgresql.ServerPublicNetworkAccessState.DISABLED},
            administrator_login=ADMIN,
            administrator_login_password=Output.secret(spec.admin_password),
            identity=key.identity if key else None,
            data_encryption=key.encryption if key else None,
            create_mode=_create_mode(restored=restored),
            source_server_resource_id=spec.restored_from,
            point_in_time_utc=spec.restored_at if spec.restored_from else None,
            opts=ResourceOptions.merge(kept, ResourceOptions(ignore_changes=_FIXED)),
        )
        tls = dbforpostgresql.Configuration(
            f"{name}-tls",
            configuration_name="require_secure_transport",
            server_name=server.name,
            resource_group_name=group,
            source="user-override",
            value="on",
            opts=ResourceOptions(parent=self),
        )
        authorization.ManagementLockByScope(
            f"{name}-lock",
            lock_name=LOCK,
            scope=server.id,
            level=authorization.LockLevel.CAN_NOT_DELETE,
            notes="A database of Nodeyard: its backups go with it.",
            opts=kept,
        )
        return server, [tls]


def server_name(name: str, platform: PlatformContract) -> str:
    """What the server of the `Database` called `name` is called in Azure."""
    return AZURE_DATABASE.fit(f"{name}-{platform['account'][:8]}")


def database_problems(spec: DatabaseSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What Azure would refuse of a database, by the spec's keys. An adopted one has what it has."""
    yield from _zone_problems(spec, platform)
    if spec.existing:
        if problem := adoption_problem("database", spec.existing, platform):
            yield "existing", problem
        return
    yield from _size_problems(spec)
    if problem := DATABASE_VERSIONS.problem(spec.version):
        yield "version", problem
    if problem := DATABASE_BACKUP_DAYS.problem(spec.backup_days):
        yield "backup_days", problem
    yield from _restore_problems(spec)


def _zone_problems(spec: DatabaseSpec, platform: PlatformContract) -> Iterator[Problem]:
    for zone in spec.zones:
        if problem := zones.problem(zone, platform["region"]):
            yield "zones", problem
    if len(set(spec.zones)) != len(spec.zones) or len(spec.zones) not in (1, 2):
        yield "zones", f"{', '.join(spec.zones)} cannot be: a server has one zone, and with a standby two that differ"


def _size_problems(spec: DatabaseSpec) -> Iterator[Problem]:
    if problem := DATABASE_GIB.problem(spec.disk_gib):
        yield "disk_gib", problem
    if problem := DATABASE_TYPES.problem(spec.instance_type):
        yield "instance_type", problem
        return
    # The largest ones have less memory than their share, and the most connections all the same.
    known = capacity(spec.instance_type)
    if known and (problem := DATABASE_CONNECTIONS.problem(spec.connections, int(known.memory_gib))):
        yield "instance_type", problem


def _restore_problems(spec: DatabaseSpec) -> Iterator[Problem]:
    if not spec.restored_from:
        return
    if problem := FORMS["database"].problem(spec.restored_from):
        yield "restored_from", problem
    if not spec.restored_at:
        yield "restored_at", "must be given on Azure, which restores to a time and knows no last possible one"


def _tier(instance_type: str) -> dbforpostgresql.SkuTier:
    if instance_type.startswith("Standard_E"):
        return dbforpostgresql.SkuTier.MEMORY_OPTIMIZED
    return dbforpostgresql.SkuTier.GENERAL_PURPOSE


def _standby(in_zones: Sequence[str]) -> dbforpostgresql.HighAvailabilityArgsDict:
    modes = dbforpostgresql.PostgreSqlFlexibleServerHighAvailabilityMode
    if len(in_zones) == 1:
        return {"mode": modes.DISABLED}
    return {"mode": modes.ZONE_REDUNDANT, "standby_availability_zone": zones.number(in_zones[1])}


def _create_mode(*, restored: bool) -> dbforpostgresql.CreateMode:
    modes = dbforpostgresql.CreateMode
    return modes.POINT_IN_TIME_RESTORE if restored else modes.DEFAULT
