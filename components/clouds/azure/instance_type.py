"""What an Azure VM size's name tells."""

import re

from ..contract.instance_type import Capacity

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

CONFIDENTIAL = re.compile(r"^Standard_[DE]C\d+ad?s_v[56]$")
"""AMD SEV-SNP, the only kind that AKS has: no Intel TDX (azure-aks-docs `fb060ab`, use-cvm.md)."""

_GPU = re.compile(r"^Standard_N[CD]\d+[a-z]+_(T4_v3|A100_v4|H100_v5|H200_v5)$")
"""Those for computing, of which both images have the driver: AKS installs it on Azure Linux 3 for these
(Azure/karpenter-provider-azure `021c778`, pkg/utils/supported-gpus.yaml), and Azure's HPC image has it. Others need
NVIDIA's GRID driver (NV, A10), are AMD's (MI300X, NVv4), Arm (GB200) or confidential (NCC)."""

_FORM = re.compile(r"Standard_[A-Z]+\d+(-\d+)?[a-z]*(_[A-Za-z0-9]+)*")
"""Family, vCPUs, features, accelerator and version: Standard_B1s, Standard_E32-8s_v5, Standard_NC4as_T4_v3 (Azure's
"Virtual machine sizes naming conventions")."""

_FEATURES = re.compile(r"Standard_[A-Z]+(?<!S)\d+(?:-\d+)?(?P<letters>[a-z]*)(?:_|$)")
"""The additive features of a size, by the same conventions. The oldest families say them before the number (DS2_v2)."""

_ARM = re.compile(r"Standard_[A-Z]+\d+(-\d+)?[a-z]*p[a-z]*_")
"""The letter `p` among a size's features says Arm."""


def instance_type_problem(instance_type: str, *, gpu: bool = False) -> str:
    """What keeps any node and any machine of ours from a size; empty when nothing does. Whether Azure has the size is
    not asked."""
    if not _FORM.fullmatch(instance_type):
        return f"{instance_type!r} is no instance type of Azure; they are called like Standard_D4s_v5"
    if _ARM.match(instance_type):
        return f"{instance_type!r} runs Arm code, and our images are for x86-64 only"
    if gpu and not _GPU.match(instance_type):
        return f"{instance_type!r} has no GPU that our images have a driver for: give another, or `gpu: false`"
    return ""


def attaches_our_disks(instance_type: str) -> bool:
    """Whether a size takes premium storage, which our disks are. One without an `s` among its features does not."""
    features = _FEATURES.match(instance_type)
    return not features or "s" in features["letters"]


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
