"""Which machines replicas run on."""

from collections.abc import Mapping
from typing import Final

from ..clouds.contract.platform import CloudName

# Upstream's guide to an RPC node on AWS (MetisProtocol/metis-ansible @ f8fcfca); elsewhere the like of it, with as many
# vCPU and no less memory.
INSTANCE_TYPES: Final[Mapping[CloudName, str]] = {
    CloudName.AWS: "c5.2xlarge",
    CloudName.AZURE: "Standard_D8s_v5",
    CloudName.GCP: "c2-standard-8",
}
"""This is the component's one table of what differs from cloud to cloud."""
