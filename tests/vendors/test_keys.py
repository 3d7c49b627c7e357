"""Whoever uses a customer key besides us has a grant: on each cloud, in a finished deployment of every kind of stack,
with every key of its file."""

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.vendors.stacks import Stacks
from tests.vendors.variants import all_of
from tests.wiring import aws_keys, azure_keys, gcp_keys
from tests.wiring.deployment import Deployment
from tests.wiring.keys import leaves

CLOUDS = {"aws": aws_keys, "azure": azure_keys, "gcp": gcp_keys}
OWN = ("platform", "mantis", "metis", "nodeos", "theta-cluster", "theta-machine", "tsm-network", "tsm-restored")
"""The variants whose secrets and buckets are their own: of what others adopt, its owner says the key."""


@pytest.fixture(params=CLOUDS)
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def deployment(cloud: str, stacks_of: Callable[[str], Stacks]) -> Deployment:
    return of(stacks_of(cloud), [variant.stack for variant in all_of(cloud)])


@pytest.fixture
def own(cloud: str, stacks_of: Callable[[str], Stacks]) -> Deployment:
    return of(stacks_of(cloud), [f"{cloud}-{kind}" for kind in OWN])


def of(stacks: Stacks, names: list[str]) -> Deployment:
    sandbox = stacks.sandbox(names[0])
    return Deployment([found for name in names for found in sandbox.resources(name)], [], [])


def test_whoever_uses_a_customer_key_besides_us_has_a_grant(cloud: str, deployment: Deployment) -> None:
    assert CLOUDS[cloud].problems(deployment.view) == []


def test_every_use_of_a_key_that_the_table_knows_is_there(cloud: str, deployment: Deployment) -> None:
    """A place that nothing names any more would look as if it were asked."""
    module: ModuleType = CLOUDS[cloud]
    asked = {(item.type, path) for item in deployment.view.objects for path, _ in leaves(item.inputs)}
    assert {place for place in module.USERS if place not in asked} == set()


def test_the_walk_fails_whatever_one_grant_is_taken_away(cloud: str, own: Deployment) -> None:
    made = list(CLOUDS[cloud].mutations(own))
    assert made
    assert [mutation.what for mutation in made if not CLOUDS[cloud].problems(mutation.mutant().view)] == []


def test_the_walk_names_a_use_that_no_table_knows(cloud: str, deployment: Deployment) -> None:
    users = CLOUDS[cloud].USERS
    known = next(
        found for found in deployment.stack for path, _ in leaves(found.get("inputs")) if (found["type"], path) in users
    )
    stranger = {**known, "type": f"{known['type']}Other"}
    found = CLOUDS[cloud].problems(Deployment([*deployment.stack, stranger], [], []).view)
    assert any(said.startswith(f"nobody says by whose right {stranger['type']} uses a key") for said in found)
