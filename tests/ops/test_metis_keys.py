"""A sequencer's keys, by public vectors, and what becomes of them."""

import base64
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_keys.datatypes import PrivateKey
from moto import mock_aws

from nodeyard.metis_sequencer import secrets as component
from ops import metis_keys
from ops.errors import BadInput
from ops.metis_keys import Keys
from tests.ops.harness import REGION, Command, aws_stack

# secp256k1's generator, which is the public key of 1 (SEC 2), and its Ethereum address.
GENERATOR = (
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
ADDRESS = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
# docs.cometbft.com, "priv_validator_key.json": an Ed25519 key and the first 20 bytes of its SHA-256.
ED25519 = "9giFjwnmAKCAI95l4Q32kXsau+itGrbsvz84CTLxGnJSPENCBVOUck5ntrGkyX+JzMwgleJCkXEIWPAoa/NioQ=="
ED25519_ID = "E74FBE24164CFC4F88E311C3AC92E63D0DC310D8"
# MetisProtocol/metis-sequencer-resources `9aa8495`, sequencers/1088/all.json, its first.
REGISTERED = {
    "name": "Metis Genesis1",
    "avatar": "{BASEDIR}/assets/Genesis0.svg",
    "desc": "Genesis Node",
    "address": "0x05B755a8B2fEc50391B5C38B2afB206Ba0e8e50E",
    "seq_addr": "0xEcA7Ae7dE0d1978DF299a547Ee66c4503fBa474D",
    "pubkey": "0x4d5e02936a222d68b5d423e566828d8c67ca2290cf428254c44c7be458b33dec"
    "ec1fe85d900756811366e2d19baeb2fe81b46ce10c1863e00d811e68a4e76c9f",
    "url": "https://www.metis.io",
}
SECRETS = ("seqPriv", "nodeKey", "privValidatorKey")


@pytest.fixture
def one() -> Keys:
    seed = base64.b64decode(ED25519)[:32]
    return Keys(PrivateKey((1).to_bytes(32)), Ed25519PrivateKey.from_private_bytes(seed))


@pytest.fixture
def manager(nodeyard: Command) -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("secretsmanager", region_name=REGION)
        deploy(nodeyard, {key: client.create_secret(Name=key)["ARN"] for key in SECRETS})
        yield client


def deploy(nodeyard: Command, ids: dict[str, str], **outputs: Any) -> None:
    nodeyard.deploy("metis", **aws_stack(secrets=ids, validatorPublicKey=None, **outputs))


def stored(manager: Any, key: str) -> str:
    return str(manager.get_secret_value(SecretId=key)["SecretString"])


def register_accepts(entry: dict[str, str]) -> bool:
    """The rules of the register's own check, index.js."""
    assert set(REGISTERED) == set(entry)
    assert re.fullmatch("0x[0-9a-f]{128}", entry["pubkey"])
    digest = keccak.new(digest_bits=256, data=bytes.fromhex(entry["pubkey"][2:])).hexdigest()
    return entry["seq_addr"].lower() == f"0x{digest[-40:]}"


def test_the_public_vectors(one: Keys) -> None:
    assert one.address == ADDRESS
    assert one.public_key == f"0x{GENERATOR}"
    assert one.node_id == ED25519_ID.lower()


def test_files_are_as_themis_writes_them(one: Keys) -> None:
    files = one.files()
    assert json.loads(files["priv_validator_key.json"]) == {
        "address": ADDRESS[2:].upper(),
        "pub_key": {
            "type": "tendermint/PubKeySecp256k1",
            "value": base64.b64encode(bytes.fromhex(f"04{GENERATOR}")).decode(),
        },
        "priv_key": {
            "type": "tendermint/PrivKeySecp256k1",
            "value": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=",
        },
    }
    assert json.loads(files["node_key.json"]) == {"priv_key": {"type": "tendermint/PrivKeyEd25519", "value": ED25519}}
    assert files["seq-priv.txt"] == "0x" + "0" * 63 + "1"


def test_the_entry_is_what_the_register_takes(one: Keys) -> None:
    assert register_accepts(REGISTERED), "the register itself would fail this test"
    assert register_accepts(metis_keys.entry(one))
    assert metis_keys.entry(one, name="us")["name"] == "us"
    assert list(metis_keys.entry(one)) == list(REGISTERED)


def test_new_keys_are_new_and_read_back(tmp_path: Path) -> None:
    made = metis_keys.make()
    assert made.public_key != metis_keys.make().public_key
    metis_keys.write(made, tmp_path / "keys")
    assert metis_keys.read(tmp_path / "keys").files() == made.files()
    for name in metis_keys.FILES:
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_the_component_takes_the_keys_as_they_are_written() -> None:
    written = metis_keys.make().files()
    takes = {
        metis_keys.NODE_FILE: component.SECRETS["node_key"],
        metis_keys.VALIDATOR_FILE: component.SECRETS["priv_validator_key"],
        metis_keys.SEQ_PRIV_FILE: component.SECRETS["seq_priv"],
    }
    assert {name: use.problem(written[name]) for name, use in takes.items()} == dict.fromkeys(written, "")


def test_keys_do_not_show(one: Keys) -> None:
    assert repr(one) == f"Keys({ADDRESS})"


@pytest.mark.parametrize("name", metis_keys.FILES)
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("old")
    with pytest.raises(BadInput, match=f"{name} exists, and keys are never overwritten"):
        metis_keys.write(metis_keys.make(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


def change(directory: Path, file: str, *path: str, to: Any) -> None:
    content = json.loads((directory / file).read_text())
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    (directory / file).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("file", "path", "to", "said"),
    [
        ("priv_validator_key.json", ("address",), "00" * 20, "address is not that of its pub_key"),
        (
            "priv_validator_key.json",
            ("pub_key", "value"),
            "BA==",
            "its pub_key must be a tendermint/PubKeySecp256k1",
        ),
        ("priv_validator_key.json", ("priv_key", "value"), "AAAA", "with 32 bytes in base64"),
        ("priv_validator_key.json", ("priv_key", "value"), "?", "with 32 bytes in base64"),
        ("priv_validator_key.json", ("priv_key", "value"), f"{'A' * 43}=", "is no key of secp256k1"),
        (
            "priv_validator_key.json",
            ("priv_key", "type"),
            "tendermint/PrivKeyEd25519",
            "its priv_key must be a tendermint/PrivKeySecp",
        ),
        ("node_key.json", ("priv_key",), None, "its priv_key must be a tendermint/PrivKeyEd25519"),
        ("node_key.json", ("priv_key", "value"), "A" * 86 + "==", "the public half of its priv_key is not that"),
    ],
)
def test_keys_that_do_not_fit_are_refused(
    one: Keys, tmp_path: Path, file: str, path: tuple[str, ...], to: Any, said: str
) -> None:
    metis_keys.write(one, tmp_path)
    change(tmp_path, file, *path, to=to)
    with pytest.raises(BadInput, match=re.escape(said)) as refused:
        metis_keys.read(tmp_path)
    assert file in str(refused.value)


def test_missing_and_foreign_files(one: Keys, tmp_path: Path) -> None:
    metis_keys.write(one, tmp_path)
    (tmp_path / "seq-priv.txt").write_text(f"0x{'2' * 64}\n")
    with pytest.raises(BadInput, match=r"seq-priv\.txt is not the key of"):
        metis_keys.read(tmp_path)
    (tmp_path / "seq-priv.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"seq-priv\.txt is not UTF-8 text"):
        metis_keys.read(tmp_path)
    (tmp_path / "node_key.json").write_text("[]")
    with pytest.raises(BadInput, match=r"is no node_key\.json"):
        metis_keys.read(tmp_path)
    (tmp_path / "node_key.json").unlink()
    with pytest.raises(BadInput, match="No such file"):
        metis_keys.read(tmp_path)


def test_making_keys_writes_them_stores_them_and_prints_the_entry(
    nodeyard: Command, manager: Any, tmp_path: Path
) -> None:
    out = tmp_path / "keys"
    result = nodeyard("metis", "keys", "metis", "--out", str(out), "--name", "us", "--yes")
    assert result.exit_code == 0, result.stderr
    made = metis_keys.read(out)
    entry = json.loads(result.stdout)
    assert register_accepts(entry)
    assert (entry["name"], entry["seq_addr"]) == ("us", made.address)
    assert stored(manager, "seqPriv") == made.files()["seq-priv.txt"]
    assert stored(manager, "nodeKey") == made.files()["node_key.json"]
    assert stored(manager, "privValidatorKey") == made.files()["priv_validator_key.json"]
    assert made.node_id in result.stderr
    for text in (made.validator.to_hex()[2:], base64.b64encode(made.validator.to_bytes()).decode()):
        assert text not in result.output


def test_keys_of_themisd_are_read_from_its_home(nodeyard: Command, manager: Any, one: Keys, tmp_path: Path) -> None:
    metis_keys.write(one, tmp_path / "home" / "config")
    (tmp_path / "home" / "config" / "seq-priv.txt").unlink()
    result = nodeyard("metis", "keys", "metis", "--read", str(tmp_path / "home"), "--yes")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["pubkey"] == f"0x{GENERATOR}"
    assert stored(manager, "seqPriv") == "0x" + "0" * 63 + "1"


def test_without_a_terminal_to_ask_on_nothing_is_written(nodeyard: Command, manager: Any, tmp_path: Path) -> None:
    result = nodeyard("metis", "keys", "metis", "--out", str(tmp_path / "keys"))
    assert (result.exit_code, "give --yes" in result.stderr) == (2, True)
    assert not (tmp_path / "keys").exists()
    assert not manager.list_secret_version_ids(SecretId="seqPriv")["Versions"]


def test_whoever_says_no_has_the_files_and_an_empty_store(nodeyard: Command, manager: Any, tmp_path: Path) -> None:
    nodeyard.on_a_terminal()
    result = nodeyard("metis", "keys", "metis", "--out", str(tmp_path / "keys"), stdin="n\n")
    assert (result.exit_code, "Nothing was changed." in result.stderr) == (1, True)
    assert metis_keys.read(tmp_path / "keys").address in result.stdout
    assert not manager.list_secret_version_ids(SecretId="seqPriv")["Versions"]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--name", "a name of more than 24 characters", "--name must have 1 to 24 characters."),
        ("--name", " ", "--name must have 1 to 24 characters."),
        ("--description", "x" * 201, "--description must have 1 to 200 characters."),
        ("--address", "banana", "--address must be an address: 0x and 40 hexadecimal digits."),
        ("--address", ADDRESS.replace("7E", "7e"), "--address is mistyped: its capital letters are not those of"),
        ("--url", "www.metis.io", "--url must be a URL, https://..."),
    ],
)
def test_what_the_register_would_refuse_is_refused_before_a_key_is_made(
    nodeyard: Command, manager: Any, tmp_path: Path, option: str, value: str, said: str
) -> None:
    result = nodeyard("metis", "keys", "metis", "--out", str(tmp_path / "keys"), option, value, "--yes")
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert not (tmp_path / "keys").exists()


def test_new_keys_go_to_the_home_by_default(nodeyard: Command, manager: Any, tmp_path: Path) -> None:
    nodeyard.monkeypatch.setenv("HOME", str(tmp_path / "operator"))
    assert nodeyard("metis", "keys", "metis", "--yes").exit_code == 0
    assert metis_keys.read(tmp_path / "operator" / ".nodeyard" / "metis")


def test_a_filled_secret_is_not_overwritten_and_no_key_is_made(nodeyard: Command, manager: Any, tmp_path: Path) -> None:
    manager.put_secret_value(SecretId="nodeKey", SecretString="old")
    result = nodeyard("metis", "keys", "metis", "--out", str(tmp_path / "keys"), "--yes")
    assert (result.exit_code, "nodeKey already holds a value" in result.stderr) == (2, True)
    assert "`nodeyard secrets set metis KEY --file FILE`" in result.stderr
    assert stored(manager, "nodeKey") == "old"
    assert not (tmp_path / "keys").exists()


def test_the_stack_files_public_key_decides(nodeyard: Command, manager: Any, one: Keys, tmp_path: Path) -> None:
    ids = {key: manager.describe_secret(SecretId=key)["ARN"] for key in SECRETS}
    nodeyard.deploy("metis", **aws_stack(secrets=ids, validatorPublicKey=f"0x{GENERATOR.upper()}"))
    new = nodeyard("metis", "keys", "metis", "--out", str(tmp_path / "new"), "--yes")
    assert (new.exit_code, "give its directory with --read" in new.stderr) == (2, True)
    metis_keys.write(metis_keys.make(), tmp_path / "other")
    other = nodeyard("metis", "keys", "metis", "--read", str(tmp_path / "other"), "--yes")
    assert (other.exit_code, "the stack file names" in other.stderr) == (2, True)
    metis_keys.write(one, tmp_path / "own")
    assert nodeyard("metis", "keys", "metis", "--read", str(tmp_path / "own"), "--yes").exit_code == 0


def test_either_make_or_read(nodeyard: Command, manager: Any, tmp_path: Path) -> None:
    assert nodeyard("metis", "keys", "metis", "--read", str(tmp_path), "--out", str(tmp_path)).exit_code == 2
