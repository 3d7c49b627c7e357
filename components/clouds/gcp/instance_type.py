"""What a Google Cloud machine type's name tells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..contract.instance_type import Capacity
from .limits import ARM, CONFIDENTIAL, HYPERDISK_ONLY, NO_SSD

# GiB for each vCPU of predefined types, by series and shape ("Machine families resource and comparison guide").
# Shared-core (e2-medium), custom, bare metal and A2 types are left out on purpose, and so are the series that cannot
# attach our disks.
_MEMORY_PER_VCPU: Mapping[tuple[str, ...], Mapping[str, float]] = {
    ("n1",): {"highcpu": 0.9, "standard": 3.75, "highmem": 6.5},
    ("g2",): {"standard": 4},
    ("e2", "n2", "n2d"): {"highcpu": 1, "standard": 4, "highmem": 8},
    ("c2d", "c3", "c3d"): {"highcpu": 2, "standard": 4, "highmem": 8},
    ("c2", "t2d"): {"standard": 4},
}
_TYPE = re.compile(r"(?P<series>[a-z]\d[a-z]?)-(?P<shape>[a-z]+)-(?P<vcpu>\d+)")

_SERIES = r"[a-z]+\d[a-z]*"
_FORM = re.compile(
    rf"{_SERIES}-[a-z]+-\d+[gt]?(-[a-z]+)*"  # n2-standard-4, a2-highgpu-1g, c3-standard-4-lssd
    rf"|({_SERIES}-)?custom-(\d+|micro|small|medium)-\d+(-ext)?"  # n2-custom-4-8192
    r"|(e2|f1|g1)-(micro|small|medium)"
)


@dataclass(frozen=True)
class Accelerator:
    """The GPUs of one machine, as Google Cloud calls them."""

    type: str
    count: int


# What a machine has, by its type ("GPU machine types", in the same words "Run GPUs in GKE Standard node pools"). An N1
# gets what is attached to it: one T4, which it takes up to 48 vCPUs; the others bring theirs.
ATTACHED = re.compile(r"n1-(standard|highmem|highcpu)-(1|2|4|8|16|32)$")
_T4 = Accelerator("nvidia-tesla-t4", 1)
_G2 = {4: 1, 8: 1, 12: 1, 16: 1, 24: 2, 32: 1, 48: 4, 96: 8}
_A2 = re.compile(r"a2-(?P<kind>high|mega|ultra)gpu-(?P<count>1|2|4|8|16)g$")


def instance_type_problem(instance_type: str, *, gpu: bool = False) -> str:
    """What keeps any node and any machine of ours from a type; empty when nothing does. Whether Google Cloud has the
    type is not asked."""
    if not _FORM.fullmatch(instance_type):
        reason = "they are called by series, kind and vCPUs, like n2-standard-4"
        return f"{instance_type!r} is no instance type of Google Cloud; {reason}"
    for limit in (ARM, HYPERDISK_ONLY, NO_SSD):
        if problem := limit.problem(instance_type):
            return problem
    if gpu and not accelerator(instance_type):
        known = "g2 and a2 bring theirs, and an n1 up to 32 vCPUs gets a T4"
        return f"{instance_type!r} has no GPU that we know of ({known}): give another, or `gpu: false`"
    return ""


def series(instance_type: str) -> str:
    """The series that Google Cloud's CPU quotas go by. A custom type without one is an N1."""
    first = instance_type.partition("-")[0]
    return "n1" if first == "custom" else first


_SHARED_CORE = {"e2": 2, "f1": 1, "g1": 1}
_A2_VCPUS = {"high": 12, "ultra": 12, "mega": 6}
"""For each GPU."""


def vcpus(instance_type: str) -> int:
    """How many vCPUs count in a quota, by the type's name; 0 where the name does not tell."""
    if found := _A2.fullmatch(instance_type):
        return _A2_VCPUS[found["kind"]] * int(found["count"])
    if found := re.match(r"[a-z0-9]+(?:-[a-z]+)?-(\d+)(?![\dgt])", instance_type):
        return int(found[1])
    return _SHARED_CORE.get(series(instance_type), 0)


def capacity(instance_type: str) -> Capacity | None:
    """vCPUs and memory of a predefined compute, general purpose or memory optimised type, or of a G2, else None."""
    match = _TYPE.fullmatch(instance_type)
    if match is None:
        return None
    for series, memory in _MEMORY_PER_VCPU.items():
        if match["series"] in series and match["shape"] in memory:
            vcpu = int(match["vcpu"])
            return Capacity(vcpu=vcpu, memory_gib=vcpu * memory[match["shape"]])
    return None


def confidential_technology(instance_type: str) -> str:
    """How GKE keeps this type's memory from its host; empty for a type where it does not, or with AMD SEV only, which
    encrypts but lets the host change what it cannot read ("Confidential VM supported configurations")."""
    if not CONFIDENTIAL.pattern.match(instance_type):
        return ""
    return "SEV_SNP" if instance_type.startswith("n2d-") else "TDX"


def accelerator(instance_type: str) -> Accelerator | None:
    """The NVIDIA GPUs of a machine of this type; None for a type without, and for one that we know nothing of."""
    if ATTACHED.match(instance_type):
        return _T4
    if found := _A2.match(instance_type):
        kind = "nvidia-a100-80gb" if found["kind"] == "ultra" else "nvidia-tesla-a100"
        return Accelerator(kind, int(found["count"]))
    series, _, vcpu = instance_type.partition("-standard-")
    if series == "g2" and vcpu.isdecimal() and (count := _G2.get(int(vcpu))):
        return Accelerator("nvidia-l4", count)
    return None
