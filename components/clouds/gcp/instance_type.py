"""What a Google Cloud machine type's name tells."""

import re

from ..contract import Capacity

# GiB for each vCPU of predefined types, by series and shape ("Machine families resource and comparison guide"). N1,
# whose shapes are its own, shared-core (e2-medium), custom, bare metal and accelerator types are left out on purpose,
# and so are the series that cannot attach our disks.
_MEMORY_PER_VCPU = {
    ("e2", "n2", "n2d"): {"highcpu": 1, "standard": 4, "highmem": 8},
    ("c2d", "c3", "c3d"): {"highcpu": 2, "standard": 4, "highmem": 8},
    ("c2", "t2d"): {"standard": 4},
}
_TYPE = re.compile(r"(?P<series>[a-z]\d[a-z]?)-(?P<shape>[a-z]+)-(?P<vcpu>\d+)")

ARM = re.compile(r"(t2a|c4a|n4a)-")
"""GKE itself taints the nodes of these with `kubernetes.io/arch=arm64:NoSchedule`."""

HYPERDISK_ONLY = re.compile(r"(c4[ad]?|n4[ad]?|h4d|m4|x4)-")
"""Series that cannot attach a Persistent Disk, which our disks are ("Persistent Disk", machine series support)."""

# "Confidential VM supported configurations", and in the same words Dataproc's "Confidential Compute": SEV_SNP on n2d,
# TDX on c3-standard-*. Those with disks of their own and bare metal (-lssd, -metal) are left out.
_SEV_SNP = re.compile(r"n2d-")
_TDX = re.compile(r"c3-standard-\d+$")


def capacity(instance_type: str) -> Capacity | None:
    """vCPUs and memory of a predefined compute, general purpose or memory optimised type, else None."""
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
    if _SEV_SNP.match(instance_type):
        return "SEV_SNP"
    return "TDX" if _TDX.match(instance_type) else ""
