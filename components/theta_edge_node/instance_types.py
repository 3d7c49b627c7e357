"""Which machines an edge node runs on.

With a GPU: upstream's sample has a g4dn.xlarge (one T4, 4 vCPU, 16 GiB); Azure's and Google's defaults are the machines
with the same GPU. Without one: upstream's default is a c4.xlarge (4 vCPU, 7.5 GiB), whose disks have no NVMe serial to
be found by; the defaults are its like in a generation that has.
"""

import re
from collections.abc import Mapping
from typing import Final

from .. import clouds
from .boot.spec import Cloud

DEFAULTS: Final[Mapping[tuple[Cloud, bool], str]] = {
    ("aws", True): "g4dn.xlarge",
    ("azure", True): "Standard_NC4as_T4_v3",
    ("gcp", True): "n1-standard-4",  # to which a T4 is attached
    ("aws", False): "c6a.xlarge",
    ("azure", False): "Standard_D4as_v5",
    ("gcp", False): "e2-standard-4",
}
"""By cloud, and whether with a GPU."""

_ARM: Final[Mapping[Cloud, re.Pattern[str]]] = {
    "aws": re.compile(r"[a-z]+\d+[a-z]*g[a-z]*\.|a1\."),
    "azure": re.compile(r"Standard_[A-Z]+\d+(-\d+)?[a-z]*p[a-z]*_"),
    "gcp": re.compile(r"(t2a|c4a|n4a)-"),
}
# The families on Xen, as EC2 says of each type (aws/amazon-vpc-cni-k8s, pkg/vpc/vpc_ip_resource_limit.go).
_NO_NVME = re.compile(r"([cmr][34]|[dgi]2|[gi]3|[fht]1|t2|m[12]|c1|p[23]|x1e?)\.")


def instance_type_problem(cloud: Cloud, instance_type: str, *, gpu: bool) -> str | None:
    """What is wrong with an instance type for an edge node, by its name."""
    if _ARM[cloud].match(instance_type):
        return f"{instance_type!r} runs Arm code, and upstream's image is for x86-64 only"
    if gpu and (problem := clouds.named(cloud).gpu_problem(instance_type)):
        return f"{problem}: give another, or `gpu: false`"
    if cloud == "aws" and _NO_NVME.match(instance_type):
        return f"{instance_type!r} shows its disks without a serial, so that the data disk cannot be found"
    return None
