"""What an AWS instance type's name tells of its size."""

import re

from ..contract.instance_type import Capacity

# GiB for each vCPU, by family letter, of the current generations (EC2 user guide, "instance types"): compute,
# general purpose and memory optimised. Burstable (t), bare metal and accelerated types are left out on purpose.
_MEMORY_PER_VCPU = {"c": 2, "m": 4, "r": 8}
_VCPU = {"large": 2, "xlarge": 4}
_GPU = re.compile(r"(g4dn|g5|g6|g6e|gr6|p4d|p4de|p5|p5e|p5en)\.")
"""NVIDIA's, of which both images have the driver: the nodes' (EKS user guide, "Use EKS-optimized accelerated AMIs",
Bottlerocket x86_64) and the machines' (release notes of the Deep Learning Base OSS Nvidia Driver AMI). Arm has names of
its own (g5g)."""

_TYPE = re.compile(r"^(?P<family>[cmr])[5-9]\w*\.(?:(?P<times>\d+)(?=xlarge))?(?P<size>large|xlarge)$")


def capacity(instance_type: str) -> Capacity | None:
    """vCPUs and memory of a compute, general purpose or memory optimised type of generation 5 or later, else None."""
    match = _TYPE.match(instance_type)
    if match is None:
        return None
    vcpu = _VCPU[match["size"]] * int(match["times"] or 1)
    return Capacity(vcpu=vcpu, memory_gib=vcpu * _MEMORY_PER_VCPU[match["family"]])


def gpu_problem(instance_type: str) -> str:
    """What keeps a type from a GPU of ours; empty when nothing does."""
    return "" if _GPU.match(instance_type) else f"{instance_type!r} has no GPU that our images have a driver for"
