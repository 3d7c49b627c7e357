"""Tags on AWS: the provider puts them on whatever it makes, and here is the rest."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Problem
from ..tagging import STORAGE_CLASS, TagRules, Tags, added

RULES = TagRules(
    # 50 on a resource ("Tagging AWS resources", tag naming limits). The instance of a managed node group has up to
    # seven from EKS and two from us; those of `aws:` do not count.
    most=40,
    key=re.compile(r"[\w +\-.:/@]{1,128}"),
    key_is="1 to 128 letters, digits, spaces and any of + - . _ : / @ (no =: the EBS driver ends a key there)",
    value=re.compile(r"[\w +\-=.:/@]{0,256}"),
    value_is="at most 256 letters, digits, spaces and any of + - = . _ : / @",
    taken={
        "Nodeyard's own": re.compile(r"Name|nodeyard\.io/.*"),
        "AWS' own": re.compile(r"aws:.*", re.IGNORECASE),
        "Kubernetes' own": re.compile(
            r"(kubernetes\.io|k8s\.io|ebs\.csi\.aws\.com)/.*|eks:.*|KubernetesCluster|CSIVolume(Snapshot)?Name"
        ),
    },
)
"""A key of the EBS driver's that is used twice makes it refuse a volume (aws-ebs-csi-driver, docs/tagging.md)."""


def tag_problems(tags: Tags) -> Iterator[Problem]:
    """What AWS would refuse of tags on everything."""
    return RULES.problems(tags)


def tagged_inputs(type_: str, inputs: Mapping[str, Any], tags: Tags) -> dict[str, Any]:
    """The inputs by which a resource of that type has `tags`, if it differs from what it has.

    The provider's default tags reach every resource that has `tags` of its own, those too that pulumi-eks makes. They
    do not reach an Auto Scaling group, what starts by a launch template, and the volumes of a storage class ("Resource
    tagging" of the AWS provider; EKS user guide, "Customize managed nodes with launch templates").
    """
    if type_ == "pulumi:providers:aws":
        return {"default_tags": json.dumps({"tags": dict(tags)})}
    if type_ == "aws:autoscaling/group:Group":
        # Not propagated: the launch template says what its instances carry.
        own = [{"key": key, "value": value, "propagate_at_launch": False} for key, value in tags.items()]
        return {"tags": [*own, *(inputs.get("tags") or [])]}
    if type_ == "aws:ec2/launchTemplate:LaunchTemplate":
        specifications = inputs.get("tag_specifications") or []
        return {"tag_specifications": [{**one, "tags": added(one["tags"], tags)} for one in specifications]}
    if type_ == STORAGE_CLASS:
        numbered = {f"tagSpecification_{place}": f"{key}={value}" for place, (key, value) in enumerate(tags.items(), 1)}
        return {"parameters": {**inputs["parameters"], **numbered}}
    return {}
