"""`placement: cluster`: one node pool and one release of `charts/theta-edge-node` for each node."""

from pulumi import ResourceOptions

from ..clouds.contract.identity import IdentitySpec
from ..clouds.contract.node_pool import NodePool, NodePoolSpec, Taint
from ..clouds.contract.secret_mount import SecretFile, SecretMountSpec
from ..workload import Workload
from .nodes import EdgeNode, Fleet
from .placed import Placed, disk_of, secret_of
from .values import NODE_KEY, PASSWORD, chart_values, pod_name

ROOT_DISK_GIB = 100
"""The images of edge jobs are large, and lie on the node's own disk."""


def place(node: EdgeNode, fleet: Fleet, opts: ResourceOptions) -> Placed:
    """The node's disk and password, its pool, who reads the password, and the release that runs on them."""
    cloud, platform = fleet.cloud, fleet.platform
    namespace = fleet.args["namespace"] or ""
    disk, secret = disk_of(node, fleet, namespace, opts), secret_of(node, fleet, opts)
    pool = _pool(node, fleet, opts)
    identity = cloud.Identity(
        node.name,
        IdentitySpec(namespace=namespace, service_account=pod_name(node), secrets=[secret]),
        platform,
        opts,
    )
    mount = cloud.SecretMount(
        node.name,
        SecretMountSpec(namespace=namespace, files=[SecretFile(secret, PASSWORD, env=True)], identity=identity),
        platform,
        opts,
    )
    Workload(
        node.name,
        chart="theta-edge-node",
        namespace=namespace,
        values=chart_values(node, fleet, pool, disk, mount),
        depends_on=[pool, disk, mount, identity],
        opts=opts,
    )
    pod = f"{pod_name(node)}-0"
    session = f"kubectl exec --namespace {namespace} --stdin --tty {pod} --container edgelauncher -- sh"
    return Placed(node=node, disk=disk, secret=secret, pod=f"{namespace}/{pod}", session=session, alarms=[])


def _pool(node: EdgeNode, fleet: Fleet, opts: ResourceOptions) -> NodePool:
    spec = NodePoolSpec(
        instance_type=node.instance_type,
        zone=node.zone,
        release_version=fleet.args["release_version"] or "",
        labels={NODE_KEY: node.name},
        taints=[Taint(NODE_KEY, node.name)],
        root_disk_gib=fleet.args.get("root_disk_gib") or ROOT_DISK_GIB,
        spot=fleet.spot,
        gpu=fleet.gpu,
    )
    return fleet.cloud.NodePool(node.name, spec, fleet.platform, opts)
