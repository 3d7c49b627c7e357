"""From a pod to its bucket of Cloud Storage: the metadata server of its node, the bucket's members, and the service's
own account with its key."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from sandbox.controlplane.clouds import Cluster, Identity, View, text
from sandbox.controlplane.clouds.gcp.iam import (
    BUCKET_MEMBER,
    DECRYPT,
    READ_OBJECTS,
    USE_OBJECTS,
    may_use_key,
    may_use_objects,
)
from sandbox.controlplane.clouds.gcp.resources import KEY, NODE_POOL, gke_cluster, numbers_of, project_of
from sandbox.controlplane.clouds.gcp.secrets import members_of, own_pool
from sandbox.simulation.world import Object
from tests.wiring.deployment import Deployment
from tests.wiring.edits import Mutation, changed, put, removed, resources
from tests.wiring.gcp_mutations import member_mutations, on_a_condition
from tests.wiring.walk import Walk

BUCKET = "gcp:storage/bucket:Bucket"
KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
USER, VIEWER = "roles/storage.objectUser", "roles/storage.objectViewer"
METADATA = "nodeConfig.workloadMetadataConfig.mode"


def problems(walk: Walk, url: str, writes: bool) -> Iterator[str]:
    view, parts = walk.view, urlsplit(url)
    bucket = next((item for item in view.find(BUCKET) if ("gs", item.id) == (parts.scheme, parts.netloc)), None)
    if bucket is None or text(bucket, "location").lower() != walk.cluster.region:
        yield f"there is no bucket of Cloud Storage at {url} in the cluster's region"
        return
    yield from identity_problems(view, walk.cluster)
    members, project = members_of(view, walk.cluster, walk.identity()), project_of(gke_cluster(view, walk.cluster))
    for permission in USE_OBJECTS:
        may = may_use_objects(view, members, permission, project, bucket.id)
        needs = writes or permission in READ_OBJECTS
        if needs and not may:
            yield f"{walk.pod.account} has no {permission} on {bucket.id}"
        if may and not needs:
            yield f"{walk.pod.account} has {permission} on {bucket.id}, and has no need to"
        if may_use_objects(view, members, permission, project, f"{bucket.id}-other"):
            yield f"{walk.pod.account} has {permission} on every bucket of {project}, and has no need to"
    stranger = members_of(view, walk.cluster, Identity(walk.pod.namespace, "stranger"))
    if may_use_objects(view, stranger, USE_OBJECTS[0], project, bucket.id):
        yield f"every account of {walk.pod.namespace} lists {bucket.id}"
    yield from key_problems(view, bucket, project)


def identity_problems(view: View, cluster: Cluster) -> Iterator[str]:
    """A pod asks the metadata server who it is: GKE's own, and not Compute Engine's, says that it is its account."""
    if text(gke_cluster(view, cluster), "workloadIdentityConfig.workloadPool") != own_pool(view, cluster):
        yield "the cluster's accounts are nobody to Google Cloud"
    for pool in view.find(NODE_POOL):
        if text(pool, METADATA) != "GKE_METADATA":
            yield f"on {text(pool, 'name')} a pod is its node"


def key_problems(view: View, bucket: Object, project: str) -> Iterator[str]:
    """Cloud Storage reads and writes as the account that it has in the bucket's project."""
    agents = [
        f"serviceAccount:service-{number}@gs-project-accounts.iam.gserviceaccount.com"
        for number in numbers_of(view, project)
    ]
    key = text(bucket, "encryption.defaultKmsKeyName")
    there = {item.id for item in view.find(KEY)}
    if key and (key not in there or not may_use_key(view, agents, DECRYPT, key)):
        yield f"Cloud Storage may not use the key of {bucket.id}"


# --- what can be missing


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    ours = Deployment(deployment.stack, [], [])
    for found in resources(ours, BUCKET):
        yield removed(deployment, "bucket", found)
        yield changed(deployment, "bucket", found, "in another region", put("location", "EUROPE-WEST1"))
        yield changed(deployment, "key", found, "another key", put("encryption.defaultKmsKeyName", "another"))
    for found in resources(ours, BUCKET_MEMBER):
        yield removed(deployment, "grant", found)
        yield changed(deployment, "grant", found, "another bucket", put("bucket", "another"))
        if found["inputs"]["role"] == VIEWER:
            yield changed(deployment, "surplus", found, "user", put("role", USER))
        else:
            yield changed(deployment, "grant", found, "viewer", put("role", VIEWER))
        yield changed(deployment, "grant", found, "on a condition", on_a_condition)
        yield from member_mutations(deployment, found)
    for found in resources(deployment, KEY_MEMBER):
        if "@gs-project-accounts." in found["inputs"]["member"]:
            yield removed(deployment, "key", found)
            yield changed(deployment, "key", found, "another key", put("cryptoKeyId", "another"))
            yield changed(deployment, "key", found, "viewer", put("role", "roles/cloudkms.viewer"))
    for found in resources(ours, NODE_POOL):
        yield changed(deployment, "identity", found, "of Compute Engine", put(METADATA, "GCE_METADATA"))
    for found in resources(deployment, "gcp:container/cluster:Cluster"):
        pool = put("workloadIdentityConfig.workloadPool", "another.svc.id.goog")
        yield changed(deployment, "identity", found, "another pool", pool)
