"""A TSM player's keys and card: made, signed and checked by `nodeyard tsm`."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from nodeyard.tsm_node.args import TSMNodeArgs
from nodeyard.tsm_node.card import CARD_VERSION, Card, read_signed, sign
from nodeyard.tsm_node.keys import key_hash, new_private_key, private_key_problem, public_key_of, read_private_key
from stacks.file import secret_keys
from tests.ops.harness import CHECKOUT, Command, aws_stack, told

STACK = "tsm-player0"


@pytest.fixture
def key(nodeyard: Command) -> Path:
    """The player's private key, in a file."""
    return written(nodeyard.directory / "player0.key", new_private_key())


def written(path: Path, text: str) -> Path:
    path.write_text(text + "\n")
    return path


def card_of(key: Path, **changed: Any) -> Card:
    made: Any = {
        "contract": CARD_VERSION,
        "index": 0,
        "address": "tcp://198.51.100.7:9000",
        "public_key": public_key_of(key.read_text()),
        "egress": ["198.51.100.8/32"],
        "mesh": "public",
        "peered": [],
        "sdk": "",
        **changed,
    }
    card: Card = made
    return card


def deploy(nodeyard: Command, card: Any) -> None:
    nodeyard.deploy(STACK, **aws_stack(card=card))


@pytest.fixture
def signed(nodeyard: Command, key: Path) -> Path:
    """The player's card, signed, in a file."""
    return written(nodeyard.directory / "player0.card", sign(card_of(key), key.read_text()))


def openssl(*arguments: str | Path, data: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


# --- keys ---


def test_a_key_is_in_a_file_of_its_owner_and_its_public_half_on_stdout(nodeyard: Command) -> None:
    file = nodeyard.directory / "new.key"
    result = nodeyard("tsm", "keygen", "--out", str(file))
    assert result.exit_code == 0, result.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert result.stdout.strip() == public_key_of(file.read_text())
    assert file.read_text().strip() not in result.output
    assert f"pulumi config set --secret --path 'nodeyard:secrets.privateKey' < {file}" in result.stderr


def test_a_key_is_never_overwritten(nodeyard: Command, key: Path) -> None:
    before = key.read_text()
    result = nodeyard("tsm", "keygen", "--out", str(key))
    assert result.exit_code == 2
    assert "exists, and keys are never overwritten" in result.stderr
    assert key.read_text() == before


def test_without_a_file_the_key_goes_down_a_pipe_and_nowhere_else(nodeyard: Command) -> None:
    result = nodeyard("tsm", "keygen")
    assert result.exit_code == 0, result.output
    private = result.stdout.strip()
    assert private_key_problem(private) == ""
    assert result.stderr.strip() == f"Public key: {public_key_of(private)}"


def test_a_terminal_never_shows_a_private_key(nodeyard: Command) -> None:
    ours, its = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "ops", "tsm", "keygen"],
        cwd=CHECKOUT, stdin=its, stdout=its, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
    )  # fmt: skip
    os.set_blocking(ours, False)
    with pytest.raises(BlockingIOError):
        os.read(ours, 4096)
    os.close(its)
    os.close(ours)
    assert done.returncode == 2
    assert "A terminal does not show a private key: give --out FILE" in done.stderr


def test_two_keys_are_two(nodeyard: Command) -> None:
    assert nodeyard("tsm", "keygen").stdout != nodeyard("tsm", "keygen").stdout


def test_the_stack_file_takes_the_key_where_keygen_says() -> None:
    assert ("privateKey",) in secret_keys(TSMNodeArgs)


def test_openssl_reads_a_key_of_ours_as_upstreams_page_has_it(nodeyard: Command) -> None:
    """builder-vault-tsm.docs.blockdaemon.com, "Player Index, Key, and Address": the two last of its commands."""
    private = nodeyard("tsm", "keygen").stdout.strip()
    der = openssl("base64", "-A", "-d", data=private.encode())
    file = nodeyard.directory / "private.key"
    file.write_bytes(der)
    public = openssl("ec", "-inform", "DER", "-in", file, "-pubout", "-outform", "DER")
    assert openssl("base64", "-A", data=public).decode() == public_key_of(private)
    assert openssl("ec", "-inform", "DER", "-in", file, "-outform", "DER") == der


def test_a_key_that_openssl_made_as_upstreams_page_says_signs_a_card(nodeyard: Command) -> None:
    der = nodeyard.directory / "private.key"
    openssl("ecparam", "-name", "P-256", "-genkey", "-param_enc", "named_curve", "-outform", "DER", "-out", der)
    file = written(nodeyard.directory / "private.txt", openssl("base64", "-A", "-in", der).decode())
    deploy(nodeyard, card_of(file))
    assert nodeyard("tsm", "card", STACK, "--key", str(file)).exit_code == 0


# --- API keys ---


@pytest.mark.parametrize(
    ("key", "hash_"),
    [
        ("apikey1", "1PebMT+BBvWvEIrZb/UWIi2/1aCrUvQwjksa0ddA3mA="),
        ("apikey2", "FfrI+hyZAiVosAi53wewS0U1SsXKR0AEHZBM088rOeM="),
        ("apikey3", "NaseBBHEzG7KqmdqTH/vJZeYeZ7UCtCfsHra6QK9DHo="),
    ],
)
def test_the_hash_is_that_of_upstreams_page(key: str, hash_: str) -> None:
    """builder-vault-tsm.docs.blockdaemon.com, "SDK Authentication"."""
    assert key_hash(key) == hash_


def test_an_api_key_is_shown_with_its_hash(nodeyard: Command) -> None:
    result = nodeyard("tsm", "apikey")
    assert result.exit_code == 0, result.output
    made = told(result)
    assert len(made["key"]) == 43  # 32 bytes, in base64 without its end
    assert made["hash"] == key_hash(made["key"])
    assert made["key"] not in result.stderr
    assert told(nodeyard("tsm", "apikey"))["key"] != made["key"]


# --- cards ---


def test_a_card_is_what_the_stack_says_signed_with_the_players_own_key(nodeyard: Command, key: Path) -> None:
    deploy(nodeyard, card_of(key))
    result = nodeyard("tsm", "card", STACK, "--key", str(key))
    assert result.exit_code == 0, result.output
    text = result.stdout.strip()
    assert jwt.get_unverified_header(text)["alg"] == "ES256"
    public_key = public_key_of(key.read_text())
    assert read_signed(text, public_key) == card_of(key)
    assert "player 0 at tcp://198.51.100.7:9000" in result.stderr
    assert public_key in result.stderr
    assert key.read_text().strip() not in result.output


def test_a_card_in_a_file_is_checked_with_the_key_that_the_team_told(nodeyard: Command, key: Path) -> None:
    deploy(nodeyard, card_of(key))
    file = nodeyard.directory / "out.card"
    assert nodeyard("tsm", "card", STACK, "--key", str(key), "--out", str(file)).stdout == ""
    result = nodeyard("tsm", "card", "--check", str(file), "--public-key", public_key_of(key.read_text()))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == card_of(key)
    assert result.stderr == ""


def test_a_key_and_a_card_may_come_by_stdin(nodeyard: Command, key: Path) -> None:
    deploy(nodeyard, card_of(key))
    signed = nodeyard("tsm", "card", STACK, "--key", "-", stdin=key.read_text()).stdout
    assert json.loads(nodeyard("tsm", "card", "--check", "-", stdin=signed).stdout) == card_of(key)


def test_a_check_without_a_key_says_what_it_does_not_prove(nodeyard: Command, key: Path, signed: Path) -> None:
    result = nodeyard("tsm", "card", "--check", str(signed))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == card_of(key)
    assert "Only the player's team can say that it is theirs" in result.stderr


def test_anothers_key_is_refused(nodeyard: Command, signed: Path) -> None:
    result = nodeyard("tsm", "card", "--check", str(signed), "--public-key", public_key_of(new_private_key()))
    assert result.exit_code == 1
    assert "a card whose signature is not of this public key" in result.stderr
    assert result.stdout == ""


def forged(key: Path) -> dict[str, str]:
    """Cards that name the player's key, and are not signed with it."""
    card = dict(card_of(key, address="tcp://203.0.113.66:9000"))
    other = read_private_key(new_private_key())
    header, _, signature = sign(card_of(key), key.read_text()).split(".")
    claims = jwt.encode(card, other, algorithm="ES256").split(".")[1]
    return {
        "signed by another": jwt.encode(card, other, algorithm="ES256"),
        "not signed": jwt.encode(card, None, algorithm="none"),
        "signed with the public key as a password": jwt.encode(card, str(card["public_key"]), algorithm="HS256"),
        "changed after the signature": f"{header}.{claims}.{signature}",
    }


@pytest.mark.parametrize(
    "how",
    ["signed by another", "not signed", "signed with the public key as a password", "changed after the signature"],
)
@pytest.mark.parametrize("told", [True, False], ids=["with the key told", "by the card's own key"])
def test_a_forged_card_is_refused(nodeyard: Command, key: Path, how: str, told: bool) -> None:
    file = written(nodeyard.directory / "forged.card", forged(key)[how])
    expected = ["--public-key", public_key_of(key.read_text())] if told else []
    result = nodeyard("tsm", "card", "--check", str(file), *expected)
    assert result.exit_code == 1
    assert result.stdout == ""


@pytest.mark.parametrize("text", ["no card", "a.b.c", "[]"])
def test_what_is_no_card_is_refused(nodeyard: Command, text: str) -> None:
    file = written(nodeyard.directory / "none.card", text)
    for expected in ([], ["--public-key", public_key_of(new_private_key())]):
        result = nodeyard("tsm", "card", "--check", str(file), *expected)
        assert result.exit_code == 1, result.output
        assert "is no signed card" in result.stderr


def test_a_card_that_lacks_something_is_refused_though_it_is_signed(nodeyard: Command, key: Path) -> None:
    card = dict(card_of(key))
    del card["address"]
    text = jwt.encode(card, read_private_key(key.read_text()), algorithm="ES256")
    result = nodeyard("tsm", "card", "--check", str(written(nodeyard.directory / "half.card", text)))
    assert result.exit_code == 1
    assert "is no whole card: look at its address" in result.stderr


def test_a_key_that_is_not_the_players_signs_nothing(nodeyard: Command, key: Path) -> None:
    deploy(nodeyard, card_of(key))
    other = written(nodeyard.directory / "other.key", new_private_key())
    result = nodeyard("tsm", "card", STACK, "--key", str(other))
    assert result.exit_code == 2
    assert "sign with the player's own key" in result.stderr
    assert result.stdout == ""


def other_curve() -> str:
    private = ec.generate_private_key(ec.SECP384R1())
    der = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return openssl("base64", "-A", data=der).decode()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (lambda: "not in base64!", "is no private key"),
        (lambda: "AAAA", "is no private key"),
        (lambda: public_key_of(new_private_key()), "is no private key"),
        (other_curve, "is no private key of the curve P-256"),
    ],
)
def test_a_file_that_is_no_players_key_is_named_and_not_quoted(
    nodeyard: Command, key: Path, content: Any, problem: str
) -> None:
    deploy(nodeyard, card_of(key))
    text = content()
    result = nodeyard("tsm", "card", STACK, "--key", str(written(nodeyard.directory / "bad.key", text)))
    assert result.exit_code == 2
    assert problem in result.stderr
    assert "bad.key" in result.stderr
    assert text not in result.output


def test_a_player_without_a_key_has_no_card_yet(nodeyard: Command, key: Path) -> None:
    deploy(nodeyard, None)
    result = nodeyard("tsm", "card", STACK, "--key", str(key))
    assert result.exit_code == 2
    assert f"Stack {STACK} has no card yet" in result.stderr


def test_a_card_of_another_version_is_not_signed(nodeyard: Command, key: Path) -> None:
    deploy(nodeyard, card_of(key, contract=CARD_VERSION + 1))
    result = nodeyard("tsm", "card", STACK, "--key", str(key))
    assert result.exit_code == 2
    assert f"Output `card` of stack {STACK} is no card of version {CARD_VERSION}" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [STACK],
        [STACK, "--check", "x"],
        [STACK, "--key", "x", "--public-key", "y"],
        ["--check", "x", "--key", "y"],
        ["--check", "x", "--out", "y"],
        ["--check", "x", "--public-key", "y"],
    ],
)
def test_options_that_do_not_go_together_are_refused(nodeyard: Command, arguments: list[str]) -> None:
    result = nodeyard("tsm", "card", *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("nodeyard: ")
    assert nodeyard.calls("pulumi") == []


def test_a_file_that_cannot_be_written_is_named(nodeyard: Command, key: Path) -> None:
    deploy(nodeyard, card_of(key))
    nowhere = nodeyard.directory / "none" / "card"
    for command in (["card", STACK, "--key", str(key)], ["keygen"]):
        result = nodeyard("tsm", *command, "--out", str(nowhere))
        assert result.exit_code == 2
        assert f"{nowhere}: No such file or directory." in result.stderr


def test_keys_and_cards_are_read_without_pulumis_sdk() -> None:
    code = "import sys; import nodeyard.tsm_node.card; import ops.tsm_keys; sys.exit('pulumi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0
