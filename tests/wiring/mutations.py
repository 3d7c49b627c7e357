"""Every way in which a wired deployment can lose one of its parts, made from the deployment itself.

Each mutation takes something away or changes one word; the walk has to find every one of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from tests.wiring import aws_mutations, azure_mutations, gcp_mutations
from tests.wiring.deployment import CLASS, Deployment, Item, pods, template
from tests.wiring.edits import Change, Mutation, changed, manifest, put, removed, resources

CLOUDS = {
    "aws": aws_mutations.mutations,
    "azure": azure_mutations.mutations,
    "gcp": gcp_mutations.mutations,
}
SECRETS = {
    "aws": "aws:secretsmanager/secret:Secret",
    "azure": "azure-native:keyvault:Secret",
    "gcp": "gcp:secretmanager/secret:Secret",
}


def mutations(cloud: str, deployment: Deployment) -> Iterator[Mutation]:
    yield from class_mutations(cloud, deployment)
    yield from secret_mutations(cloud, deployment)
    yield from pod_mutations(deployment)
    yield from CLOUDS[cloud](deployment)


# --- SecretProviderClasses: each of their words


def class_mutations(cloud: str, deployment: Deployment) -> Iterator[Mutation]:
    other = {"aws": "azure", "azure": "gcp", "gcp": "aws"}[cloud]
    for found in resources(deployment, CLASS):
        yield removed(deployment, "class", found)
        yield changed(deployment, "class", found, "renamed", put("metadata.name", "another"))
        yield changed(deployment, "class", found, "in another namespace", put("metadata.namespace", "another"))
        yield changed(deployment, "class", found, f"of {other}", put("spec.provider", other))
        for index, wanted in enumerate(found["inputs"]["spec"].get("secretObjects") or []):
            yield changed(deployment, "sync", found, "another Secret", at_sync(index, None, "secretName"))
            for place in range(len(wanted["data"])):
                for word in ("objectName", "key"):
                    yield changed(deployment, "sync", found, f"another {word}", at_sync(index, place, word))
        yield from object_mutations(cloud, deployment, found)


def at_sync(index: int, place: int | None, word: str) -> Change:
    def change(properties: Item) -> None:
        wanted = properties["spec"]["secretObjects"][index]
        entry = wanted if place is None else wanted["data"][place]
        entry[word] += "-other"

    return change


def object_mutations(cloud: str, deployment: Deployment, found: Item) -> Iterator[Mutation]:
    name, alias = {"gcp": ("resourceName", "path")}.get(cloud, ("objectName", "objectAlias"))
    count = len(objects_of(cloud, found["inputs"]["spec"]["parameters"]))
    others = {entry[name] for item in resources(deployment, CLASS) for entry in objects_of(cloud, parameters(item))}
    own = {entry[name] for entry in objects_of(cloud, parameters(found))}
    for place in range(count):
        yield changed(
            deployment, "object", found, "an object less", at_objects(cloud, lambda all_, p=place: all_.pop(p))
        )
        for word, value in (
            (name, "nothing"),
            (alias, "another"),
            *((name, other) for other in sorted(others - own)[:1]),
        ):
            edit = at_objects(
                cloud, lambda all_, p=place, w=word, v=value: all_[p].update({w: respelled(all_[p][w], v)})
            )
            yield changed(deployment, "object" if word == name else "alias", found, f"{word} {value}", edit)


def respelled(before: str, value: str) -> str:
    """A name of nothing has the form of a name."""
    if value != "nothing":
        return value
    return before.replace("/versions/", "-nothing/versions/") if "/versions/" in before else f"{before}-nothing"


def parameters(found: Item) -> Item:
    given: Item = found["inputs"]["spec"]["parameters"]
    return given


def objects_of(cloud: str, given: Mapping[str, str]) -> list[Item]:
    if cloud == "azure":
        return [yaml.safe_load(entry) for entry in yaml.safe_load(given["objects"])["array"]]
    found: list[Item] = yaml.safe_load(given["secrets" if cloud == "gcp" else "objects"])
    return found


def at_objects(cloud: str, edit: Callable[[list[Item]], Any]) -> Change:
    def change(properties: Item) -> None:
        given = properties["spec"]["parameters"]
        found = objects_of(cloud, given)
        edit(found)
        if cloud == "azure":
            given["objects"] = json.dumps({"array": [json.dumps(entry) for entry in found]})
        else:
            given["secrets" if cloud == "gcp" else "objects"] = json.dumps(found)

    return change


# --- secrets


def secret_mutations(cloud: str, deployment: Deployment) -> Iterator[Mutation]:
    for found in resources(deployment, SECRETS[cloud]):
        yield removed(deployment, "secret", found)


# --- pods: what the release says


def pod_mutations(deployment: Deployment) -> Iterator[Mutation]:
    accounts = [item for item in deployment.manifests if item["kind"] == "ServiceAccount"]
    mounting = {(pod.namespace, pod.account) for pod in pods(deployment.manifests) if pod.mounts}
    for item in accounts:
        if (item["metadata"]["namespace"], item["metadata"]["name"]) in mounting:
            yield manifest(deployment, "account", item, "removed", lambda other: other.update({"kind": "Gone"}))
    for item in deployment.manifests:
        for pod in pods([item]):
            if pod.mounts:
                yield from changes_of(deployment, item, pod.account)


def changes_of(deployment: Deployment, item: Item, account: str) -> Iterator[Mutation]:
    (pod,) = pods([item])
    others = {other.account for other in pods(deployment.manifests) if other.mounts} - {account}
    for other in sorted(others):
        yield manifest(
            deployment, "account", item, f"as {other}", at_pod(lambda spec, o=other: spec.update(serviceAccountName=o))
        )
    for volume in pod.mounts:
        name = volume["name"]
        yield manifest(deployment, "volume", item, "another class", at_pod(lambda spec, n=name: rename_class(spec, n)))
        yield manifest(deployment, "volume", item, "writable", at_pod(lambda spec, n=name: writable(spec, n)))
        yield manifest(deployment, "volume", item, "mounted nowhere", at_pod(lambda spec, n=name: unmount(spec, n)))
    for word in ("name", "key"):
        for place in range(len(key_uses(pod.spec))):
            edit = at_pod(lambda spec, p=place, w=word: key_uses(spec)[p].update({w: f"{key_uses(spec)[p][w]}-other"}))
            yield manifest(deployment, "key", item, f"another {word}", edit)
    for container in pod.spec.get("initContainers") or []:
        for entry in container.get("env") or []:
            if entry.get("value") in files_of(deployment, pod.namespace):
                change = at_env(container["name"], entry["name"])
                yield manifest(deployment, "file", item, f"reads another {entry['name']}", change)


def at_pod(change: Change) -> Change:
    return lambda item: change(template(item)["spec"])


def at_env(container: str, name: str) -> Change:
    def change(spec: Item) -> None:
        (found,) = [one for one in spec["initContainers"] if one["name"] == container]
        (entry,) = [entry for entry in found["env"] if entry["name"] == name]
        entry["value"] = "another"

    return at_pod(change)


def files_of(deployment: Deployment, namespace: str) -> set[str]:
    """Every file of every mount of the namespace that nothing makes a key of."""
    names = set()
    for found in resources(deployment, CLASS):
        if found["inputs"]["metadata"]["namespace"] == namespace:
            synced = {e["objectName"] for w in found["inputs"]["spec"].get("secretObjects") or [] for e in w["data"]}
            given = parameters(found)
            cloud = "gcp" if "secrets" in given else "azure" if "keyvaultName" in given else "aws"
            names |= {entry.get("objectAlias") or entry.get("path") for entry in objects_of(cloud, given)} - synced
    return {str(name) for name in names}


def rename_class(spec: Item, volume: str) -> None:
    for one in spec["volumes"]:
        if one["name"] == volume:
            one["csi"]["volumeAttributes"]["secretProviderClass"] += "-other"


def writable(spec: Item, volume: str) -> None:
    for one in spec["volumes"]:
        if one["name"] == volume:
            one["csi"]["readOnly"] = False


def unmount(spec: Item, volume: str) -> None:
    for container in [*(spec.get("initContainers") or []), *spec["containers"]]:
        container["volumeMounts"] = [one for one in container.get("volumeMounts") or [] if one["name"] != volume]


def key_uses(spec: Item) -> list[Item]:
    containers = [*(spec.get("initContainers") or []), *spec["containers"]]
    entries = [entry.get("valueFrom") or {} for one in containers for entry in one.get("env") or []]
    return [entry["secretKeyRef"] for entry in entries if "secretKeyRef" in entry]
