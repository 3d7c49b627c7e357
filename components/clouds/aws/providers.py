"""The providers that reach a region of AWS and an EKS cluster in it. Neither carries credentials: both take those of
whoever runs `pulumi`."""

import json

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from ..contract import ExecCredential, PlatformContract


def cloud_provider(name: str, region: str, opts: ResourceOptions) -> aws.Provider:
    """The AWS provider for `region`."""
    return aws.Provider(name, region=region, opts=opts)


def providers(name: str, platform: PlatformContract, opts: ResourceOptions) -> tuple[aws.Provider, kubernetes.Provider]:
    """The AWS provider for the platform's region, which refuses the credentials of any other account, and the
    Kubernetes provider for its cluster."""
    return (
        aws.Provider(name, region=platform["region"], allowed_account_ids=[platform["account"]], opts=opts),
        cluster_provider(name, platform["cluster_endpoint"], kubeconfig(platform), opts),
    )


def cluster_provider(name: str, endpoint: Input[str], config: Input[str], opts: ResourceOptions) -> kubernetes.Provider:
    """The Kubernetes provider for the cluster behind `endpoint`. The endpoint is the cluster's identity: another way
    to log in updates the provider, only another cluster replaces it and with it everything that it made."""
    return kubernetes.Provider(
        name, kubeconfig=config, cluster_identifier=endpoint, enable_server_side_apply=True, opts=opts
    )


def kubeconfig(platform: PlatformContract) -> str:
    """The kubeconfig (JSON) of the platform's cluster; it holds no secret, the exec command gets a token each time."""
    return render_kubeconfig(
        platform["cluster_name"], platform["cluster_endpoint"], platform["cluster_ca"], platform["authentication"]
    )


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
                            **credential,
                        }
                    },
                }
            ],
            "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
            "current-context": cluster,
        }
    )


def token_command(cluster: str, region: str) -> ExecCredential:
    """How to get a token for an EKS cluster, by the AWS command line."""
    return {
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", cluster, "--region", region, "--output", "json"],
    }


def cluster_kubeconfig(cluster: Input[str], region: str, endpoint: Input[str], ca: Input[str]) -> Output[str]:
    """The kubeconfig of a cluster that is still being made."""
    return Output.all(cluster, endpoint, ca).apply(
        lambda args: render_kubeconfig(args[0], args[1], args[2], token_command(args[0], region))
    )
