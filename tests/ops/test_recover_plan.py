"""What is to become of each operation that was cut off, as `recover` plans it and as it writes the state."""

import json
from typing import Any

import pytest

from ops.recover.ids.rows import LookedUp
from ops.recover.pending import CREATING, PLANNED, Pending, with_replaced, with_taken
from ops.recover.plan import Step, plan
from ops.recover.planned import planned

HEAD = "urn:pulumi:cut::nodeyard::"
PROVIDER = {"urn": f"{HEAD}pulumi:providers:aws::default", "type": "pulumi:providers:aws", "id": "p", "custom": True}
VPC = "aws:ec2/vpc:Vpc"


def vpc(name: str = "net", type_: str = VPC, **fields: Any) -> dict[str, Any]:
    provider = f"{PROVIDER['urn']}::p"
    return {"urn": f"{HEAD}{type_}::{name}", "type": type_, "custom": True, "provider": provider, **fields}


def deployment(*resources: dict[str, Any], **operations: dict[str, Any]) -> dict[str, Any]:
    """A state, with a pending operation of each kind that is given."""
    pending = [{"type": kind, "resource": one} for kind, one in operations.items()]
    return {"resources": [PROVIDER, *resources], "pending_operations": pending}


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The ids that the cloud has under each name."""
    ids: dict[str, list[str]] = {}
    row = LookedUp(lambda one, _: ids.get(one.name, []), "aws ec2 delete-vpc --vpc-id {id}")
    monkeypatch.setattr("ops.recover.plan.row_of", lambda _: row)
    return ids


def told(steps: list[Step]) -> list[tuple[str, str, str]]:
    return [(step.name, step.fate, step.id) for step in steps]


def test_what_the_state_has_under_another_urn_is_not_taken_again(there: dict[str, list[str]]) -> None:
    there["net"] = ["vpc-1", "vpc-2"]
    state = deployment(vpc("earlier", id="vpc-1"), vpc("other", "aws:ec2/subnet:Subnet", id="vpc-2"), creating=vpc())
    assert told(plan(state, {}, None)) == [("net", "take", "vpc-2")]


def test_what_is_pending_is_not_planned_besides(there: dict[str, list[str]]) -> None:
    there["net"] = ["vpc-1"]
    steps = plan(deployment(creating=vpc()), {}, None, [Pending(PLANNED, vpc(), {})])
    assert [(step.pending.operation, step.id) for step in steps] == [(CREATING, "vpc-1")]


def test_of_what_is_planned_that_is_told_which_is_there_or_may_be(there: dict[str, list[str]]) -> None:
    there |= {"one": ["vpc-1"], "two": ["vpc-2", "vpc-3"]}
    steps = plan(deployment(), {}, None, [Pending(PLANNED, vpc(name), {}) for name in ("none", "one", "two")])
    assert told(steps) == [("one", "take", "vpc-1"), ("two", "stop", "")]
    assert "aws ec2 delete-vpc --vpc-id vpc-2; aws ec2 delete-vpc --vpc-id vpc-3" in steps[1].why


def test_the_operator_says_an_id_by_name_or_by_urn(there: dict[str, list[str]]) -> None:
    state = deployment(creating=vpc())
    for key in ("net", vpc()["urn"]):
        assert told(plan(state, {key: "vpc-7"}, None)) == [("net", "take", "vpc-7")]


@pytest.mark.parametrize("kind", ["updating", "deleting"])
def test_what_the_state_has_no_more_is_not_read(kind: str) -> None:
    assert told(plan(deployment(**{kind: vpc(id="vpc-1")}), {}, None)) == [("net", "forget", "")]
    assert told(plan(deployment(vpc(id="vpc-1"), **{kind: vpc(id="vpc-1")}), {}, None)) == [("net", "read", "")]


def test_what_was_deleted_for_its_new_one_leaves_the_state_and_nothing_is_pending_any_more() -> None:
    state = deployment(vpc(id="vpc-0", pendingReplacement=True), creating=vpc())
    after = with_taken(state, [(Pending(CREATING, vpc(), {}), "vpc-1")])
    assert [one["id"] for one in after["resources"]] == ["p", "vpc-1"]
    assert after["pending_operations"] == []


def test_what_was_to_go_before_goes_though_its_new_one_is_not_there() -> None:
    condemned = vpc(id="vpc-0", delete=True)
    assert with_replaced(deployment(condemned, creating=vpc()), deployment(condemned)) is None
    back = with_replaced(deployment(vpc(id="vpc-0"), creating=vpc()), deployment(condemned))
    assert back is not None
    assert back["resources"] == [PROVIDER, vpc(id="vpc-0")]


@pytest.mark.parametrize(
    "needs",
    [{"parent": f"{HEAD}a:b:C::d"}, {"dependencies": [vpc()["urn"]]}, {"propertyDependencies": {"v": [vpc()["urn"]]}}],
)
def test_what_needs_something_that_is_not_there_cannot_have_been_made(needs: dict[str, Any]) -> None:
    def made(**fields: Any) -> list[str]:
        steps = [{"op": "create", "newState": vpc("subnet", inputs={}, **fields)}]
        return [one.name for one in planned(json.dumps({"steps": steps}), deployment())]

    assert made() == ["subnet"]
    assert made(**needs) == []


@pytest.mark.parametrize(
    ("type_", "is_taken"),
    [
        ("aws:rds/instance:Instance", True),
        ("azure-native:dbforpostgresql:Server", True),
        ("azure-native:keyvault:Secret", True),
        ("aws:secretsmanager/secretVersion:SecretVersion", False),
        ("kubernetes:core/v1:Secret", False),
    ],
)
def test_of_what_hides_a_value_that_alone_is_looked_for_whose_value_the_next_up_sets(
    type_: str, is_taken: bool
) -> None:
    """With another hidden value the state would say something else than the cloud has, and nothing would mend it."""
    step = {"op": "create", "newState": vpc(type_=type_, inputs={"name": "net", "password": "[secret]"})}
    found = list(planned(json.dumps({"steps": [step]}), deployment()))
    assert [one.type for one in found] == [type_] * is_taken
