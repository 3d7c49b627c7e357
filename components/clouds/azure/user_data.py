"""User data in the form that Azure takes as custom data."""

import base64

from ...errors import InputError
from .limits import USER_DATA


def encode(user_data: str) -> str:
    """The text in base64. Raises `InputError` for a text that is too long."""
    encoded = base64.b64encode(user_data.encode()).decode()
    if problem := USER_DATA.problem(len(encoded)):
        raise InputError("The machine's user data is too long.", [("user_data", problem)])
    return encoded
