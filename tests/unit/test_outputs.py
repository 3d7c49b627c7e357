"""Every output of a stack has a name in camel case, and a row in its component's page."""

import re
from pathlib import Path

import pulumi
import pytest
from pulumi import Output

from nodeyard.words import camel
from stacks import kinds
from stacks.exports import unless_empty

CHECKOUT = Path(__file__).parents[2]
PAGES = {
    "metis-sequencer": ["metis"],
    "metis-replica": ["metis_replica"],
    "theta-edge-node": ["theta"],
    "tsm-node": ["tsm", "tsm_network", "tsm_card"],
    "nodeos-bp-cluster": ["nodeos"],
    "mantis-cluster": ["mantis"],
    "platform": ["platform"],
}


def exported(module: str) -> set[str]:
    source = (CHECKOUT / "stacks" / f"{module}.py").read_text()
    return set(re.findall(r'pulumi\.export\(\s*"(\w+)"', source))


def described(page: str) -> set[str]:
    text = (CHECKOUT / "docs" / "components" / f"{page}.md").read_text()
    (table,) = re.findall(r"\| output \| what \|\n\|---\|---\|\n((?:\|.*\n)+)", text)
    return {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize("page", PAGES)
def test_a_components_page_describes_its_stacks_outputs_and_nothing_else(page: str) -> None:
    told = set().union(*(exported(kind) for kind in PAGES[page]), exported("__init__"))
    assert told > {"kind", "component"}
    assert described(page) == told


def test_every_kind_has_a_page() -> None:
    assert sorted(kind for each in PAGES.values() for kind in each) == sorted(kinds())


@pytest.mark.parametrize("kind", kinds())
def test_outputs_are_in_camel_case(kind: str) -> None:
    for name in exported(kind):
        assert re.fullmatch("[a-z][a-zA-Z0-9]*", name), name
        assert name == camel(name)


@pytest.mark.parametrize(("told", "shown"), [("", None), ({}, None), ("x", "x"), ({"id": "b"}, {"id": "b"})])
def test_what_there_is_nothing_to_say_of_is_none(told: object, shown: object) -> None:
    seen: list[object] = []

    @pulumi.runtime.test
    def run() -> Output[None]:
        return unless_empty(Output.from_input(told)).apply(seen.append)

    run()
    assert seen == [shown]
