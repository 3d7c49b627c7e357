"""Google Cloud: what each type computes, what cannot change in place, what is refused, with Google's own reasons."""

from collections.abc import Iterable
from typing import Any

from ... import cloud
from ...resource import CloudError, Instance, Reference
from ...world import Object
from . import compute, container, databases, iam, machines, monitoring, references, services, storage
from .functions import FUNCTIONS


class Cloud(cloud.Cloud):
    resources = (
        compute.RESOURCES
        | container.RESOURCES
        | databases.RESOURCES
        | iam.RESOURCES
        | machines.RESOURCES
        | monitoring.RESOURCES
        | services.RESOURCES
        | storage.RESOURCES
    )
    functions = FUNCTIONS

    def instance(self, token: str, inputs: dict[str, Any], item: Object | None = None) -> Instance:
        instance = super().instance(token, inputs, item)
        instance.account = inputs.get("project") or self.config.get("project") or ""
        if not instance.account:
            raise CloudError("", "project: required field is not set: set gcp:project, or the provider's project")
        return instance

    def common(self, instance: Instance) -> dict[str, Any]:
        computed = {"id": instance.id, "project": instance.account}
        if instance.type.startswith("gcp:compute/"):
            computed["selfLink"] = references.API + instance.id
        return computed

    def references(self, instance: Instance, external: tuple[str, ...]) -> Iterable[Reference]:
        return references.references(instance, external)

    def identifiers(self, instance: Instance, outputs: dict[str, Any]) -> Iterable[str]:
        return references.identifiers(outputs)
