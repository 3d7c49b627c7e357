"""User data in the form that Azure takes as custom data."""

import base64

from ...errors import InputError

LIMIT = 64 * 1024
"""Bytes, after base64 (Azure's "Custom data and cloud-init on Azure Virtual Machines")."""


def encode(user_data: str) -> str:
    """The text in base64. Raises `InputError` for a text that is too long."""
    encoded = base64.b64encode(user_data.encode()).decode()
    if len(encoded) > LIMIT:
        raise InputError(
            "The machine's user data is too long.",
            [("user_data", f"{len(encoded)} bytes in base64; Azure takes {LIMIT}")],
        )
    return encoded
