"""What the command line takes."""

from pathlib import Path

import pytest

from nodeos_manager.options import arguments

NEEDED = [
    "--bp-mode",
    "--nodeos-path=/n",
    "--token-file=/t",
    "--producer=ours",
    "--pod-name=bp-0",
    "--pod-uid=u",
    "--namespace=c",
]


def test_the_defaults_are_manageos_own() -> None:
    options = arguments(NEEDED)
    assert (options.config_dir, options.data_dir) == (Path("/etc/nodeos"), Path("/nodeos-data"))
    assert (options.manager_api_port, options.readiness_max_latency, options.failover) == (8080, 5.0, "manual")


@pytest.mark.parametrize("missing", NEEDED[1:])
def test_what_is_needed_has_no_default(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in ("POD_NAME", "POD_UID", "POD_NAMESPACE"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(SystemExit):
        arguments([option for option in NEEDED if option != missing])
    assert missing.partition("=")[0] in capsys.readouterr().err


def test_a_fellow_has_a_name_and_an_address() -> None:
    assert arguments([*NEEDED, "--fellow=bp-1=http://bp-1:8080"]).fellow == ["bp-1=http://bp-1:8080"]
    with pytest.raises(SystemExit):
        arguments([*NEEDED, "--fellow=bp-1"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--api-addr=http://0.0.0.0:8888"], "--api-addr is http://127.0.0.1:PORT"),
        (["--api-addr=http://127.0.0.1"], "--api-addr is http://127.0.0.1:PORT"),
        (["--signer-url=unix:///signer.sock"], "--signer-url is http://HOST:PORT"),
        (["--store-url=https://nodeos"], "--store-url: 'https://nodeos' names no bucket: s3://NAME?region=REGION"),
        (["--auto-restore=backup", "--chain-id=c"], "--auto-restore needs --store-url and --chain-id"),
        (["--auto-restore=backup", "--store-url=gs://nodeos"], "--auto-restore needs --store-url and --chain-id"),
        (["--flavour=eos", "--finalizer-key-file=/k"], "EOSIO 2 has no finalizer keys"),
    ],
)
def test_what_cannot_be_is_refused(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments([*NEEDED, *options])
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", ["--signature-provider-file=/k", "--signer-url=http://signer", "--finalizer-key-file=/k"]
)
def test_an_api_node_takes_no_key(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    api = ["--nodeos-path=/n", "--token-file=/t", "--pod-name=api-0"]
    assert not arguments(api).bp_mode
    with pytest.raises(SystemExit):
        arguments([*api, option])
    assert "is a producer's: it needs --bp-mode" in capsys.readouterr().err
