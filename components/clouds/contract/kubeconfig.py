"""How a cluster is reached: a kubeconfig without credentials, whose command gets a token each time."""

from typing import Any

from .platform import ExecCredential, PlatformContract


def kubeconfig_of(cluster: str, endpoint: str, ca: str, credential: ExecCredential) -> dict[str, Any]:
    """A kubeconfig with one context, named as the cluster is. `ca` is the certificate authority as PEM in base64."""
    return {
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
                        "command": credential["command"],
                        "args": credential["args"],
                    }
                },
            }
        ],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    }


def platform_kubeconfig(platform: PlatformContract) -> dict[str, Any]:
    """The kubeconfig of the platform's cluster: the output `kubeconfig` of the platform and of every stack on it."""
    return kubeconfig_of(
        platform["cluster_name"], platform["cluster_endpoint"], platform["cluster_ca"], platform["authentication"]
    )
