"""What a release asks of its nodes is what the component counts with when it judges their types."""

from typing import Any

import pytest

from nodeyard.clouds.contract.node_room import Room, total
from nodeyard.metis_sequencer.resources import ON_NODE, NodePods
from nodeyard.resources import amount
from tests.charts.metis import Cloud, rendered, sample

NODE_KEY = "node.metis.io"


def asked(pod: Any) -> Room:
    """As the scheduler counts: its containers together, or the init container that asks for the most."""
    together = total(amount(container["resources"]["requests"]) for container in pod["containers"])
    before = [amount(container["resources"]["requests"]) for container in pod.get("initContainers", [])]
    return Room(
        millicpu=max(room.millicpu for room in (together, *before)), mib=max(room.mib for room in (together, *before))
    )


@pytest.mark.parametrize("node", ON_NODE)
@pytest.mark.parametrize("cloud", ["aws", "azure", "gcp"])
@pytest.mark.parametrize("tools", ["", "images.invalid/chain-tools:1"])
def test_the_pods_of_a_node_ask_for_what_the_plan_counts_with(cloud: Cloud, node: str, tools: str) -> None:
    values = sample(cloud)
    release = rendered({**values, "images": {**values["images"], **({"tools": tools} if tools else {})}})
    on_it = [pod for pod in release.pods.values() if pod["nodeSelector"][NODE_KEY] == node]
    args: Any = {process: {"resources": {}} for processes in ON_NODE.values() for process in processes}
    counted = NodePods(node=node, args=args, claimed=cloud == "gcp", probed=bool(tools), room=None)
    assert total(asked(pod) for pod in on_it) == counted.asked
