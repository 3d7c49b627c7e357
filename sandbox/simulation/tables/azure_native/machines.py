"""Virtual machines, their interfaces and extensions."""

from collections.abc import Iterator
from typing import Any

from nodeyard.clouds.azure.limits import ARM, NO_PREMIUM_STORAGE, OS_DISK_GIB, USER_DATA

from ...resource import CloudError, Instance, Resource
from .arm import within_group
from .clusters import identities
from .identity import guid
from .network import IN_GROUP
from .storage import refuse_changes

MACHINE = "azure-native:compute:VirtualMachine"
MACHINES = "Microsoft.Compute/virtualMachines/"
#: What a machine keeps for life; the provider knows none of it (pulumi-azure-native#577).
FIXED = ("zones", "priority", "evictionPolicy", "osProfile", "storageProfile.imageReference", "securityProfile")


def machine(instance: Instance) -> dict[str, Any]:
    return {"vmId": guid(instance, "machine"), "identity": identities(instance), "provisioningState": "Succeeded"}


def refuse_machine(instance: Instance) -> None:
    refuse_changes(instance, *(path for path in FIXED if "." not in path))
    before = (instance.before.get("storageProfile") or {}).get("imageReference")
    profile = instance.get("storageProfile", {})
    if before and before != profile.get("imageReference"):
        raise CloudError("PropertyChangeNotAllowed", "Changing property 'imageReference' is not allowed.")
    refuse_architecture(instance)
    size = instance.get("hardwareProfile", {}).get("vmSize", "")
    for disk in disks(instance.inputs):
        known = instance.find(disk["managedDisk"]["id"])
        if known.get("zones") != instance.get("zones"):
            text = f"Disk {known['name']} is not in the zone of the virtual machine {instance.name}."
            raise CloudError("BadRequest", text)
        if known.get("sku", {}).get("name") == "PremiumV2_LRS" and disk.get("caching", "ReadOnly") != "None":
            raise CloudError("InvalidParameter", f"Disk {known['name']} of PremiumV2_LRS takes no caching.")
        if known.get("sku", {}).get("name", "").startswith("Premium") and NO_PREMIUM_STORAGE.problem(size):
            text = f"Requested operation cannot be performed because the VM size {size} does not support the storage"
            raise CloudError("InvalidParameter", f"{text} account type {known['sku']['name']} of disk {known['name']}.")
        refuse_second(instance, disk["managedDisk"]["id"])
    if (size := profile.get("osDisk", {}).get("diskSizeGB")) and OS_DISK_GIB.problem(size):
        text = f"The value '{size}' of disk parameter osDisk.diskSizeGB is out of range: {OS_DISK_GIB.rule}."
        raise CloudError("InvalidParameter", text)
    if USER_DATA.problem(len(instance.get("osProfile", {}).get("customData", ""))):
        raise CloudError("InvalidParameter", "Custom data in OSProfile must be in base64, of 65536 characters at most.")


def refuse_architecture(instance: Instance) -> None:
    """A size of Arm has a p among the letters after its number; of an image Canonical's SKU tells."""
    size = instance.get("hardwareProfile", {}).get("vmSize", "")
    image = instance.get("storageProfile", {}).get("imageReference") or {}
    own = "Arm64" if ARM.problem(size) else "x64"
    given = "Arm64" if "arm64" in image.get("sku", "") else "x64"
    if image.get("sku") and own != given:
        text = f"Cannot create a VM of size '{size}' because this VM size only supports a CPU Architecture of '{own}'"
        raise CloudError("BadRequest", f"{text}, but an image or disk with CPU Architecture '{given}' was given.")


def refuse_second(instance: Instance, disk: str) -> None:
    """A disk has one machine at a time."""
    for other in instance.world.find(MACHINE):
        if other.id != instance.id and any(each["managedDisk"]["id"] == disk for each in disks(other.inputs)):
            text = f"Disk '{disk.rsplit('/', 1)[-1]}' cannot be attached as the disk is already owned by VM"
            raise CloudError("ConflictingUserInput", f"{text} '{other.id}'.")


def disks(inputs: Any) -> Iterator[Any]:
    for disk in (inputs.get("storageProfile") or {}).get("dataDisks") or []:
        if disk.get("managedDisk", {}).get("id"):
            yield disk


def with_it(instance: Instance) -> None:
    """What lies in a machine, or is a right on it, goes when it goes."""
    for item in instance.world.all():
        if item.id.startswith(f"{instance.id}/"):
            instance.world.delete(item)


def refuse_rules(instance: Instance) -> None:
    taken: set[tuple[Any, Any]] = set()
    for rule in instance.get("securityRules", []):
        place = (rule["direction"], rule.get("priority"))
        if not 100 <= rule.get("priority", 0) <= 4096 or place in taken:
            text = f"Security rule {rule.get('name')} has an invalid or a conflicting priority: {rule.get('priority')}"
            raise CloudError("SecurityRuleInvalidPriority" if place not in taken else "SecurityRuleConflict", text)
        taken.add(place)


RESOURCES = {
    MACHINE: Resource(
        within_group(MACHINES + "{name}"),
        name="vmName",
        name_limit=64,
        replaces=("resourceGroupName", "vmName", "location"),
        allowed={
            "priority": ("Regular", "Spot", "Low"),
            "evictionPolicy": ("Deallocate", "Delete"),
            "storageProfile.dataDisks.deleteOption": ("Delete", "Detach"),
        },
        external=("storageProfile.imageReference.id",),  # an image may be of another group or subscription
        outputs=machine,
        later=("identity.userAssignedIdentities",),
        refuses=refuse_machine,
        deleted=with_it,
        **IN_GROUP,
    ),
    "azure-native:compute:VirtualMachineExtension": Resource(
        within_group(MACHINES + "{vmName}/extensions/{name}"),
        name="vmExtensionName",
        name_limit=80,
        scope=within_group(MACHINES + "{vmName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "vmName", "vmExtensionName"),
    ),
    "azure-native:network:NetworkInterface": Resource(
        within_group("Microsoft.Network/networkInterfaces/{name}"),
        name="networkInterfaceName",
        name_limit=80,
        in_use="NicInUse",
        replaces=("resourceGroupName", "networkInterfaceName", "location"),
        **IN_GROUP,
    ),
    "azure-native:network:NetworkSecurityGroup": Resource(
        within_group("Microsoft.Network/networkSecurityGroups/{name}"),
        name="networkSecurityGroupName",
        name_limit=80,
        in_use="InUseNetworkSecurityGroupCannotBeDeleted",
        replaces=("resourceGroupName", "networkSecurityGroupName", "location"),
        refuses=refuse_rules,
        **IN_GROUP,
    ),
}
