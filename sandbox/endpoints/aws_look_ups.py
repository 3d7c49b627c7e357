"""AWS: what is there, as far as `nodeyard recover` asks. EC2 and STS speak forms and XML, the Resource Groups Tagging
API JSON, EKS and Data Lifecycle Manager REST."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from sandbox.simulation.tables.aws import Cloud
from sandbox.simulation.world import Object, World

from . import Answer, Request, Service

EC2_TYPES = {
    "elastic-ip": ("aws:ec2/eip:Eip",),
    "internet-gateway": ("aws:ec2/internetGateway:InternetGateway",),
    "natgateway": ("aws:ec2/natGateway:NatGateway",),
    "route-table": ("aws:ec2/routeTable:RouteTable",),
    "security-group": ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"),
    "snapshot": ("aws:ebs/snapshot:Snapshot", "aws:ebs/snapshotCopy:SnapshotCopy"),
    "subnet": ("aws:ec2/subnet:Subnet",),
    "volume": ("aws:ebs/volume:Volume",),
    "vpc": ("aws:ec2/vpc:Vpc",),
    "vpc-endpoint": ("aws:ec2/vpcEndpoint:VpcEndpoint",),
    "vpc-flow-log": ("aws:ec2/flowLog:FlowLog",),
}
TAGGED = {
    "elasticloadbalancing:listener": "aws:lb/listener:Listener",
    "elasticloadbalancing:loadbalancer": "aws:lb/loadBalancer:LoadBalancer",
    "elasticloadbalancing:targetgroup": "aws:lb/targetGroup:TargetGroup",
    "kms:key": "aws:kms/key:Key",
    "rds:pg": "aws:rds/parameterGroup:ParameterGroup",
    "rds:subgrp": "aws:rds/subnetGroup:SubnetGroup",
}
RULES = {
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": "true",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "false",
}
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
POLICY = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
Asked = Mapping[str, str]


def query(actions: Mapping[str, Callable[[World, Asked], str]]) -> Callable[[World, Request], Answer]:
    """A service of the query protocol: a form in, XML out."""

    def answer(world: World, request: Request) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        action = asked["Action"]
        if action not in actions:
            return refused("InvalidAction", f"the sandbox has no {action}")
        return Answer(text=f"<{action}Response>{actions[action](world, asked)}</{action}Response>")

    return answer


def describe_tags(world: World, asked: Asked) -> str:
    wanted = filters(asked)
    (resource_type,) = wanted["resource-type"]
    items = [
        {"key": key, "resourceId": item.id, "resourceType": resource_type, "value": value}
        for type_ in EC2_TYPES[resource_type]
        for item in world.find(type_)
        for key, value in tags_of(item).items()
        if key in wanted["key"] and value in wanted["value"]
    ]
    return listed("tagSet", items)


def describe_launch_templates(world: World, asked: Asked) -> str:
    found = world.find(TEMPLATE, name=asked["LaunchTemplateName.1"])
    items = [{"launchTemplateId": item.id, "launchTemplateName": str(item.name)} for item in found]
    return listed("launchTemplates", items)


def describe_security_group_rules(world: World, asked: Asked) -> str:
    groups = filters(asked)["group-id"]
    items = [
        rule(item, is_egress)
        for type_, is_egress in RULES.items()
        for item in world.find(type_)
        if item.inputs["securityGroupId"] in groups
    ]
    return listed("securityGroupRuleSet", items)


def rule(item: Object, is_egress: str) -> dict[str, Any]:
    of = item.inputs
    ports = {name: str(int(of.get(name, -1))) for name in ("fromPort", "toPort")}
    peer = {name: of[name] for name in ("cidrIpv4", "cidrIpv6", "prefixListId") if of.get(name)}
    if group := of.get("referencedSecurityGroupId"):
        peer["referencedGroupInfo"] = {"groupId": group}
    named = {"securityGroupRuleId": item.id, "groupId": of["securityGroupId"], "isEgress": is_egress}
    return {**named, "ipProtocol": of["ipProtocol"], **ports, **peer}


def get_caller_identity(world: World, asked: Asked) -> str:
    return f"<GetCallerIdentityResult><Account>{Cloud.account}</Account></GetCallerIdentityResult>"


def get_resources(world: World, request: Request) -> Answer:
    asked = json.loads(request.body)
    wanted = {each["Key"]: each["Values"] for each in asked["TagFilters"]}
    found = [
        {"ResourceARN": item.properties["arn"]}
        for kind in asked["ResourceTypeFilters"]
        for item in world.find(TAGGED[kind])
        if all(tags_of(item).get(key) in values for key, values in wanted.items())
    ]
    return Answer({"ResourceTagMappingList": found, "PaginationToken": ""})


def list_associations(world: World, request: Request) -> Answer:
    """`GET /clusters/<name>/pod-identity-associations`."""
    url = urlsplit(request.path)
    wanted = {"clusterName": unquote(url.path.split("/")[2]), **{k: v[0] for k, v in parse_qs(url.query).items()}}
    found = [
        {"associationId": item.id}
        for item in world.find(ASSOCIATION)
        if all(item.inputs.get(name) == value for name, value in wanted.items() if name != "maxResults")
    ]
    return Answer({"associations": found})


def get_policies(world: World, request: Request) -> Answer:
    """`GET /policies`."""
    wanted = dict(tag.split("=", 1) for tag in parse_qs(urlsplit(request.path).query)["targetTags"])
    found = [item for item in world.find(POLICY) if item.inputs["policyDetails"]["targetTags"] == wanted]
    return Answer({"Policies": [{"PolicyId": item.id} for item in found]})


def tags_of(item: Object) -> dict[str, str]:
    return item.properties.get("tagsAll") or item.properties.get("tags") or {}


def filters(asked: Asked) -> dict[str, list[str]]:
    """`Filter.1.Name` with `Filter.1.Value.1`, and so on."""
    found: dict[str, list[str]] = {}
    for name, value in asked.items():
        match name.split("."):
            case ["Filter", number, "Value", _]:
                found.setdefault(asked[f"Filter.{number}.Name"], []).append(value)
    return found


def listed(name: str, items: Iterable[Mapping[str, Any]]) -> str:
    return f"<{name}>{''.join(f'<item>{xml(item)}</item>' for item in items)}</{name}>"


def xml(values: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{xml(value) if isinstance(value, Mapping) else escape(str(value))}</{name}>"
        for name, value in values.items()
    )


def refused(code: str, text: str) -> Answer:
    error = f"<Code>{code}</Code><Message>{escape(text)}</Message>"
    return Answer(status=400, text=f"<Response><Errors><Error>{error}</Error></Errors></Response>")


SERVICES = {
    "ec2": Service(
        query(
            {
                "DescribeTags": describe_tags,
                "DescribeLaunchTemplates": describe_launch_templates,
                "DescribeSecurityGroupRules": describe_security_group_rules,
            }
        )
    ),
    "sts": Service(query({"GetCallerIdentity": get_caller_identity})),
    "resourcegroupstaggingapi": Service(get_resources),
    "eks": Service(list_associations),
    "dlm": Service(get_policies),
}
