"""PostgreSQL on Google Cloud: Cloud SQL, Enterprise edition, by a private endpoint."""

from collections.abc import Iterator

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ...live import database_facts
from ..adoption import adopted, id_of
from ..contract import database as contract
from ..contract.database import ADMIN, DatabaseSpec
from ..contract.platform import PlatformContract
from ..naming import GCP_DATABASE
from .database_endpoint import endpoint
from .database_type import database_type_problem
from .limits import (
    DATABASE_BACKUPS,
    DATABASE_CONNECTIONS,
    DATABASE_GIB,
    DATABASE_LOG_DAYS,
    DATABASE_VERSIONS,
)
from .places import WORDS

KEPT = 10
"""How many connections there are besides those that are asked for. PostgreSQL keeps 3 for superusers
(`superuser_reserved_connections`), and Cloud SQL's own agents take some. Google publishes no number: this leaves
room."""

MAINTENANCE: gcp.sql.DatabaseInstanceSettingsMaintenanceWindowArgsDict = {
    # Patches come whether one wants them or not, and restart the server. This is when: Saturdays, as on the cluster.
    "day": 6,
    "hour": 2,
    "update_track": "stable",
}


class Database(contract.Database):
    """A Cloud SQL server, made, restored or adopted, and the endpoint by which the platform's network reaches it.

    Makes: `gcp:sql:DatabaseInstance` (protected and retained, and guarded by Cloud SQL and the provider too), encrypted
    with the platform's key; `gcp:sql:User` with the name `ADMIN` (retained: a role that owns something cannot be
    dropped); and what `database_endpoint` makes. With two zones there is a standby in the second one.

    A restored server is a clone of the other one, in the same project and with the same key. The clone has the other
    one's users: Cloud SQL gives `ADMIN` the new password. `restored_at` is RFC 3339, and at most 7 days back: Cloud SQL
    keeps no longer log in this edition. Older days, up to `backup_days`, are there as daily backups, which
    `gcloud sql backups restore` restores.

    An adopted server must have Private Service Connect on, and let the platform's project in: no endpoint of ours
    reaches another one. `ca` has the authorities of the region, and the certificate has the server's DNS name
    (`GOOGLE_MANAGED_CAS_CA`; so do Google's own connectors check it, GoogleCloudPlatform/cloud-sql-go-connector,
    internal/cloudsql/refresh.go).
    Raises `InputError` for what `database_problems` finds.
    """

    def __init__(self, name: str, spec: DatabaseSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Database", name, None, opts)
        if problems := list(database_problems(spec, platform)):
            raise InputError(f"Database {name!r} cannot be made on Google Cloud.", problems)
        server = self._server(name, spec, platform)
        ready = [] if spec.existing else [self._admin(name, spec, server)]
        host, address = endpoint(f"{name}-endpoint", server, platform, ResourceOptions(parent=self))
        # Known once a client finds the server, and may log in there.
        self.host = Output.all(host, *(user.id for user in ready)).apply(lambda known: str(known[0]))
        self.database_id = id_of(server, spec.existing) if spec.existing else server.name
        # The provider calls it secret. It is none: the server shows it to everybody.
        self.ca = Output.unsecret(server.server_ca_certs).apply(
            lambda authorities: "".join(f"{(authority.cert or '').strip()}\n" for authority in authorities)
        )
        self.ssl_mode = "verify-full"
        self.cidrs = address.apply(lambda known: [f"{known}/32"])
        self.register_outputs(
            {"database_id": self.database_id, "host": self.host, **database_facts(spec, platform)},
        )

    def _server(self, name: str, spec: DatabaseSpec, platform: PlatformContract) -> gcp.sql.DatabaseInstance:
        if spec.existing:
            return gcp.sql.DatabaseInstance.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        return gcp.sql.DatabaseInstance(
            name,
            name=GCP_DATABASE.fit(name),
            region=platform["region"],
            database_version=f"POSTGRES_{spec.version}",
            # A clone has the key of what it was made from, and cannot be asked for another.
            encryption_key_name=platform["kms_key"] or None if not spec.restored_from else None,
            clone=_clone(spec),
            settings=_settings(spec, platform),
            deletion_protection=True,
            opts=ResourceOptions(
                parent=self,
                protect=True,
                retain_on_delete=True,
                # What it was made from is looked at once: it may go from the stack's file, and a clone keeps the key
                # of its source then as well. Of another key `live.database_problems` tells.
                ignore_changes=["clone", "encryptionKeyName"],
            ),
        )

    def _admin(self, name: str, spec: DatabaseSpec, server: gcp.sql.DatabaseInstance) -> gcp.sql.User:
        return gcp.sql.User(
            f"{name}-admin",
            name=ADMIN,
            instance=server.name,
            password=spec.admin_password,  # the SDK marks it as secret
            opts=ResourceOptions(parent=self, retain_on_delete=True),
        )


def _clone(spec: DatabaseSpec) -> gcp.sql.DatabaseInstanceCloneArgsDict | None:
    if not spec.restored_from:
        return None
    clone: gcp.sql.DatabaseInstanceCloneArgsDict = {"source_instance_name": spec.restored_from}
    if spec.restored_at:
        # The zone may be told of a restore to a point in time only.
        clone |= {"point_in_time": spec.restored_at, "preferred_zone": spec.zones[0]}
    return clone


def _settings(spec: DatabaseSpec, platform: PlatformContract) -> gcp.sql.DatabaseInstanceSettingsArgsDict:
    location: gcp.sql.DatabaseInstanceSettingsLocationPreferenceArgsDict = {"zone": spec.zones[0]}
    if len(spec.zones) > 1:
        location["secondary_zone"] = spec.zones[1]
    return {
        "edition": "ENTERPRISE",
        "tier": spec.instance_type,
        "availability_type": "REGIONAL" if len(spec.zones) > 1 else "ZONAL",
        "location_preference": location,
        "disk_type": "PD_SSD",
        "disk_size": spec.disk_gib,
        # A disk that grew by itself would have to shrink to the size in the stack's file.
        "disk_autoresize": False,
        "database_flags": [{"name": "max_connections", "value": str(spec.connections + KEPT)}],
        "ip_configuration": {
            "ipv4_enabled": False,
            "ssl_mode": "ENCRYPTED_ONLY",
            # The authorities of an instance of its own name no host, so that no client could check the name.
            "server_ca_mode": "GOOGLE_MANAGED_CAS_CA",
            "server_certificate_rotation_mode": "AUTOMATIC_ROTATION_DURING_MAINTENANCE",
            "psc_configs": [{"psc_enabled": True, "allowed_consumer_projects": [platform["account"]]}],
        },
        "backup_configuration": _backups(spec),
        "maintenance_window": MAINTENANCE,
        "deletion_protection_enabled": True,
        "final_backup_config": {"enabled": True, "retention_days": spec.backup_days},
    }


def _backups(spec: DatabaseSpec) -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgsDict:
    days = spec.backup_days
    return {
        "enabled": True,
        "start_time": "03:00",
        "point_in_time_recovery_enabled": True,
        "transaction_log_retention_days": min(days, DATABASE_LOG_DAYS.most or days),
        # One more than days: the log of the first day goes with the backup before it ("Use point-in-time recovery").
        "backup_retention_settings": {"retained_backups": days + 1, "retention_unit": "COUNT"},
    }


def database_problems(spec: DatabaseSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What keeps a database from being made, by the spec's keys. An adopted one has what it has."""
    if spec.existing:
        return
    yield from _zone_problems(spec, platform)
    if problem := DATABASE_VERSIONS.problem(spec.version):
        yield "version", problem
    if problem := database_type_problem(spec.instance_type):
        yield "instance_type", problem
    if problem := DATABASE_GIB.problem(spec.disk_gib):
        yield "disk_gib", problem
    if problem := DATABASE_CONNECTIONS.problem(spec.connections + KEPT):
        yield "connections", f"{problem}, {KEPT} of which are kept for Cloud SQL itself"
    if spec.backup_days < 1 or (problem := DATABASE_BACKUPS.problem(spec.backup_days + 1)):
        yield "backup_days", problem if spec.backup_days >= 1 else "give 1 or more"
    if spec.restored_at and not spec.restored_from:
        yield "restored_at", "says when, and `restored_from` does not say what from"


def _zone_problems(spec: DatabaseSpec, platform: PlatformContract) -> Iterator[Problem]:
    if not 1 <= len(spec.zones) <= 2 or len(set(spec.zones)) != len(spec.zones):
        yield "zones", "give the server's zone, and another one for its standby"
    yield from WORDS.zone_problems(platform["region"], spec.zones)
