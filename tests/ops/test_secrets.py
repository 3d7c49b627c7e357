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

from nodeyard.metis_sequencer import secrets as metis
from nodeyard.theta_edge_node import secrets as theta
from ops import metis_keys
from ops.secrets.aws import SecretsManager
from ops.secrets.refused import refused
from tests.ops.harness import REGION, Command, aws_stack
from tests.unit.nodeos_clusters import PRIVATE, SIGNING

KEYS = ("seqPriv", "privValidatorKey", "l1RpcEndpoint")


@pytest.fixture
def manager(nodeyard: Command) -> Iterator[Any]:
    """Secrets Manager with a stack's empty secrets, and that stack."""
    with mock_aws():
        client = boto3.client("secretsmanager", region_name=REGION)
        ids = {key: client.create_secret(Name=f"metis/{key}")["ARN"] for key in KEYS}
        nodeyard.deploy("metis", **aws_stack(secrets=ids))
        yield client


@pytest.fixture
def sequencer(nodeyard: Command, manager: Any) -> None:
    """The same secrets, of a stack that says its component."""
    ids = {key: manager.describe_secret(SecretId=f"metis/{key}")["ARN"] for key in KEYS}
    nodeyard.deploy("sequencer", **aws_stack(kind="metis", component="metis_sequencer", secrets=ids))


def value(manager: Any, key: str) -> str:
    return str(manager.get_secret_value(SecretId=f"metis/{key}")["SecretString"])


def test_list_says_which_are_filled(nodeyard: Command, manager: Any) -> None:
    manager.put_secret_value(SecretId="metis/seqPriv", SecretString="0x01")
    result = nodeyard("secrets", "list", "metis", "--json")
    assert result.exit_code == 0
    assert {each["key"]: each["filled"] for each in json.loads(result.stdout)["result"]} == {
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


def test_what_themisd_prints_around_the_key_is_refused(nodeyard: Command, manager: Any, sequencer: None) -> None:
    printed = json.dumps({"priv_key": f"0x{'1' * 64}"}, indent=4)
    result = nodeyard("secrets", "set", "sequencer", "seqPriv", "--file", "-", stdin=printed)
    assert (result.exit_code, "give the hexadecimal number in it alone" in result.stderr) == (2, True)
    assert "1111" not in result.output
    assert not manager.list_secret_version_ids(SecretId="metis/seqPriv")["Versions"]


def test_a_key_that_the_stack_does_not_have(nodeyard: Command, manager: Any) -> None:
    result = nodeyard("secrets", "set", "metis", "seqpriv", "--file", "-", stdin="x")
    assert result.exit_code == 2
    assert "no such secret. It has: seqPriv, privValidatorKey, l1RpcEndpoint. Did you mean seqPriv?" in result.stderr
    assert "seqpriv" not in result.stderr


def test_overwriting_an_identity_says_what_is_lost_and_needs_a_yes(
    nodeyard: Command, manager: Any, sequencer: None
) -> None:
    manager.put_secret_value(SecretId="metis/privValidatorKey", SecretString="old")
    arguments = ["secrets", "set", "sequencer", "privValidatorKey", "--file", "-"]
    new = metis_keys.make().files()[metis_keys.VALIDATOR_FILE]
    refused = nodeyard(*arguments, stdin=new)
    assert refused.exit_code == 2
    assert metis.use_of("privValidatorKey").lost in refused.stderr
    assert "give --yes" in refused.stderr
    assert value(manager, "privValidatorKey") == "old"
    assert nodeyard(*arguments, "--yes", stdin=new).exit_code == 0
    assert value(manager, "privValidatorKey") == new


def test_a_theta_password_is_known_by_its_component(nodeyard: Command, manager: Any) -> None:
    arn = manager.create_secret(Name="theta/a", SecretString="old")["ARN"]
    nodeyard.deploy("theta", **aws_stack(component="theta_edge_node", secrets={"a": arn}))
    result = nodeyard("secrets", "set", "theta", "a", "--file", "-", stdin="new")
    assert result.exit_code == 2
    assert theta.use_of("a").lost in result.stderr


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
    assert [each["filled"] for each in json.loads(result.stdout)["result"]] == [True, None, False]
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


THEMIS = metis_keys.make().files()
VALIDATOR = THEMIS[metis_keys.VALIDATOR_FILE]
ANOTHER = json.loads(metis_keys.make().files()[metis_keys.VALIDATOR_FILE])
HALF_SWAPPED = {**json.loads(VALIDATOR), "priv_key": ANOTHER["priv_key"]}
WRONG = [
    ("metis_sequencer", "seqPriv", "zzz", "is no private key: 64 hexadecimal digits"),
    ("metis_sequencer", "seqPriv", "0" * 64, "is no key of secp256k1: its number is zero"),
    ("metis_sequencer", "nodeKey", "{}", "is no node_key.json"),
    ("metis_sequencer", "nodeKey", VALIDATOR, "is no node_key.json"),
    ("metis_sequencer", "privValidatorKey", THEMIS[metis_keys.NODE_FILE], "is no priv_validator_key.json"),
    ("metis_sequencer", "privValidatorKey", json.dumps(HALF_SWAPPED), "its pub_key is not that of its priv_key"),
    ("metis_sequencer", "l1RpcEndpoint", "rpc.example.com", "is no URL"),
    ("metis_sequencer", "persistentPeers", "themis:26656", "is no list of peers"),
    ("theta_edge_node", "edge-1", "two\nlines", "must be one line of printable characters"),
    ("nodeos_bp_cluster", "signatureProviders", PRIVATE, "has no `=KEY:` in line 1"),
    ("nodeos_bp_cluster", "signatureProviders", f"{SIGNING[:-1]}4", "is mistyped: its checksum is another one"),
    ("nodeos_bp_cluster", "finalizerKey2", SIGNING, "is no finalizer key"),
    ("nodeos_bp_cluster", "token", "short", "must be 20 or more"),
    ("tsm_node", "config", "[Player]\nIndex = 0\n", "`Player.PrivateKey` is missing"),
    ("tsm_node", "databaseRole", "two\nlines", "must be one line"),
    ("tsm_node", "pull", "user:password", "is no .dockerconfigjson"),
    ("tsm_network", "player0.metricsKey", "a\tb", "must be one line"),
    ("mantis_cluster", "miner-0", "0x" + "1" * 64, "is no key: 64 hexadecimal digits"),
]


@pytest.mark.parametrize(("component", "key", "content", "said"), WRONG, ids=[f"{c}-{k}-{s}" for c, k, _, s in WRONG])
def test_what_cannot_be_right_is_refused_before_a_question_and_found_by_reading(
    nodeyard: Command, manager: Any, component: str, key: str, content: str, said: str
) -> None:
    player, _, inner = key.rpartition(".")
    arn = manager.create_secret(Name="given")["ARN"]
    nodeyard.deploy("given", **aws_stack(component=component, secrets={player: {inner: arn}} if player else {key: arn}))
    result = nodeyard("secrets", "set", "given", key, "--file", "-", "--yes", stdin=content)
    assert (result.exit_code, f"{key} " in result.stderr, said in result.stderr) == (2, True, True), result.stderr
    assert content not in result.output
    assert not manager.list_secret_version_ids(SecretId="given")["Versions"]
    manager.put_secret_value(SecretId="given", SecretString=content)
    assert nodeyard("secrets", "check", "given").exit_code == 0, "nothing is read where nobody asks for that"
    read = nodeyard("secrets", "check", "given", "--read")
    assert (read.exit_code, f"Wrong: {key} " in read.stderr, said in read.stderr) == (1, True, True), read.stderr
    assert content not in read.output


RIGHT = [
    ("metis_sequencer", "seqPriv", THEMIS[metis_keys.SEQ_PRIV_FILE]),
    ("metis_sequencer", "nodeKey", THEMIS[metis_keys.NODE_FILE]),
    ("metis_sequencer", "privValidatorKey", VALIDATOR),
    ("metis_sequencer", "persistentPeers", f"{'ab' * 20}@themis.example.com:26656"),
    ("theta_edge_node", "edge-1", "correct horse"),
    ("nodeos_bp_cluster", "signatureProviders", SIGNING),
    ("tsm_node", "pull", json.dumps({"auths": {"registry.example.com": {"auth": "x"}}})),
    ("mantis_cluster", "miner-0", "1" * 64),
    ("of_another_time", "whatever", "zzz"),
]


@pytest.mark.parametrize(("component", "key", "content"), RIGHT, ids=[f"{c}-{k}" for c, k, _ in RIGHT])
def test_what_may_be_right_is_stored_and_found_right(
    nodeyard: Command, manager: Any, component: str, key: str, content: str
) -> None:
    arn = manager.create_secret(Name="given")["ARN"]
    nodeyard.deploy("given", **aws_stack(component=component, secrets={key: arn}))
    result = nodeyard("secrets", "set", "given", key, "--file", "-", stdin=content)
    assert result.exit_code == 0, result.stderr
    assert ("Nothing is known of the form" in result.stderr) == (component == "of_another_time")
    assert nodeyard("secrets", "check", "given", "--read").exit_code == 0


def test_reading_tells_each_value_apart_from_those_that_it_may_not_read(
    nodeyard: Command, manager: Any, sequencer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in KEYS:
        manager.put_secret_value(SecretId=f"metis/{key}", SecretString="https://l1.example.com")

    def get(store: SecretsManager, secret: str) -> SecretStr:
        if "l1RpcEndpoint" in secret:
            return SecretStr("https://l1.example.com")
        raise refused(secret, ValueError(f"AccessDenied: you may not read {secret}"))

    monkeypatch.setattr(SecretsManager, "get", get)
    result = nodeyard("secrets", "check", "sequencer", "--read", "--json")
    told = {each["key"]: each["problem"] for each in json.loads(result.stdout)["result"]}
    assert told == {"seqPriv": None, "privValidatorKey": None, "l1RpcEndpoint": ""}
    assert result.exit_code == 3
    assert "seqPriv, privValidatorKey: AccessDenied: you may not read [the secret]" in result.stderr


def test_one_cause_is_told_once(nodeyard: Command) -> None:
    nodeyard.monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")  # where nobody listens
    nodeyard.monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    ids = {key: f"arn:aws:secretsmanager:us-east-2:123456789012:secret:{key}" for key in KEYS}
    nodeyard.deploy("metis", **aws_stack(secrets=ids))
    result = nodeyard("secrets", "check", "metis")
    assert result.exit_code == 3
    cause = 'Could not connect to the endpoint URL: "http://127.0.0.1:1/"'
    assert result.stderr == f"nodeyard: {', '.join(KEYS)}: {cause}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["metis", "seqPriv", "canary-0x1"],
        ["metis", "seqPriv", "canary-0x1", "--yes"],
        ["metis", "canary-0x1"],
        ["metis", "canary-0x1", "--file", "-"],
        ["metis", "seqPriv", "--file", "canary-0x1"],
        ["metis", "seqPriv", "--file", "canary-0x1" * 40],
        ["-s", "metis", "seqPriv", "canary-0x1"],
        ["metis", "seqPriv", "--value", "canary-0x1"],
        ["metis", "seqPriv", "--value=canary-0x1"],
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(nodeyard: Command, manager: Any, arguments: list[str]) -> None:
    result = nodeyard("secrets", "set", *arguments, stdin="x")
    assert result.exit_code == 2
    assert "canary" not in result.output
