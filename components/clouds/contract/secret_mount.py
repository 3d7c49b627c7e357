"""How a pod mounts secrets: one SecretProviderClass."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import Output

from .identity import Identity
from .secret import Secret


@dataclass(frozen=True)
class SecretFile:
    """One secret as a file of a mount, and as a key of the synced Kubernetes Secret where `env` is set."""

    secret: Secret
    alias: str
    """The file's name and the key's name."""
    mode: int = 0o400
    env: bool = False


@dataclass(frozen=True, kw_only=True)
class SecretMountSpec:
    """The SecretProviderClass of one pod."""

    namespace: str
    files: Sequence[SecretFile]
    identity: Identity
    """Who reads the secrets: the identity of the pod's service account."""


class SecretMount(pulumi.ComponentResource):
    provider_class_name: Output[str]
    synced_secret_name: Output[str]
    """The Kubernetes Secret that the driver makes while a pod holds the mount; empty when no file asks for it."""
