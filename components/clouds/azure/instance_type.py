"""What an Azure VM size's name tells."""

import re

from ..contract.instance_type import Capacity
from .limits import ARM, GPU, NO_PREMIUM_STORAGE

# GiB for each vCPU of the general purpose (D, DC), memory optimised (E, EC) and compute optimised (F) sizes with AMD
# or Intel processors (Azure's "Sizes for virtual machines"). Left out on purpose: burstable sizes (B), Arm (p), high
# and low memory (m, l), constrained vCPUs (E32-8s_v5), the first two generations of D, and F after its second, whose
# memory the letters behind the number decide.
_MEMORY_PER_VCPU = {"D": 4, "DC": 4, "E": 8, "EC": 8, "F": 2}
_SIZE = re.compile(r"^Standard_(?P<family>DC|D|EC|E|F)(?P<vcpu>\d+)[ads]*_v(?P<version>[2-9])$")
_LAST_IN_PROPORTION = {"E": 48, "EC": 48}
"""Larger ones have less than their share."""

_WITH_GPU = {
    # "NCasT4_v3" and "NC_A100_v4 sizes series".
    "Standard_NC4as_T4_v3": (4, 28),
    "Standard_NC8as_T4_v3": (8, 56),
    "Standard_NC16as_T4_v3": (16, 110),
    "Standard_NC64as_T4_v3": (64, 440),
    "Standard_NC24ads_A100_v4": (24, 220),
    "Standard_NC48ads_A100_v4": (48, 440),
    "Standard_NC96ads_A100_v4": (96, 880),
}
"""vCPUs and GiB."""

_FORM = re.compile(r"Standard_[A-Z]+\d+(-\d+)?[a-z]*(_[A-Za-z0-9]+)*")
"""Family, vCPUs, features, accelerator and version: Standard_B1s, Standard_E32-8s_v5, Standard_NC4as_T4_v3 (Azure's
"Virtual machine sizes naming conventions")."""


def instance_type_problem(instance_type: str, *, gpu: bool = False) -> str:
    """What keeps any node and any machine of ours from a size; empty when nothing does. Whether Azure has the size is
    not asked."""
    if not _FORM.fullmatch(instance_type):
        return f"{instance_type!r} is no instance type of Azure; they are called like Standard_D4s_v5"
    without_gpu = GPU.problem(instance_type) if gpu else ""
    return ARM.problem(instance_type) or without_gpu or NO_PREMIUM_STORAGE.problem(instance_type)


_PARTS = re.compile(
    r"Standard_(?P<letters>[A-Z]+)(?P<vcpu>\d+)(-\d+)?(?P<features>[a-z]*)(_(?P<accelerator>[A-Z]\w*?))?(_(?P<version>v\d+))?"
)


def vcpus(instance_type: str) -> int:
    """How many vCPUs a size has by its name. One with constrained vCPUs counts as the whole one."""
    match = _PARTS.fullmatch(instance_type)
    return int(match["vcpu"]) if match else 0


def family(instance_type: str) -> str:
    """What Azure's quotas call the family of a size, as far as its name tells: DSv5 of Standard_D4s_v5, NCASv3_T4 of
    Standard_NC4as_T4_v3, NCADS_A100_v4 of Standard_NC24ads_A100_v4."""
    match = _PARTS.fullmatch(instance_type)
    if match is None:
        return instance_type
    series, version, accelerator = (
        match["letters"] + match["features"].upper(),
        match["version"] or "",
        match["accelerator"],
    )
    if not accelerator:
        return f"{series}{version}"
    return f"{series}{version}_{accelerator}" if accelerator == "T4" else f"{series}_{accelerator}_{version}"


def capacity(instance_type: str) -> Capacity | None:
    """vCPUs and memory of a size of the families D and E from version 3 on, F of version 2, or NC with a T4 or an A100,
    else None."""
    if instance_type in _WITH_GPU:
        vcpu, memory_gib = _WITH_GPU[instance_type]
        return Capacity(vcpu=vcpu, memory_gib=memory_gib)
    match = _SIZE.match(instance_type)
    if match is None:
        return None
    family, vcpu, version = match["family"], int(match["vcpu"]), int(match["version"])
    if (family == "F") != (version == 2) or vcpu > _LAST_IN_PROPORTION.get(family, vcpu):
        return None
    return Capacity(vcpu=vcpu, memory_gib=vcpu * _MEMORY_PER_VCPU[family])
