"""How volumes and their snapshots are looked up."""

from typing import Any

from ...resource import CloudError, Instance
from ...world import Object

SNAPSHOTS = ("aws:ebs/snapshot:Snapshot", "aws:ebs/snapshotCopy:SnapshotCopy")
FILTERS = ("snapshot-id", "volume-id")


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


def listed(instance: Instance) -> dict[str, Any]:
    return {**instance.inputs, "id": instance.region, "region": instance.region}


def chosen(instance: Instance, *tokens: str) -> list[Object]:
    """By ids, which are the only filter that is known here."""
    [filter_] = instance.inputs["filters"]
    if filter_["name"] not in FILTERS:
        raise CloudError("InvalidParameterValue", f"The filter '{filter_['name']}' is invalid (or unknown here)")
    every = [item for token in tokens for item in instance.world.find(token, scope=instance.region)]
    return [item for item in every if item.id in filter_["values"]]
