"""A GKE cluster, node pools, Persistent Disks, Secret Manager, workload identity federation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import yaml

from tests.cluster.worlds.base import NAME, CloudWorld, Item, Pool, Words

PROJECT, NUMBER = "nodeyard-platform", "123456789012"
POOL = f"{PROJECT}.svc.id.goog"
MEMBER = "gcp:secretmanager/secretIamMember:SecretIamMember"
ACCESSOR = "roles/secretmanager.secretAccessor"
FEDERATED = f"principal://iam.googleapis.com/projects/{NUMBER}/locations/global/workloadIdentityPools/{POOL}"
EFFECTS = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}
DENIED = "Permission 'secretmanager.versions.access' denied for resource"


class GcpWorld(CloudWorld):
    cloud = "gcp"
    region = "us-central1"
    zones = ("us-central1-a", "us-central1-b")
    server = "https://34.72.0.10"
    machine = "n2-standard-8"
    disk_driver = "pd.csi.storage.gke.io"
    pool_label = "cloud.google.com/gke-nodepool"
    node: ClassVar[Mapping[str, str]] = {
        "name": "gke-platform-",
        "id": f"gce://{PROJECT}/us-central1-b/gke-platform-",
        "internal": "10.2.",
        "external": "34.",
        "pods": "110",
    }
    words = Words(
        refused=DENIED,
        empty="not found or has no versions.",
        # Secret Manager does not tell what is missing from what is not allowed.
        missing=DENIED,
        stranger=DENIED,
        lost_disk="was not found, notFound",
        no_identity="missing required 'secrets' attribute",
    )

    def common(self) -> Item:
        return {"project": PROJECT}

    def cluster(self, name: str = NAME, server: str = "", **more: Any) -> None:
        where = f"projects/{PROJECT}/locations/{self.region}/clusters/{name}"
        self.put(
            "gcp:container/cluster:Cluster",
            where,
            name,
            name=name,
            location=self.region,
            endpoint=(server or self.server).removeprefix("https://"),
            masterVersion="1.33.4-gke.1036000",
            subnetwork=f"projects/{PROJECT}/regions/{self.region}/subnetworks/platform",
            privateClusterConfig={"enablePrivateNodes": True},
            **{"workloadIdentityConfig": {"workloadPool": POOL}, **more},
        )
        subnetwork = f"projects/{PROJECT}/regions/{self.region}/subnetworks/platform"
        self.put("gcp:compute/subnetwork:Subnetwork", subnetwork, "platform", ipCidrRange="10.2.0.0/20")

    def remove_cluster(self, name: str) -> None:
        where = f"projects/{PROJECT}/locations/{self.region}/clusters/{name}"
        self.delete("gcp:container/cluster:Cluster", where)

    def make_pool(self, pool: Pool, more: dict[str, Any]) -> None:
        spelled = [{"key": t.key, "value": t.value, "effect": EFFECTS[t.effect]} for t in pool.taints]
        config = {"machineType": pool.machine, "labels": pool.labels, "taints": spelled} | more.pop("config", {})
        given = {"nodeLocations": [pool.zone], "networkConfig": {"enablePrivateNodes": False}} | more
        self.put(
            "gcp:container/nodePool:NodePool",
            self.pool_id(pool.name),
            pool.name,
            place=NAME,
            name=pool.name,
            cluster=NAME,
            location=self.region,
            nodeCount=pool.size,
            nodeConfig=config,
            version=f"1.33.{pool.release}-gke.1036000",
            upgradeSettings={"maxSurge": int(pool.surge), "maxUnavailable": int(not pool.surge)},
            **given,
        )

    def remove_pool(self, name: str) -> None:
        self.delete("gcp:container/nodePool:NodePool", self.pool_id(name))

    def pool_id(self, name: str) -> str:
        return f"projects/{PROJECT}/locations/{self.region}/clusters/{NAME}/nodePools/{name}"

    def disk(self, name: str, zone: str) -> str:
        return self.put("gcp:compute/disk:Disk", self.handle(name, zone), name, name=name, zone=zone, size=10).id

    def handle(self, name: str, zone: str) -> str:
        return f"projects/{PROJECT}/zones/{zone}/disks/{name}"

    # --- secrets

    def secrets_store(self, **driver: Any) -> None:
        self.driver([POOL], **driver)

    def secret(self, name: str, value: str | None = "a secret value") -> str:
        name = name.replace("/", "-")
        id_ = f"projects/{PROJECT}/secrets/{name}"
        self.put("gcp:secretmanager/secret:Secret", id_, name, secretId=name, name=f"projects/{NUMBER}/secrets/{name}")
        self.delete("gcp:secretmanager/secretVersion:SecretVersion", f"{id_}/versions/1")
        if value is not None:
            version = {"secret": id_, "secretData": value, "enabled": True, "version": "1"}
            self.put("gcp:secretmanager/secretVersion:SecretVersion", f"{id_}/versions/1", place=id_, **version)
        return id_

    def remove_secret(self, id_: str) -> None:
        self.delete("gcp:secretmanager/secret:Secret", id_)

    def identity(self, namespace: str, account: str, secrets: Sequence[str], *, trusted: str = "") -> None:
        """Bindings as components/clouds/gcp/identity.py makes them."""
        member = f"{FEDERATED}/subject/ns/{namespace}/sa/{trusted or account}"
        for item in self.world.find(MEMBER):
            if item.properties["member"].endswith((member, f"/ns/{namespace}/sa/{account}")):
                self.world.delete(item)
        for secret in secrets:
            self.bind(secret, member)

    def bind(self, secret: str, member: str, role: str = ACCESSOR, **more: Any) -> None:
        binding = {"secretId": secret.rpartition("/")[2], "role": role, "member": member}
        self.put(MEMBER, f"{secret}/{role}/{member}", place=secret, **binding, **more)

    def provider_class(self, namespace: str, account: str, secrets: Mapping[str, str]) -> Item:
        wanted = [{"resourceName": f"{id_}/versions/latest", "path": alias} for alias, id_ in secrets.items()]
        return {"provider": "gcp", "parameters": {"secrets": yaml.safe_dump(wanted)}}

    def without_identity(self, parameters: Item) -> Item:
        return {}
