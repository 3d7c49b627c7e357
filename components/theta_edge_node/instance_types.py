"""Which machines an edge node runs on.

With a GPU: upstream's sample has a g4dn.xlarge (one T4, 4 vCPU, 16 GiB); Azure's and Google's defaults are the machines
with the same GPU. Without one: upstream's default is a c4.xlarge (4 vCPU, 7.5 GiB), whose disks have no NVMe serial to
be found by; the defaults are its like in a generation that has.
"""

from collections.abc import Mapping
from typing import Final

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
