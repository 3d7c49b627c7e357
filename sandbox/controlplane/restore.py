"""Brings a control plane that has just started what the world says is in its cluster."""

from sandbox.simulation import helm
from sandbox.simulation.resource import CloudError
from sandbox.simulation.world import World

from .api_server import ApiServer

RELEASE = "kubernetes:helm.sh/v3:Release"


def restore(world: World, server: str, api_server: ApiServer) -> list[str]:
    """In the order in which it was made; what a release made, Helm makes again. Returns what was refused."""
    refusals = []
    present = world.find_in(server)
    for item in present:
        try:
            if item.type == RELEASE:
                if helm.local_chart(item.inputs):
                    made = [owned.inputs for owned in present if owned.properties.get("release") == item.name]
                    api_server.release(item.inputs | {"skipAwait": True, "atomic": False}, made)
            elif "release" not in item.properties:
                api_server.apply(item.inputs)
        except CloudError as refusal:
            refusals.append(str(refusal))
    return refusals
