"""How a cluster is reached: a kubeconfig without credentials, and the Kubernetes provider that uses it."""

import json

import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from ..contract.platform import ExecCredential, PlatformContract


def cluster_provider(name: str, endpoint: Input[str], config: Input[str], opts: ResourceOptions) -> kubernetes.Provider:
    """The Kubernetes provider for the cluster behind `endpoint`. The endpoint is the cluster's identity: another way
    to log in updates the provider, only another cluster replaces it and with it everything that it made."""
    return kubernetes.Provider(
        name, kubeconfig=config, cluster_identifier=endpoint, enable_server_side_apply=True, opts=opts
    )


def platform_provider(name: str, platform: PlatformContract, opts: ResourceOptions) -> kubernetes.Provider:
    """The Kubernetes provider for the platform's cluster."""
    return cluster_provider(name, platform["cluster_endpoint"], kubeconfig(platform), opts)


def kubeconfig(platform: PlatformContract) -> str:
    """The kubeconfig (JSON) of the platform's cluster; it holds no secret, the exec command gets a token each time."""
    return render_kubeconfig(
        platform["cluster_name"], platform["cluster_endpoint"], platform["cluster_ca"], platform["authentication"]
    )


def cluster_kubeconfig(
    cluster: Input[str], endpoint: Input[str], ca: Input[str], credential: Input[ExecCredential]
) -> Output[str]:
    """The kubeconfig of a cluster that is still being made."""
    return Output.all(cluster, endpoint, ca, credential).apply(lambda args: render_kubeconfig(*args))


def render_kubeconfig(cluster: str, endpoint: str, ca: str, credential: ExecCredential) -> str:
    """A kubeconfig (JSON) with one context; `ca` is the certificate authority as PEM in base64."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": cluster, "cluster": {"server": endpoint, "certificate-authority-data": ca}}],
            "users": [
                {
                    "name": cluster,
                    "user": {
                        "exec": {
                            "apiVersion": "client.authentication.k8s.io/v1beta1",
                            "interactiveMode": "Never",
                            # Google's plug-in asks for it; the others do not look.
                            "provideClusterInfo": True,
                            **credential,
                        }
                    },
                }
            ],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
            "current-context": cluster,
        }
    )
