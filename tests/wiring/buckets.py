"""Walks from each pod that is told of a bucket to that bucket, and says what is not wired: the bucket is there, where
the pod's URL says, and the pod may do with its objects what it has to, and nothing with those of others. A pod that
only restores may not write.

The URL is read from the pod's command lines and variables. Grants are evaluated, never recognised by their names.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.wiring import aws_bucket, azure_bucket, gcp_bucket
from tests.wiring.deployment import Deployment, Item, Pod, pods
from tests.wiring.edits import Mutation, manifest
from tests.wiring.mutations import at_pod
from tests.wiring.walk import Walk, cluster_of

CLOUDS = {"aws": aws_bucket, "azure": azure_bucket, "gcp": gcp_bucket}
OPTION, VARIABLE = "--store-url=", "STORE_URL"
READS = ["restore"]
"""The arguments of a container that only reads its bucket."""


def problems(deployment: Deployment) -> list[str]:
    """Every problem of every pod that is told of a bucket; none when all is wired."""
    cluster = cluster_of(deployment)
    if cluster is None:
        return [f"no cluster of the platform answers at {deployment.server}"]
    return [
        f"{pod.name}: {problem}"
        for pod in pods(deployment.manifests)
        for url in urls(pod)
        for problem in of_pod(Walk(deployment, cluster, pod), url, writes(pod))
    ]


def of_pod(walk: Walk, url: str, writes: bool) -> Iterator[str]:
    if walk.service_account() is None:
        yield f"there is no service account {walk.pod.namespace}/{walk.pod.account}"
    yield from CLOUDS[walk.cluster.cloud].problems(walk, url, writes)


def urls(pod: Pod) -> list[str]:
    """Each once, whichever of its containers are told of it."""
    return list(dict.fromkeys(url for one in pod.containers for url in told(one)))


def told(container: Item) -> list[str]:
    words = [str(word) for word in container.get("args") or []]
    variables = [str(one["value"]) for one in container.get("env") or [] if one["name"] == VARIABLE]
    return [*(word.removeprefix(OPTION) for word in words if word.startswith(OPTION)), *variables]


def writes(pod: Pod) -> bool:
    return any(told(one) and one.get("args") != READS for one in pod.containers)


def mutations(cloud: str, deployment: Deployment) -> Iterator[Mutation]:
    """Every way in which a pod can lose its bucket, or have more than it."""
    for item in deployment.manifests:
        for pod in pods([item]):
            if urls(pod):
                yield manifest(deployment, "url", item, "another bucket", at_pod(elsewhere))
                other = at_pod(lambda spec: spec.update(serviceAccountName="another"))
                yield manifest(deployment, "account", item, "as another", other)
    yield from CLOUDS[cloud].mutations(deployment)


def elsewhere(spec: Item) -> None:
    for one in [*(spec.get("initContainers") or []), *spec["containers"]]:
        if "args" in one:
            one["args"] = [moved(str(word)) if str(word).startswith(OPTION) else word for word in one["args"]]
        for variable in one.get("env") or []:
            if variable["name"] == VARIABLE:
                variable["value"] = moved(variable["value"])


def moved(url: str) -> str:
    return url.replace("://", "://another-")
