"""Add-ons that come as charts from their makers' repositories."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Input, ResourceOptions

from ...pins.pin import Chart
from ..contract.node_room import Room

NAMESPACE = "kube-system"
"""Where an add-on runs that does not say where."""

EVERY_TAINT: list[dict[str, str]] = [{"operator": "Exists"}]


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
    chart: Chart,
    values: Mapping[str, Input[Any]],
    mirror: str | None,
    *,
    namespace: str = NAMESPACE,
    parent: pulumi.Resource,
    depends_on: Sequence[pulumi.Resource] = (),
) -> kubernetes.helm.v3.Release:
    """The release of an add-on's chart, waited for; from the directory `mirror` where one is given."""
    # With a mirror the archive's name says chart and version; neither is looked up anywhere.
    source: dict[str, Any] = {
        "chart": chart.name,
        "version": chart.version,
        "repository_opts": {"repo": chart.source},
    }
    if mirror:
        source = {"chart": f"{mirror}/{chart.name}-{chart.version}.tgz"}
    return kubernetes.helm.v3.Release(
        chart.name,
        name=chart.name,
        namespace=namespace,
        values=values,
        max_history=5,
        timeout=600,
        opts=ResourceOptions(parent=parent, depends_on=list(depends_on)),
        **source,
    )
