"""What the operator still has to do: what the last `up` found missing, but for secrets that were filled since."""

from nodeyard.words import MISSING_VALUE

from ..errors import Failure
from ..secrets.store import store_of
from ..stacks import Stack


def of_stack(stack: Stack) -> tuple[list[str], list[str]]:
    """What is missing, and notes. Whoever may not look at the store gets what `up` saw."""
    missing = stack.missing()
    empty = [each for each in missing if each.startswith(MISSING_VALUE)]
    try:
        filled = [each for each in empty if _is_filled(stack, each.removeprefix(MISSING_VALUE))]
    except Failure as problem:
        return missing, [f"What is missing is what the last `up` saw: {problem}"]
    return [each for each in missing if each not in filled], []


def _is_filled(stack: Stack, name: str) -> bool:
    """By the name in the store, which is a part of the secret's id on every cloud."""
    ids = [id_ for id_ in stack.secrets().values() if name in id_]
    return bool(ids) and all(store_of(stack.account()).filled(id_) for id_ in ids)
