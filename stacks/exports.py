"""What a stack exports: under a name in camel case, described in its component's page."""

from typing import TypeVar

from pulumi import Output

T = TypeVar("T")


def unless_empty(told: Output[T]) -> Output[T | None]:
    """None where there is nothing to tell: Pulumi leaves such an output out."""
    return told.apply(lambda known: known or None)
