"""Google Cloud's types, and what its resources are called."""

import re

from sandbox.simulation.world import Object

from .. import Cluster, View, text

CLUSTER = "gcp:container/cluster:Cluster"
NODE_POOL = "gcp:container/nodePool:NodePool"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
ADDRESS = "gcp:compute/address:Address"
DISK = "gcp:compute/disk:Disk"
SECRET = "gcp:secretmanager/secret:Secret"
KEY = "gcp:kms/cryptoKey:CryptoKey"
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"


def gke_cluster(view: View, cluster: Cluster) -> Object:
    """What GKE has of a cluster."""
    return next(item for item in view.find(CLUSTER) if f"https://{text(item, 'endpoint')}" == cluster.server)


def location_of(item: Object) -> str:
    """The region of something that has one, or a zone."""
    where = text(item, "location") or text(item, "region") or text(item, "zone")
    return re.sub(r"-[a-z]$", "", where)


def project_of(item: Object) -> str:
    found = re.search(r"projects/([^/]+)/", f"{item.id}/")
    return text(item, "project") or (found[1] if found else "")


def short(name: str) -> str:
    """The last part of a path."""
    return name.rpartition("/")[2]


def numbers_of(view: View, project: str) -> set[str]:
    """The project's number, which Secret Manager says in the names that it gives."""
    names = (text(item, "name") for item in view.find(SECRET) if project_of(item) == project)
    return {found[1] for name in names if (found := re.match(r"projects/(\d+)/", name))}
