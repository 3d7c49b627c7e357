"""How pods mount secrets on AWS: the Secrets Store CSI driver's AWS provider."""

import json

from pulumi import Input, Output, ResourceOptions

from ..contract import secret_mount as contract
from ..contract.platform import PlatformContract
from ..contract.secret_mount import SecretFile, SecretMountSpec
from ..in_cluster.provider_class import provider_class


class SecretMount(contract.SecretMount):
    """The SecretProviderClass of one pod, and the Kubernetes Secrets synced from it where `env` and `pull` ask for one.

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
        synced = provider_class(name, spec, "aws", parameters, self)
        self.synced_secret_name, self.pull_secret_name = synced.env, synced.pull
        self.provider_class_name = Output.from_input(name)
        self.register_outputs({"provider_class_name": self.provider_class_name})


def _object(arn: str, file: SecretFile) -> dict[str, str]:
    return {
        "objectName": arn,
        "objectType": "secretsmanager",
        "objectAlias": file.alias,
        "filePermission": f"{file.mode:04o}",
    }
