"""The values of charts/theta-edge-node. Names and ids only: the password does not pass through here."""

from typing import Any

from ..clouds.contract.disk import Disk
from ..clouds.contract.node_pool import NodePool
from ..clouds.contract.secret_mount import SecretMount
from .boot import FORBIDDEN
from .networks import NETWORKS, RESOLVERS
from .nodes import EdgeNode, Fleet, network_cidrs

NODE_KEY = "nodeyard.io/theta-edge-node"
"""Label and taint key of the node that an edge node has to itself; the value is its name."""
PASSWORD = "PASSWORD"  # noqa: S105 the name of a file and of a variable
"""As upstream's image takes it."""


def pod_name(node: EdgeNode) -> str:
    """Of the StatefulSet, of its service account, and, with `-0`, of its pod."""
    return f"{node.name}-edge"


def chart_values(node: EdgeNode, fleet: Fleet, pool: NodePool, disk: Disk, mount: SecretMount) -> dict[str, Any]:
    """The whole of the release's values."""
    network = NETWORKS[fleet.args["network"]]
    return {
        "images": {"edgelauncher": node.image, "probe": fleet.args["probe_image"]},
        "configPath": network.config_path,
        "chainId": network.chain_id or "",
        "claim": disk.claim_name,
        "secretProviderClass": mount.provider_class_name,
        "secret": {"name": mount.synced_secret_name, "key": PASSWORD},
        "gpu": fleet.gpu,
        "placement": {
            "nodeSelector": {NODE_KEY: node.name},
            "tolerations": [
                {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect.value}
                for taint in pool.taints
            ],
        },
        "resolvers": list(fleet.args.get("resolvers") or RESOLVERS),
        "forbidden": sorted({*FORBIDDEN, *network_cidrs(fleet.platform)}),
    }
