"""The stacks of a player and of its card: how one names the other's, and what it says where it cannot."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

import stacks
from nodeyard.errors import InputError
from sandbox.mocks import STATE
from stacks.configuration import read
from stacks.file import secret_keys
from tests.unit.recording import record
from tests.unit.test_stack_files import Unknown, file
from tests.unit.tsm_players import KEYS, NAME, PUBLIC, RELEASE, card, cards, deploy, platform

S, HIDDEN = "nodeyard:stack", "nodeyard:secrets"
PLATFORM = {"platform": platform()}
Exported = Mapping[str, dict[str, Any]]
BOTH: Exported = {
    "platform-aws": PLATFORM,
    "tsm-player1-card": {"card": card(1)},
    "acme/custody/their-card": {"card": card(2)},
}


class Backend(Mocks):
    """Other teams' stacks, by their names, with what each exports. Nothing but references to them is registered."""

    def __init__(self, exported: Exported, secret: list[str] | None = None) -> None:
        self.exported, self.secret = exported, secret or []
        self.shown: list[str] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        assert args.typ == "pulumi:pulumi:StackReference", args.typ
        self.shown.append(args.name)
        return args.name, {"outputs": {}, "secretOutputNames": [], **args.inputs}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        if args.token == STATE:
            return {"outputs": {}}
        name = args.args["name"].removeprefix("organization/nodeyard/")
        if name not in self.exported:
            raise Unknown(f"unknown stack {name}")
        return {"secretOutputNames": self.secret, "outputs": self.exported[name]}


def player(**changes: Any) -> dict[str, Any]:
    """The shipped file of player 0, whose peers' cards are one of this project and one of another organization."""
    peers = {"1": {"card": "tsm-player1-card"}, "2": {"card": "acme/custody/their-card"}}
    return file("tsm-player0-aws", **{"releaseVersion": RELEASE, "peers": peers, **changes})


def told(kind: str, stack: dict[str, Any], backend: Backend, **secrets: Any) -> Any:
    """What the component of a kind of stack is told by a file."""
    found: list[Any] = []
    values = {S: json.dumps(stack), **({HIDDEN: json.dumps(secrets)} if secrets else {})}
    pulumi.runtime.set_all_config(values, [HIDDEN])
    try:
        record(lambda: found.append(stacks.kinds()[kind].FILE.args(read())), backend, NAME)
    finally:
        pulumi.runtime.set_all_config({}, [])
    return found[0]


def refused(kind: str, stack: dict[str, Any], backend: Backend, **secrets: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        told(kind, stack, backend, **secrets)
    assert backend.shown == []
    assert not [key for key in KEYS if key in str(raised.value)]
    return dict(raised.value.problems)


# --- a player's


def test_the_stacks_that_a_file_names_within_a_mapping_are_read_and_shown() -> None:
    backend = Backend(BOTH)
    args = told("tsm", player(), backend)
    assert args["platform"] == platform()
    assert args["peers"] == {"1": {"card": card(1)}, "2": {"card": card(2)}}
    assert sorted(backend.shown) == ["acme/custody/their-card", "platform-aws", "tsm-player1-card"]


def test_a_stack_that_is_named_twice_is_shown_once() -> None:
    backend = Backend({**BOTH, "platform-aws": {**PLATFORM, "card": card(1)}})
    told("tsm", player(peers={"1": {"card": "platform-aws"}, "2": {"card": "acme/custody/their-card"}}), backend)
    assert sorted(backend.shown) == ["acme/custody/their-card", "platform-aws"]


def test_a_card_that_is_not_there_yet_is_left_out_and_its_stack_is_shown() -> None:
    backend = Backend({**BOTH, "tsm-player1-card": {}})
    args = told("tsm", player(), backend)
    assert args["peers"] == {"1": {}, "2": {"card": card(2)}}
    assert "tsm-player1-card" in backend.shown
    lacking = Backend({**BOTH, "tsm-player1-card": {"card": None}})
    assert told("tsm", player(), lacking)["peers"]["1"] == {}


def test_beside_a_card_of_a_stack_a_peer_has_what_the_file_says() -> None:
    peers = {"1": {"card": "tsm-player1-card", "publicKey": PUBLIC[1]}}
    args = told("tsm", player(peers=peers), Backend(BOTH))
    assert args["peers"]["1"] == {"card": card(1), "public_key": PUBLIC[1]}


@pytest.mark.parametrize(
    ("named", "exported", "words"),
    [
        ("gone", {}, "unknown stack gone"),
        (5, {}, "must be the stack of a player's card: its name, or organization/project/stack"),
        ("a/b", {}, "must be the stack of a player's card"),
        ({"contract": 1}, {}, "must be the stack of a player's card"),
        ("odd", {"odd": {"card": {**card(1), "contract": 2}}}, "The output `card` of stack"),
        ("odd", {"odd": {"card": "MFkw"}}, "is no card of version 1"),
        ("odd", {"odd": {"card": {**card(1), "address": ""}}}, "is no card: its address is empty"),
    ],
)
def test_a_card_that_cannot_be_taken_is_told_at_the_peer_that_names_it(named: Any, exported: Any, words: str) -> None:
    found = refused("tsm", player(peers={"1": {"card": named}}), Backend({**BOTH, **exported}))
    assert list(found) == [f"{S}.peers.1.card"]
    assert words in found[f"{S}.peers.1.card"]


def test_a_card_that_is_secret_is_refused() -> None:
    found = refused("tsm", player(platform="platform-aws"), Backend(BOTH, secret=["card"]))
    assert set(found) == {f"{S}.peers.1.card", f"{S}.peers.2.card"}
    assert all("is secret; nothing of it is" in reason for reason in found.values())


def test_what_is_wrong_with_a_card_by_the_rules_is_told_at_its_peer() -> None:
    peers = {"1": {"card": "acme/custody/their-card"}, "2": {"card": "tsm-player1-card", "publicKey": PUBLIC[3]}}
    found = refused("tsm", player(peers=peers), Backend(BOTH))
    assert set(found) == {f"{S}.peers.1.card", f"{S}.peers.2.card"}
    assert found[f"{S}.peers.1.card"] == "is the card of player 2"


def test_the_private_key_and_the_master_password_stand_among_the_secrets() -> None:
    found = {
        kind: {".".join(map(str, key)) for key in secret_keys(module.FILE.args_type)}
        for kind, module in stacks.kinds().items()
    }
    assert found["tsm"] == {"privateKey", "masterPassword", "pull"}
    assert found["tsm_network"] == {"pull"}
    assert found["tsm_card"] == set()


def test_a_private_key_reaches_the_component_as_a_secret() -> None:
    args = told("tsm", player(), Backend(BOTH), privateKey=KEYS[0])
    assert isinstance(args["secrets"]["private_key"]["value"], pulumi.Output)
    found = refused("tsm", player(), Backend(BOTH), privateKey=PUBLIC[0])
    assert list(found) == [f"{HIDDEN}.privateKey"]
    clear = refused("tsm", player(secrets={"privateKey": {"value": KEYS[0]}}), Backend(BOTH))
    assert list(clear) == [f"{S}.secrets.privateKey.value"]


@pytest.mark.parametrize("name", ["tsm-player0-aws", "tsm-player1-azure", "tsm-player2-gcp"])
def test_every_shipped_player_names_the_cards_of_the_others(name: str) -> None:
    stack = file(name)
    named = {index: peer["card"] for index, peer in stack["peers"].items()}
    assert named == {str(n): f"tsm-player{n}-card" for n in range(3) if n != stack["index"]}
    assert file(f"tsm-player{stack['index']}-card") == {"kind": "tsm_card", "player": name}


# --- its card's


def test_a_cards_stack_exports_the_card_of_its_player_and_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    exported: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)
    own = deploy(peers=cards(1, 2)).exports["card"]
    backend = Backend({"tsm-player0-aws": {"card": own, "secrets": {"config": "arn"}}})
    args = told("tsm_card", file("tsm-player0-card"), backend)
    stacks.kinds()["tsm_card"].deploy("tsm-player0-card", args)
    assert exported == {"card": own}
    assert backend.shown == ["tsm-player0-aws"]


@pytest.mark.parametrize(
    ("exported", "words"),
    [
        ({}, "unknown stack tsm-player0-aws"),
        ({"tsm-player0-aws": {}}, "is it the player's own stack, and has it been deployed?"),
        ({"tsm-player0-aws": {"card": None}}, "There is no output `card`"),
        ({"tsm-player0-aws": {"card": {**card(0), "egress": ["x"]}}}, "'x' is no range of addresses"),
    ],
)
def test_a_cards_stack_has_a_card_or_says_why_not(exported: Exported, words: str) -> None:
    """The stack of the card, unlike those that read it, is nothing without one."""
    found = refused("tsm_card", file("tsm-player0-card"), Backend(exported))
    assert list(found) == [f"{S}.player"]
    assert words in found[f"{S}.player"]


def test_a_cards_stack_is_told_of_its_player_only() -> None:
    found = refused("tsm_card", file("tsm-player0-card", player=None, index=0), Backend({}))
    assert set(found) == {f"{S}.player", f"{S}.index"}
