"""How pods mount secrets on Azure: the provider that AKS brings for the Secrets Store CSI driver."""

import json

from pulumi import Input, Output, ResourceOptions

from ..contract import secret_mount as contract
from ..contract.platform import PlatformContract
from ..contract.secret_mount import SecretFile, SecretMountSpec
from ..in_cluster.provider_class import provider_class
from . import arm_id
from .platform_section import azure_of


class SecretMount(contract.SecretMount):
    """The SecretProviderClass of one pod, and the Kubernetes Secrets synced from it where `env` and `pull` ask for one.

    Makes: `kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass`. Source of the parameters:
    Azure/secrets-store-csi-driver-provider-azure `d5f7cf5`, `pkg/provider/types`. With `clientID` and neither pod
    identity nor a machine's, the provider takes the pod's own token to Entra.
    """

    def __init__(self, name: str, spec: SecretMountSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:SecretMount", name, None, opts)
        azure, files = azure_of(platform), spec.files
        parameters: dict[str, Input[str]] = {
            "usePodIdentity": "false",
            "clientID": spec.identity.client_id,
            "keyvaultName": azure["key_vault"],
            "tenantID": azure["tenant"],
            "objects": Output.all(*(file.secret.secret_id for file in files)).apply(
                lambda ids: _objects([_object(arm_id.name(id_), file) for id_, file in zip(ids, files, strict=True)])
            ),
        }
        synced = provider_class(name, spec, "azure", parameters, self)
        self.synced_secret_name, self.pull_secret_name = synced.env, synced.pull
        self.provider_class_name = Output.from_input(name)
        self.register_outputs({"provider_class_name": self.provider_class_name})


def _object(secret: str, file: SecretFile) -> dict[str, str]:
    return {
        "objectName": secret,
        "objectType": "secret",
        "objectAlias": file.alias,
        "filePermission": f"{file.mode:04o}",
    }


def _objects(objects: list[dict[str, str]]) -> str:
    """YAML inside YAML: a list, under `array`, of texts that each describe one object."""
    lines = ["array:"]
    for each in objects:
        lines += ["  - |", *(f"    {key}: {json.dumps(value)}" for key, value in each.items())]
    return "\n".join(lines) + "\n"
