"""The providers that reach a region of Azure and an AKS cluster in it. Neither carries credentials: both take those of
whoever runs `pulumi`, as `az login` or the pipeline's environment has them."""

from pulumi import ProviderResource, ResourceOptions
from pulumi_azure_native import Provider

from ..contract.platform import ExecCredential, PlatformContract

AKS_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""The application that every AKS cluster with Entra asks tokens for, the same in every tenant (kubelogin, README)."""

TOKEN_COMMAND: ExecCredential = {
    "command": "kubelogin",
    "args": ["get-token", "--login", "azurecli", "--server-id", AKS_SERVER],
}
"""How to get a token for an AKS cluster, by kubelogin and the Azure command line."""


def cloud_provider(name: str, account: str | None, region: str, opts: ResourceOptions) -> Provider:
    """The Azure provider for `region` of the subscription `account`; what it makes lies there unless told otherwise.
    Credentials that have no right in that subscription are refused."""
    return Provider(name, subscription_id=account, location=region, opts=opts)


def providers(name: str, platform: PlatformContract, opts: ResourceOptions) -> tuple[Provider, ProviderResource]:
    """The Azure provider for the platform's region and the Kubernetes provider for its cluster."""
    from ..in_cluster.kubeconfig import platform_provider  # Kubernetes' SDK takes a second, and machines need none

    return (
        cloud_provider(name, platform["account"], platform["region"], opts),
        platform_provider(name, platform, opts),
    )


def login_command(platform: PlatformContract) -> str:
    """How a person's own kubeconfig gets the platform's cluster, by the Azure command line and kubelogin."""
    place = f"--resource-group {platform['azure']['resource_group']} --subscription {platform['account']}"
    get = f"az aks get-credentials --name {platform['cluster_name']} {place}"
    return f"{get} && kubelogin convert-kubeconfig --login azurecli"
