"""What is made on Azure, held against what Azure says itself."""

import re
from collections.abc import Callable

import pytest

from tests.vendors import azure, false_alarms
from tests.vendors.azure_faults import FAULTS
from tests.vendors.finished import Made, Unmapped
from tests.vendors.stacks import Stacks, names


@pytest.fixture(scope="module")
def stacks(stacks_of: Callable[[str], Stacks]) -> Stacks:
    return stacks_of("azure")


@pytest.mark.parametrize("stack", names("azure"))
def test_azure_takes_every_body_that_makes_a_resource(stack: str, stacks: Stacks) -> None:
    made = stacks.made(stack)
    assert made
    assert [f"{one.name}: {problem}" for one in made for problem in azure.problems(one)] == []


def test_each_fault_is_seen_or_known_not_to_be(stacks: Stacks) -> None:
    shipped = stacks.all_shipped()
    found = {str(fault): any(azure.problems(fault.put_into(shipped))) for fault in FAULTS}
    assert found == {str(fault): fault.seen_by == "azure" for fault in FAULTS}


def test_most_faults_are_seen() -> None:
    assert len(FAULTS) >= 25
    assert sum(bool(fault.seen_by) for fault in FAULTS) / len(FAULTS) >= 17 / 25


def test_a_type_that_no_model_was_given_for_fails() -> None:
    with pytest.raises(Unmapped, match=r"azure-native:dbformysql:Server has no line in azure\.BODIES"):
        list(azure.problems(Made("azure-native:dbformysql:Server", "database", {"name": "x"}, {})))


def test_what_is_a_false_alarm_is_still_said(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    known = false_alarms.FALSE_ALARMS["azure"]
    monkeypatch.setitem(false_alarms.FALSE_ALARMS, "azure", {})
    said = [problem.partition(": ")[2] for made in stacks.all_shipped() for problem in azure.problems(made)]
    assert [pattern for pattern in known if not any(re.fullmatch(pattern, problem) for problem in said)] == []
