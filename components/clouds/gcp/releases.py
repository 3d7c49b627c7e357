"""The add-ons that every cluster of ours has, and GKE does not bring."""

import pulumi
from pulumi import ResourceOptions

from ...pins.charts import PROMETHEUS_CRDS, SECRETS_STORE_DRIVER
from ..in_cluster.add_on import release, secrets_store_values
from .cluster_facts import ClusterFacts
from .secrets_provider import SecretsProvider


class Releases(pulumi.ComponentResource):
    """Charts from their makers' repositories, each at one version, each waited for, and Google's secrets provider.

    Makes: `kubernetes:helm.sh/v3:Release` for the definitions of the Prometheus operator's resources and for the
    Secrets Store CSI driver, the open-source one (GKE's managed Secret Manager add-on mounts files, but cannot make a
    Kubernetes Secret of them); `nodeyard:gcp:SecretsProvider`. Load balancers are GKE's own.
    """

    def __init__(self, name: str, cluster: ClusterFacts, chart_mirror: str | None, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Releases", name, None, opts)
        release(PROMETHEUS_CRDS, {}, chart_mirror, parent=self)
        # The provider takes no token but one for the project's own pool (auth/auth.go, extractSAToken).
        values = secrets_store_values([cluster.workload_identity_pool])
        driver = release(SECRETS_STORE_DRIVER, values, chart_mirror, parent=self)
        SecretsProvider(name, ResourceOptions(parent=self, depends_on=[driver]))
        self.register_outputs({})
