"""Secrets on AWS: Secrets Manager, mounted by the Secrets Store CSI driver's AWS provider."""

import json

import pulumi_aws as aws
from pulumi import Input, InvokeOptions, Output, ResourceOptions

from ..adopted import adopted
from ..contract import secret, secret_mount
from ..contract.platform import PlatformContract
from ..contract.secret import SecretSpec
from ..contract.secret_mount import SecretFile, SecretMountSpec
from ..in_cluster.provider_class import provider_class
from ..naming import AWS_SECRET


class Secret(secret.Secret):
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
            self.has_value = version.id.apply(bool)
        else:
            found = aws.secretsmanager.get_secret_versions_output(secret_id=secret.id, opts=InvokeOptions(parent=self))
            self.has_value = found.versions.apply(bool)
        self.secret_id = secret.arn
        self.register_outputs({"secret_id": self.secret_id})


class SecretMount(secret_mount.SecretMount):
    """The SecretProviderClass of one pod, and the Kubernetes Secret synced from it where `env` asks for one.

    Makes: `kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass`. Source of the parameters:
    aws/secrets-store-csi-driver-provider-aws, README. Without `usePodIdentity` the provider assumes IRSA.
    """

    def __init__(self, name: str, spec: SecretMountSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:SecretMount", name, None, opts)
        files = spec.files
        parameters: dict[str, Input[str]] = {
            "region": platform["region"],
            "usePodIdentity": "true",
            "objects": Output.all(*(file.secret.secret_id for file in files)).apply(
                lambda arns: json.dumps([_object(arn, file) for arn, file in zip(arns, files, strict=True)], indent=2)
            ),
        }
        self.synced_secret_name = provider_class(name, spec, "aws", parameters, self)
        self.provider_class_name = Output.from_input(name)
        self.register_outputs({"provider_class_name": self.provider_class_name})


def _object(arn: str, file: SecretFile) -> dict[str, str]:
    return {
        "objectName": arn,
        "objectType": "secretsmanager",
        "objectAlias": file.alias,
        "filePermission": f"{file.mode:04o}",
    }
