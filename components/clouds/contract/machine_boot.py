"""What a machine's boot takes of its cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

DIMENSION: Final = "Node"
"""The one dimension of every metric of a machine, and the label of its log lines. A series outlives its machine."""


@dataclass(frozen=True, kw_only=True)
class MachineBootSpec:
    """What a boot is for: the machine, what has been made for the machine, and what its agent sends."""

    machine: str
    """The machine's name. Its metrics and its log lines carry it."""
    disk: str
    """`Disk.disk_id` of the data disk."""
    secret: str
    """`Secret.secret_id` of the secret that the machine reads."""
    log_group: str
    """`LogGroup.log_group`."""
    log_files: Sequence[str]
    """Files of the machine that the cloud's agent sends to the log group."""
    metrics_namespace: str
    gpu: bool = False


@dataclass(frozen=True, kw_only=True)
class MachineBoot:
    """The cloud's part of a boot. The rest of the boot is the same on every cloud."""

    settings: Mapping[str, str]
    """Environment variables for the cloud's own programs, by name. No value needs quoting. `SECRET` and `IMAGE_SOURCE`
    are always there: where the machine reads its secret, and where it reads which container image to run."""
    disk_paths: Sequence[str]
    """Where the data disk's block device shows. The first path that exists is the one."""
    programs: Mapping[str, str]
    """Texts of programs by file name. They work as root, and find `settings` in their environment.

    `cloud.sh` defines shell functions: `cloud_tools` installs what the others need, `cloud_secret` and `cloud_image`
    print what `SECRET` and `IMAGE_SOURCE` name, `cloud_attach` attaches the data disk where nobody else does.
    `cloud_metrics.py` has the functions `send(values)` and `interrupted()`. `agent.sh` installs and starts the cloud's
    agent."""
    agent_config: str
    """The agent's configuration file. Empty where a resource configures the agent (Azure)."""
