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
    if args["monitoring"] and not args["monitoring_labels"]:
        warn_without_receiver(f"of {name}", platform.get("monitoring"), component)


def warn_without_receiver(whose: str, monitoring: PlatformMonitoring | None, component: pulumi.Resource) -> None:
    """Says so where a platform with such monitoring tells nobody of alerts."""
    if monitoring is None:
        pulumi.log.warn(f"No alert {whose} reaches anybody: the platform has no `monitoring`.", component)
    elif not monitoring["receiver"]:
        why = "the platform's `monitoring` has no receiver of such."
        pulumi.log.warn(f"No critical alert {whose} reaches anybody: {why}", component)


def monitoring_problems(monitoring: bool, labels: Mapping[str, str]) -> Iterator[Problem]:
    """What is wrong with the labels of a release's ServiceMonitors and rules."""
    if labels and not monitoring:
        yield "monitoring_labels", "are of what `monitoring: false` leaves out"
    for name in labels:
        if name.startswith(("app.kubernetes.io/", "helm.sh/")):
            yield ("monitoring_labels", name), "is a label that the chart sets itself"
