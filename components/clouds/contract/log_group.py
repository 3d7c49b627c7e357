"""Where the logs of machines go."""

from dataclasses import dataclass

import pulumi
from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class LogGroupSpec:
    """Where the logs of machines go: each of its lines says whose it is."""

    days: int = 90


class LogGroup(pulumi.ComponentResource):
    log_group: Output[str]
    """As the machine names it (`BootSpec.log_group`)."""
