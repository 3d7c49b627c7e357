"""What an edge node's machine does at boot. Pure Python: nothing here knows of Pulumi's resources.

    render(node, choices, cloud)     the user data, as cloud-init reads it

`choices` is the operator's part (`BootChoices`), `cloud` the cloud's (`MachineBoot`).
Upstream, for comparison: aws-samples/aws-blockchain-node-runners, branch v1, `lib/theta/lib/assets/user-data/node.sh`.
"""

from .choices import BootChoices, choice_problems
from .render import FORBIDDEN, LOG_FILES, files, render

__all__ = [
    "FORBIDDEN",
    "LOG_FILES",
    "BootChoices",
    "choice_problems",
    "files",
    "render",
]
