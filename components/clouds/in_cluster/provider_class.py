"""SecretProviderClass: which secrets of the cloud's store the Secrets Store CSI driver mounts into a pod."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from ..contract.secret_mount import SecretMountSpec


def provider_class(
    name: str, spec: SecretMountSpec, provider: str, parameters: Mapping[str, Input[str]], parent: pulumi.Resource
) -> Output[str]:
    """The SecretProviderClass `name` of the driver's `provider`; returns the name of the Kubernetes Secret that the
    driver makes of the files marked `env`, empty when there is none."""
    keys = [file.alias for file in spec.files if file.env]
    body: dict[str, Any] = {"provider": provider, "parameters": dict(parameters)}
    if keys:
        data = [{"objectName": key, "key": key} for key in keys]
        body["secretObjects"] = [{"secretName": name, "type": "Opaque", "data": data}]
    kubernetes.apiextensions.CustomResource(
        name,
        api_version="secrets-store.csi.x-k8s.io/v1",
        kind="SecretProviderClass",
        metadata={"name": name, "namespace": spec.namespace},
        spec=body,
        opts=ResourceOptions(parent=parent, delete_before_replace=True),
    )
    return Output.from_input(name if keys else "")
