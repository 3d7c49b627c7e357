"""files/run-exporter.sh, run for real by sh: what the exporter is started with."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.harness import Stubs
from tests.charts.metis import FILES, rendered

L1 = "https://l1.invalid/v3/key&with|odd$characters"
ADDRESS = "0x" + "0a" * 20
ENDPOINTS = {"l2geth": "http://metis-l2geth.metis.svc:8545", "l1geth": L1}


@pytest.fixture
def started(tmp_path: Path, stubs: Stubs) -> tuple[Path, Stubs]:
    (tmp_path / "given.yaml").write_text(rendered().config_file("exporter", "config.yaml"))
    stubs.add("metis-sequencer-exporter", f'echo exporter "$@"; cp "$2" {tmp_path}/used.yaml\n')
    stubs.add("timeout", 'echo "for $1 seconds"; shift; exec "$@"\n')
    return tmp_path, stubs


def run(
    started: tuple[Path, Stubs], syncing: str = "false", address: str = "0x48120d", **env: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """With what themis v0.2.3 answers: no MPC address is an address of zeros."""
    directory, stubs = started
    stubs.add(
        "curl",
        f"""
case "$*" in
*:26657/status) echo '{{"result": {{"sync_info": {{"catching_up": {syncing}}}}}}}' ;;
*:1317/mpc/latest/0) echo '{{"height":"6","result":{{"mpc_address":"{address}","mpc_type":0}}}}' ;;
*) exit 7 ;;
esac
""",
    )
    result = stubs.run(
        FILES / "run-exporter.sh",
        CONFIG=str(directory / "given.yaml"),
        WORK=str(directory),
        L2_RPC_URL="http://metis-l2geth.metis.svc:8545",
        **env,
    )
    assert result.returncode == 0, result.stderr
    return result, yaml.safe_load((directory / "used.yaml").read_text())


def test_with_an_l1_endpoint_it_reads_wallets(started: tuple[Path, Stubs]) -> None:
    result, config = run(started, L1_RPC_URL=L1)
    assert config["wallet"] == {**ENDPOINTS, "themis": "http://127.0.0.1:1317"}
    assert set(config["sequencer"]) == {"metis"}
    assert "seconds" not in result.stdout
    assert L1 not in result.stdout + result.stderr


def test_it_reads_what_the_sequencers_account_has_on_both_chains(started: tuple[Path, Stubs]) -> None:
    _, config = run(started, L1_RPC_URL=L1, SEQ_ADDRESS=ADDRESS)
    assert config["wallet"]["wallets"] == config["wallet"]["l2_wallets"] == {"sequencer": ADDRESS}


@pytest.mark.parametrize("themis", [{"syncing": "true"}, {"address": "0x" + 40 * "0"}, {"syncing": ""}])
def test_before_themis_has_synced_it_leaves_out_its_wallets_and_tries_again_in_an_hour(
    started: tuple[Path, Stubs], themis: dict[str, str]
) -> None:
    result, config = run(started, **themis, L1_RPC_URL=L1, SEQ_ADDRESS=ADDRESS)
    account = {"sequencer": ADDRESS}
    assert config["wallet"] == {**ENDPOINTS, "wallets": account, "l2_wallets": account}
    assert "for 3600 seconds" in result.stdout


def test_without_an_l1_endpoint_it_reads_no_wallets(started: tuple[Path, Stubs]) -> None:
    result, config = run(started, SEQ_ADDRESS=ADDRESS)
    assert set(config) == {"sequencer"}
    assert "seconds" not in result.stdout
