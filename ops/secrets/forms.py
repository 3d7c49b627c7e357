"""What a stack's secrets are: their component knows their forms, by the parsers that read a stack's file."""

from importlib import import_module
from typing import Final

from nodeyard.secret_use import SecretUse

from ..stacks import Stack

UNKNOWN: Final = SecretUse()
"""What nothing is known of."""


def use_of(stack: Stack, key: str) -> SecretUse:
    """What the entry `key` of the stack's output `secrets` is; `UNKNOWN` where the stack's outputs do not name its
    component, or this version of it has no such secret."""
    component = stack.component
    if not component.isidentifier():
        return UNKNOWN
    try:
        found = import_module(f"nodeyard.{component}.secrets").use_of(key)
    except (ModuleNotFoundError, LookupError):
        return UNKNOWN
    return found if isinstance(found, SecretUse) else UNKNOWN
