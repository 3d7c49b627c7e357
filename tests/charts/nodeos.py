"""Releases of the chart nodeos-bp, the managers' command lines in it, and what its policies let through."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from nodeos_manager.options import arguments
from tests.charts.harness import Chart, Rendered, Values
from tests.charts.policies import Direction, Pod, passes, rules

NODEOS = Chart("nodeos-bp", release="eos", namespace="bp", usual="eos-mainnet")
CHART, SAMPLES = NODEOS.directory, NODEOS.samples
sample, changed, template = NODEOS.sample, NODEOS.changed, NODEOS.template
USER = 10001
"""The user of the image (services/nodeos_manager/Dockerfile)."""


class Nodeos(Rendered):
    @property
    def nodes(self) -> list[str]:
        return sorted(self.of("StatefulSet"))

    def labels(self, node: str) -> dict[str, str]:
        found: dict[str, str] = self.of("StatefulSet")[node]["spec"]["template"]["metadata"]["labels"]
        return found

    def pod(self, node: str) -> dict[str, Any]:
        spec: dict[str, Any] = self.of("StatefulSet")[node]["spec"]["template"]["spec"]
        return spec

    def container(self, node: str) -> dict[str, Any]:
        [container] = self.pod(node)["containers"]
        found: dict[str, Any] = container
        return found

    def containers(self, node: str) -> dict[str, dict[str, Any]]:
        """The container of the node and what runs before it."""
        pod = self.pod(node)
        return {container["name"]: container for container in [*pod["initContainers"], *pod["containers"]]}

    def environment(self, node: str) -> dict[str, str]:
        """The container's, with what the pod's own fields hold once it runs."""
        pod = {"metadata.uid": "an-uid", "metadata.namespace": "bp"}
        return {
            each["name"]: each.get("value") or pod[each["valueFrom"]["fieldRef"]["fieldPath"]]
            for each in self.container(node)["env"]
        }

    def options(self, node: str) -> argparse.Namespace:
        """What the manager makes of its command line, which it refuses where an option is unknown or missing."""
        with patch.dict(os.environ, self.environment(node), clear=True):
            # An option's default is read when the parser is made, and that is now.
            return arguments(self.container(node)["args"])

    # --- policies

    def comes_in(self, node: str, port: int, caller: Pod | str) -> bool:
        """Whether a node's pod is reached at a port, by a pod or by an address outside the cluster."""
        return self._passes("ingress", node, port, caller)

    def gets_out(self, node: str, port: int, to: Pod | str) -> bool:
        """Whether a node's pod reaches a port of another pod, or of an address outside the cluster."""
        return self._passes("egress", node, port, to)

    def _passes(self, direction: Direction, node: str, port: int, other: Pod | str) -> bool:
        return passes(self.of("NetworkPolicy").values(), direction, Pod("bp", self.labels(node)), port, other)

    def rules(self, direction: Direction) -> Iterator[dict[str, Any]]:
        yield from rules((policy["spec"] for policy in self.of("NetworkPolicy").values()), direction)


def rendered(values: Values | None = None) -> Nodeos:
    return Nodeos(NODEOS.objects(values))
