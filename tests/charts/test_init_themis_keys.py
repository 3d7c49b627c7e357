"""files/init-themis.sh: which keys it takes, and when one on the volume is replaced."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable

import pytest

from ops.metis_keys import NODE_FILE, VALIDATOR_FILE
from tests.charts.themis_home import Result, Themis, bootstrap, keys, resume

Sentence = Callable[[Result], str]

OURS, OTHERS = keys(1).files(), keys(2).files()
BOTH = (NODE_FILE, VALIDATOR_FILE)
OTHER_FILE = {NODE_FILE: VALIDATOR_FILE, VALIDATOR_FILE: NODE_FILE}


def test_keys_are_copied_once_for_their_owner_only(running: Themis) -> None:
    for name in BOTH:
        assert running.key(name).read_text() == OURS[name]
        assert running.key(name).stat().st_mode & 0o777 == 0o600
    assert running.state.stat().st_mode & 0o077 == 0


def test_a_newline_does_not_make_another_key(running: Themis) -> None:
    (running.secrets / VALIDATOR_FILE).write_text(OURS[VALIDATOR_FILE] + "\n")
    running.started()
    assert running.key(VALIDATOR_FILE).read_text() == OURS[VALIDATOR_FILE]


# --- the form of a key ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOTH)
def test_a_key_with_the_line_ends_of_windows_is_taken(themis: Themis, name: str) -> None:
    (themis.secrets / name).write_bytes(json.dumps(json.loads(OURS[name]), indent=2).replace("\n", "\r\n").encode())
    themis.started(**bootstrap())


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("content", [None, "", " \n", "changeme"])
def test_a_secret_without_a_key_stops(themis: Themis, sentence: Sentence, name: str, content: str | None) -> None:
    if content is None:
        (themis.secrets / name).unlink()
    else:
        (themis.secrets / name).write_text(content)
    assert f"the secret {name} holds no key" in sentence(themis.start(**bootstrap()))
    assert not themis.state.exists()


def changed(name: str, part: str, change: Callable[[bytes], bytes]) -> str:
    """The key's file with the bytes of a part changed."""
    found = json.loads(OURS[name])
    found[part]["value"] = base64.b64encode(change(base64.b64decode(found[part]["value"]))).decode()
    return json.dumps(found)


def damaged(name: str) -> dict[str, str]:
    """Keys that themis refuses, or would take for something else than they are."""
    text, found = OURS[name], json.loads(OURS[name])
    return {
        "a byte too many": changed(name, "priv_key", lambda key: key + b"\0"),
        "a byte too few": changed(name, "priv_key", lambda key: key[:-1]),
        "no base64": text.replace('"value": "', '"value": "!'),
        "a value that goes on": text.replace('=="', '==\\n"').replace('="', '=\\n"'),
        "without a type": json.dumps({**found, "priv_key": {"value": found["priv_key"]["value"]}}),
        "a list": f"[{text}]",
        "more than it holds": json.dumps({**found, "key": 1}),
    }


DAMAGED = [(name, what) for name in BOTH for what in damaged(name)]
STOCK = json.dumps(
    {
        "address": "0" * 40,
        "pub_key": {"type": "tendermint/PubKeyEd25519", "value": base64.b64encode(bytes(32)).decode()},
        "priv_key": {"type": "tendermint/PrivKeyEd25519", "value": base64.b64encode(bytes(64)).decode()},
    }
)


@pytest.mark.parametrize(("name", "what"), DAMAGED)
def test_a_damaged_key_is_refused_before_anything_is_written(
    themis: Themis, sentence: Sentence, name: str, what: str
) -> None:
    (themis.secrets / name).write_text(damaged(name)[what])
    said = sentence(themis.start(**bootstrap()))
    assert f"the secret {name} does not have the form that `themisd init` writes" in said
    assert not list(themis.home.rglob("*"))


@pytest.mark.parametrize("name", BOTH)
def test_no_beginning_of_a_key_is_taken(themis: Themis, sentence: Sentence, name: str) -> None:
    for length in range(1, len(OURS[name]), 9):
        (themis.secrets / name).write_text(OURS[name][:length])
        assert "it is not JSON, or not the whole of it" in sentence(themis.start(**bootstrap()))
    assert not list(themis.home.rglob("*"))


@pytest.mark.parametrize("name", BOTH)
def test_a_byte_order_mark_is_named(themis: Themis, sentence: Sentence, name: str) -> None:
    (themis.secrets / name).write_text("\ufeff" + OURS[name])
    assert f"the secret {name} begins with a byte order mark" in sentence(themis.start(**bootstrap()))


@pytest.mark.parametrize("name", BOTH)
def test_keys_that_were_swapped_are_named(themis: Themis, sentence: Sentence, name: str) -> None:
    (themis.secrets / name).write_text(OURS[OTHER_FILE[name]])
    assert "those of node and validator are swapped" in sentence(themis.start(**bootstrap()))


@pytest.mark.parametrize(
    "text",
    [
        STOCK.replace("PrivKeyEd25519", "PrivKeySecp256k1"),
        changed(VALIDATOR_FILE, "pub_key", lambda key: b"\x02" + key[1:33]),
        changed(VALIDATOR_FILE, "pub_key", lambda key: b"\x03" + key[1:]),
        OURS[VALIDATOR_FILE].replace('"address": "', '"address": "0x'),
    ],
    ids=[
        "stock Tendermint's lengths",
        "a public key of 33 bytes",
        "a public key of another kind",
        "an address with 0x",
    ],
)
def test_a_validators_key_that_is_not_of_themis_is_refused(themis: Themis, sentence: Sentence, text: str) -> None:
    (themis.secrets / VALIDATOR_FILE).write_text(text)
    assert "an address of 20 bytes, a public key of 65 and a private key of 32" in sentence(themis.start(**bootstrap()))


# --- another key than the volume's ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("words", [{}, bootstrap(), resume("vol-1")])
def test_another_key_in_the_secret_of_a_validator_that_signed_stops_and_overwrites_nothing(
    running: Themis, sentence: Sentence, name: str, words: dict[str, str]
) -> None:
    (running.secrets / name).write_text(OTHERS[name])
    said = sentence(running.start(**words))
    assert f"another {name}" in said
    assert "take the secret's key" not in said
    assert running.key(name).read_text() == OURS[name]


@pytest.fixture
def wrong(themis: Themis) -> Themis:
    """A new validator's disk that got the wrong keys, and has signed nothing."""
    themis.give(keys(2))
    themis.started(**bootstrap())
    themis.give(keys(1))
    return themis


def test_a_wrong_key_on_a_disk_that_signed_nothing_is_replaced_by_the_word_for_that_disk(
    wrong: Themis, sentence: Sentence
) -> None:
    said = sentence(wrong.start())
    assert "since nothing was signed on this volume yet, take the secret's key" in said
    assert "signingState.bootstrap: true and signingState.volume: vol-1." in said
    assert wrong.key(VALIDATOR_FILE).read_text() == OTHERS[VALIDATOR_FILE]
    assert "it was replaced" in wrong.started(**bootstrap()).stdout
    for name in BOTH:
        assert wrong.key(name).read_text() == OURS[name]
        assert wrong.key(name).stat().st_mode & 0o777 == 0o600
        (copy,) = wrong.key(name).parent.glob(f"{name}.*.bak")
        assert copy.read_text() == OTHERS[name]
        assert copy.stat().st_mode & 0o777 == 0o600
    wrong.started()


def test_a_damaged_key_that_was_copied_once_is_replaced_in_the_same_way(wrong: Themis) -> None:
    wrong.key(VALIDATOR_FILE).write_text(OURS[VALIDATOR_FILE][:50])
    wrong.started(**bootstrap())
    assert wrong.key(VALIDATOR_FILE).read_text() == OURS[VALIDATOR_FILE]


@pytest.mark.parametrize("words", [bootstrap("vol-2"), bootstrap(""), resume("vol-2"), {"VOUCHED_VOLUME": "vol-1"}])
def test_a_wrong_key_is_not_replaced_by_a_word_for_another_disk(
    wrong: Themis, sentence: Sentence, words: dict[str, str]
) -> None:
    assert "holds another node_key.json" in sentence(wrong.start(**words))
    assert wrong.key(VALIDATOR_FILE).read_text() == OTHERS[VALIDATOR_FILE]


def test_a_disk_that_has_ever_signed_keeps_its_key_whatever_height_it_was_given(
    running: Themis, sentence: Sentence
) -> None:
    running.restored_to("vol-2")
    running.started(**resume("vol-2"))
    running.give(keys(2))
    assert "another node_key.json" in sentence(running.start(**resume("vol-2")))
    assert running.key(VALIDATOR_FILE).read_text() == OURS[VALIDATOR_FILE]


def test_no_message_shows_a_secret(themis: Themis) -> None:
    results = [themis.start(), themis.start(**bootstrap()), themis.start()]
    for name in BOTH:
        for text in [*damaged(name).values(), OTHERS[name], OURS[OTHER_FILE[name]], OURS[name][:90]]:
            (themis.secrets / name).write_text(text)
            results.append(themis.start())
        (themis.secrets / name).write_text(OURS[name])
    secrets = [json.loads(text)["priv_key"]["value"][:20] for text in (*OURS.values(), *OTHERS.values()) if "{" in text]
    for result in results:
        assert not re.search("|".join(map(re.escape, [*secrets, "192.0.2.1"])), result.stdout + result.stderr)
