"""Which machines an edge node runs on.

With a GPU: upstream's sample has a g4dn.xlarge (one T4, 4 vCPU, 16 GiB); Azure's and Google's defaults are the machines
with the same GPU. Without one: upstream's default is a c4.xlarge (4 vCPU, 7.5 GiB), whose disks have no NVMe serial to
be found by; the defaults are its like in a generation that has.
"""

from collections.abc import Mapping
from typing import Final

from .. import clouds
from ..clouds.contract.platform import CloudName

DEFAULTS: Final[Mapping[tuple[CloudName, bool], str]] = {
    (CloudName.AWS, True): "g4dn.xlarge",
    (CloudName.AZURE, True): "Standard_NC4as_T4_v3",
    (CloudName.GCP, True): "n1-standard-4",  # to which a T4 is attached
    (CloudName.AWS, False): "c6a.xlarge",
    (CloudName.AZURE, False): "Standard_D4as_v5",
    (CloudName.GCP, False): "e2-standard-4",
}
"""By cloud, and whether with a GPU. This is the component's one table of what differs from cloud to cloud."""


def instance_type_problem(cloud: CloudName, instance_type: str, *, gpu: bool) -> str:
    """What keeps an edge node from an instance type, wherever it runs; empty when nothing does."""
    asked = clouds.named(cloud)
    if asked.architecture(instance_type) != "x86-64":
        return f"{instance_type!r} runs Arm code, and upstream's image is for x86-64 only"
    return asked.gpu_problem(instance_type) if gpu else ""
