"""How bad input is reported: every problem at once, each with the path of its key, before anything is created."""

from collections.abc import Iterable

import pulumi

Problem = tuple[str, str]
"""The path of the offending key, and what is wrong with it."""


class InputError(pulumi.RunError):
    """Bad input. Pulumi prints a `RunError` as it is, without a stack trace."""

    def __init__(self, what: str, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join([what, *(f"  {path}: {reason}" for path, reason in self.problems)]))
