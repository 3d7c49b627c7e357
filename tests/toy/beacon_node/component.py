"""BeaconNode: a toy node with one pod."""

from pathlib import Path

import pulumi
from pulumi import Output, ResourceOptions

from nodeyard.pods import Pods, endpoints, missing_values, port_values, secret_ids
from nodeyard.workload import Workload

from .args import BeaconNodeArgs
from .settings import PORTS, SECRETS, resolve

CHART = Path(__file__).parent / "chart"


class BeaconNode(pulumi.ComponentResource):
    """A node pool, a disk, a secret with its reader, and the release of the chart beside this file."""

    endpoints: Output[dict[str, str]]
    secrets: Output[dict[str, str]]
    missing: Output[list[str]]

    def __init__(self, name: str, args: BeaconNodeArgs, opts: ResourceOptions | None = None) -> None:
        settings = resolve(name, args)
        super().__init__("toy:index:BeaconNode", name, None, opts)
        cloud, platform, namespace = settings.cloud, args["platform"], args["namespace"]
        providers = list(cloud.providers(name, platform, ResourceOptions(parent=self)))
        child = ResourceOptions(parent=self, providers=providers)
        pods = Pods(name=name, namespace=namespace, cloud=cloud, platform=platform, opts=child)
        pool = cloud.NodePool(name, settings.node_pool, platform, child)
        disk = cloud.Disk(name, settings.disk, platform, child)
        secrets = pods.secrets(SECRETS, settings.args["secrets"])
        read = pods.reads("beacon", SECRETS, secrets)
        workload = Workload(
            name,
            chart=str(CHART),
            namespace=namespace,
            values={
                "image": settings.args["image"],
                "network": settings.args["network"],
                "claim": disk.claim_name,
                "placement": pool.placement(),
                "ports": port_values(PORTS),
                **read.values(),
            },
            depends_on=[pool, disk, *read.resources()],
            opts=child,
        )
        self.endpoints = workload.release_name.apply(lambda release: endpoints(release, namespace, {"beacon": PORTS}))
        self.secrets = secret_ids(secrets)
        self.missing = missing_values(list(secrets.values()))
        self.register_outputs({"endpoints": self.endpoints, "secrets": self.secrets, "missing": self.missing})
