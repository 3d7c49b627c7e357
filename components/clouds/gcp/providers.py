"""The providers that reach a region of a Google Cloud project and a GKE cluster in it. Neither carries credentials:
both take those of whoever runs `pulumi`."""

import pulumi_gcp as gcp
from pulumi import ProviderResource, ResourceOptions

from ..contract.platform import ExecCredential, PlatformContract


def cloud_provider(name: str, account: str | None, region: str, opts: ResourceOptions) -> gcp.Provider:
    """The Google Cloud provider for the project `account` and `region`: whatever it makes is made in that project, and
    credentials without rights there are refused."""
    return gcp.Provider(name, project=account, region=region, opts=opts)


def providers(name: str, platform: PlatformContract, opts: ResourceOptions) -> tuple[gcp.Provider, ProviderResource]:
    """The Google Cloud provider for the platform's project and region and the Kubernetes provider for its cluster."""
    from ..in_cluster.kubeconfig import platform_provider  # Kubernetes' SDK takes a second, and machines need none

    return (
        cloud_provider(name, platform["account"], platform["region"], opts),
        platform_provider(name, platform, opts),
    )


def token_command() -> ExecCredential:
    """How to get a token for any GKE cluster, by Google's plug-in for kubectl."""
    return {"command": "gke-gcloud-auth-plugin", "args": []}


def login_command(platform: PlatformContract) -> str:
    """How a person's own kubeconfig gets the platform's cluster, by Google Cloud's command line."""
    place = f"--location {platform['region']} --project {platform['account']}"
    return f"gcloud container clusters get-credentials {platform['cluster_name']} {place}"
