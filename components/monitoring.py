"""How a component in a platform's cluster is seen by the platform's monitoring."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from .clouds.contract.platform import PlatformContract, PlatformMonitoring
from .errors import Problem


def monitoring_values(args: Mapping[str, Any], platform: PlatformContract) -> dict[str, Any]:
    """What a chart is told of a component's monitoring. The platform's own Prometheus finds it, and the component's own
    labels come besides."""
    told: dict[str, Any] = {"enabled": args["monitoring"], "labels": dict(args["monitoring_labels"])}
    if "monitoring_namespace" in args:
        told["namespace"] = args["monitoring_namespace"]
    if args["monitoring"] and "monitoring" in platform:
        told["labels"] = {**platform["monitoring"]["labels"], **told["labels"]}
    return told


def warn_unheard(name: str, args: Mapping[str, Any], platform: PlatformContract, component: pulumi.Resource) -> None:
    """Says so where the component's alerts reach nobody. With labels of one's own there is a Prometheus of one's
    own."""
    if args["monitoring"] and not args["monitoring_labels"] and (why := unheard(platform.get("monitoring"))):
        pulumi.log.warn(f"No alert of {name} reaches anybody: {why}", component)


def unheard(monitoring: PlatformMonitoring | None) -> str:
    """Why nobody is told of alerts on a platform with such monitoring; empty when somebody is."""
    if monitoring is None:
        return "the platform has no `monitoring`."
    return "" if monitoring["receiver"] else "the platform's `monitoring` has no receiver."


def monitoring_problems(monitoring: bool, labels: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the labels of a release's ServiceMonitors and rules."""
    if labels and not monitoring:
        yield "monitoring_labels", "are of what `monitoring: false` leaves out"
    for name in labels:
        if name.startswith(("app.kubernetes.io/", "helm.sh/")):
            yield ("monitoring_labels", name), "is a label that the chart sets itself"
