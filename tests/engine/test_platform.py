"""platform-aws through Pulumi's real engine, and another team's project that stands on it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.harness import CHECKOUT, Sandbox, changes
from tests.engine.worlds import Worlds

PLATFORM = "platform-aws"
RELEASE = "kubernetes:helm.sh/v3:Release"
HOOK = "https://hooks.invalid/canary-6e1d"

PROGRAM = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})

import pulumi
from nodeyard.metis_sequencer import MetisSequencer
from nodeyard import reference

sequencer = MetisSequencer("team", {{
    "platform": reference.platform("organization/nodeyard/platform-aws"),
    "network": "sepolia",
    "namespace": "metis-sepolia",
    "sequencer_address": "0x" + "ab" * 20,
    "release_version": "1.46.0-431fe75a",
    "l2geth": {{"zone": "us-east-2a", "instance_type": "c5.2xlarge", "disk_gib": 100}},
    "l1dtl": {{"disk_gib": 50}},
    "themis": {{"zone": "us-east-2b", "instance_type": "c5.xlarge", "disk_gib": 100}},
}})
pulumi.export("pools", sequencer.node_pools)
"""


@pytest.fixture(scope="module")
def platform(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return worlds.shipped(PLATFORM, tmp_path_factory.mktemp("platform"))


def project(platform: Sandbox, directory: Path, name: str, program: str, config: dict[str, Any]) -> Sandbox:
    """A second Pulumi project, of another team, in the same world."""
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": name, "runtime": "python"}))
    (directory / "__main__.py").write_text(program)
    (directory / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    return Sandbox(platform.home, cwd=directory)


def test_a_second_up_changes_nothing(platform: Sandbox) -> None:
    assert set(platform.preview(PLATFORM)["changeSummary"]) == {"same"}


def test_the_contract_is_not_secret_and_holds_none(platform: Sandbox) -> None:
    resources = platform.export(PLATFORM)["deployment"]["resources"]
    stack = next(resource for resource in resources if resource["type"] == "pulumi:pulumi:Stack")
    contract = stack["outputs"]["platform"]
    assert contract["contract"] == 1
    assert "4dabf18193072939515e22adb298388d" not in json.dumps(contract), "a secret's signature"


def test_a_program_of_another_project_stands_on_the_platform(platform: Sandbox, tmp_path: Path) -> None:
    team = project(platform, tmp_path, "team", PROGRAM, {})
    team.up("dev")
    assert team.outputs("dev")["pools"] == ["team-l2geth", "team-themis"]
    assert set(team.preview("dev")["changeSummary"]) == {"same"}
    kinds = Counter(item["kind"] for item in team.manifests("metis-sepolia/team"))
    assert kinds["StatefulSet"] == 4
    team.ok("destroy", "--stack", "dev", "--yes", "--exclude-protected")


def test_our_program_run_from_another_project_reads_the_same_configuration(platform: Sandbox, tmp_path: Path) -> None:
    shipped = yaml.safe_load((CHECKOUT / "configs/Pulumi.metis-mainnet.yaml").read_text())["config"]
    shipped["nodeyard:stack"]["platform"] = f"organization/nodeyard/{PLATFORM}"
    program = f"import sys\nsys.path.insert(0, {str(CHECKOUT)!r})\nfrom stacks import run\nrun()\n"
    team = project(platform, tmp_path, "other", program, shipped)
    assert team.preview("dev")["changeSummary"]["create"] > 80


def test_destroying_the_platform_stops_and_says_what_keeps_it(platform: Sandbox) -> None:
    result = platform.run("destroy", "--stack", PLATFORM, "--yes")
    assert result.returncode != 0
    assert "pulumi:index:Stash::platform-aws-in-use" in result.stdout
    assert "cannot be deleted" in result.stdout


def test_a_receiver_is_told_of_alerts_and_its_url_stands_nowhere_in_clear(worlds: Worlds, tmp_path: Path) -> None:
    sandbox = worlds.shipped(PLATFORM, tmp_path)
    nobody = "No critical alert on platform-aws reaches anybody"
    assert nobody in sandbox.printed
    sandbox.set(PLATFORM, {"monitoring.receivers.oncall.kind": "webhook"})
    missing = sandbox.refused(PLATFORM)
    assert "monitoring.receivers.oncall.url: is required with `kind: webhook`" in missing
    key = "nodeyard:secrets.monitoring.receivers.oncall.url"
    sandbox.configure(PLATFORM, "--secret", "--path", key, HOOK)
    printed = sandbox.up(PLATFORM)
    assert nobody not in printed
    assert HOOK not in printed
    assert HOOK not in json.dumps(sandbox.export(PLATFORM))
    assert sandbox.outputs(PLATFORM)["platform"]["monitoring"]["receiver"] is True
    assert set(sandbox.preview(PLATFORM)["changeSummary"]) == {"same"}


def test_monitoring_changes_in_place_goes_and_comes_back(worlds: Worlds, tmp_path: Path) -> None:
    sandbox = worlds.shipped(PLATFORM, tmp_path)
    assert changes(sandbox.preview(PLATFORM, {"monitoring.retentionDays": "20"})) == {RELEASE: {"update"}}
    said = sandbox.refused(PLATFORM, {"monitoring.metricsGib": "60"})
    assert "monitoring.metricsGib: the volume has 50 GiB" in said
    sandbox.unset(PLATFORM, "monitoring")
    sandbox.up(PLATFORM)
    assert "monitoring" not in sandbox.outputs(PLATFORM)["platform"]
    assert "nodeyard:index:Monitoring" not in {one["type"] for one in sandbox.resources(PLATFORM)}
    sandbox.set(PLATFORM, {"monitoring.metricsGib": "60"})
    sandbox.up(PLATFORM)
    assert sandbox.outputs(PLATFORM)["grafana"]["secret"] == "grafana-admin"
