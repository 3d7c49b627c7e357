"""A deployment with one thing changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.wiring.deployment import RELEASE, Deployment, Item

Change = Callable[[Item], None]


@dataclass(frozen=True)
class Mutation:
    kind: str
    what: str
    mutant: Callable[[], Deployment]
    """The deployment, but for this."""


def changed(deployment: Deployment, kind: str, resource: Item, what: str, change: Change) -> Mutation:
    """One resource, changed in what the program gave and in what the cloud answered."""

    def mutant() -> Deployment:
        other = json.loads(json.dumps(resource))
        for side in ("inputs", "outputs"):
            if other.get(side):
                change(other[side])
        return replaced(deployment, resource, [other])

    return Mutation(kind, f"{what}: {resource['urn'].split('::')[-1]}", mutant)


def removed(deployment: Deployment, kind: str, resource: Item) -> Mutation:
    return Mutation(kind, f"removed {resource['urn']}", lambda: replaced(deployment, resource, []))


def replaced(deployment: Deployment, resource: Item, by: list[Item]) -> Deployment:
    def without(resources: list[Item]) -> list[Item]:
        return [found for one in resources for found in (by if one is resource else [one])]

    return Deployment(without(deployment.stack), without(deployment.platform), deployment.manifests)


def added(deployment: Deployment, kind: str, like: Item, id_: str, what: str, change: Change) -> Mutation:
    """Another resource like one, but for a change."""

    def mutant() -> Deployment:
        other = json.loads(json.dumps(like)) | {"id": id_}
        change(other["inputs"])
        change(other["outputs"])
        return Deployment([*deployment.stack, other], deployment.platform, deployment.manifests)

    return Mutation(kind, f"{what}: {like['urn'].split('::')[-1]}", mutant)


def put(path: str, value: Any) -> Change:
    """Sets what is at a path, where there is something."""

    def change(properties: Item) -> None:
        *above, last = path.split(".")
        for name in above:
            properties = properties.get(name) or {}
        if last in properties:
            properties[last] = value

    return change


def resources(deployment: Deployment, *kinds: str) -> list[Item]:
    return [resource for resource in deployment.resources if resource["type"] in kinds]


def manifest(deployment: Deployment, kind: str, item: Item, what: str, change: Change) -> Mutation:
    def mutant() -> Deployment:
        other = json.loads(json.dumps(item))
        change(other)
        manifests = [other if one is item else one for one in deployment.manifests]
        return Deployment(deployment.stack, deployment.platform, manifests)

    return Mutation(kind, f"{what}: {item['kind']}/{item['metadata']['name']}", mutant)


def driver_mutations(deployment: Deployment, provider: str, audience: str) -> Iterator[Mutation]:
    """The releases of the driver and of its provider."""
    for found in resources(deployment, RELEASE):
        name = found["inputs"]["name"]
        if name in (provider, "secrets-store-csi-driver"):
            yield removed(deployment, "driver", found)
        if name == "secrets-store-csi-driver":
            yield changed(deployment, "driver", found, "may not sync", put("values.syncSecret.enabled", False))
            kept = [one for one in found["inputs"]["values"]["tokenRequests"] if not one["audience"].endswith(audience)]
            yield changed(deployment, "driver", found, "no token", put("values.tokenRequests", kept))
