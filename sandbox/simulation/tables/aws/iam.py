"""Roles and policies."""

import json
from collections.abc import Callable

from ...resource import CloudError, Instance, Resource

IAM = "arn:aws:iam::{account}:"


def refuse_policy(name: str, code: str = "MalformedPolicyDocument") -> Callable[[Instance], None]:
    def refuses(instance: Instance) -> None:
        policy = instance.inputs[name]
        try:
            document = json.loads(policy) if isinstance(policy, str) else policy
        except ValueError as broken:
            raise CloudError(code, f"{name} is not JSON: {broken}") from None
        if not isinstance(document, dict) or not document.get("Statement"):
            raise CloudError(code, f"{name} has no Statement")

    return refuses


RESOURCES = {
    "aws:iam/role:Role": Resource(
        arn=IAM + "role{path}{name}",
        name="name",
        name_limit=64,
        scope="iam",
        taken="EntityAlreadyExists",
        in_use="DeleteConflict",
        held_by=(
            *("aws:iam/rolePolicy:RolePolicy", "aws:iam/rolePolicyAttachment:RolePolicyAttachment"),
            "aws:iam/instanceProfile:InstanceProfile",
        ),
        replaces=("name", "namePrefix", "path"),
        defaults={"path": "/", "maxSessionDuration": 3600},
        outputs=lambda instance: {"uniqueId": "AROA" + instance.hex().upper(), "createDate": "2026-01-01T00:00:00Z"},
        refuses=refuse_policy("assumeRolePolicy"),
    ),
    "aws:iam/rolePolicy:RolePolicy": Resource(
        "{role}:{name}",
        name="name",
        name_limit=128,
        scope="iam/{role}",
        puts=True,
        replaces=("name", "role"),
        refuses=refuse_policy("policy"),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Resource(
        "{role}-{hex}",
        imported="{role}/{policyArn}",
        unique="{role} {policyArn}",
        scope="iam",
        puts=True,
        replaces=("role", "policyArn"),
    ),
    "aws:iam/instanceProfile:InstanceProfile": Resource(
        arn=IAM + "instance-profile{path}{name}",
        name="name",
        name_limit=128,
        scope="iam",
        taken="EntityAlreadyExists",
        replaces=("name", "namePrefix", "path"),
        defaults={"path": "/"},
        outputs=lambda instance: {"uniqueId": "AIPA" + instance.hex().upper(), "createDate": "2026-01-01T00:00:00Z"},
    ),
}
