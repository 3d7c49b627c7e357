"""Machines on AWS: an auto-scaling group of one, whose instance attaches its own volume."""

import json
from collections.abc import Iterator, Sequence

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ..contract import machine as contract
from ..contract.firewall import FirewallSpec
from ..contract.machine import MachineSpec
from ..contract.platform import PlatformContract, Subnet
from ..naming import AWS_MACHINE_GROUP
from ..standing import standing_name
from .firewall import Firewall
from .launch_template import tag_specifications, template_name
from .machine_boot import image_parameter
from .machine_image import image_id
from .machine_plan import machine_problems
from .machine_replacement import warn_of_replacement
from .machine_rights import MACHINE_TAG, machine_policy
from .roles import give_rights, make_profile, make_role
from .system_nodes import TRUST
from .user_data import encode

ROOT_DEVICE = "/dev/sda1"
"""What Ubuntu's AMIs, and those that AWS makes of them, call their root device."""


class Machine(contract.Machine):
    """An auto-scaling group of one instance in the disk's zone. The instance attaches the volume itself at boot.

    Makes: `aws:iam:Role` with an inline policy (`machine_rights`) and its `aws:iam:InstanceProfile`; a firewall without
    ingress (`nodeyard:aws:Firewall`); `aws:ssm:Parameter` with the container image, which the instance reads at run
    time; `aws:ec2:LaunchTemplate`; `aws:autoscaling:Group`.

    It stands in a private subnet of the zone where the platform has one, else in a public one, with a public address to
    get out by and nobody let in. No key pair: a shell is Session Manager's.

    Another launch template (type, image, user data) replaces the instance: the group ends the old one, and starts the
    new one meanwhile or after (Auto Scaling user guide, "Instance maintenance policies"). A gp3 volume has one instance
    at a time: the new one waits until EC2 has taken it from the old one. A spot interruption and a failed status check
    end the same way, without anybody's doing. `up` starts the replacement and does not wait for its end.

    A dead host: EC2 detaches a volume when its instance is terminated. While that hangs, the new instance waits and
    says so in its log. It never takes the volume by force, and its role may not. That is for the operator, and only
    when `aws ec2 describe-instances` shows the holder as `stopped` or `terminated`, or as `shutting-down` with a failed
    system status check while AWS Support says that the host is gone: `aws ec2 detach-volume --force` (EC2 API
    reference, DetachVolume: "only as a last resort"). Two running machines with one identity would be worse than none.

    The first `up` waits until EC2 has started the instance, and fails when it cannot within ten minutes; with spot it
    does not wait. Spot needs the account's service-linked role AWSServiceRoleForEC2Spot, which the first request makes.
    Raises `InputError` for a zone in which the network has no subnet, for an instance type that `machine_problems`
    refuses, and for an image that is none.
    """

    def __init__(self, name: str, spec: MachineSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        # What the cloud is sent may be packed (EC2, Azure): beside it the plan shows what becomes of each line.
        super().__init__("nodeyard:aws:Machine", name, {"user_data": spec.user_data}, opts)
        if problems := list(_problems(spec, platform)):
            raise InputError(f"Machine {name!r} cannot be made on AWS.", problems)
        self._child = ResourceOptions(parent=self)
        private = _subnets(platform["private_subnets"])
        public = spec.zone not in private
        subnet = (_subnets(platform["public_subnets"]) if public else private)[spec.zone]
        parameter = self._image_parameter(name, spec)
        profile, rights = self._identity(name, spec, platform)
        template = self._template(name, spec, platform, profile, public)
        warn_of_replacement(name, template.latest_version, self)
        group = self._group(name, spec, subnet, template, [parameter, rights])
        self.instance, self.group = Output.from_input(""), group.name
        self.session = group.name.apply(lambda group: _session(group, platform["region"]))
        self.register_outputs({"group": self.group, "session": self.session})

    def _image_parameter(self, name: str, spec: MachineSpec) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            name,
            name=image_parameter(name),
            description=f"The container image that {name} runs",
            type="String",
            insecure_value=spec.container_image,  # an image is no secret, and a plan should show it
            opts=self._child,
        )

    def _identity(
        self, name: str, spec: MachineSpec, platform: PlatformContract
    ) -> tuple[aws.iam.InstanceProfile, aws.iam.RolePolicy]:
        role = make_role(name, json.dumps(TRUST), platform["region"], self._child)
        policy = machine_policy(name, spec, image_parameter(name), platform)
        rights = give_rights(name, role, policy, self._child)
        return make_profile(name, role, platform["region"], self._child), rights

    def _template(
        self,
        name: str,
        spec: MachineSpec,
        platform: PlatformContract,
        profile: aws.iam.InstanceProfile,
        public: bool,
    ) -> aws.ec2.LaunchTemplate:
        closed = Firewall(name, FirewallSpec(), platform, self._child)
        return aws.ec2.LaunchTemplate(
            name,
            name=template_name(name),
            image_id=image_id(name, spec.image, self),
            instance_type=spec.instance_type,
            update_default_version=True,
            user_data=Output.from_input(spec.user_data).apply(encode),
            iam_instance_profile={"arn": profile.arn},
            # With hop limit 1 the instance's credentials answer no container with a network of its own.
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
                "instance_metadata_tags": "disabled",
            },
            monitoring={"enabled": True},
            network_interfaces=[
                {
                    "device_index": 0,
                    "associate_public_ip_address": str(public).lower(),
                    "security_groups": [closed.firewall_id, *(firewall.firewall_id for firewall in spec.firewalls)],
                    "delete_on_termination": "true",
                }
            ],
            block_device_mappings=[
                {
                    "device_name": ROOT_DEVICE,
                    "ebs": {
                        "volume_type": "gp3",
                        "volume_size": spec.root_disk_gib,
                        "encrypted": "true",
                        "kms_key_id": platform["kms_key"] or None,
                        "delete_on_termination": "true",
                    },
                }
            ],
            instance_market_options=(
                {"market_type": "spot", "spot_options": {"spot_instance_type": "one-time"}} if spec.spot else None
            ),
            tag_specifications=tag_specifications(name, {MACHINE_TAG: name}),
            opts=self._child,
        )

    def _group(
        self,
        name: str,
        spec: MachineSpec,
        subnet: str,
        template: aws.ec2.LaunchTemplate,
        first: list[pulumi.Resource],
    ) -> aws.autoscaling.Group:
        return aws.autoscaling.Group(
            name,
            name=standing_name("aws:autoscaling/group:Group", name, AWS_MACHINE_GROUP.fit(name)),
            min_size=1,
            max_size=1,
            desired_capacity=1,
            vpc_zone_identifiers=[subnet],
            # A version's number and not `$Latest`: only a change of it starts an instance refresh.
            launch_template={"id": template.id, "version": template.latest_version.apply(str)},
            health_check_type="EC2",
            # On demand `up` fails when none starts, in EC2's own words (a quota of 0, no capacity). Spot starts when
            # there is room, and the group goes on asking.
            wait_for_capacity_timeout="0" if spec.spot else "10m",
            capacity_rebalance=False,  # it would launch before it terminates
            suspended_processes=["AZRebalance"],  # so would this
            instance_maintenance_policy={"min_healthy_percentage": 0, "max_healthy_percentage": 100},
            instance_refresh={
                "strategy": "Rolling",
                "preferences": {"min_healthy_percentage": 0, "max_healthy_percentage": 100},
            },
            tags=[{"key": "Name", "value": name, "propagate_at_launch": False}],
            # In another zone the group would launch before it terminates, and the disk is another one anyway.
            opts=ResourceOptions(
                parent=self,
                depends_on=first,
                delete_before_replace=True,
                replace_on_changes=["vpcZoneIdentifiers"],
            ),
        )


def _problems(spec: MachineSpec, platform: PlatformContract) -> Iterator[Problem]:
    zones = _subnets([*platform["private_subnets"], *platform["public_subnets"]])
    if spec.zone not in zones:
        yield "zone", f"the network has no subnet in {spec.zone}; it has {', '.join(sorted(zones))}"
    yield from machine_problems(spec.plan)


def _subnets(subnets: Sequence[Subnet]) -> dict[str, str]:
    """A subnet's id by its zone."""
    return {subnet["zone"]: subnet["id"] for subnet in subnets}


def _session(group: str, region: str) -> str:
    """Session Manager knows instances and no groups. While one replaces another the group has two."""
    in_service = "AutoScalingGroups[0].Instances[?LifecycleState=='InService']|[0].InstanceId"
    instance = (
        f"aws autoscaling describe-auto-scaling-groups --region {region} --auto-scaling-group-names {group}"
        f' --query "{in_service}" --output text'
    )
    return f'aws ssm start-session --region {region} --target "$({instance})"'
