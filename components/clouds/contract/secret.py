"""One secret in the cloud's store."""

from dataclasses import dataclass

import pulumi
from pulumi import Input, Output


@dataclass(frozen=True, kw_only=True)
class SecretSpec:
    """One secret in the cloud's store. The secret's name is fixed, so that nobody makes a second one by mistake."""

    name: str
    """The name in the store, `<owner>/<key>`. Each cloud spells the separator as it can."""
    value: Input[str] | None = None
    """The value. Without one the secret is made empty, and the operator puts a value there later."""
    existing: str | None = None
    """The id of a secret to adopt."""


class Secret(pulumi.ComponentResource):
    """The secret that a cloud made of a `SecretSpec`."""

    secret_id: Output[str]
    """AWS: the ARN. Azure: the ARM id. Google Cloud: the resource name."""
    secret_name: str
    """The name in the store, as the cloud spells it."""
    has_value: Output[bool]
    """Whether the secret has a value. The store is asked without reading the value."""
    version: Output[str]
    """The id of the value that is there now. Another value has another id, whoever put it there. Empty without one."""
