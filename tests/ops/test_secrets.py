"""`nodeyard secrets`, against moto's Secrets Manager."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pydantic import SecretStr

from ops.secrets.aws import SecretsManager
from ops.secrets.meanings import THETA_NODE, VALIDATOR
from ops.secrets.refused import refused
from tests.ops.harness import REGION, Command, aws_stack, theta_node

KEYS = ("seqPriv", "privValidatorKey", "l1RpcEndpoint")


@pytest.fixture
def manager(nodeyard: Command) -> Iterator[Any]:
    """Secrets Manager with a stack's empty secrets, and that stack."""
    with mock_aws():
        client = boto3.client("secretsmanager", region_name=REGION)
        ids = {key: client.create_secret(Name=f"metis/{key}")["ARN"] for key in KEYS}
        nodeyard.deploy("metis", **aws_stack(secrets=ids))
        yield client


def value(manager: Any, key: str) -> str:
    return str(manager.get_secret_value(SecretId=f"metis/{key}")["SecretString"])


def test_list_says_which_are_filled(nodeyard: Command, manager: Any) -> None:
    manager.put_secret_value(SecretId="metis/seqPriv", SecretString="0x01")
    result = nodeyard("secrets", "list", "metis", "--json")
    assert result.exit_code == 0
    assert {each["key"]: each["filled"] for each in json.loads(result.stdout)} == {
        "seqPriv": True,
        "privValidatorKey": False,
        "l1RpcEndpoint": False,
    }


def test_list_prints_a_table(nodeyard: Command, manager: Any) -> None:
    manager.put_secret_value(SecretId="metis/seqPriv", SecretString="0x01")
    lines = nodeyard("secrets", "list", "metis").stdout.splitlines()
    cells = [line.split() for line in lines if "arn:aws:secretsmanager" in line]
    assert [row[:2] for row in cells] == [["seqPriv", "yes"], ["privValidatorKey", "no"], ["l1RpcEndpoint", "no"]]


def test_check_fails_while_some_are_empty(nodeyard: Command, manager: Any) -> None:
    result = nodeyard("secrets", "check", "metis")
    assert result.exit_code == 1
    assert "Empty: seqPriv, privValidatorKey, l1RpcEndpoint." in result.stderr
    for key in KEYS:
        manager.put_secret_value(SecretId=f"metis/{key}", SecretString="x")
    assert nodeyard("secrets", "check", "metis").exit_code == 0


@pytest.mark.parametrize(
    ("content", "options", "stored"),
    [
        ("https://l1\n", [], "https://l1"),
        ("https://l1\r\n", [], "https://l1"),
        ("https://l1", [], "https://l1"),
        ("two\nlines\n\n", [], "two\nlines\n"),
        ("https://l1\r", [], "https://l1\r"),
        ("x" * 65536 + "\r\n", [], "x" * 65536),
        ("https://l1\n", ["--keep-newline"], "https://l1\n"),
    ],
)
def test_set_from_a_file(
    nodeyard: Command, manager: Any, tmp_path: Path, content: str, options: list[str], stored: str
) -> None:
    file = tmp_path / "value"
    file.write_bytes(content.encode())
    result = nodeyard("secrets", "set", "metis", "l1RpcEndpoint", "--file", str(file), *options)
    assert result.exit_code == 0, result.stderr
    assert value(manager, "l1RpcEndpoint") == stored
    assert "https://l1" not in result.output


def test_set_from_stdin(nodeyard: Command, manager: Any) -> None:
    result = nodeyard("secrets", "set", "metis", "seqPriv", "--file", "-", stdin="0xabc\n")
    assert result.exit_code == 0
    assert value(manager, "seqPriv") == "0xabc"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n", "holds no value"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"\xef\xbb\xbf0x01", "begins with a byte order mark"),
        (b"0x\x0001", "holds a NUL byte"),
        (b"x" * (64 * 1024 + 1), "holds more than 65536 bytes"),
    ],
)
def test_a_useless_file_is_refused(nodeyard: Command, manager: Any, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "value"
    file.write_bytes(content)
    result = nodeyard("secrets", "set", "metis", "seqPriv", "--file", str(file))
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert nodeyard("secrets", "set", "metis", "seqPriv", "--file", str(tmp_path / "none")).exit_code == 2
    assert not manager.list_secret_version_ids(SecretId="metis/seqPriv")["Versions"]


def test_what_themisd_prints_around_the_key_is_refused(nodeyard: Command, manager: Any) -> None:
    printed = json.dumps({"priv_key": f"0x{'1' * 64}"}, indent=4)
    result = nodeyard("secrets", "set", "metis", "seqPriv", "--file", "-", stdin=printed)
    assert (result.exit_code, "give the hexadecimal number in it alone" in result.stderr) == (2, True)
    assert "1111" not in result.output
    assert not manager.list_secret_version_ids(SecretId="metis/seqPriv")["Versions"]


def test_a_key_that_the_stack_does_not_have(nodeyard: Command, manager: Any) -> None:
    result = nodeyard("secrets", "set", "metis", "seqpriv", "--file", "-", stdin="x")
    assert result.exit_code == 2
    assert "no secret seqpriv. It has: seqPriv, privValidatorKey, l1RpcEndpoint" in result.stderr


def test_overwriting_an_identity_says_what_is_lost_and_needs_a_yes(nodeyard: Command, manager: Any) -> None:
    manager.put_secret_value(SecretId="metis/privValidatorKey", SecretString="old")
    arguments = ["secrets", "set", "metis", "privValidatorKey", "--file", "-"]
    refused = nodeyard(*arguments, stdin="new")
    assert refused.exit_code == 2
    assert VALIDATOR in refused.stderr
    assert "give --yes" in refused.stderr
    assert value(manager, "privValidatorKey") == "old"
    assert nodeyard(*arguments, "--yes", stdin="new").exit_code == 0
    assert value(manager, "privValidatorKey") == "new"


def test_a_theta_password_is_known_by_its_node(nodeyard: Command, manager: Any) -> None:
    arn = manager.create_secret(Name="theta/a", SecretString="old")["ARN"]
    nodeyard.deploy("theta", **aws_stack(nodes={"a": theta_node(secret=arn)}, secrets={"a": arn}))
    result = nodeyard("secrets", "set", "theta", "a", "--file", "-", stdin="new")
    assert result.exit_code == 2
    assert THETA_NODE in result.stderr


def test_without_a_terminal_nothing_is_prompted(nodeyard: Command, manager: Any) -> None:
    result = nodeyard("secrets", "set", "metis", "seqPriv", stdin="leak\nleak\n")
    assert result.exit_code == 2
    assert "give --file FILE" in result.stderr


def test_a_file_is_for_one_key(nodeyard: Command, manager: Any) -> None:
    result = nodeyard("secrets", "set", "metis", "--file", "-", stdin="x")
    assert (result.exit_code, "--file needs the KEY" in result.stderr) == (2, True)


def test_a_store_that_refuses_is_quoted_without_the_value(nodeyard: Command, manager: Any) -> None:
    gone = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:gone-AbCdEf"
    nodeyard.deploy("metis", **aws_stack(secrets={"seqPriv": gone}))
    result = nodeyard("secrets", "list", "metis")
    assert result.exit_code == 3
    assert gone in result.stderr
    assert "ResourceNotFoundException" in result.stderr


def test_one_that_is_not_known_hides_no_other(nodeyard: Command, manager: Any) -> None:
    ids = {key: manager.describe_secret(SecretId=f"metis/{key}")["ARN"] for key in KEYS}
    manager.put_secret_value(SecretId="metis/seqPriv", SecretString="x")
    manager.put_secret_value(SecretId="metis/privValidatorKey", SecretString="x")
    # It keeps its versions, and gives none of them.
    manager.delete_secret(SecretId="metis/privValidatorKey")
    nodeyard.deploy("metis", **aws_stack(secrets=ids))
    result = nodeyard("secrets", "list", "metis", "--json")
    assert result.exit_code == 3
    assert "it will be deleted on" in result.stderr
    assert [each["filled"] for each in json.loads(result.stdout)] == [True, None, False]
    empty = nodeyard("secrets", "check", "metis")
    assert (empty.exit_code, "Empty: l1RpcEndpoint." in empty.stderr) == (1, True)
    manager.put_secret_value(SecretId="metis/l1RpcEndpoint", SecretString="x")
    assert nodeyard("secrets", "check", "metis").exit_code == 3


def test_a_fleets_secrets_are_asked_side_by_side(nodeyard: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(store: SecretsManager, secret: str) -> bool:
        time.sleep(0.2)
        return secret != "arn:17"

    monkeypatch.setattr(SecretsManager, "filled", slow)
    nodeyard.deploy("fleet", **aws_stack(secrets={f"edge-{n}": f"arn:{n}" for n in range(40)}))
    begun = time.monotonic()
    result = nodeyard("secrets", "check", "fleet")
    assert time.monotonic() - begun < 40 * 0.2
    assert (result.exit_code, "Empty: edge-17." in result.stderr) == (1, True)


@pytest.mark.parametrize("value", ["plain-secret", 'with "quotes"\nand lines'])
def test_an_error_shows_no_value_however_it_quotes_it(value: str) -> None:
    for quoted in (value, repr(value), json.dumps(value)):
        said = str(refused("arn:1", ValueError(f"wrong: {quoted}"), SecretStr(value)))
        assert "[the value]" in said
        assert "secret" not in said
        assert "lines" not in said


def test_the_region_is_the_secrets_own(nodeyard: Command, manager: Any) -> None:
    other = boto3.client("secretsmanager", region_name="eu-west-1")
    arn = other.create_secret(Name="adopted", SecretString="x")["ARN"]
    nodeyard.deploy("metis", **aws_stack(secrets={"seqPriv": arn}))
    assert nodeyard("secrets", "check", "metis").exit_code == 0
