"""What lets a pod in on Google Cloud, piece by piece: the members of its secrets, who they are, and
the key that the secrets are encrypted with."""

from __future__ import annotations

from collections.abc import Iterator

from tests.wiring.deployment import Deployment, Item, pods
from tests.wiring.edits import Mutation, added, changed, driver_mutations, put, removed, resources


def mutations(deployment: Deployment) -> Iterator[Mutation]:
    for found in resources(deployment, "gcp:secretmanager/secretIamMember:SecretIamMember"):
        yield removed(deployment, "grant", found)
        yield changed(deployment, "grant", found, "another secret", put("secretId", "another"))
        yield changed(deployment, "grant", found, "viewer", put("role", "roles/secretmanager.viewer"))
        yield changed(deployment, "grant", found, "on a condition", on_a_condition)
        yield from member_mutations(deployment, found)
    yield from claimants(deployment)
    yield from key_mutations(deployment)
    for found in resources(deployment, "gcp:container/cluster:Cluster"):
        pool = put("workloadIdentityConfig.workloadPool", "another.svc.id.goog")
        yield changed(deployment, "identity", found, "another pool", pool)
    for found in resources(deployment, "kubernetes:apps/v1:DaemonSet"):
        if found["inputs"]["metadata"]["name"] == "csi-secrets-store-provider-gcp":
            yield removed(deployment, "driver", found)
    yield from driver_mutations(deployment, "secrets-store-csi-driver-provider-gcp", ".svc.id.goog")


def member_mutations(deployment: Deployment, found: Item) -> Iterator[Mutation]:
    member = found["inputs"]["member"]
    others = {
        "another account": f"{member}-other",
        "another namespace": member.replace("/ns/", "/ns/another-"),
        "another project's number": member.replace("/projects/", "/projects/9"),
        "another pool": member.replace(".svc.id.goog", "-other.svc.id.goog"),
    }
    for what, other in others.items():
        yield changed(deployment, "grant", found, what, put("member", other))
    where, _, whose = member.partition("/subject/ns/")
    everyone = f"{where.replace('principal:', 'principalSet:')}/namespace/{whose.partition('/')[0]}"
    yield changed(deployment, "surplus", found, "the whole namespace", put("member", everyone))


def key_mutations(deployment: Deployment) -> Iterator[Mutation]:
    """Secret Manager's own way to what it keeps."""
    for found in resources(deployment, "gcp:kms/cryptoKey:CryptoKey"):
        yield removed(deployment, "grant", found)
    for found in resources(deployment, "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"):
        member = found["inputs"]["member"]
        if "@gcp-sa-secretmanager." in member:
            yield removed(deployment, "grant", found)
            yield changed(deployment, "grant", found, "another key", put("cryptoKeyId", "another"))
            yield changed(deployment, "grant", found, "another service", put("member", member.replace("secretm", "m")))
            yield changed(deployment, "grant", found, "viewer", put("role", "roles/cloudkms.viewer"))
            yield changed(deployment, "grant", found, "on a condition", on_a_condition)


def claimants(deployment: Deployment) -> Iterator[Mutation]:
    """Pods that mount nothing may read nothing."""
    (like, *_) = resources(deployment, "gcp:secretmanager/secretIamMember:SecretIamMember")
    where = like["inputs"]["member"].rpartition("/")[0]
    for pod in pods(deployment.manifests):
        if not pod.mounts:
            member = put("member", f"{where}/{pod.account}")
            yield added(deployment, "surplus", like, f"{like['id']}-added", f"{pod.account} reads", member)


def on_a_condition(given: Item) -> None:
    given["condition"] = {"title": "never", "expression": "false"}
