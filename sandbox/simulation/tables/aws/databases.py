"""Databases: RDS for PostgreSQL."""

import hashlib
import re
from typing import Any

from nodeyard.clouds.aws import limits

from ...resource import CloudError, Instance, Reference, Resource
from ...world import Object

RDS = "arn:aws:rds:{region}:{account}:"
INSTANCE = "aws:rds/instance:Instance"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SNAPSHOT = "aws: the last snapshot of an RDS instance"
SMALLEST_STRIPED_GIB = 400


def address(instance: Instance) -> str:
    own = hashlib.sha256(f"{instance.account}/{instance.region}".encode()).hexdigest()[:12]
    return f"{instance.name}.{own}.{instance.region}.rds.amazonaws.com"


def server(instance: Instance) -> dict[str, Any]:
    zones = zones_of(instance)
    stands = instance.get("availabilityZone") or instance.before.get("availabilityZone") or min(zones, default="")
    return {
        "address": address(instance),
        "allocatedStorage": size(instance),
        "availabilityZone": stands,
        "endpoint": f"{address(instance)}:{instance.get('port', 5432)}",
        "engineVersionActual": f"{instance.get('engineVersion')}.1",
        "resourceId": instance.id,
        "status": "available",
    }


def size(instance: Instance) -> int:
    """In GiB: a step of less than a tenth is made one."""
    before: int = instance.before.get("allocatedStorage", 0)
    now: int = instance.get("allocatedStorage", 0)
    return max(now, -(-before * 11 // 10)) if before and now > before else now


def zones_of(instance: Instance) -> set[str]:
    """Those of the subnet group."""
    for group in instance.world.find(SUBNETS, scope=instance.region, name=instance.get("dbSubnetGroupName")):
        return zones_in(instance, group.inputs["subnetIds"])
    return set()


def zones_in(instance: Instance, subnets: list[str]) -> set[str]:
    return {instance.find(subnet).get("availabilityZone", "") for subnet in subnets}


def refuse_server(instance: Instance) -> None:
    if problem := limits.DATABASE_TYPES.problem(instance.inputs["instanceClass"]):
        raise CloudError("InvalidParameterValue", f"Invalid DB Instance class: {problem}")
    if problem := limits.DATABASE_DAYS.problem(instance.get("backupRetentionPeriod", 1)):
        raise CloudError("InvalidParameterValue", f"Invalid backup retention period: {problem}")
    refuse_disk(instance)
    refuse_version(instance)
    refuse_zones(instance)
    if not instance.before:
        refuse_new(instance)


def refuse_disk(instance: Instance) -> None:
    gib, before = instance.get("allocatedStorage", 0), instance.before.get("allocatedStorage", 0)
    if problem := limits.DATABASE_GIB.problem(gib):
        raise CloudError("InvalidParameterCombination", f"Invalid storage size for engine name postgres: {problem}")
    if gib < before:
        raise CloudError("InvalidParameterCombination", f"Requested storage ({gib}) is less than the current {before}")
    if instance.get("iops") and gib < SMALLEST_STRIPED_GIB:
        text = "You can't specify IOPS or storage throughput for engine postgres and a storage size less than"
        raise CloudError("InvalidParameterCombination", f"{text} {SMALLEST_STRIPED_GIB}.")
    if 0 < before < SMALLEST_STRIPED_GIB <= gib and not instance.get("iops"):
        raise CloudError("InvalidParameterCombination", "You must specify both the storage size and IOPS.")


def refuse_version(instance: Instance) -> None:
    version, before = str(instance.get("engineVersion")), instance.before.get("engineVersion")
    if before and int(version.split(".")[0]) < int(str(before).split(".")[0]):
        raise CloudError("InvalidParameterCombination", f"Cannot upgrade postgres from {before} to {version}")
    if before and before != version and not instance.get("allowMajorVersionUpgrade"):
        raise CloudError("InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present")
    name = instance.get("parameterGroupName")  # without one it has its version's own
    for group in instance.world.find(PARAMETERS, scope=instance.region, name=name) if name else ():
        if (family := group.inputs["family"]) != f"postgres{version.split('.')[0]}":
            text = f"The Parameter Group {group.name} with DBParameterGroupFamily {family} can't be used for this"
            raise CloudError("InvalidParameterCombination", f"{text} instance of version {version}.")


def refuse_zones(instance: Instance) -> None:
    zone = instance.get("availabilityZone")
    if zone and instance.get("multiAz"):
        text = "Requesting a specific availability zone is not valid for Multi-AZ instances."
        raise CloudError("InvalidParameterCombination", text)
    if zone and not instance.before and zone not in zones_of(instance):
        raise CloudError("InvalidParameterValue", f"The DB subnet group does not cover {zone}")


def refuse_new(instance: Instance) -> None:
    restored = instance.get("restoreToPointInTime", {}).get("sourceDbInstanceIdentifier")
    if restored and not instance.world.find(INSTANCE, scope=instance.region, name=restored):
        raise CloudError("DBInstanceNotFound", f"DBInstance {restored} not found.")
    if restored and restored == instance.name:
        raise CloudError("DBInstanceAlreadyExists", "DB instance already exists")
    password = str(instance.get("password", ""))
    if not restored and not instance.get("username"):
        raise CloudError("InvalidParameterValue", "The parameter MasterUsername must be provided")
    if not re.fullmatch(r'(?![^ ]*[/"@])[!-~]{8,128}', password) and not restored:
        raise CloudError("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password.")


def keep_last_state(instance: Instance) -> None:
    if instance.get("deletionProtection"):
        raise CloudError("InvalidParameterCombination", "Cannot delete protected DB Instance, please disable it first.")
    if instance.get("skipFinalSnapshot"):
        return
    name = instance.get("finalSnapshotIdentifier")
    if not name:
        raise CloudError("", "final_snapshot_identifier is required when skip_final_snapshot is false")
    if instance.world.find(SNAPSHOT, scope=instance.region, name=name):
        raise CloudError("DBSnapshotAlreadyExists", f"Cannot create the snapshot because {name} exists already.")


def leave_snapshot(instance: Instance) -> None:
    if not instance.get("skipFinalSnapshot"):
        name = instance.inputs["finalSnapshotIdentifier"]
        instance.world.put(Object(SNAPSHOT, instance.region, name, name), [], [])


def refuse_subnets(instance: Instance) -> None:
    zones = zones_in(instance, instance.inputs["subnetIds"])
    if limits.DATABASE_ZONES.problem(len(zones)):
        text = "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage:"
        raise CloudError("DBSubnetGroupDoesNotCoverEnoughAZs", f"{text} {', '.join(sorted(zones))}. Add at least two.")
    for user in instance.world.find(INSTANCE, scope=instance.region):
        mine = user.inputs.get("dbSubnetGroupName") == instance.name
        if mine and user.properties["availabilityZone"] not in zones:
            raise CloudError("SubnetAlreadyInUse", f"a subnet of {instance.name} is in use by {user.name}")


def refuse_parameters(instance: Instance) -> None:
    for parameter in instance.get("parameters", []):
        if parameter["name"] == "max_connections" and limits.MAX_CONNECTIONS.problem(int(parameter["value"])):
            text = f"Invalid parameter value: {parameter['value']} for: max_connections"
            raise CloudError("InvalidParameterValue", f"{text} allowed values are: 6-262143")


def needed(instance: Instance) -> list[Reference]:
    """The groups that are named."""
    named = (
        (SUBNETS, "dbSubnetGroupName", "DBSubnetGroupNotFoundFault"),
        (PARAMETERS, "parameterGroupName", "DBParameterGroupNotFound"),
    )
    return [
        Reference(f"{token}/{instance.region}/{name}", code, f"{name} does not exist")
        for token, key, code in named
        if (name := instance.get(key))
    ]


def get_instances(instance: Instance) -> dict[str, Any]:
    """By identifiers: what is not there is left out."""
    [filter_] = instance.inputs["filters"]
    if filter_["name"] != "db-instance-id":
        raise CloudError("InvalidParameterValue", f"Unrecognized filter name: {filter_['name']}")
    every = instance.world.find(INSTANCE, scope=instance.region)
    found = [item for item in every if item.name in filter_["values"]]
    names = [item.name for item in found]
    listed = {**instance.inputs, "id": instance.region, "region": instance.region}
    return {**listed, "instanceIdentifiers": names, "instanceArns": [item.properties["arn"] for item in found]}


RESOURCES = {
    INSTANCE: Resource(
        "db-{hex}",
        RDS + "db:{name}",
        imported="{name}",
        name="identifier",
        name_limit=63,
        taken="DBInstanceAlreadyExists",
        replaces=(
            *("identifier", "identifierPrefix", "availabilityZone", "engine", "kmsKeyId", "storageEncrypted"),
            *("username", "dbName", "snapshotIdentifier", "restoreToPointInTime", "characterSetName", "timezone"),
        ),
        secrets=("password",),
        allowed={
            "engine": ("postgres",),
            "storageType": ("gp2", "gp3", "io1", "io2"),
            "caCertIdentifier": ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"),
        },
        defaults={"autoMinorVersionUpgrade": True, "multiAz": False, "publiclyAccessible": False},
        uses=needed,
        refuses=refuse_server,
        keeps=keep_last_state,
        deleted=leave_snapshot,
        outputs=server,
    ),
    SUBNETS: Resource(
        arn=RDS + "subgrp:{name}",
        name="name",
        name_limit=255,
        taken="DBSubnetGroupAlreadyExists",
        in_use="InvalidDBSubnetGroupStateFault",
        replaces=("name", "namePrefix"),
        defaults={"description": "Managed by Pulumi"},
        refuses=refuse_subnets,
        outputs=lambda instance: {"vpcId": instance.find(instance.inputs["subnetIds"][0]).get("vpcId", "")},
    ),
    PARAMETERS: Resource(
        arn=RDS + "pg:{name}",
        name="name",
        name_limit=255,
        taken="DBParameterGroupAlreadyExists",
        in_use="InvalidDBParameterGroupState",
        replaces=("name", "namePrefix", "family", "description"),
        allowed={"parameters.applyMethod": ("immediate", "pending-reboot")},
        defaults={"description": "Managed by Pulumi"},
        refuses=refuse_parameters,
    ),
}
