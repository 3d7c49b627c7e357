"""How pods mount secrets on Google Cloud: the Secrets Store CSI driver's provider for Google Cloud."""

import json
from typing import Any

from pulumi import Output, ResourceOptions

from ..contract import secret_mount as contract
from ..contract.platform import PlatformContract
from ..contract.secret_mount import SecretFile, SecretMountSpec
from ..in_cluster.provider_class import provider_class


class SecretMount(contract.SecretMount):
    """The SecretProviderClass of one pod, and the Kubernetes Secrets synced from it where `env` and `pull` ask for one.

    Makes: `kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass`. Source of the parameters:
    GoogleCloudPlatform/secrets-store-csi-driver-provider-gcp, `config/config.go` and `examples/`.
    """

    def __init__(self, name: str, spec: SecretMountSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:SecretMount", name, None, opts)
        files = spec.files
        secrets = Output.all(*(file.secret.secret_id for file in files)).apply(
            lambda ids: json.dumps([_file(secret, file) for secret, file in zip(ids, files, strict=True)], indent=2)
        )
        synced = provider_class(name, spec, "gcp", {"secrets": secrets}, self)
        self.synced_secret_name, self.pull_secret_name = synced.env, synced.pull
        self.provider_class_name = Output.from_input(name)
        self.register_outputs({"provider_class_name": self.provider_class_name})


def _file(secret: str, file: SecretFile) -> dict[str, Any]:
    # The mode in JSON's only base.
    return {"resourceName": f"{secret}/versions/latest", "path": file.alias, "mode": file.mode}
