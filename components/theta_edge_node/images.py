"""Which machine image an edge node boots: the documented look-up for each cloud, with and without a GPU.

Only Ubuntu: its images run cloud-init on all three clouds (Google's Debian images do not). GPU images bring the driver,
so that nothing is compiled at boot; `packages.sh` installs Docker, the toolkit and the CLI where one lacks them.

A look-up answers with a newer image from time to time. The component resolves it once and keeps the answer, or the
operator gives the version: an image that moves by itself would replace the machine at some `up`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .boot.spec import Cloud


@dataclass(frozen=True)
class MachineImage:
    lookup: str
    """SSM public parameter (AWS), `publisher:offer:sku` (Azure), `project/family` (GCP)."""
    contains: frozenset[str]
    """Of docker, toolkit, driver, cli, agent, session: what the source says that the image brings."""
    source: str
    pinned_by: str
    """How one version of it is named."""
    disk_gib: int
    """Of the disk that it was made from: no cloud boots it from a smaller one."""

    @property
    def root_disk_gib(self) -> int:
        """What a machine of it gets."""
        return self.disk_gib + ROOM_GIB


ROOM_GIB = 50
"""On the root disk beside the image: for two container images, since one is pulled while the other runs, and for what
edge jobs bring."""


IMAGES: Final[Mapping[tuple[Cloud, bool], MachineImage]] = {
    ("aws", False): MachineImage(
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        frozenset({"session"}),  # the SSM agent, as a snap
        "https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/",
        "a release's serial instead of `current` in the path, or the AMI's id",
        disk_gib=8,
    ),
    ("aws", True): MachineImage(
        "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
        # By its release notes' lists of packages, which do not name the CLI.
        frozenset({"docker", "toolkit", "driver", "agent", "session"}),
        "https://docs.aws.amazon.com/dlami/latest/devguide/aws-deep-learning-base-gpu-ami-ubuntu-24-04.html",
        "the AMI's id",
        # AWS publishes no size; EC2 refuses less for the one on Ubuntu 22.04 ("expect size >= 75GB").
        disk_gib=75,
    ),
    ("azure", False): MachineImage(
        "Canonical:ubuntu-24_04-lts:server",
        frozenset(),
        "https://documentation.ubuntu.com/azure/azure-how-to/instances/find-ubuntu-images/",
        "a version instead of `latest`",
        disk_gib=30,
    ),
    ("azure", True): MachineImage(
        "microsoft-dsvm:ubuntu-hpc:2204",
        frozenset({"docker", "toolkit", "driver"}),
        "https://github.com/Azure/azhpc-images",  # components/install_docker.sh, install_nvidia_container_toolkit.sh
        "a version instead of `latest`",
        disk_gib=64,  # the same, packer/source.pkr.hcl
    ),
    ("gcp", False): MachineImage(
        "ubuntu-os-cloud/ubuntu-2404-lts-amd64",
        frozenset(),
        "https://cloud.google.com/compute/docs/images/os-details#ubuntu_lts",
        "`projects/<project>/global/images/<name>` instead of the family",
        disk_gib=10,
    ),
    ("gcp", True): MachineImage(
        "deeplearning-platform-release/common-cu129-ubuntu-2404-nvidia-580",
        frozenset({"driver"}),  # no source that we could read lists Docker and the toolkit: both are looked for at boot
        "https://cloud.google.com/deep-learning-vm/docs/images",
        "`projects/<project>/global/images/<name>` instead of the family",
        disk_gib=50,
    ),
}
