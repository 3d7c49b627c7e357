"""What a cloud's load balancer controller answers for a Service: where it can be reached, or why it cannot."""

from sandbox.simulation.world import World

from . import clouds
from .client import Client
from .clouds import BalancerFailed, Cluster
from .events import Events


def reconcile(client: Client, world: World, cluster: Cluster, events: Events) -> None:
    for service in client.list("v1", "Service"):
        if service["spec"].get("type") != "LoadBalancer":
            continue
        try:
            address = clouds.ingress(world, cluster, service)
        except BalancerFailed as failed:
            text = f"Error syncing load balancer: failed to ensure load balancer: {failed}"
            events.warn(service, "SyncLoadBalancerFailed", text)
            continue
        # What the API server adds, such as the address's mode, is its own.
        present = (service["status"].get("loadBalancer") or {}).get("ingress") or [{}]
        if any(present[0].get(name) != value for name, value in address.items()):
            client.merge(service, {"status": {"loadBalancer": {"ingress": [address]}}}, "status")
