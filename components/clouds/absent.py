"""How something is looked up that need not be there."""

from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def found(look_up: Callable[[], Answer], *not_there: str) -> Answer | None:
    """What `look_up` answers; None when it fails with one of `not_there` in the provider's text: many providers have no
    look-up that answers with nothing. It fails on with anything else, a missing right for one."""
    try:
        return look_up()
    except Exception as error:
        if any(text in str(error) for text in not_there):
            return None
        raise
