"""One secret in the cloud's store."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output


@dataclass(frozen=True, kw_only=True)
class SecretSpec:
    """One secret in the cloud's store, under a name of its own, so that a second one cannot be made by mistake."""

    name: str
    """The physical name, `<owner>/<key>` (each cloud spells the separator as it can)."""
    value: Input[str] | None = None
    """The value; without one the operator puts it there (`external`), and the component cannot see the difference."""
    existing: str | None = None
    """The id of a secret to adopt."""


class Secret(pulumi.ComponentResource):
    secret_id: Output[str]
    secret_name: str
    has_value: Output[bool]
    """Whether there is a value to mount, ours or the operator's; asked without reading it."""
