"""The values of charts/metis-replica: which of the replicas' things their pods are told of.

Names and ids only: no secret's value passes through here.
"""

from collections.abc import Mapping
from typing import Any

from ..clouds.contract.load_balancer import LoadBalancer
from ..clouds.contract.node_pool import NodePool
from ..metis.heap import heap_option
from ..metis.node import L1DTL_PORTS, L2GETH_RPC
from ..metis.seed import seed_values
from ..monitoring import monitoring_values
from ..pods import PodSecrets, filled, port_values, pull_secret_values
from ..words import camel
from .environment import l2geth_env
from .settings import Settings

Values = dict[str, Any]


def chart_values(
    replicas: Settings,
    pools: Mapping[str, NodePool],
    balancer: LoadBalancer | None,
    secrets: PodSecrets,
) -> Values:
    """The whole of the release's values."""
    args, network, resources = replicas.args, replicas.network, replicas.resources
    l2geth, l1dtl = args["l2geth"], args["l1dtl"]
    return {
        "network": network.name,
        "replicas": args["replicas"],
        "images": {camel(key): image for key, image in replicas.images.items()},
        **pull_secret_values(args["image_pull_secrets"]),
        # Every pool has the same labels and taints: in which zone a replica stands is its disks' to say.
        "placement": next(iter(pools.values())).placement(),
        **secrets.values(),
        "rpc": _rpc(replicas, balancer),
        "l2geth": {
            "ports": port_values([L2GETH_RPC]),
            "env": {**l2geth_env(network, args["gc_mode"]), **l2geth["env"]},
            **({"args": list(l2geth["args"])} if "args" in l2geth else {}),
            "resources": resources["l2geth"],
            **seed_values(l2geth),
        },
        "l1dtl": {
            "ports": port_values(L1DTL_PORTS),
            "env": {**network.l1dtl_env, "NODE_OPTIONS": heap_option(resources["l1dtl"]), **l1dtl["env"]},
            **({"egressPorts": list(l1dtl["egress_ports"])} if "egress_ports" in l1dtl else {}),
            "resources": resources["l1dtl"],
            **seed_values(l1dtl),
        },
        "monitoring": monitoring_values(args, replicas.platform),
    }


def _rpc(replicas: Settings, balancer: LoadBalancer | None) -> Values:
    rpc, ingress = replicas.args["rpc"], replicas.ingress
    return {
        "maxHeadAge": rpc["max_head_age"],
        **({"service": balancer.service.apply(filled)} if balancer else {}),
        **({"ingress": replicas.cloud.ingress_values(ingress, replicas.platform)} if ingress else {}),
        **({"callers": list(rpc["namespaces"])} if rpc["namespaces"] else {}),
    }
