"""A machine that needs no cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Input, Output

from .disk import Disk
from .firewall import Firewall
from .log_group import LogGroup
from .secret import Secret


@dataclass(frozen=True, kw_only=True)
class MachinePlan:
    """What can be judged of a machine before anything is made for the machine."""

    instance_type: str
    image: str
    container_image: str
    gpu: bool = False
    """Whether the machine must have a GPU."""
    log_days: int = 90
    notify: str | None = None
    region: str = ""
    """Where the machine stands. Empty where nobody has said it."""
    root_disk_gib: int | None = None


@dataclass(frozen=True, kw_only=True)
class MachineSpec:
    """One machine with one data disk that outlives the machine. Nothing reaches the machine from the internet. There
    are never two machines with one disk."""

    zone: str
    instance_type: str
    """In the cloud's own words."""
    image: str
    """In the cloud's own words: an image's id or version, or the documented look-up of an image."""
    user_data: Input[str]
    """What cloud-init reads, as plain text. The cloud brings the text into the form that its API takes, and refuses one
    that is too long. Another text replaces the machine, and not the disk."""
    container_image: str
    """What the machine finds at run time where the setting `IMAGE_SOURCE` of its boot says. Another container image
    changes nothing else."""
    disk: Disk
    secrets: Sequence[Secret]
    """The only secrets that the machine's identity may read."""
    log_group: LogGroup
    log_files: Sequence[str]
    """Files of the machine that the cloud's agent sends to the log group. Azure's agent hears of them by a resource.
    Another cloud's agent hears of them by its configuration in `user_data`."""
    metrics_namespace: str
    root_disk_gib: int = 60
    """No smaller than the disk that the image was made from."""
    spot: bool = False
    """Cheaper. The cloud takes the machine away at any time."""
    gpu: bool = False
    firewalls: Sequence[Firewall] = ()

    @property
    def plan(self) -> MachinePlan:
        """What can be judged of it by itself."""
        return MachinePlan(
            instance_type=self.instance_type,
            image=self.image,
            container_image=self.container_image,
            gpu=self.gpu,
            root_disk_gib=self.root_disk_gib,
        )


class Machine(pulumi.ComponentResource):
    """The machine that a cloud made of a `MachineSpec`."""

    instance: Output[str]
    """The machine's id, where the machine keeps its id (Azure). Empty where a group makes machines anew."""
    group: Output[str]
    """The name of the group of one that keeps the machine (AWS, Google Cloud). Empty where there is no group."""
    session: Output[str]
    """The command that opens a shell on the machine."""
