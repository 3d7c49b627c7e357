"""Secrets on AWS: Secrets Manager."""

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import InvokeOptions, Output, ResourceOptions
from pulumi_aws.secretsmanager.outputs import GetSecretVersionsVersionResult

from ..adoption import adopted
from ..contract import secret as contract
from ..contract.platform import PlatformContract
from ..contract.secret import SecretSpec
from ..naming import AWS_SECRET


class Secret(contract.Secret):
    """A secret in Secrets Manager, encrypted with the platform's key, or without one with AWS's own.

    Makes: `aws:secretsmanager:Secret`, protected, under the fixed name `spec.name`, and, where a value is given,
    `aws:secretsmanager:SecretVersion`; or reads the one whose ARN is `spec.existing`.
    """

    def __init__(self, name: str, spec: SecretSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Secret", name, None, opts)
        self.secret_name = AWS_SECRET.fit(spec.name)
        if spec.existing:
            secret = aws.secretsmanager.Secret.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        else:
            secret = aws.secretsmanager.Secret(
                name,
                name=self.secret_name,
                kms_key_id=platform["kms_key"] or None,
                recovery_window_in_days=30,
                opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True),
            )
        if spec.value is not None:
            version = aws.secretsmanager.SecretVersion(
                name,
                secret_id=secret.id,
                secret_string=Output.secret(spec.value),
                # What a value opens outlives the stack, and so must the value.
                opts=ResourceOptions(parent=self, retain_on_delete=True),
            )
            self.has_value, self.version = version.id.apply(bool), version.version_id
        else:
            found = aws.secretsmanager.get_secret_versions_output(secret_id=secret.id, opts=InvokeOptions(parent=self))
            self.has_value, self.version = found.versions.apply(bool), found.versions.apply(_current)
        self.secret_id = secret.arn
        self.register_outputs({"secret_id": self.secret_id})


def _current(versions: Sequence[GetSecretVersionsVersionResult]) -> str:
    """The version that whoever asks for none gets (Secrets Manager user guide, "Secret versions"); empty where there is
    none."""
    return next((version.version_id for version in versions if "AWSCURRENT" in version.version_stages), "")
