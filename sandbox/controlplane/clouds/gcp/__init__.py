"""GKE: its node pools, and the Google provider of the Secrets Store CSI driver with Secret Manager behind it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.simulation.world import Object

from .. import BalancerFailed, Cluster, SecretsStore, View, releases, text
from ..shapes import address_in, fingerprint
from .nodes import pools
from .resources import ADDRESS, CLUSTER, DISK, SECRET, location_of, project_of, short
from .secrets import asked, mounted, reader, within_reach

__all__ = [
    "CLOUD",
    "CLUSTER",
    "DISK_DRIVER",
    "PROVIDER",
    "SECRET",
    "asked",
    "cluster",
    "ingress",
    "mounted",
    "pools",
    "reader",
    "secrets_store",
    "volume_problem",
    "within_reach",
]

CLOUD = "gcp"
PROVIDER = "gcp"
DISK_DRIVER = "pd.csi.storage.gke.io"
DAEMON_SET = "apps/DaemonSet"
AGENT = "csi-secrets-store-provider-gcp"


def cluster(item: Object) -> Cluster:
    version = text(item, "masterVersion") or text(item, "minMasterVersion")
    server = f"https://{text(item, 'endpoint')}"
    return Cluster(CLOUD, text(item, "name"), location_of(item), server, version, item.key or 0)


def secrets_store(view: View, cluster: Cluster) -> SecretsStore:
    """The provider's chart is in no repository: as a rule it comes as the objects of its documented install."""
    found = releases.secrets_store(view, cluster, PROVIDER)
    agents = [item for item in view.find(DAEMON_SET) if item.scope == cluster.server]
    for item in agents:
        if item.inputs["metadata"]["name"] == AGENT:
            return replace(found, provider=item.inputs["spec"]["template"]["spec"].get("tolerations", []))
    return found


def ingress(view: View, cluster: Cluster, service: Mapping[str, Any]) -> dict[str, str]:
    wanted = service["spec"].get("loadBalancerIP")
    if wanted and not any(text(item, "address") == wanted for item in view.find(ADDRESS)):
        raise BalancerFailed(f"requested ip {wanted!r} is neither static nor assigned to the LB")
    return {"ip": wanted or address_in("34.64.0.0/10", fingerprint(service["metadata"]["uid"]))}


def volume_problem(view: View, handle: str, zone: str) -> str:
    """Of kubernetes-sigs/gcp-compute-persistent-disk-csi-driver, which looks for the disk where its handle says."""
    disks = [item for item in view.find(DISK) if parts_of(item) == named(handle)]
    if not disks:
        missing = f"The resource '{handle}' was not found, notFound"
        return f"rpc error: code = NotFound desc = Could not find disk {short(handle)}: googleapi: Error 404: {missing}"
    there = text(disks[0], "zone")
    mismatch = f"The disk '{handle}' is in {there}, not in the instance's zone {zone}"
    return "" if there == zone else f"rpc error: code = InvalidArgument desc = Failed to attach: {mismatch}"


def parts_of(disk: Object) -> tuple[str, str, str]:
    return project_of(disk), text(disk, "zone"), text(disk, "name")


def named(handle: str) -> tuple[str, str, str]:
    """(project, zone, name) in `projects/P/zones/Z/disks/N`."""
    parts = handle.split("/")
    known = len(parts) == 6 and parts[::2] == ["projects", "zones", "disks"]
    return (parts[1], parts[3], parts[5]) if known else ("", "", "")
