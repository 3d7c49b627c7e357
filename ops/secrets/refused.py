"""What a store's refusal says."""

import json

from pydantic import SecretStr

from ..errors import Unreachable


def refused(secret: str, error: Exception, value: SecretStr | None = None) -> Unreachable:
    """Why a store did not do it; without the value, should the store have quoted it."""
    said = str(error) or type(error).__name__
    if value:
        hidden = value.get_secret_value()
        # As it is, and as Python and JSON quote it.
        for shown in (hidden, repr(hidden)[1:-1], json.dumps(hidden)[1:-1]):
            said = said.replace(shown, "[the value]")
    return Unreachable(f"{secret}: {' '.join(said.split())}")
