"""How a component's tags get onto everything that is made for it.

A cloud says what its tags look like and which inputs carry them (`clouds/<cloud>/tags.py`). A resource that is only
read keeps what it has.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pulumi import ResourceOptions, ResourceTransformationArgs, ResourceTransformationResult

from ..errors import Problem

if TYPE_CHECKING:  # the protocol imports every concept, and a cloud's rules need none
    from .contract.cloud import Cloud

Tags = Mapping[str, str]

STORAGE_CLASS: Final = "kubernetes:storage.k8s.io/v1:StorageClass"
"""Its parameters say what the cloud's driver puts on the volumes that it makes."""


@dataclass(frozen=True, kw_only=True)
class TagRules:
    """What a cloud takes as tags that are put on everything."""

    most: int
    """How many, with room on each resource for those that we and the cloud's own services add."""
    key: re.Pattern[str]
    key_is: str
    value: re.Pattern[str]
    value_is: str
    taken: Mapping[str, re.Pattern[str]]
    """Keys that are somebody's, by whose they are."""

    def problems(self, tags: Tags) -> Iterator[Problem]:
        """What is wrong with tags, each by its key."""
        if len(tags) > self.most:
            yield (), f"are {len(tags)}: {self.most} at most fit on every resource beside those that are there anyway"
        spellings = Counter(key.casefold() for key in tags)
        for key, value in tags.items():
            if owner := next((owner for owner, keys in self.taken.items() if keys.fullmatch(key)), ""):
                yield (key,), f"is {owner}: choose another key"
            elif not self.key.fullmatch(key):
                yield (key,), f"is no key: it must be {self.key_is}"
            elif spellings[key.casefold()] > 1:
                yield (key,), "is there more than once: some services tell no capital letters from small ones"
            if not self.value.fullmatch(value):
                yield (key,), f"must be {self.value_is}"


def tagged(cloud: "Cloud", tags: Tags, opts: ResourceOptions | None) -> ResourceOptions | None:
    """Options of a component, with which whatever is made below it and can carry `tags` has them."""
    if not tags:
        return opts

    def tag(args: ResourceTransformationArgs) -> ResourceTransformationResult | None:
        changed = {} if _is_read(args.opts) else cloud.tagged_inputs(args.type_, args.props, tags)
        return ResourceTransformationResult({**args.props, **changed}, args.opts) if changed else None

    return ResourceOptions.merge(opts, ResourceOptions(transformations=[tag]))


def _is_read(opts: ResourceOptions) -> bool:
    return opts.id is not None or opts.urn is not None


def added(own: Any, tags: Tags) -> dict[str, Any]:
    """`own` tags of a resource, or none, and `tags` beside them."""
    return {**tags, **(own or {})}
