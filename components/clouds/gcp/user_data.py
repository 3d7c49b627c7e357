"""User data in the form that Compute Engine takes as the metadata attribute `user-data`."""

from ...errors import InputError
from .limits import USER_DATA


def encode(user_data: str) -> str:
    """The text as it is. Raises `InputError` for a text that is too long."""
    if problem := USER_DATA.problem(len(user_data.encode())):
        raise InputError("The machine's user data is too long.", [("user_data", problem)])
    return user_data
