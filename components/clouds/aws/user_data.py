"""User data in the form that EC2 takes."""

import base64
import gzip

from ...errors import InputError
from .limits import USER_DATA


def encode(user_data: str) -> str:
    """The text, compressed because 16 KiB are few, in base64. Raises `InputError` for a text that stays too long."""
    # Without a time in it the same text gives the same bytes: a plan shows no change where there is none.
    sent = gzip.compress(user_data.encode(), mtime=0)
    if problem := USER_DATA.problem(len(sent)):
        raise InputError("The machine's user data is too long.", [("user_data", problem)])
    return base64.b64encode(sent).decode()
