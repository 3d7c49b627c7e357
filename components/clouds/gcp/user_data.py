"""User data in the form that Compute Engine takes as the metadata attribute `user-data`."""

from ...errors import InputError

LIMIT = 256 * 1024
"""Bytes of one metadata value ("About VM metadata", limits)."""


def encode(user_data: str) -> str:
    """The text as it is. Raises `InputError` for a text that is too long."""
    if (size := len(user_data.encode())) > LIMIT:
        raise InputError(
            "The machine's user data is too long.", [("user_data", f"{size} bytes; Compute Engine takes {LIMIT}")]
        )
    return user_data
