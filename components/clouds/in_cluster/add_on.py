"""Add-ons that come as charts from their makers' repositories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Input, ResourceOptions

from ..contract.node_room import Room

NAMESPACE = "kube-system"
"""Where an add-on runs that does not say where."""

EVERY_TAINT: list[dict[str, str]] = [{"operator": "Exists"}]


@dataclass(frozen=True, kw_only=True)
class AddOn:
    """A chart at one version. Versions and repositories as each project's own Chart.yaml and README give them, read in
    August 2026."""

    chart: str
    repository: str
    version: str


PROMETHEUS_CRDS = AddOn(
    chart="prometheus-operator-crds",
    repository="https://prometheus-community.github.io/helm-charts",
    version="31.0.1",
)
"""The definitions of the Prometheus operator's resources, so that a ServiceMonitor or a PrometheusRule is always
accepted; Prometheus itself is the operator's choice."""

SECRETS_STORE_DRIVER = AddOn(
    chart="secrets-store-csi-driver",
    repository="https://kubernetes-sigs.github.io/secrets-store-csi-driver/charts",
    version="1.6.0",
)
SECRETS_STORE_DRIVER_REQUESTS = Room(millicpu=70, mib=140)
"""What its pod asks of every node: the chart's defaults for driver (50m, 100Mi), registrar and probe (10m, 20Mi each).
AKS runs the same driver."""


def secrets_store_values(audiences: Sequence[str]) -> dict[str, Any]:
    """The driver's values, with the audiences for which the cloud's provider needs tokens of the pod's account."""
    return {
        "linux": {"tolerations": EVERY_TAINT},
        "syncSecret": {"enabled": True},
        # A secret changes for a pod when the pod is replaced, and not before: what a validator signs with must not
        # change under it.
        "enableSecretRotation": False,
        "tokenRequests": [{"audience": audience} for audience in audiences],
    }


def release(
    add_on: AddOn,
    values: Mapping[str, Input[Any]],
    mirror: str | None,
    *,
    namespace: str = NAMESPACE,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource] = (),
) -> kubernetes.helm.v3.Release:
    """The release of an add-on, waited for; from the directory `mirror` where one is given."""
    # With a mirror the archive's name says chart and version; neither is looked up anywhere.
    source: dict[str, Any] = {
        "chart": add_on.chart,
        "version": add_on.version,
        "repository_opts": {"repo": add_on.repository},
    }
    if mirror:
        source = {"chart": f"{mirror}/{add_on.chart}-{add_on.version}.tgz"}
    return kubernetes.helm.v3.Release(
        add_on.chart,
        name=add_on.chart,
        namespace=namespace,
        values=values,
        max_history=5,
        timeout=600,
        opts=ResourceOptions(parent=parent, depends_on=list(depends_on)),
        **source,
    )
