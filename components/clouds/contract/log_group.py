"""Where the logs of machines go."""

from dataclasses import dataclass

import pulumi
from pulumi import Output


@dataclass(frozen=True, kw_only=True)
class LogGroupSpec:
    """The common log of several machines. Each line says which machine wrote it."""

    days: int = 90
    """How many days a line is kept."""


class LogGroup(pulumi.ComponentResource):
    """The log that a cloud made of a `LogGroupSpec`."""

    log_group: Output[str]
    """The name that a machine's agent sends its lines to."""
