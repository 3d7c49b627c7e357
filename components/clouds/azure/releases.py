"""The Helm releases that every cluster of ours has. On AKS two are left: load balancers, the drivers of disks and of
secrets and the identity of pods are the cluster's own (`cluster.py`)."""

import pulumi
from pulumi import ResourceOptions

from ...pins.charts import NVIDIA_DEVICE_PLUGIN, PROMETHEUS_CRDS
from ..in_cluster.add_on import release
from .device_plugin import VALUES


class Releases(pulumi.ComponentResource):
    """Charts from their makers' repositories, each at one version, each waited for.

    Makes: `kubernetes:helm.sh/v3:Release` for the definitions of the Prometheus operator's resources, and for NVIDIA's
    device plugin, which has no pod as long as no node has a GPU.
    """

    def __init__(self, name: str, chart_mirror: str | None, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Releases", name, None, opts)
        release(PROMETHEUS_CRDS, {}, chart_mirror, parent=self)
        release(NVIDIA_DEVICE_PLUGIN, VALUES, chart_mirror, parent=self)
        self.register_outputs({})
