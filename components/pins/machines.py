"""What a machine boots, and what it installs then."""

import re
from datetime import date
from pathlib import Path
from typing import Final

from .pin import MachineImage, Program

_SUPPORTED_UNTIL: Final = {"22.04": date(2027, 4, 1), "24.04": date(2029, 4, 1)}
"""By the version of Ubuntu, whose lifecycle names months: of each this is the first day
(https://ubuntu.com/about/release-cycle)."""


def _ubuntu(*, name: str, version: str, source: str, reference: str, disk_gib: int) -> MachineImage:
    return MachineImage(
        name=name,
        version=version,
        source=source,
        read="2026-11-21",
        supported_until=_SUPPORTED_UNTIL[version],
        note="the newest of its kind when the machine is first made, which is kept",
        reference=reference,
        disk_gib=disk_gib,
    )


AWS_SERVER: Final = _ubuntu(
    name="Ubuntu Server on EC2",
    version="24.04",
    source="https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/",
    reference="/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    disk_gib=8,
)
AWS_WITH_DRIVER: Final = _ubuntu(
    # AWS's Deep Learning Base, with Docker, NVIDIA's toolkit and the CloudWatch agent in it.
    name="Deep Learning Base AMI (Ubuntu)",
    version="24.04",
    source="https://docs.aws.amazon.com/dlami/latest/devguide/aws-deep-learning-base-gpu-ami-ubuntu-24-04.html",
    reference="/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
    # AWS publishes no size; EC2 refuses less for the one on Ubuntu 22.04 ("expect size >= 75GB").
    disk_gib=75,
)

AZURE_SERVER: Final = _ubuntu(
    name="Ubuntu Server on Azure",
    version="24.04",
    source="https://documentation.ubuntu.com/azure/azure-how-to/instances/find-ubuntu-images/",
    reference="Canonical:ubuntu-24_04-lts:server",
    disk_gib=30,
)
AZURE_WITH_DRIVER: Final = _ubuntu(
    # Azure's HPC image, with Docker and NVIDIA's toolkit in it (components/install_docker.sh,
    # install_nvidia_container_toolkit.sh; packer/source.pkr.hcl for the disk).
    name="Ubuntu HPC on Azure",
    version="22.04",
    source="https://github.com/Azure/azhpc-images",
    reference="microsoft-dsvm:ubuntu-hpc:2204",
    disk_gib=64,
)

GCP_SERVER: Final = _ubuntu(
    # Debian's images do not run cloud-init.
    name="Ubuntu Server on Compute Engine",
    version="24.04",
    source="https://cloud.google.com/compute/docs/images/os-details#ubuntu_lts",
    reference="ubuntu-os-cloud/ubuntu-2404-lts-amd64",
    disk_gib=10,
)
GCP_WITH_DRIVER: Final = _ubuntu(
    # Google's Deep Learning VM. No source that we could read lists Docker and NVIDIA's toolkit in it.
    name="Deep Learning VM (Ubuntu)",
    version="24.04",
    source="https://cloud.google.com/deep-learning-vm/docs/images",
    reference="deeplearning-platform-release/common-cu129-ubuntu-2404-nvidia-580",
    disk_gib=50,
)


def _said(script: str, pattern: str) -> str:
    """The version that a machine's own program names: a program stands alone, and its version has one home."""
    text = (Path(__file__).parents[1] / "clouds" / script).read_text()
    (found,) = re.findall(pattern, text)
    return str(found)


CLOUDWATCH_AGENT: Final = Program(
    name="Amazon CloudWatch agent",
    version=_said("aws/boot/agent.sh", r"(?m)^VERSION=(\S+)$"),
    source="https://github.com/aws/amazon-cloudwatch-agent/releases",
    read="2026-11-21",
    note="stands in clouds/aws/boot/agent.sh, as the Deep Learning AMI of 2026-06-16 has it",
)
AZURE_MONITOR_AGENT: Final = Program(
    name="Azure Monitor agent",
    version="1.33",
    source="https://learn.microsoft.com/azure/azure-monitor/agents/azure-monitor-agent-extension-versions",
    read="2026-11-21",
    note="the least version: Azure raises it by itself",
)
OPS_AGENT: Final = Program(
    name="Ops Agent",
    version=_said("gcp/boot/agent.sh", r"(?m)^MAJOR=(\S+)$"),
    source="https://cloud.google.com/stackdriver/docs/solutions/agents/ops-agent/installation",
    read="2026-11-21",
    note="stands in clouds/gcp/boot/agent.sh; the newest of the major version, as Google's own policy has it",
)
