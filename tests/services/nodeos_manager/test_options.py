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
