"""What is made on Google Cloud, held against what Google says itself."""

from collections.abc import Callable

import pytest

from tests.vendors import google
from tests.vendors.finished import Made, Unmapped
from tests.vendors.google_faults import FAULTS
from tests.vendors.stacks import Stacks, names


@pytest.fixture(scope="module")
def stacks(stacks_of: Callable[[str], Stacks]) -> Stacks:
    return stacks_of("gcp")


@pytest.mark.parametrize("stack", names("gcp"))
def test_google_takes_every_request_that_makes_a_resource(stack: str, stacks: Stacks) -> None:
    made = stacks.made(stack)
    assert made
    assert [f"{one.name}: {problem}" for one in made for problem in google.problems(one)] == []


def test_each_fault_is_seen_or_known_not_to_be(stacks: Stacks) -> None:
    shipped = stacks.all_shipped()
    found = {str(fault): any(google.problems(fault.put_into(shipped))) for fault in FAULTS}
    assert found == {str(fault): fault.seen_by == "google" for fault in FAULTS}


def test_most_faults_are_seen() -> None:
    assert len(FAULTS) >= 21
    assert sum(bool(fault.seen_by) for fault in FAULTS) / len(FAULTS) >= 15 / 21


def test_a_type_that_no_document_was_given_for_fails() -> None:
    with pytest.raises(Unmapped, match=r"gcp:redis/instance:Instance has no line in google\.REQUESTS"):
        list(google.problems(Made("gcp:redis/instance:Instance", "cache", {"name": "x"}, {})))
