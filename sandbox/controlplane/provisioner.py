"""What the provisioner beside a cloud's CSI driver does: it makes the volume that a claim waits for, in the zone of the
node that the scheduler chose for the claim's pod. Such disks are the cluster's own: the world does not hold them."""

from typing import Any

from . import clouds
from .client import Client
from .clouds import Cluster

Item = dict[str, Any]

SELECTED = "volume.kubernetes.io/selected-node"
"""Where the scheduler writes the node."""
PROVISIONER = "volume.kubernetes.io/storage-provisioner"
"""Where kube-controller-manager writes whose work the volume is."""
PROVISIONED = "pv.kubernetes.io/provisioned-by"
"""Where a provisioner says that a volume is its own."""
ZONE = "topology.kubernetes.io/zone"


def reconcile(client: Client, cluster: Cluster) -> None:
    driver = clouds.disk_driver(cluster)
    for claim in client.list("v1", "PersistentVolumeClaim"):
        told = claim["metadata"].get("annotations") or {}
        if not claim["spec"].get("volumeName") and SELECTED in told and told.get(PROVISIONER) == driver:
            node = client.find("Node", told[SELECTED])
            kind = client.find("StorageClass", claim["spec"]["storageClassName"], api_version="storage.k8s.io/v1")
            if node and kind:
                client.apply(volume(claim, driver, node, kind), "provisioner")


def volume(claim: Item, driver: str, node: Item, kind: Item) -> Item:
    name, of = f"pvc-{claim['metadata']['uid']}", claim["metadata"]
    zone = {"key": ZONE, "operator": "In", "values": [node["metadata"]["labels"][ZONE]]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {PROVISIONED: driver}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": kind["reclaimPolicy"],
            "storageClassName": kind["metadata"]["name"],
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": of["namespace"],
                "name": of["name"],
                "uid": of["uid"],
            },
            "csi": {"driver": driver, "volumeHandle": name, "fsType": "ext4"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}},
        },
    }
