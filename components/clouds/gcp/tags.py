"""Labels on Google Cloud, which are what tags are elsewhere. (Google's own tags grant rights, and its network tags are
what firewalls look for.)"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Problem
from ..tagging import STORAGE_CLASS, TagRules, Tags, added

LABELS = ("labels", "resource_labels", "user_labels")
"""What the inputs are called: most resources', a cluster's, and Cloud Monitoring's."""

RULES = TagRules(
    # 64 on a resource ("Labels overview", requirements). GKE puts about ten of `goog-` on a node and its disk, Pulumi
    # one on everything.
    most=50,
    key=re.compile(r"[a-z][a-z0-9_-]{0,62}"),
    key_is="1 to 63 of a-z, 0-9, _ and -, with a letter first",
    value=re.compile(r"[a-z0-9_-]{0,63}"),
    value_is="at most 63 of a-z, 0-9, _ and -",
    taken={"Google's own": re.compile(r"goog.*"), "Kubernetes' own": re.compile(r"(k8s|kubernetes)-io.*")},
)
"""Letters of other alphabets are taken by most services, and not by all."""


def tag_problems(tags: Tags) -> Iterator[Problem]:
    """What Google Cloud would refuse of labels on everything."""
    return RULES.problems(tags)


def tagged_inputs(type_: str, inputs: Mapping[str, Any], tags: Tags) -> dict[str, Any]:
    """The inputs by which a resource of that type has `tags`, if it differs from what it has.

    The provider's default labels would reach most resources, but neither nodes, disks of machines and snapshots nor, in
    some of its releases, clusters (hashicorp/terraform-provider-google#19603). So each resource is told.
    """
    if type_ == STORAGE_CLASS:
        listed = ",".join(f"{key}={value}" for key, value in tags.items())
        return {"parameters": {**inputs["parameters"], "labels": listed}}
    if not type_.startswith("gcp:"):
        return {}
    return {**_own(inputs, tags), **_inside(type_, inputs, tags)}


def _own(inputs: Mapping[str, Any], tags: Tags) -> dict[str, Any]:
    return {name: added(inputs[name], tags) for name in LABELS if name in inputs}


def _inside(type_: str, inputs: Mapping[str, Any], tags: Tags) -> dict[str, Any]:
    """What a resource makes that has labels of its own: nodes, a machine's disks, snapshots; and a
    database, whose labels are among its settings."""
    if type_.startswith("gcp:container/") and inputs.get("node_config"):
        config = inputs["node_config"]
        return {"node_config": {**config, "resource_labels": added(config.get("resource_labels"), tags)}}
    if type_ == "gcp:sql/databaseInstance:DatabaseInstance" and inputs.get("settings"):
        settings = inputs["settings"]
        return {"settings": {**settings, "user_labels": added(settings.get("user_labels"), tags)}}
    if type_ == "gcp:compute/instanceTemplate:InstanceTemplate":
        return {"disks": [{**disk, "labels": added(disk.get("labels"), tags)} for disk in inputs["disks"]]}
    if inputs.get("snapshot_schedule_policy"):
        policy = inputs["snapshot_schedule_policy"]
        properties = policy.get("snapshot_properties") or {}
        labelled = {**properties, "labels": added(properties.get("labels"), tags)}
        return {"snapshot_schedule_policy": {**policy, "snapshot_properties": labelled}}
    return {}
