"""What a store's refusal says."""

import json
from collections.abc import Mapping

from pydantic import SecretStr

from ..errors import Failure, Unreachable


class Refused(Unreachable):
    """A store that did not do it, and why: `cause`, in which the secret is not named."""

    def __init__(self, secret: str, cause: str) -> None:
        super().__init__(f"{secret}: {cause}")
        self.cause = cause


def refused(secret: str, error: Exception, value: SecretStr | None = None) -> Refused:
    """Why a store did not do it; without the value, should the store have quoted it."""
    said = str(error) or type(error).__name__
    if value:
        hidden = value.get_secret_value()
        # As it is, and as Python and JSON quote it.
        for shown in (hidden, repr(hidden)[1:-1], json.dumps(hidden)[1:-1]):
            said = said.replace(shown, "[the value]")
    return Refused(secret, " ".join(said.replace(secret, "[the secret]").split()))


def causes(problems: Mapping[str, Failure]) -> str:
    """Each cause once, with the keys that it holds for. What one secret alone has is told as it was told."""
    keys: dict[str, list[str]] = {}
    for key, problem in problems.items():
        keys.setdefault(problem.cause if isinstance(problem, Refused) else str(problem), []).append(key)
    return "; ".join(
        str(problems[names[0]]) if len(names) == 1 else f"{', '.join(names)}: {cause}" for cause, names in keys.items()
    )
