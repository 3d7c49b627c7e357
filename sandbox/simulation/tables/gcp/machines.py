"""Machines and the groups that keep them."""

from collections.abc import Iterator
from typing import Any

from ...resource import CloudError, Instance, Reference, Resource
from .compute import IN_USE, PROJECT, global_resource, named
from .references import API, by_name, plain_id

MACHINE = "gcp:compute/perInstanceConfig:PerInstanceConfig"
ACTIONS = ("NONE", "REFRESH", "RESTART", "REPLACE")


def group_id(instance: Instance) -> str:
    group = plain_id(instance.inputs["instanceGroupManager"]).rpartition("/")[2]
    return f"projects/{instance.account}/zones/{instance.inputs['zone']}/instanceGroupManagers/{group}"


def group_of(instance: Instance) -> Iterator[Reference]:
    yield by_name(group_id(instance))


def disks_of(inputs: Any) -> dict[str, str]:
    """What it writes to, by device."""
    disks = (inputs.get("preservedState") or {}).get("disks") or []
    return {disk["deviceName"]: plain_id(disk["source"]) for disk in disks if disk.get("mode") != "READ_ONLY"}


def refuse_machine(instance: Instance) -> None:
    """A disk is in the machine's zone, and attached for writing to one machine at a time."""
    mine = set(disks_of(instance.inputs).values())
    for disk in mine:
        if f"/zones/{instance.inputs['zone']}/" not in disk:
            raise CloudError("invalid", f"The disk resource '{disk}' is not in zone {instance.inputs['zone']}")
    for other in instance.world.find(MACHINE):
        if other.id != instance.id and (taken := mine & set(disks_of(other.inputs).values())):
            raise CloudError(
                "RESOURCE_IN_USE_BY_ANOTHER_RESOURCE",
                f"The disk resource '{taken.pop()}' is already being used by '{other.name}'",
            )


def refuse_template(instance: Instance) -> None:
    if instance.get("guestAccelerators") and instance.get("scheduling", {}).get("onHostMaintenance") != "TERMINATE":
        raise CloudError("badRequest", "Instances with guest accelerators do not support live migration.")


def refuse_group(instance: Instance) -> None:
    policy = instance.get("updatePolicy", {})
    if policy.get("replacementMethod") == "RECREATE" and policy.get("maxSurgeFixed", 1):
        raise CloudError("invalid", "maxSurge must be equal to 0 when replacement method is set to RECREATE")
    # The provider sends the fingerprint of its state, and a machine that came since has changed it.
    if instance.before and any(group_id(machine) == instance.id for machine in instance.world.find(MACHINE)):
        raise CloudError("conditionNotMet", "Supplied fingerprint does not match current metadata fingerprint.")


RESOURCES = {
    "gcp:compute/instanceTemplate:InstanceTemplate": global_resource(
        "instanceTemplates",
        in_use=IN_USE,
        # A template never changes.
        replaces=(
            *("disks", "machineType", "canIpForward", "confidentialInstanceConfig", "description", "guestAccelerators"),
            *("instanceDescription", "labels", "metadata", "metadataStartupScript", "minCpuPlatform"),
            *("networkInterfaces", "region", "resourcePolicies", "scheduling", "serviceAccount"),
            *("shieldedInstanceConfig", "tags", "advancedMachineFeatures", "reservationAffinity"),
        ),
        external=("disks.sourceImage",),  # public images belong to their makers' projects
        allowed={
            "scheduling.onHostMaintenance": ("MIGRATE", "TERMINATE"),
            "scheduling.provisioningModel": ("STANDARD", "SPOT"),
        },
        refuses=refuse_template,
        outputs=lambda instance: {"selfLinkUnique": f"{API}{instance.id}?uniqueId={int(instance.hex('u', 15), 16)}"},
    ),
    "gcp:compute/instanceGroupManager:InstanceGroupManager": named(
        PROJECT + "zones/{zone}/instanceGroupManagers/{name}",
        "{account}/{zone}",
        in_use=IN_USE,
        replaces=("zone", "baseInstanceName", "description"),
        allowed={
            "updatePolicy.type": ("OPPORTUNISTIC", "PROACTIVE"),
            "updatePolicy.minimalAction": ACTIONS,
            "updatePolicy.replacementMethod": ("RECREATE", "SUBSTITUTE"),
        },
        refuses=refuse_group,
        outputs=lambda instance: {
            "instanceGroup": API + instance.id.replace("instanceGroupManagers", "instanceGroups"),
            "targetSize": instance.get("targetSize", 0),
        },
    ),
    MACHINE: Resource(
        "{account}/{zone}/{instanceGroupManager}/{name}",
        name="name",
        scope="{account}/{zone}",
        taken="alreadyExists",
        replaces=("instanceGroupManager", "name", "zone", "project"),
        allowed={
            "minimalAction": ACTIONS,
            "mostDisruptiveAllowedAction": ACTIONS,
            "preservedState.disks.deleteRule": ("NEVER", "ON_PERMANENT_INSTANCE_DELETION"),
        },
        uses=group_of,
        refuses=refuse_machine,
    ),
}
