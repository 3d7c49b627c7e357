"""`placement: cluster`: one node pool and one release of `charts/theta-edge-node` for each node."""

from collections.abc import Mapping
from typing import Any

from pulumi import Output, ResourceOptions

from .. import clouds
from ..clouds.contract.disk import Disk
from ..clouds.contract.node_pool import NodePool
from ..clouds.contract.platform import PlatformContract
from ..pods import Pods, PodSecrets, pull_secret_values
from ..workload import Workload
from .boot import FORBIDDEN
from .keepsakes import keepsakes
from .networks import PORTS
from .outputs import MadeNode
from .secrets import POD, SECRETS
from .settings import CHART, EdgeNode, network_cidrs


def place(node: EdgeNode, platform: PlatformContract, schedule: Output[str] | None, opts: ResourceOptions) -> MadeNode:
    """The node's disk and password, its pool, who reads the password, and the release that runs on them."""
    fleet, cloud = node.fleet, clouds.of(platform)
    kept = keepsakes(node, platform, schedule, opts)
    pool = cloud.NodePool(node.name, node.node_pool, platform, opts)
    pods = Pods(name=node.name, namespace=fleet.namespace, cloud=cloud, platform=platform, opts=opts)
    reads = pods.reads(POD, SECRETS, {"password": kept.password})
    workload = Workload(
        node.name,
        chart=CHART,
        namespace=fleet.namespace,
        values=chart_values(node, platform, pool, kept.disk, reads),
        depends_on=[pool, kept.disk, *reads.resources()],
        opts=opts,
    )
    pod = f"{node.name}-{POD}-0"
    session = f"kubectl exec --namespace {fleet.namespace} --stdin --tty {pod} --container edgelauncher -- sh"
    return MadeNode(
        node=node,
        kept=kept,
        pod=f"{fleet.namespace}/{pod}",
        release=workload.release_name,
        session=session,
        alarms=[],
    )


def chart_values(
    node: EdgeNode, platform: PlatformContract, pool: NodePool, disk: Disk, reads: PodSecrets
) -> Mapping[str, Any]:
    """The whole of the release's values. They hold names and ids only: the password does not pass through here."""
    fleet = node.fleet
    return {
        "network": fleet.args["network"].value,
        "images": {"edgelauncher": node.image, "probe": fleet.args["probe_image"]},
        "configPath": fleet.network.config_path,
        "chainId": fleet.network.chain_id,
        "ports": dict(PORTS),
        "claim": disk.claim_name,
        **reads.values(),
        "gpu": fleet.gpu,
        "resources": fleet.resources,
        **pull_secret_values(fleet.args["image_pull_secrets"]),
        "placement": pool.placement(),
        "resolvers": list(fleet.args["resolvers"]),
        "forbidden": sorted({*FORBIDDEN, *network_cidrs(platform)}),
        **_monitoring(platform),
    }


def _monitoring(platform: PlatformContract) -> Mapping[str, Any]:
    """The platform's own watches the node. Where there is none, nobody would read the rules."""
    if "monitoring" not in platform:
        return {}
    return {"monitoring": {"enabled": True, "labels": dict(platform["monitoring"]["labels"])}}
