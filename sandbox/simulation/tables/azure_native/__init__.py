"""Azure: what each type computes, what cannot change in place, what is refused, with Azure's own error codes."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ... import cloud
from ...resource import Instance, Reference, Resource
from ...world import World
from . import arm, clusters, databases, identity, machines, monitoring, network, references, services, storage
from .functions import FUNCTIONS


class Cloud(cloud.Cloud):
    resources = (
        clusters.RESOURCES
        | databases.RESOURCES
        | identity.RESOURCES
        | machines.RESOURCES
        | monitoring.RESOURCES
        | network.RESOURCES
        | services.RESOURCES
        | storage.RESOURCES
    )
    functions = FUNCTIONS

    def __init__(self, world: World, config: Mapping[str, Any]):
        super().__init__(world, {**config, "region": config.get("location") or config.get("region") or ""})
        self.account = config.get("subscriptionId") or arm.SUBSCRIPTION

    def common(self, instance: Instance) -> dict[str, Any]:
        where = {"location": instance.get("location", instance.region)} if instance.region else {}
        return {"id": instance.id, "name": instance.name, "type": arm.type_of(instance.id), **where}

    def references(self, instance: Instance, external: tuple[str, ...]) -> Iterable[Reference]:
        return references.references(instance, external)

    def identifiers(self, instance: Instance, outputs: dict[str, Any]) -> Iterable[str]:
        return references.identifiers(outputs)

    def store(self, item: Any, entry: Resource, instance: Instance) -> cloud.Answer:
        answer = super().store(item, entry, instance)
        return dataclasses.replace(answer, outputs=services.without_value(item.type, answer.outputs))

    def read(self, token: str, id_: str, inputs: dict[str, Any]) -> cloud.Answer | None:
        answer = super().read(token, id_, inputs)
        return answer and dataclasses.replace(answer, outputs=services.without_value(token, answer.outputs))
