"""What a Google Cloud machine type's name tells."""

import re

from ..contract import Capacity

# GiB for each vCPU ("Machine families resource and comparison guide", predefined types). Shared-core (e2-micro to
# e2-medium), custom, bare metal and accelerator types are left out on purpose. C3 and C4 count their memory anew.
_MEMORY_PER_VCPU = {"highcpu": 1.0, "standard": 4.0, "highmem": 8.0}
_HIGHCPU_2 = ("c3", "c3d", "c4", "c4d", "n4")
_TYPE = re.compile(r"^(?P<series>[cen]\d+[ad]?)-(?P<shape>highcpu|standard|highmem)-(?P<vcpu>\d+)$")
_ODD = {("c4", "standard"): 3.75, ("c4", "highmem"): 7.75, ("c4d", "standard"): 3.875, ("c4d", "highmem"): 7.875}

ARM = re.compile(r"(t2a|c4a|n4a)-")
"""GKE itself taints the nodes of these with `kubernetes.io/arch=arm64:NoSchedule`."""

HYPERDISK_ONLY = re.compile(r"(c4[ad]?|n4[ad]?|h4d|m4|x4)-")
"""Series that cannot attach a Persistent Disk, which our disks are ("Persistent Disk", machine series support)."""

_SEV_SNP = re.compile(r"n2d-")
_TDX = re.compile(r"c3-standard-\d+$")


def capacity(instance_type: str) -> Capacity | None:
    """vCPUs and memory of a predefined compute, general purpose or memory optimised type of the series C, E and N, else
    None."""
    match = _TYPE.match(instance_type)
    if match is None or match["series"] == "n1":  # N1 has its own sizes: 3.75, 6.5 and 0.9 GiB
        return None
    series, shape, vcpu = match["series"], match["shape"], int(match["vcpu"])
    per_vcpu = 2.0 if shape == "highcpu" and series in _HIGHCPU_2 else _MEMORY_PER_VCPU[shape]
    return Capacity(vcpu=vcpu, memory_gib=vcpu * _ODD.get((series, shape), per_vcpu))


def confidential_technology(instance_type: str) -> str:
    """How GKE keeps this type's memory from its host; empty for a type where it does not, or with AMD SEV only, which
    encrypts but lets the host change what it cannot read ("Confidential VM supported configurations")."""
    if _SEV_SNP.match(instance_type):
        return "SEV_SNP"
    return "TDX" if _TDX.match(instance_type) else ""
