"""What a machine on Azure boots by."""

from ..boot_programs import boot_programs
from ..contract.machine_boot import MachineBoot, MachineBootSpec
from ..contract.platform import PlatformContract
from ..naming import AZURE_IDENTITY
from . import arm_id
from .platform_section import azure_of

IMAGE_TAG = "container-image"
"""The tag of a virtual machine that holds the reference of its container image."""
LUN = 0
"""Where a machine's data disk is attached."""


def machine_boot(spec: MachineBootSpec, platform: PlatformContract) -> MachineBoot:
    """The machine's own definition attaches the disk, and a data collection rule configures the agent."""
    group = azure_of(platform)["resource_group"]
    identity = f"Microsoft.ManagedIdentity/userAssignedIdentities/{AZURE_IDENTITY.fit(spec.machine)}"
    return MachineBoot(
        settings={
            "REGION": platform["region"],
            "SECRET": _secret_uri(spec.secret),
            # Organizations give identities to every machine by policy; with two, one has to be named.
            "IDENTITY": arm_id.in_group(platform["account"], group, identity),
            "IMAGE_SOURCE": IMAGE_TAG,
        },
        # azure-vm-utils' link (NVMe and SCSI), then the Linux agent's (SCSI).
        disk_paths=[f"/dev/disk/azure/data/by-lun/{LUN}", f"/dev/disk/azure/scsi1/lun{LUN}"],
        programs=boot_programs(__file__),
        agent_config="",
    )


def _secret_uri(secret: str) -> str:
    """`https://<vault's host>/secrets/<name>`, of a secret's ARM id."""
    vault = secret.split("/")[8]
    return f"https://{vault}.vault.azure.net/secrets/{arm_id.name(secret)}"
