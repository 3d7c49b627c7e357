"""How every node of ours boots on AWS, whichever pool it is in."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

import pulumi_aws as aws
from pulumi import Input, ResourceOptions

from ..contract.node_pool import Taint
from ..naming import AWS_LAUNCH_TEMPLATE
from ..standing import standing_name
from .node_image import NodeImage

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"

ROOT_DISK_GIB = 40
"""Where nobody asks for another size: gp3 is as fast at any size."""


def launch_template(
    name: str,
    *,
    image: NodeImage,
    instance_type: str,
    root_disk_gib: int | None,
    kms_key: Input[str],
    security_groups: Sequence[Input[str]],
    labels: Mapping[str, str],
    taints: Sequence[Taint],
    tags: Mapping[str, str],
    public_address: bool,
    confidential: bool = False,
    opts: ResourceOptions,
) -> aws.ec2.LaunchTemplate:
    """A launch template for nodes of `image`: IMDSv2 only, with hop limit 1 (pods with a network of their own cannot
    reach the node's role; those on the host network can), no key pair, encrypted disks, and our tags on the instance
    and its interfaces, which a managed node group's own tags do not reach."""
    return aws.ec2.LaunchTemplate(
        name,
        name=template_name(name),
        instance_type=instance_type,
        update_default_version=True,
        user_data=b64encode(image.user_data(labels, taints).encode()).decode(),
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
        },
        monitoring={"enabled": True},
        network_interfaces=[
            {
                "device_index": 0,
                "associate_public_ip_address": str(public_address).lower(),
                "security_groups": list(security_groups),
                "delete_on_termination": "true",
            }
        ],
        block_device_mappings=[
            *(_disk(device, kms_key) for device in image.system_devices),
            _disk(image.data_device, kms_key, root_disk_gib or ROOT_DISK_GIB),
        ],
        cpu_options={"amd_sev_snp": "enabled"} if confidential else None,
        tag_specifications=tag_specifications(name, tags),
        opts=opts,
    )


def template_name(name: str) -> str:
    """A template is never replaced: what changes is a version of it."""
    return standing_name(TEMPLATE, name, AWS_LAUNCH_TEMPLATE.fit(name))


def tag_specifications(name: str, tags: Mapping[str, str]) -> list[aws.ec2.LaunchTemplateTagSpecificationArgsDict]:
    """The tags of an instance `name` and of what comes and goes with it. Its root disk has a name of its own: a `Disk`
    may be called as the instance is, and is known by its name when nothing else knows it any more (`left_over`)."""
    names = {"instance": name, "network-interface": name, "volume": f"{name}-root"}
    return [{"resource_type": kind, "tags": {"Name": called, **tags}} for kind, called in names.items()]


def _disk(
    device: str, kms_key: Input[str], size_gib: int | None = None
) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgsDict:
    ebs: aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgsDict = {
        "volume_type": "gp3",
        "encrypted": "true",
        "kms_key_id": kms_key,
        "delete_on_termination": "true",
    }
    if size_gib is not None:
        ebs["volume_size"] = size_gib
    return {"device_name": device, "ebs": ebs}
