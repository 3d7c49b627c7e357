"""What the values of the monitoring's charts say in one form."""

from typing import Any

from ...contract.node_room import Room


def resources(room: Room, most_mib: int | None = None) -> dict[str, Any]:
    """What a container asks for, and the memory that it gets at most, which is twice as much unless given. Nothing here
    is held back at the processor."""
    return {
        "requests": {"cpu": f"{room.millicpu}m", "memory": f"{room.mib}Mi"},
        "limits": {"memory": f"{most_mib or room.mib * 2}Mi"},
    }


def claim(storage_class: str, gib: int) -> dict[str, Any]:
    """The claim on a volume, as a custom resource of the Prometheus operator says it."""
    return {
        "spec": {
            "storageClassName": storage_class,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{gib}Gi"}},
        }
    }
