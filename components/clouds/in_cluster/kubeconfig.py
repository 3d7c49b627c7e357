"""The Kubernetes provider that uses a cluster's kubeconfig."""

import json

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from ..contract.kubeconfig import kubeconfig_of, platform_kubeconfig
from ..contract.platform import ExecCredential, PlatformContract


def cluster_provider(name: str, endpoint: Input[str], config: Input[str], opts: ResourceOptions) -> kubernetes.Provider:
    """The Kubernetes provider for the cluster behind `endpoint`. The endpoint is the cluster's identity: another way
    to log in updates the provider, only another cluster replaces it and with it everything that it made."""
    return kubernetes.Provider(
        name, kubeconfig=config, cluster_identifier=endpoint, enable_server_side_apply=True, opts=opts
    )


def platform_provider(name: str, platform: PlatformContract, opts: ResourceOptions) -> kubernetes.Provider:
    """The Kubernetes provider for the platform's cluster."""
    return cluster_provider(name, platform["cluster_endpoint"], json.dumps(platform_kubeconfig(platform)), opts)


def cluster_kubeconfig(
    cluster: Input[str], endpoint: Input[str], ca: Input[str], credential: Input[ExecCredential]
) -> Output[str]:
    """The kubeconfig (JSON) of a cluster that is still being made."""
    return Output.all(cluster, endpoint, ca, credential).apply(lambda args: json.dumps(kubeconfig_of(*args)))
