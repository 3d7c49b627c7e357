"""What a machine on Google Cloud boots by."""

from ..boot_programs import boot_programs
from ..contract.machine_boot import MachineBoot, MachineBootSpec
from ..contract.platform import PlatformContract
from .agent import agent_config

IMAGE_ATTRIBUTE = "nodeyard-container-image"
"""The metadata attribute of an instance that holds the reference of its container image."""
DEVICE = "data"
"""Under what name a machine sees its data disk."""


def machine_boot(spec: MachineBootSpec, _platform: PlatformContract) -> MachineBoot:
    """The group attaches the disk."""
    return MachineBoot(
        settings={"SECRET": spec.secret, "IMAGE_SOURCE": IMAGE_ATTRIBUTE},
        disk_paths=[f"/dev/disk/by-id/google-{DEVICE}"],
        programs=boot_programs(__file__),
        agent_config=agent_config(spec),
    )
