"""files/run-exporter.sh, run for real by sh: what the exporter is started with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.charts.harness import FILES, Stubs, rendered

L1 = "https://l1.invalid/v3/key&with|odd$characters"


@pytest.fixture
def started(tmp_path: Path, stubs: Stubs) -> tuple[Path, Stubs]:
    (tmp_path / "given.yaml").write_text(rendered().config_file("exporter", "config.yaml"))
    stubs.add("metis-sequencer-exporter", f'echo exporter "$@"; cp "$2" {tmp_path}/used.yaml\n')
    stubs.add("timeout", 'echo "for $1 seconds"; shift; exec "$@"\n')
    return tmp_path, stubs


def run(started: tuple[Path, Stubs], mpc_known: bool, **env: str) -> tuple[subprocess.CompletedProcess[str], dict]:
    directory, stubs = started
    stubs.add("curl", f"exit {0 if mpc_known else 22}\n")
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
    result, config = run(started, mpc_known=True, L1_RPC_URL=L1)
    assert config["wallet"] == {
        "themis": "http://127.0.0.1:1317",
        "l2geth": "http://metis-l2geth.metis.svc:8545",
        "l1geth": L1,
    }
    assert set(config["sequencer"]) == {"metis"}
    assert "seconds" not in result.stdout
    assert L1 not in result.stdout + result.stderr


def test_before_themis_has_synced_it_runs_without_wallets_and_tries_again_in_an_hour(
    started: tuple[Path, Stubs],
) -> None:
    result, config = run(started, mpc_known=False, L1_RPC_URL=L1)
    assert set(config) == {"sequencer"}
    assert "for 3600 seconds" in result.stdout


def test_without_an_l1_endpoint_it_reads_no_wallets(started: tuple[Path, Stubs]) -> None:
    result, config = run(started, mpc_known=True)
    assert set(config) == {"sequencer"}
    assert "seconds" not in result.stdout
