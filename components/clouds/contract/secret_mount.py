"""How a pod mounts secrets: one SecretProviderClass."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Output

from .identity import Identity
from .secret import Secret


@dataclass(frozen=True)
class SecretFile:
    """One secret as a file of a mount."""

    secret: Secret
    alias: str
    """The file's name."""
    mode: int = 0o400
    """The file's mode. The file belongs to root."""
    env: bool = False
    """Whether the value is also a key of a Kubernetes Secret, for a process that reads an environment variable. The
    key's name is `alias`."""
    pull: bool = False
    """Whether the value is a registry's credentials (`kubernetes.io/dockerconfigjson`), which the kubelet reads from a
    Kubernetes Secret of its own. The kubelet asks for that Secret after the pod's mounts are there."""


@dataclass(frozen=True, kw_only=True)
class SecretMountSpec:
    """What one pod mounts."""

    namespace: str
    """The pod's namespace."""
    files: Sequence[SecretFile]
    """The files of the mount."""
    identity: Identity
    """The identity of the pod's service account, which reads the secrets."""


class SecretMount(pulumi.ComponentResource):
    """The mount that a cloud made of a `SecretMountSpec`."""

    provider_class_name: Output[str]
    """The name of the SecretProviderClass."""
    synced_secret_name: Output[str]
    """The name of the Kubernetes Secret. The CSI driver keeps this Secret while a pod holds the mount. Empty when no
    file asks for one."""
    pull_secret_name: Output[str]
    """The name of the Kubernetes Secret with a registry's credentials. Empty when no file has any."""
