"""What an AWS instance type's name tells."""

import re
from string import ascii_lowercase

from ..contract.instance_type import Capacity
from .limits import ARM, MAC, MACHINE_GPU, NODE_GPU

# GiB for each vCPU, by family letter, of the current generations (EC2 user guide, "instance types"): compute,
# general purpose and memory optimised, and of the types with an NVIDIA GPU that share one host among many. Left out on
# purpose: burstable (t) and bare metal types, and c5n, which has a third more.
_MEMORY_PER_VCPU = {"c": 2, "m": 4, "r": 8, "g4dn": 4, "g5": 4, "g6": 4, "g6e": 8}
_VCPU = {"large": 2, "xlarge": 4}
_TYPE = re.compile(
    r"(?!c5n)(?P<family>(?P<kind>[cmr])(?P<generation>[5-9])[\w-]*|g4dn|g5|g6e?)"
    r"\.(?:(?P<times>\d+)(?=xlarge))?(?P<size>large|xlarge)"
)

_FORM = re.compile(r"[a-z]+\d*[a-z]*(-[a-z0-9]+)?\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)")
"""A family and a size: m6i.large, m7i-flex.2xlarge, u-6tb1.56xlarge, c7i.metal-24xl."""


def instance_type_problem(instance_type: str, *, gpu: bool = False) -> str:
    """What keeps any node and any machine of ours from a type; empty when nothing does. Whether EC2 has the type is not
    asked."""
    if not _FORM.fullmatch(instance_type):
        return f"{instance_type!r} is no instance type of AWS; they are called by family and size, like m6i.large"
    if problem := ARM.problem(instance_type) or MAC.problem(instance_type):
        return problem
    if gpu and NODE_GPU.problem(instance_type) and MACHINE_GPU.problem(instance_type):
        return f"{instance_type!r} has no GPU that our images have a driver for: give another, or `gpu: false`"
    return ""


def family_letters(instance_type: str) -> str:
    """The letters that a family begins with, by which EC2 groups its quotas: `m` of m6i.large, `g` of g4dn.xlarge."""
    return instance_type[: len(instance_type) - len(instance_type.lstrip(ascii_lowercase))]


_SIZES = {"nano": 2, "micro": 2, "small": 2, "medium": 2, "large": 2}
"""vCPUs. Some families have one vCPU in the sizes below `large`, and so need less of a quota than is counted."""
_TIMES = re.compile(r"(metal-)?(?P<times>\d*)xl(arge)?")


def vcpus(instance_type: str) -> int | None:
    """How many vCPUs a type has by the name of its size; None for bare metal that does not name one."""
    size = instance_type.partition(".")[2]
    match = _TIMES.fullmatch(size)
    return 4 * int(match["times"] or 1) if match else _SIZES.get(size)


def capacity(instance_type: str) -> Capacity | None:
    """vCPUs and memory of a compute, general purpose or memory optimised type of generation 5 or later, or of a type
    with a GPU, else None."""
    match = _TYPE.fullmatch(instance_type)
    if match is None:
        return None
    vcpu = _VCPU[match["size"]] * int(match["times"] or 1)
    return Capacity(vcpu=vcpu, memory_gib=vcpu * _MEMORY_PER_VCPU[match["kind"] or match["family"]])


# The most pods by vCPUs, as interfaces and their addresses allow (EC2's DescribeInstanceTypes; awslabs/amazon-eks-ami
# and Bottlerocket have the same in eni-max-pods). Some types of a size take fewer.
_MOST_PODS = {2: 29, 8: 58, 36: 234}
_MOST_PODS_SINCE_8 = {2: 78, 4: 118, 8: 158, 16: 394, 32: 492, 96: 1010}


def most_pods(instance_type: str, vcpu: int) -> int:
    """How many pods a node of a type with so many vCPUs takes at most."""
    match = _TYPE.fullmatch(instance_type)
    new = match is not None and int(match["generation"] or 0) >= 8
    table, largest = (_MOST_PODS_SINCE_8, 1514) if new else (_MOST_PODS, 737)
    return next((pods for most, pods in table.items() if vcpu <= most), largest)
