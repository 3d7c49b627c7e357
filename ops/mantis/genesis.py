"""A network's genesis, as the nodes in the cluster have it."""

import json

from ..errors import Unhealthy
from ..reach import kubectl
from ..stacks import MantisNetwork

FILE = "genesis.json"


async def read(network: MantisNetwork) -> str:
    """Raises `Unhealthy` and `Unreachable`."""
    labels = f"app.kubernetes.io/instance={network.release},app.kubernetes.io/component=chain"
    found = await kubectl.get("configmaps", "--namespace", network.namespace, "--selector", labels)
    if not found or FILE not in (found[0].get("data") or {}):
        raise Unhealthy(f"There is no genesis in namespace {network.namespace}. Is kubectl's context another one?")
    return str(found[0]["data"][FILE])


def clique_period(text: str) -> int | None:
    """Seconds from one block to the next; None where the chain is none of clique's. Raises `Unhealthy` where the text
    is no genesis."""
    try:
        clique = json.loads(text).get("config", {}).get("clique")
        return None if clique is None else int(clique["period"])
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Unhealthy("That is no genesis.") from None
