"""Tags on Azure, where nothing inherits them: each resource is told."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Problem
from ..contract.cluster import PlatformPlan
from ..tagging import STORAGE_CLASS, TagRules, Tags, added
from .machine_boot import IMAGE_TAG

RULES = TagRules(
    # 50 on a resource, names of 512 characters and of 128 on a storage account ("Use tags to organize your Azure
    # resources", limitations). AKS, the disk driver and we add a few of our own.
    most=40,
    # The last three are the disk driver's, for the volumes that it makes (azuredisk-csi-driver, ConvertTagsToMap).
    key=re.compile(r"(?! )[^<>%&\\?/.=\x00-\x1f]{1,128}(?<! )"),
    key_is=r"1 to 128 characters with no space around them and none of < > % & \ ? / . =",
    value=re.compile(r"(?! )[^\x00-\x1f]{0,256}(?<! )"),
    value_is="at most 256 characters in one line, with no space around them",
    taken={
        "Nodeyard's own": re.compile(IMAGE_TAG, re.IGNORECASE),
        "Azure's own": re.compile(r"(azure|microsoft|windows).*|(aks-managed|hidden)-.*", re.IGNORECASE),
        "Kubernetes' own": re.compile(r"(k8s|kubernetes)[.-].*", re.IGNORECASE),
    },
)

MOST_ON_DNS_ZONE = 15
"""A private DNS zone of ours has as many at most, and with more it has none. AKS puts a private cluster's tags on its private DNS zone too, which takes no more (azure-aks-docs, use-tags.md)."""

DELIMITER = "\n"
"""Between the tags of a storage class. A tag has one line, and may have the driver's usual comma."""


def tag_problems(tags: Tags) -> Iterator[Problem]:
    """What Azure would refuse of tags on everything."""
    return RULES.problems(tags)


def private_cluster_problems(plan: PlatformPlan) -> Iterator[Problem]:
    """Tags that fit everywhere but on what AKS makes for a private cluster."""
    if not plan.public_access_cidrs and len(plan.tags) > MOST_ON_DNS_ZONE:
        reason = f"are {len(plan.tags)}: the DNS zone of a private cluster takes {MOST_ON_DNS_ZONE} at most"
        yield "tags", reason


def tagged_inputs(type_: str, inputs: Mapping[str, Any], tags: Tags) -> dict[str, Any]:
    """The inputs by which a resource of that type has `tags`, if it differs from what it has. A pool hands them on to
    its scale set and that to its machines; a machine's own disk has the machine's."""
    if type_ == STORAGE_CLASS:
        listed = DELIMITER.join(f"{key}={value}" for key, value in tags.items())
        return {"parameters": {**inputs["parameters"], "tags": listed, "tagValueDelimiter": DELIMITER}}
    if not type_.startswith("azure-native:") or "tags" not in inputs:
        return {}
    if type_.startswith("azure-native:privatedns:") and len(tags) > MOST_ON_DNS_ZONE:
        return {}
    changed: dict[str, Any] = {"tags": added(inputs["tags"], tags)}
    if pools := inputs.get("agent_pool_profiles"):
        # AKS gives the pools inside a cluster's definition none of the cluster's.
        changed["agent_pool_profiles"] = [{**pool, "tags": added(pool.get("tags"), tags)} for pool in pools]
    return changed
