"""What AWS has under the name of something that a pending operation may have made. Needs rights to list only:
`ec2:Describe*`, `tag:GetResources`, `dlm:GetLifecyclePolicies`, `eks:ListPodIdentityAssociations`,
`secretsmanager:DescribeSecret`, `sts:GetCallerIdentity`."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore import UNSIGNED  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from ...errors import Unreachable
from ..pending import Pending
from .rows import Endpoints, Unknown, word

_LIMITS = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
_NOT_THERE = ("ResourceNotFoundException", "InvalidLaunchTemplateName.NotFoundException", "InvalidGroup.NotFound")
Find = Callable[[Pending, Endpoints], list[str]]


def named_in_ec2(resource_type: str) -> Find:
    """Everything of one of EC2's types that has the operation's tag `Name`."""

    def find(pending: Pending, endpoints: Endpoints) -> list[str]:
        wanted = {"resource-type": resource_type, "key": "Name", "value": word("tags.Name", pending)}
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        found = _all(pending, endpoints, "ec2", "describe_tags", "Tags", Filters=filters)
        return [str(each["ResourceId"]) for each in found]

    return find


def tagged(resource_type: str) -> Find:
    """Everything of one type that has all of the operation's tags."""

    def find(pending: Pending, endpoints: Endpoints) -> list[str]:
        tags = pending.inputs.get("tags") or {}
        wanted = [{"Key": name, "Values": [word(f"tags.{name}", pending)]} for name in tags if "." not in name]
        if not wanted:
            raise Unknown("tags")
        asked = {"TagFilters": wanted, "ResourceTypeFilters": [resource_type]}
        found = _all(pending, endpoints, "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", **asked)
        arns = [str(each["ResourceARN"]) for each in found]
        return [_id_of(arn, resource_type) for arn in arns]

    return find


def _id_of(arn: str, resource_type: str) -> str:
    """What its import takes: of a key and of a group of RDS only the end of the ARN."""
    if resource_type == "kms:key":
        return arn.rpartition("/")[2]
    return arn.rpartition(":")[2] if resource_type.startswith("rds:") else arn


def launch_templates(pending: Pending, endpoints: Endpoints) -> list[str]:
    names = [word("name", pending)]
    found = _all(pending, endpoints, "ec2", "describe_launch_templates", "LaunchTemplates", LaunchTemplateNames=names)
    return [str(each["LaunchTemplateId"]) for each in found]


def security_group_rules(is_egress: bool) -> Find:
    """The rule that says the same: AWS lets a group have it once."""

    def find(pending: Pending, endpoints: Endpoints) -> list[str]:
        filters = [{"Name": "group-id", "Values": [word("securityGroupId", pending)]}]
        found = _all(pending, endpoints, "ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=filters)
        return [
            str(each["SecurityGroupRuleId"])
            for each in found
            if each["IsEgress"] is is_egress and _meaning(each) == _wanted(pending.inputs)
        ]

    return find


def _meaning(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """As AWS tells it."""
    peer = rule.get("ReferencedGroupInfo", {}).get("GroupId", "")
    of = (rule.get("IpProtocol"), *_ports(rule.get("FromPort"), rule.get("ToPort")))
    return tuple(
        map(str, (*of, rule.get("CidrIpv4", ""), rule.get("CidrIpv6", ""), peer, rule.get("PrefixListId", "")))
    )


def _wanted(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    of = (inputs.get("ipProtocol"), *_ports(inputs.get("fromPort"), inputs.get("toPort")))
    peers = ("cidrIpv4", "cidrIpv6", "referencedSecurityGroupId", "prefixListId")
    return tuple(map(str, (*of, *(inputs.get(peer) or "" for peer in peers))))


def _ports(*ports: Any) -> tuple[int, ...]:
    """Of all traffic, AWS says the port -1, and we say none."""
    return tuple(-1 if port is None else int(port) for port in ports)


def pod_identity_associations(pending: Pending, endpoints: Endpoints) -> list[str]:
    cluster = word("clusterName", pending)
    asked = {"clusterName": cluster, **{name: word(name, pending) for name in ("namespace", "serviceAccount")}}
    found = _all(pending, endpoints, "eks", "list_pod_identity_associations", "associations", **asked)
    return [f"{cluster},{each['associationId']}" for each in found]


def lifecycle_policies(pending: Pending, endpoints: Endpoints) -> list[str]:
    """Those that look for the same tag."""
    targets = (pending.inputs.get("policyDetails") or {}).get("targetTags") or {}
    tags = [f"{name}={value}" for name, value in targets.items() if isinstance(value, str)]
    if not tags:
        raise Unknown("policyDetails.targetTags")
    found = _all(pending, endpoints, "dlm", "get_lifecycle_policies", "Policies", TargetTags=tags)
    return [str(each["PolicyId"]) for each in found]


def secrets(pending: Pending, endpoints: Endpoints) -> list[str]:
    """The ARN, whose end AWS makes up."""
    try:
        client = _client("secretsmanager", _region(pending), _json(endpoints), _account(pending))
        return [str(client.describe_secret(SecretId=word("name", pending))["ARN"])]
    except ClientError as error:
        return _none(error)
    except BotoCoreError as error:
        raise _refused(error) from None


def _all(pending: Pending, endpoints: Endpoints, service: str, operation: str, what: str, **asked: Any) -> list[Any]:
    """What every page of an answer has."""
    try:
        client = _client(service, _region(pending), _json(endpoints), _account(pending))
        if not client.can_paginate(operation):
            return list(getattr(client, operation)(**asked)[what])
        pages = client.get_paginator(operation).paginate(**asked)
        return [each for page in pages for each in page[what]]
    except ClientError as error:
        return _none(error)
    except BotoCoreError as error:
        raise _refused(error) from None


def _none(error: ClientError) -> list[Any]:
    """Nothing, if that is what the error says."""
    if error.response.get("Error", {}).get("Code") in _NOT_THERE:
        return []
    raise _refused(error) from None


def _refused(error: Exception) -> Unreachable:
    return Unreachable(f"AWS does not say what is there: {error}")


def _region(pending: Pending) -> str:
    return word("region", pending)


def _account(pending: Pending) -> tuple[str, ...]:
    """The accounts that its provider may work in; none where that is not said."""
    allowed = pending.provider.get("allowedAccountIds")
    return tuple(json.loads(allowed)) if isinstance(allowed, str) else ()


def _json(endpoints: Endpoints) -> str:
    return json.dumps(endpoints)


@cache
def _client(service: str, region: str, endpoints: str, accounts: tuple[str, ...]) -> Any:
    """Raises `Unreachable` for credentials of another account: they see nothing of what is there."""
    client = _made(service, region, json.loads(endpoints))
    if accounts:
        account = _made("sts", region, json.loads(endpoints)).get_caller_identity()["Account"]
        if account not in accounts:
            raise Unreachable(f"These are the credentials of the account {account}; the stack is in {accounts[0]}.")
    return client


def _made(service: str, region: str, endpoints: Endpoints) -> Any:
    if endpoints is None:
        return boto3.client(service, region_name=region, config=_LIMITS)
    if service not in endpoints:
        raise Unreachable(f"{service} is not among the endpoints of the stack's cloud: {', '.join(endpoints)}.")
    unsigned = _LIMITS.merge(Config(signature_version=UNSIGNED, proxies={}))
    return boto3.client(service, region_name=region, endpoint_url=endpoints[service], config=unsigned)
