"""What an edge node's machine does at boot. Pure Python: nothing here knows of Pulumi's resources.

    user_data(BootSpec(...))    what the cloud's API takes
    render(BootSpec(...))       the same as cloud-init reads it

Upstream, for comparison: aws-samples/aws-blockchain-node-runners, branch v1, `lib/theta/lib/assets/user-data/node.sh`.
"""

from .agents import LOG_FILES, agent_config, cloudwatch_metrics
from .render import FORBIDDEN, LIMITS, files, render, user_data
from .spec import BootSpec, DataDisk, image_problem

__all__ = [
    "FORBIDDEN",
    "LIMITS",
    "LOG_FILES",
    "BootSpec",
    "DataDisk",
    "agent_config",
    "cloudwatch_metrics",
    "files",
    "image_problem",
    "render",
    "user_data",
]
