"""What an `up` that was killed has made is not made twice by the next one; where it is, it does no harm."""

import re
from collections.abc import Callable

import pytest

from sandbox.simulation import class_of
from tests.vendors.finished import Made
from tests.vendors.once import CALLED_BY_US, KEPT_SINGLE, MAY_EXIST_TWICE, NAMED_ANEW
from tests.vendors.stacks import Stacks, everywhere

MADE_UP = re.compile(r"-[0-9a-f]{7}$")
OURS = {f"{package}:{type_}" for package, types in CALLED_BY_US.items() for type_ in types} | NAMED_ANEW.keys()
EVERY = everywhere("azure")


@pytest.fixture
def made(request: pytest.FixtureRequest, stacks_of: Callable[[str], Stacks]) -> list[Made]:
    cloud, stack = request.param
    return stacks_of(cloud).made(stack)


@pytest.mark.parametrize("made", EVERY, indirect=True, ids=[stack for _, stack in EVERY])
def test_every_type_is_called_by_us_or_kept_single_or_may_exist_twice(made: list[Made]) -> None:
    assert {one.type for one in made} <= OURS | KEPT_SINGLE.keys() | MAY_EXIST_TWICE.keys()


@pytest.mark.parametrize("made", EVERY, indirect=True, ids=[stack for _, stack in EVERY])
def test_what_is_called_by_us_has_no_name_of_pulumis_making(made: list[Made]) -> None:
    ours = [one for one in made if one.type in OURS and not one.name.endswith(NAMED_ANEW.get(one.type, "/"))]
    called = {one.name: one.inputs.get(name_of(one.type), "") for one in ours}
    assert called
    assert [name for name, given in called.items() if MADE_UP.search(given) and not MADE_UP.search(name)] == []


@pytest.mark.parametrize("type_", sorted(OURS))
def test_the_stand_in_refuses_a_second_one_of_a_name(type_: str) -> None:
    entry = class_of(type_.split(":")[0]).resources[type_]
    made_up = isinstance(entry.id, str) and any(part in entry.id for part in ("{hex}", "{uuid}", "{suffix}"))
    assert entry.name or entry.unique or not made_up
    assert not entry.puts


def test_no_type_stands_in_two_tables() -> None:
    assert not OURS & KEPT_SINGLE.keys()
    assert not MAY_EXIST_TWICE.keys() & (OURS | KEPT_SINGLE.keys())


def name_of(type_: str) -> str:
    return class_of(type_.split(":")[0]).resources[type_].name
