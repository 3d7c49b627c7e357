"""What a machine on AWS boots by."""

from ..boot_programs import boot_programs
from ..contract.machine_boot import MachineBoot, MachineBootSpec
from ..contract.platform import PlatformContract
from .agent import agent_config


def machine_boot(spec: MachineBootSpec, platform: PlatformContract) -> MachineBoot:
    """The instance attaches the volume by itself, because a group of one makes every instance without it."""
    return MachineBoot(
        settings={
            "REGION": platform["region"],
            "VOLUME": spec.disk,
            "SECRET": spec.secret,
            "IMAGE_SOURCE": image_parameter(spec.machine),
        },
        # The serial of an EBS volume's NVMe device is the volume's id (EC2 user guide, "Amazon EBS volumes and NVMe").
        disk_paths=[f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{spec.disk.replace('-', '')}"],
        programs=boot_programs(__file__),
        agent_config=agent_config(spec, platform["region"]),
    )


def image_parameter(machine: str) -> str:
    """The name of the SSM parameter that holds the reference of the machine's container image."""
    return f"/nodeyard/{machine}/image"
