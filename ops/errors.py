"""What can go wrong, and the exit code that says so."""

UNHEALTHY = 1
"""The answer is no: a node is unhealthy, a secret is empty, or the operator declined."""
BAD_INPUT = 2
"""The command line, a stack's name or outputs, a value or a key file is not what it must be. Typer's own code."""
UNREACHABLE = 3
"""Nothing is known: Pulumi, a cloud, its command line or a node could not be reached, or refused."""

INTERRUPTED = 130
"""Ctrl-C, as shells say it."""


class Failure(Exception):
    """Ends the command with one sentence on stderr and `exit_code`."""

    exit_code = BAD_INPUT


class BadInput(Failure):
    """What the operator gave cannot be used."""


class Unhealthy(Failure):
    """What was asked for was found wanting."""

    exit_code = UNHEALTHY


class Unreachable(Failure):
    """Something that had to answer did not."""

    exit_code = UNREACHABLE
