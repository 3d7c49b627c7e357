"""`nodeyard status` of every stack that is shipped, whose nodes answer well, slowly, wrongly and not at all.

Each stack is what its own program and chart make of its file. A kind of stack needs a row here, and a stack of a known
kind is looked at without one.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from typer.testing import Result

import stacks
from ops import theta_rpc
from ops.status.readers import theta_edge_node
from tests.ops.every_stack import DeployedStack, deploy, deployed, nodes, shipped
from tests.ops.shipped import Shipped, settings
from tests.ops.stand_ins import LIMIT, Manner

__all__ = ["deploy", "deployed", "nodes", "shipped"]

WRONG = (Manner.HTML, Manner.ERROR)
QUICK = ("--wait", "1", "--json")


@dataclass(frozen=True)
class Row:
    """What is to be seen of a kind of stack."""

    asked: Callable[[Shipped], set[str]]
    """The parts in which something is asked. Of the others the pod alone tells."""
    heights: bool = True
    codes: tuple[int, int, int] = (1, 1, 1)
    """When they are slow, wrong, and listen nowhere: 1 where that is known to be a fault of theirs, and 3 where it is
    only known that nobody answered."""


def fixed(*names: str) -> Callable[[Shipped], set[str]]:
    return lambda _: set(names)


def listed(output: str) -> Callable[[Shipped], set[str]]:
    return lambda stack: set(stack.outputs[output])


def of_role(*roles: str) -> Callable[[Shipped], set[str]]:
    return lambda stack: {name for name, task in stack.outputs["tasks"].items() if task["role"] in roles}


def instances(stack: Shipped) -> set[str]:
    return {f"{release}-node" for release in stack.outputs["releases"]}


ROWS = {
    "mantis": Row(of_role("miner", "passive"), codes=(3, 1, 3)),
    "metis": Row(fixed("l1dtl", "l2geth", "themis")),
    "metis_replica": Row(fixed("replica")),
    "nodeos": Row(listed("ordinals"), codes=(3, 3, 3)),
    "theta": Row(listed("nodes")),
    "tsm": Row(fixed("node"), heights=False),
    "tsm_network": Row(instances, heights=False),
}
REFUSES = {
    "platform": "its nodes are the cluster's, and tell of themselves by its API server alone",
    "tsm_card": "nothing runs: it is what a player tells the others",
}
"""Kinds without a part that could be asked, and why."""
ASKED = [name for name, told in settings().items() if told["kind"] in ROWS]
PLATFORMS = [name for name, told in settings().items() if told["kind"] == "platform"]
CARDS = [name for name, told in settings().items() if told["kind"] == "tsm_card"]


def test_every_kind_and_every_shipped_stack_is_in_a_table() -> None:
    assert ROWS.keys().isdisjoint(REFUSES)
    assert sorted([*ROWS, *REFUSES]) == sorted(stacks.kinds())
    assert sorted([*ASKED, *PLATFORMS, *CARDS]) == sorted(settings())
    assert {told["kind"] for told in settings().values()} == set(stacks.kinds()), "a kind that no stack shows"


# --- the one shape of its JSON


class Shape(BaseModel):
    """Every key is there, and no other one."""

    model_config = ConfigDict(extra="forbid", strict=True)


State = Literal["healthy", "unreachable", "syncing", "unhealthy"]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, lt=1e6)]
"""A span: a time of the clock, or milliseconds, would be more."""
Sentence = Annotated[str, Field(min_length=5, max_length=300, pattern=r"^[^\n\x1b…]*[^\s.]\.?$")]
"""Whole, on one line."""


class Where(Shape):
    pod: str | None
    machine: str | None
    address: str | None
    publicAddress: str | None  # noqa: N815 - as JSON has it


class Disk(Shape):
    used: Count
    size: Annotated[int, Field(gt=1e8)]
    """Bytes: the stand-in's has a million KiB."""


class Part(Shape):
    part: str
    state: State
    where: Where
    runs: str | None
    height: Count | None
    age: Seconds | None
    lag: Count | None
    peers: Count | None
    disk: Disk | None
    problems: list[Sentence]
    notes: list[Sentence]
    details: dict[str, Any]


class Alarm(Shape):
    name: str
    severity: str | None
    since: Annotated[float, Field(gt=1e9, lt=1e10)] | None
    summary: str | None


class Facts(Shape):
    verdict: State
    parts: list[Part]
    missing: list[str]
    alarms: list[Alarm] | None
    details: dict[str, Any]


class Told(Shape):
    stack: str
    result: Facts
    problems: list[Sentence]
    notes: list[Sentence]


def told(result: Result) -> tuple[Facts, dict[str, list[Part]]]:
    """What was told of the stack, and of each part by its name."""
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.stdout, result.stderr
    facts = Told.model_validate_json(result.stdout).result
    found: dict[str, list[Part]] = {}
    for each in facts.parts:
        found.setdefault(each.part, []).append(each)
    return facts, found


def one_sentence(result: Result) -> str:
    """Of a command that has nothing to show."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert not result.stdout
    (said,) = result.stderr.splitlines()
    assert said.startswith("nodeyard: ")
    return said


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heights grow within a tenth of the time."""

    def questions(wait: float) -> list[Any]:
        return [replace(each, after=each.after / 10) for each in theta_rpc.questions(wait)]

    monkeypatch.setattr(theta_edge_node, "questions", questions)


def asked_parts(stack: DeployedStack, found: dict[str, list[Part]]) -> Iterator[Part]:
    """Each pod of those that are asked."""
    wanted = ROWS[stack.shipped.kind].asked(stack.shipped)
    assert wanted
    assert wanted <= set(found)
    for name in wanted:
        yield from found[name]


@pytest.mark.parametrize("deployed", ASKED, indirect=True)
def test_a_stack_whose_nodes_answer_well_is_healthy_and_how_far_they_are_is_known(deployed: DeployedStack) -> None:
    result = deployed.status(Manner.WELL, *QUICK)
    facts, found = told(result)
    assert (result.exit_code, facts.verdict, facts.alarms) == (0, "healthy", []), result.stdout
    assert not [each for each in facts.parts if each.problems]
    for each in asked_parts(deployed, found):
        assert (each.height is not None) == ROWS[deployed.shipped.kind].heights, each
        assert each.where.machine, each
    assert all(each.disk for each in facts.parts if deployed.has_disk(each.where.pod))


@pytest.mark.parametrize("deployed", [name for name in ASKED if settings()[name]["kind"] == "metis"], indirect=True)
def test_what_up_found_missing_is_no_health_though_all_nodes_are_well(deployed: DeployedStack) -> None:
    missing = deployed.shipped.outputs["missing"]
    deployed.outputs["missing"] = missing
    result = deployed.status(Manner.WELL, *QUICK)
    facts, _ = told(result)
    assert missing
    assert (result.exit_code, facts.verdict, facts.missing) == (1, "unhealthy", missing)


@pytest.mark.parametrize("deployed", ASKED, indirect=True)
def test_a_node_that_is_slower_than_the_limit_is_named(deployed: DeployedStack) -> None:
    result = deployed.status(Manner.SLOW, *QUICK, "--timeout", str(LIMIT))
    facts, found = told(result)
    assert result.exit_code == ROWS[deployed.shipped.kind].codes[0], result.stdout
    for each in asked_parts(deployed, found):
        assert each.state in ("unhealthy", "unreachable")
        assert f"{LIMIT} seconds" in " ".join(each.problems), each.problems
        assert each.height is None
    for each in facts.parts:
        if deployed.has_disk(each.where.pod):  # and it hangs
            assert each.disk is None
            assert f"{LIMIT} seconds" in " ".join(each.notes), each.notes
    assert facts.verdict != "healthy"


@pytest.mark.parametrize("manner", WRONG)
@pytest.mark.parametrize("deployed", ASKED, indirect=True)
def test_a_node_that_answers_wrongly_is_named_with_what_it_said(deployed: DeployedStack, manner: Manner) -> None:
    result = deployed.status(manner, *QUICK)
    _, found = told(result)
    assert result.exit_code == ROWS[deployed.shipped.kind].codes[1], result.stdout
    for each in asked_parts(deployed, found):
        assert each.state in ("unhealthy", "unreachable")
        assert each.problems
        assert each.height is None


@pytest.mark.parametrize("kind", ROWS)
def test_nothing_of_what_is_wrong_is_cut_in_the_table_for_people(
    kind: str, deploy: Callable[[str], DeployedStack]
) -> None:
    deployed = deploy(next(name for name in ASKED if settings()[name]["kind"] == kind))
    shown = deployed.status(Manner.HTML, "--wait", "1").stdout
    _, found = told(deployed.status(Manner.HTML, *QUICK))
    for each in asked_parts(deployed, found):
        assert each.part in shown
        assert "; ".join(each.problems) in shown


@pytest.mark.parametrize("kind", ROWS)
def test_a_node_at_whose_port_nobody_listens_is_named(kind: str, deploy: Callable[[str], DeployedStack]) -> None:
    deployed = deploy(next(name for name in ASKED if settings()[name]["kind"] == kind))
    result = deployed.status(Manner.DEAF, *QUICK)
    _, found = told(result)
    assert result.exit_code == ROWS[kind].codes[2], result.stdout
    for each in asked_parts(deployed, found):
        assert each.state in ("unhealthy", "unreachable")
        assert each.problems


@pytest.mark.parametrize("deployed", ASKED, indirect=True)
def test_a_node_to_which_no_way_leads_is_not_known_and_no_more_is_said(deployed: DeployedStack) -> None:
    result = deployed.status(Manner.AWAY, *QUICK)
    facts, found = told(result)
    assert (result.exit_code, facts.verdict) == (3, "unreachable"), result.stdout
    for each in asked_parts(deployed, found):
        assert (each.state, each.height) == ("unreachable", None)
        assert "refused" in " ".join(each.problems) or "not connected" in " ".join(each.problems)


# --- those that have no nodes of their own to ask


@pytest.mark.parametrize("deployed", PLATFORMS, indirect=True)
def test_a_platform_is_told_by_its_api_server(deployed: DeployedStack) -> None:
    result = deployed.status(Manner.WELL, *QUICK)
    facts, found = told(result)
    assert (result.exit_code, facts.verdict, facts.alarms) == (0, "healthy", [])
    assert {"machine-1", "monitoring/kube-prometheus-stack"} <= set(found)


@pytest.mark.parametrize("manner", [each for each in Manner if each is not Manner.WELL])
@pytest.mark.parametrize("deployed", PLATFORMS, indirect=True)
def test_of_a_platform_whose_api_server_does_not_answer_nothing_is_known(
    deployed: DeployedStack, manner: Manner
) -> None:
    result = deployed.status(manner, *QUICK)
    assert result.exit_code == 3
    assert "kubectl get" in one_sentence(result)


@pytest.mark.parametrize("deployed", CARDS, indirect=True)
def test_of_a_card_nothing_runs(deployed: DeployedStack) -> None:
    result = deployed.status(Manner.WELL, *QUICK)
    assert (result.exit_code, "runs nothing in a cluster" in one_sentence(result)) == (2, True)
    assert json.dumps(deployed.outputs), "and yet it is up"
