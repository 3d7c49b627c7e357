"""AWS: what each type computes, what cannot change in place, what is refused, with AWS's own error codes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ... import cloud
from ...cloud import Answer
from ...resource import CloudError, Instance, Reference
from ...world import World
from . import balancers, buckets, databases, ec2, eks, iam, machines, references, services
from .functions import ACCOUNT, FUNCTIONS


class Cloud(cloud.Cloud):
    resources = (
        balancers.RESOURCES
        | buckets.RESOURCES
        | databases.RESOURCES
        | ec2.RESOURCES
        | eks.RESOURCES
        | iam.RESOURCES
        | machines.RESOURCES
        | services.RESOURCES
    )
    functions = FUNCTIONS
    account = ACCOUNT
    regional = True

    def __init__(self, world: World, config: Mapping[str, Any]):
        super().__init__(world, config)
        if allowed := json.loads(config.get("allowedAccountIds") or "[]"):
            refuse_account(allowed)

    def common(self, instance: Instance) -> dict[str, Any]:
        defaults = json.loads(self.config.get("defaultTags") or "{}").get("tags", {})
        own = instance.get("tags", {})
        # An auto-scaling group lists its tags, and the provider's default ones are not among them.
        tags = {"tagsAll": defaults | own} if (own or defaults) and isinstance(own, dict) else {}
        return {"id": instance.id, "region": instance.region, **tags}

    def read(self, token: str, id_: str, inputs: dict[str, Any]) -> Answer | None:
        """A server of RDS is found by its identifier too, which is not its id."""
        servers = self.world.find(token, name=id_) if token == databases.INSTANCE else []
        return super().read(token, servers[0].id if servers else id_, inputs)

    def references(self, instance: Instance, external: tuple[str, ...]) -> Iterable[Reference]:
        return references.references(instance, external)

    def identifiers(self, instance: Instance, outputs: dict[str, Any]) -> Iterable[str]:
        return references.identifiers(instance, outputs)


def refuse_account(allowed: Sequence[str]) -> None:
    """As the provider does (hashicorp/aws-sdk-go-base). The credentials' account is the sandbox's one."""
    if ACCOUNT not in allowed:
        raise CloudError("", f"AWS account ID not allowed: {ACCOUNT}")
