"""How players learn of each other: by cards of stacks, by signed cards, and by value."""

import base64
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nodeyard.tsm_node.card import read_card, read_signed, sign, signer_of
from nodeyard.tsm_node.keys import read_private_key
from tests.unit.tsm_players import (
    KEYS,
    NAME,
    PUBLIC,
    by_value,
    card,
    cards,
    deploy,
    platform,
    problems,
    settings,
    taken,
    values,
)


def signed(index: int, /, key: int | None = None, **changes: Any) -> dict[str, Any]:
    """A peer by its signed card, and the public key that a ceremony told."""
    told = card(index, **changes)
    text = jwt.encode(dict(told), read_private_key(KEYS[index if key is None else key]), algorithm="ES256")
    return {"signed_card": text, "public_key": PUBLIC[index]}


def peer_one(told: Any) -> dict[str, Any]:
    return {"peers": {"1": told, **cards(2)}}


WAYS: dict[str, Any] = {"by stack": {"card": card(1)}, "signed": signed(1), "by value": by_value(1)}


@pytest.mark.parametrize("told", WAYS.values(), ids=WAYS)
def test_a_peer_is_the_same_whichever_way_it_is_told(told: Any) -> None:
    one, two = settings(**peer_one(told)).peers
    assert (one.index, one.address, one.public_key) == (1, card(1)["address"], PUBLIC[1])
    assert (list(one.egress), one.sdk) == (card(1)["egress"], card(1)["sdk"])
    assert two.index == 2


def test_a_card_tells_of_the_mesh_and_of_the_networks_that_are_routed_to_the_player() -> None:
    told = card(1, mesh="private", egress=["10.1.0.0/16"], peered=["10.0.0.0/16"])
    there = {"platform": platform(peered_cidrs=["10.1.0.0/16"]), "mesh": {"kind": "private"}}
    for way in ({"card": told}, signed(1, mesh="private", egress=["10.1.0.0/16"], peered=["10.0.0.0/16"])):
        [peer] = settings(**there, peers={"1": way}).peers
        assert (peer.mesh, list(peer.peered)) == ("private", ["10.0.0.0/16"])
    [by] = settings(peers={"1": by_value(1)}).peers
    assert (by.mesh, list(by.peered)) == ("", [])


def test_what_a_card_of_a_stack_may_lack_leaves_the_player_missing() -> None:
    player = settings(peers={"1": {}, "2": {"public_key": PUBLIC[2]}})
    assert player.missing_peers == [1, 2]
    assert player.waits_for == ["the card of player 1", "the card of player 2"]
    assert player.replicas == 0


# --- signed cards


@pytest.mark.parametrize(
    ("told", "path", "words"),
    [
        (signed(1, key=2), "peers.1.signed_card", "whose signature is not of this public key"),
        ({**signed(1), "public_key": PUBLIC[3]}, "peers.1.signed_card", "whose signature is not of this public key"),
        ({**signed(1), "signed_card": "a.b.c"}, "peers.1.signed_card", "as `nodeyard tsm card` prints one"),
        (signed(1, index=2), "peers.1.signed_card", "is the card of player 2"),
        (signed(1, public_key=PUBLIC[3]), "peers.1.signed_card", "is a card of another public key"),
        (signed(1, contract=2), "peers.1.signed_card", "is no card of version 1"),
        (signed(1, egress=["here"]), "peers.1.signed_card", "'here' is no range of addresses"),
        ({"card": card(1, index=2)}, "peers.1.card", "is the card of player 2"),
        ({"card": card(1), "public_key": PUBLIC[3]}, "peers.1.card", "is a card of another key"),
        ({"card": {**card(1), "contract": 0}}, "peers.1.card", "is no card of version 1"),
    ],
)
def test_a_card_that_is_not_the_peers_own_is_refused(told: Any, path: str, words: str) -> None:
    found = problems(**peer_one(told))
    assert list(found) == [path]
    assert words in found[path]


def test_a_card_that_nobody_signed_is_refused() -> None:
    unsigned = jwt.encode(dict(card(1)), "", algorithm="none")
    found = problems(**peer_one({"signed_card": unsigned, "public_key": PUBLIC[1]}))
    assert list(found) == ["peers.1.signed_card"]


def test_a_card_is_signed_by_its_own_key_only() -> None:
    text = sign(card(1), KEYS[1])
    assert read_signed(f"{text}\n", PUBLIC[1]) == card(1)
    assert signer_of(text) == PUBLIC[1]
    with pytest.raises(ValueError, match="sign with the player's own key"):
        sign(card(1), KEYS[2])


def other_curve() -> str:
    key = ec.generate_private_key(ec.SECP384R1()).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"index": -1}, "its index is below 0"),
        ({"index": "1"}, "look at its index"),
        ({"index": 1.5}, "look at its index"),
        ({"index": True}, "look at its index"),
        ({"address": ""}, "its address is empty"),
        ({"egress": ["10.0.0.1/8"]}, "'10.0.0.1/8' is no range of addresses"),
        ({"peered": ["all"]}, "'all' is no range of addresses"),
        ({"public_key": "MFkw"}, "its public key is no public key"),
        ({"public_key": f"{PUBLIC[1]}\n"}, "written in another way"),
        ({"public_key": other_curve()}, "no public key of the curve P-256"),
        ({"sdk": None}, "look at its sdk"),
        ({"contract": 2}, "no card of version 1"),
    ],
)
def test_what_no_card_says_is_told(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("(", r"\(")):
        read_card({**card(1), **changes})


@pytest.mark.parametrize("told", [None, "card", 1, [], {}])
def test_what_is_no_card_at_all_is_told(told: Any) -> None:
    with pytest.raises(ValueError, match="is no card of version 1"):
        read_card(told)


def test_a_card_of_another_stack_has_its_numbers_as_pulumi_hands_them_on() -> None:
    read = read_card(card(1, contract=1.0, index=1.0))
    assert read == card(1)
    assert [type(read[key]) for key in ("contract", "index")] == [int, int]  # type: ignore[literal-required]


def test_a_field_that_came_later_is_passed_over() -> None:
    assert read_card({**card(1), "later": 1}) == card(1)


# --- two players that are one


@pytest.mark.parametrize("ways", [("by stack", "by value"), ("signed", "by stack"), ("by value", "signed")])
def test_two_players_with_one_key_are_refused_whichever_way_they_are_told(ways: tuple[str, str]) -> None:
    shared = {"public_key": PUBLIC[1], "address": "tcp://198.51.100.99:9000"}
    second = {
        "by stack": {"card": card(2, **shared)},
        "by value": by_value(2, **shared),
        "signed": {**signed(2, key=1, **shared), "public_key": PUBLIC[1]},
    }
    found = problems(peers={"1": WAYS[ways[0]], "2": second[ways[1]]})
    assert found == {"peers.2": "has the key of player 1"}


def test_a_player_that_took_this_players_card_for_a_peers_is_refused() -> None:
    mine = {"card": card(1, public_key=PUBLIC[0])}
    assert problems(**peer_one(mine)) == {"peers.1": "has the key of player 0"}
    # Where the key comes from the stack, nobody knows it before the `up`.
    assert taken(**peer_one(mine), key="generated", secrets={}).starts


# --- the private mesh


def private(index: int, /, **changes: Any) -> dict[str, Any]:
    given = {"mesh": "private", "egress": [f"10.{index}.0.0/16"], "peered": ["10.0.0.0/16", "172.16.0.0/12"]}
    return {"card": card(index, **{**given, **changes})}


def among(*peered: str, **peers: Any) -> dict[str, Any]:
    told = {"1": private(1), "2": private(2), **{number.removeprefix("p"): peer for number, peer in peers.items()}}
    return {"platform": platform(peered_cidrs=list(peered)), "mesh": {"kind": "private"}, "peers": told}


@pytest.mark.parametrize("peered", [("10.1.0.0/16", "10.2.0.0/16"), ("10.0.0.0/8",), ("10.0.0.0/14", "fd00::/8")])
def test_a_private_mesh_is_taken_where_both_platforms_list_the_others_range(peered: tuple[str, ...]) -> None:
    assert taken(**among(*peered)).starts
    assert taken(**among(*peered, p1=private(1, peered=["10.0.0.0/8"]))).starts


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (among("10.2.0.0/16"), "is in 10.1.0.0/16, and this player's platform lists no such range in `peeredCidrs`"),
        (among("10.2.0.0/16", "10.1.0.0/17"), "is in 10.1.0.0/16"),
        (among("10.0.0.0/8", p1=private(1, peered=[])), "has a platform that lists no 10.0.0.0/16"),
        (among("10.0.0.0/8", p1=private(1, peered=["10.0.0.0/17"])), "this player's network, in `peeredCidrs`"),
        (among("10.0.0.0/8", p1=private(1, peered=["::/0"])), "has a platform that lists no 10.0.0.0/16"),
        (among("10.0.0.0/8", p1=private(1, egress=["10.1.0.0/16", "192.168.0.0/24"])), "is in 192.168.0.0/24, and"),
    ],
)
def test_a_private_mesh_needs_both_sides_peered_ranges(told: dict[str, Any], words: str) -> None:
    found = problems(**told)
    assert list(found) == ["peers.1"]
    assert words in found["peers.1"]


def test_a_peer_by_value_is_asked_for_its_ranges_only() -> None:
    """Nobody knows what its platform lists."""
    by = by_value(1, egress=["10.1.0.0/16"])
    assert taken(**among("10.0.0.0/8", p1=by)).starts
    assert list(problems(**among("10.2.0.0/16", p1=by))) == ["peers.1"]


def test_a_public_mesh_asks_for_no_peered_ranges() -> None:
    assert taken(platform=platform(peered_cidrs=[]), peers=cards(1, 2)).starts


# --- what a player tells of itself


def test_a_player_gives_the_card_that_the_others_take() -> None:
    own = deploy().exports["card"]
    assert read_card(own) == own
    assert (own["index"], own["public_key"], own["mesh"], own["peered"]) == (0, PUBLIC[0], "public", [])
    assert own["egress"] == [f"{address}/32" for address in platform()["egress_addresses"]]
    assert taken(index=1, secrets={"private_key": {"value": KEYS[1]}}, peers={"0": {"card": own}, **cards(2)}).starts
    assert read_signed(sign(own, KEYS[0]), PUBLIC[0]) == own


def test_a_player_without_a_key_has_no_card() -> None:
    recording = deploy(secrets={})
    assert recording.exports["card"] is None
    assert recording.exports["missing"][0] == "the player's own key (`nodeyard tsm keygen`)"
    assert values(recording)["replicas"] == 0


def test_a_player_of_a_private_mesh_tells_its_networks() -> None:
    mesh = among("10.0.0.0/8") | {"mesh": {"kind": "private", "private_address": "10.0.10.9"}}
    own = deploy(**mesh).exports["card"]
    assert (own["mesh"], own["egress"], own["peered"]) == ("private", platform()["private_cidrs"], ["10.0.0.0/8"])


def test_a_card_names_the_sdk_only_where_it_is_reached_from_outside() -> None:
    assert deploy().exports["card"]["sdk"].endswith(":8080")
    closed = deploy(sdk={"exposure": "cluster"}).exports
    assert closed["card"]["sdk"] == ""
    assert closed["sdk"][0] == {"index": 0, "url": f"http://{NAME}-sdk.tsm.svc:8080", "publicKey": PUBLIC[0]}
