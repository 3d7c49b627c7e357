"""How what an account has is looked up: volumes, their snapshots, addresses and secrets."""

from typing import Any

from ...resource import CloudError, Instance
from ...world import Object

SNAPSHOTS = ("aws:ebs/snapshot:Snapshot", "aws:ebs/snapshotCopy:SnapshotCopy")
FILTERS = ("snapshot-id", "volume-id")
NAME_TAG = "tag:Name"


def get_snapshot_ids(instance: Instance) -> dict[str, Any]:
    """Here every snapshot is the account's own."""
    return {**listed(instance), "ids": [item.id for item in chosen(instance, *SNAPSHOTS)]}


def get_snapshot(instance: Instance) -> dict[str, Any]:
    [wanted] = instance.inputs["snapshotIds"]
    for token in SNAPSHOTS:
        for item in instance.world.find(token, scope=instance.region, id_=wanted):
            return {**instance.inputs, **item.properties, "snapshotId": item.id}
    raise CloudError("InvalidSnapshot.NotFound", f"The snapshot '{wanted}' does not exist.")


def get_ebs_volumes(instance: Instance) -> dict[str, Any]:
    return {**listed(instance), "ids": [item.id for item in chosen(instance, "aws:ebs/volume:Volume")]}


def get_eips(instance: Instance) -> dict[str, Any]:
    found = chosen(instance, "aws:ec2/eip:Eip")
    return {
        **listed(instance),
        "allocationIds": [item.id for item in found],
        "publicIps": [item.properties["publicIp"] for item in found],
    }


def get_secrets(instance: Instance) -> dict[str, Any]:
    """By what their names begin with: so does Secrets Manager read its filter `name`."""
    starts = [value for filter_ in instance.get("filters", []) for value in filter_["values"]]
    every = instance.world.find("aws:secretsmanager/secret:Secret", scope=instance.region)
    found = [item for item in every if not starts or (item.name or "").startswith(tuple(starts))]
    return {**listed(instance), "arns": [item.id for item in found], "names": [item.name or "" for item in found]}


def listed(instance: Instance) -> dict[str, Any]:
    return {**instance.inputs, "id": instance.region, "region": instance.region}


def chosen(instance: Instance, *tokens: str) -> list[Object]:
    """By ids or by the tag `Name`, which are the only filters that are known here."""
    [filter_] = instance.inputs["filters"]
    if filter_["name"] not in (*FILTERS, NAME_TAG):
        raise CloudError("InvalidParameterValue", f"The filter '{filter_['name']}' is invalid (or unknown here)")
    every = [item for token in tokens for item in instance.world.find(token, scope=instance.region)]
    if filter_["name"] == NAME_TAG:
        return [item for item in every if (item.properties.get("tags") or {}).get("Name") in filter_["values"]]
    return [item for item in every if item.id in filter_["values"]]
