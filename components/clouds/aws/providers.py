"""The providers that reach a region of AWS and an EKS cluster in it. Neither carries credentials: both take those of
whoever runs `pulumi`."""

import pulumi_aws as aws
from pulumi import ProviderResource, ResourceOptions

from ..contract.platform import ExecCredential, PlatformContract


def cloud_provider(name: str, account: str | None, region: str, opts: ResourceOptions) -> aws.Provider:
    """The AWS provider for `region`, which refuses the credentials of any other account than `account`."""
    return aws.Provider(name, region=region, allowed_account_ids=[account] if account else None, opts=opts)


def providers(name: str, platform: PlatformContract, opts: ResourceOptions) -> tuple[aws.Provider, ProviderResource]:
    """The AWS provider for the platform's region and the Kubernetes provider for its cluster."""
    from ..in_cluster.kubeconfig import platform_provider  # Kubernetes' SDK takes a second, and machines need none

    return (
        cloud_provider(name, platform["account"], platform["region"], opts),
        platform_provider(name, platform, opts),
    )


def token_command(cluster: str, region: str) -> ExecCredential:
    """How to get a token for an EKS cluster, by the AWS command line."""
    return {
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", cluster, "--region", region, "--output", "json"],
    }


def login_command(platform: PlatformContract) -> str:
    """How a person's own kubeconfig gets the platform's cluster, by the AWS command line."""
    return f"aws eks update-kubeconfig --name {platform['cluster_name']} --region {platform['region']}"
