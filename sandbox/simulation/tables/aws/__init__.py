"""AWS: what each type computes, what cannot change in place, what is refused, with AWS's own error codes."""

import json
from collections.abc import Iterable
from typing import Any

from ... import cloud
from ...resource import Instance, Reference
from . import ec2, eks, iam, machines, references, services
from .functions import ACCOUNT, FUNCTIONS


class Cloud(cloud.Cloud):
    resources = ec2.RESOURCES | eks.RESOURCES | iam.RESOURCES | machines.RESOURCES | services.RESOURCES
    functions = FUNCTIONS
    account = ACCOUNT
    regional = True

    def common(self, instance: Instance) -> dict[str, Any]:
        defaults = json.loads(self.config.get("defaultTags") or "{}").get("tags", {})
        own = instance.get("tags", {})
        # An auto-scaling group lists its tags, and the provider's default ones are not among them.
        tags = {"tagsAll": defaults | own} if (own or defaults) and isinstance(own, dict) else {}
        return {"id": instance.id, "region": instance.region, **tags}

    def references(self, instance: Instance, external: tuple[str, ...]) -> Iterable[Reference]:
        return references.references(instance, external)

    def identifiers(self, instance: Instance, outputs: dict[str, Any]) -> Iterable[str]:
        return references.identifiers(instance, outputs)
