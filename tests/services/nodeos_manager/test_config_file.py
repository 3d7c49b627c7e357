"""config.ini as nodeos starts with it: what is ours, what is the user's, and who may read it."""

import stat
from pathlib import Path

import pytest

from nodeos_manager.nodeos.config_file import Ours, check_arguments, merged, write
from nodeos_manager.nodeos.superviser import Unusable
from tests.services.nodeos_manager.keys import signing, wif

OURS = Ours("127.0.0.1:8888", ["peer.example:9876"], ["ours"])


def options(text: str) -> list[tuple[str, str]]:
    """As Boost reads them."""
    lines = [line.partition("#")[0].strip() for line in text.split("\n")]
    pairs = [line.partition("=")[::2] for line in lines if line]
    return [(name.strip(), value.strip()) for name, value in pairs]


def test_a_producer_has_our_lines_the_keys_and_then_the_users() -> None:
    text = merged("chain-state-db-size-mb = 64000\n", OURS, [signing()])
    assert options(text) == [
        ("plugin", "eosio::http_plugin"),
        ("plugin", "eosio::chain_api_plugin"),
        ("plugin", "eosio::net_plugin"),
        ("plugin", "eosio::net_api_plugin"),
        ("plugin", "eosio::db_size_api_plugin"),
        ("plugin", "eosio::producer_plugin"),
        ("plugin", "eosio::producer_api_plugin"),
        ("http-server-address", "127.0.0.1:8888"),
        ("p2p-listen-endpoint", "0.0.0.0:9876"),
        ("p2p-peer-address", "peer.example:9876"),
        ("producer-name", "ours"),
        ("signature-provider", signing()),
        ("chain-state-db-size-mb", "64000"),
    ]


def test_an_api_node_has_no_producers_name_and_the_api_that_takes_snapshots() -> None:
    lines = options(merged("", Ours("127.0.0.1:8888"), []))
    assert ("plugin", "eosio::producer_api_plugin") in lines
    assert not any(name in ("producer-name", "signature-provider") for name, _ in lines)


def test_the_user_may_add_plugins_and_peers() -> None:
    text = merged("plugin = eosio::state_history_plugin\np2p-peer-address = another.example:9876", OURS, [])
    assert ("plugin", "eosio::state_history_plugin") in options(text)
    assert ("p2p-peer-address", "another.example:9876") in options(text)


@pytest.mark.parametrize(
    "name",
    [
        "http-server-address",
        "http-category-address",
        "https-server-address",
        "p2p-listen-endpoint",
        "producer-name",
        "signature-provider",
        "private-key",
        "peer-private-key",
        "pause-on-startup",
        "blocks-dir",
        "state-dir",
        "finalizers-dir",
    ],
)
@pytest.mark.parametrize("line", ["{} = x", "{}=x", "  {}\t=  x  # mine"])
def test_a_line_that_is_ours_to_set_is_refused_with_its_number(name: str, line: str) -> None:
    with pytest.raises(Unusable, match=rf"config\.ini, line 3: {name} is the node manager's"):
        merged(f"# the user's\nchain-threads = 4\n{line.format(name)}", OURS, [])


def test_a_comment_sets_nothing() -> None:
    assert "# http-server-address = 0.0.0.0:8888" in merged("# http-server-address = 0.0.0.0:8888", OURS, [])


@pytest.mark.parametrize("line", ["[section]", "chain-threads", "chain-threads 4"])
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(Unusable, match="line 1 is not of the form NAME = VALUE"):
        merged(line, OURS, [])


def test_a_refusal_holds_no_key() -> None:
    for line in (f"signature-provider = {signing()}", signing().replace("=", " ")):
        with pytest.raises(Unusable) as refused:
            merged(line, OURS, [])
        assert wif() not in str(refused.value)


@pytest.mark.parametrize("peer", ["", "one:9876\nhttp-server-address = 0.0.0.0:8888", "one:9876 # two"])
def test_a_peer_cannot_end_its_line(peer: str) -> None:
    with pytest.raises(Unusable, match="--peer is one word"):
        merged("", Ours("127.0.0.1:8888", [peer]), [])


@pytest.mark.parametrize(
    "argument", ["--http-server-address=0.0.0.0:8888", "--http-server=0.0.0.0:8888", "--genesis-json", "--snapshot=x"]
)
def test_an_argument_that_is_ours_to_set_is_refused_also_where_it_is_cut_short(argument: str) -> None:
    with pytest.raises(Unusable, match="is the node manager's to set"):
        check_arguments(["--replay-blockchain", argument])


def test_an_argument_is_written_in_full() -> None:
    check_arguments(["--replay-blockchain", "--chain-threads=4"])
    with pytest.raises(Unusable, match="not of the form --NAME=VALUE"):
        check_arguments(["-e"])


def test_only_its_owner_reads_the_file_and_it_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "run/config.ini"
    write(path, "one")
    write(path, "two")
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["config.ini"]
