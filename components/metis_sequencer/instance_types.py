"""Which machines a sequencer runs on."""

from collections.abc import Mapping

from ..clouds.contract.platform import CloudName

# Upstream's newest guide on AWS; elsewhere the like of it, with as many vCPU and no less memory. (Azure's own like of
# c5, Fsv2, is retired in November 2028.)
INSTANCE_TYPES: Mapping[str, Mapping[CloudName, str]] = {
    "l2geth": {
        CloudName.AWS: "c5.4xlarge",
        CloudName.AZURE: "Standard_D16s_v5",
        CloudName.GCP: "c2-standard-16",
    },
    "themis": {
        CloudName.AWS: "c5.2xlarge",
        CloudName.AZURE: "Standard_D8s_v5",
        CloudName.GCP: "c2-standard-8",
    },
}
