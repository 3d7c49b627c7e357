"""SecretProviderClass: which secrets of the cloud's store the Secrets Store CSI driver mounts into a pod."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from ..contract.secret_mount import SecretMountSpec

DOCKER_CONFIG = ".dockerconfigjson"
"""The one key of a Secret with a registry's credentials (Kubernetes, "Pull an Image from a Private Registry")."""


@dataclass(frozen=True)
class Synced:
    """The Kubernetes Secrets that the driver makes of a mount's files, and keeps while a pod holds the mount."""

    env: Output[str]
    """The name of the one of the files marked `env`; empty when there is none."""
    pull: Output[str]
    """The name of the one of the file marked `pull`; empty when there is none."""


def provider_class(
    name: str, spec: SecretMountSpec, provider: str, parameters: Mapping[str, Input[str]], parent: pulumi.Resource
) -> Synced:
    """The SecretProviderClass `name` of the driver's `provider`; returns the names of what the driver makes of it.

    Raises `ValueError` for more than one file marked `pull`: a Secret with a registry's credentials has one key.
    """
    keys = [file.alias for file in spec.files if file.env]
    pulls = [file.alias for file in spec.files if file.pull]
    objects = _env(name, keys) + _pull(f"{name}-pull", pulls)
    body: dict[str, Any] = {"provider": provider, "parameters": dict(parameters)}
    if objects:
        body["secretObjects"] = objects
    kubernetes.apiextensions.CustomResource(
        name,
        api_version="secrets-store.csi.x-k8s.io/v1",
        kind="SecretProviderClass",
        metadata={"name": name, "namespace": spec.namespace},
        spec=body,
        opts=ResourceOptions(parent=parent, delete_before_replace=True),
    )
    return Synced(
        env=Output.from_input(name if keys else ""),
        pull=Output.from_input(f"{name}-pull" if pulls else ""),
    )


def _env(name: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    data = [{"objectName": key, "key": key} for key in keys]
    return [{"secretName": name, "type": "Opaque", "data": data}] if keys else []


def _pull(name: str, files: Sequence[str]) -> list[dict[str, Any]]:
    if len(files) > 1:
        raise ValueError(f"{name}: {' and '.join(files)} cannot be one registry's credentials")
    data = [{"objectName": file, "key": DOCKER_CONFIG} for file in files]
    return [{"secretName": name, "type": "kubernetes.io/dockerconfigjson", "data": data}] if files else []
