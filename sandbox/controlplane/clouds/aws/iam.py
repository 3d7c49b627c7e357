"""What IAM would decide, for the few kinds of policy that we write. What is not understood allows nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)
    #: Of a trust policy: the service that wants to assume the role.
    principal: str = ""


def allowed(policies: Iterable[Policy], request: Request) -> bool:
    """Some statement allows it and none denies it."""
    statements = [statement for policy in policies for statement in each(policy.get("Statement"))]
    effects = {statement.get("Effect") for statement in statements if applies(statement, request)}
    return "Allow" in effects and "Deny" not in effects


def applies(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        matches(statement, "Action", request.action.lower(), lower=True)
        and (
            request.principal in services(statement)
            if request.principal
            else matches(statement, "Resource", request.resource)
        )
        and all(
            condition(statement, operator, key, values, request)
            for operator, tests in (statement.get("Condition") or {}).items()
            for key, values in tests.items()
        )
    )


def matches(statement: Mapping[str, Any], name: str, value: str, *, lower: bool = False) -> bool:
    if f"Not{name}" in statement:
        return not any_like(each(statement[f"Not{name}"]), value, lower)
    return any_like(each(statement.get(name)), value, lower)


def services(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    return each(principal.get("Service")) if isinstance(principal, dict) else []


def condition(statement: Mapping[str, Any], operator: str, key: str, values: Any, request: Request) -> bool:
    given = next((value for name, value in request.context.items() if name.lower() == key.lower()), None)
    operator, _, optional = operator.partition("IfExists")
    if given is None:
        return operator in ("StringNotEquals", "StringNotLike") or bool(optional)
    given, wanted = str(given), [str(value) for value in each(values)]
    tests = {
        "StringEquals": given in wanted,
        "StringNotEquals": given not in wanted,
        "StringLike": any_like(wanted, given),
        "StringNotLike": not any_like(wanted, given),
        "ArnEquals": any_like(wanted, given),
        "ArnLike": any_like(wanted, given),
        "Bool": given.lower() in [value.lower() for value in wanted],
    }
    # Not understood: a condition that may hold must not allow, and one that may not hold must still deny.
    return tests.get(operator, statement.get("Effect") == "Deny")


def any_like(patterns: Iterable[str], value: str, lower: bool = False) -> bool:
    return any(fnmatchcase(value, (pattern.lower() if lower else pattern).replace("[", "[[]")) for pattern in patterns)


def each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
