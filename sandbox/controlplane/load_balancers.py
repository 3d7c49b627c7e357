"""What a cloud's load balancer controller answers for a Service: where it can be reached."""

from . import clouds
from .client import Client
from .clouds import Cluster


def reconcile(client: Client, cluster: Cluster) -> None:
    for service in client.list("v1", "Service"):
        balanced = service["spec"].get("type") == "LoadBalancer"
        if balanced and not (service["status"].get("loadBalancer") or {}).get("ingress"):
            address = clouds.ingress(cluster, service["metadata"]["uid"])
            client.merge(service, {"status": {"loadBalancer": {"ingress": [address]}}}, "status")
