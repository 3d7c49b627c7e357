"""Machines and the groups that keep them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nodeyard.clouds.gcp.limits import ARM, BOOT_DISK_GIB, HYPERDISK_ONLY, NO_SSD, USER_DATA

from ...resource import CloudError, Instance, Reference, Resource
from .compute import IN_USE, PROJECT, global_resource, named
from .references import API, by_name, plain_id

MACHINE = "gcp:compute/perInstanceConfig:PerInstanceConfig"
TEMPLATE = "gcp:compute/instanceTemplate:InstanceTemplate"
ACTIONS = ("NONE", "REFRESH", "RESTART", "REPLACE")


def group_id(account: str, machine: Mapping[str, Any]) -> str:
    group = plain_id(machine["instanceGroupManager"]).rpartition("/")[2]
    return f"projects/{account}/zones/{machine['zone']}/instanceGroupManagers/{group}"


def group_of(instance: Instance) -> Iterator[Reference]:
    yield by_name(group_id(instance.account, instance.inputs))


def disks_of(inputs: Any) -> dict[str, str]:
    """What it writes to, by device."""
    disks = (inputs.get("preservedState") or {}).get("disks") or []
    return {disk["deviceName"]: plain_id(disk["source"]) for disk in disks if disk.get("mode") != "READ_ONLY"}


def refuse_machine(instance: Instance) -> None:
    """A disk is in the machine's zone, and attached for writing to one machine at a time."""
    refuse_architecture(instance)
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


def refuse_architecture(instance: Instance) -> None:
    """A boot disk of another architecture than the machine type's, where the image's name tells of it."""
    group = instance.find(group_id(instance.account, instance.inputs))
    for version in group.get("versions") or []:
        template = instance.find(plain_id(version["instanceTemplate"]).partition("?")[0])
        refuse_data_disks(instance, template["machineType"])
        own = "ARM64" if ARM.problem(template["machineType"]) else "X86_64"
        for disk in template.get("disks") or []:
            told = re.search("(arm64)|amd64|x86-64", disk.get("sourceImage") or "")
            if told and (found := "ARM64" if told[1] else "X86_64") != own:
                text = f"Requested boot disk architecture ({found}) is not compatible with machine type architecture"
                raise CloudError("badRequest", f"{text} ({own}).")


def refuse_data_disks(instance: Instance, machine: str) -> None:
    """Disks that the machine's series does not take."""
    for disk in disks_of(instance.inputs).values():
        kind = instance.find(disk).get("type", "")
        if (kind.startswith("pd-") and HYPERDISK_ONLY.problem(machine)) or (
            kind == "pd-ssd" and NO_SSD.problem(machine)
        ):
            raise CloudError("invalid", f"[{kind}] features are not compatible with machine type {machine}.")


def refuse_template(instance: Instance) -> None:
    for value in (instance.get("metadata") or {}).values():
        if USER_DATA.problem(len(value)):
            text = f"Value for field 'resource.properties.metadata.items[0].value' is too large: {USER_DATA.rule}"
            raise CloudError("invalid", text)
    if instance.get("guestAccelerators") and instance.get("scheduling", {}).get("onHostMaintenance") != "TERMINATE":
        raise CloudError("badRequest", "Instances with guest accelerators do not support live migration.")
    for disk in instance.get("disks", []):
        kind, machine = disk.get("diskType") or "", instance.inputs["machineType"]
        if (size := disk.get("diskSizeGb")) and BOOT_DISK_GIB.problem(size):
            raise CloudError(
                "invalid", f"Invalid value for field 'diskSizeGb': '{size}'. Must be {BOOT_DISK_GIB.rule}."
            )
        if kind.startswith("pd-") and HYPERDISK_ONLY.problem(machine):
            raise CloudError("invalid", f"{kind} disk type cannot be used by {machine} machine type.")


def refuse_group(instance: Instance) -> None:
    policy = instance.get("updatePolicy", {})
    if policy.get("replacementMethod") == "RECREATE" and policy.get("maxSurgeFixed", 1):
        raise CloudError("invalid", "maxSurge must be equal to 0 when replacement method is set to RECREATE")
    # The provider sends the fingerprint of its state, and a machine that came since has changed it.
    machines = instance.world.find(MACHINE) if instance.before else []
    if any(group_id(instance.account, machine.inputs) == instance.id for machine in machines):
        raise CloudError("conditionNotMet", "Supplied fingerprint does not match current metadata fingerprint.")


RESOURCES = {
    TEMPLATE: global_resource(
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
