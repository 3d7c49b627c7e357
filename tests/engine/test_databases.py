"""What a change does to a database on each cloud, and what a destroy leaves of it.

One server with a standby on the shipped platform. A cloud that has them gets a line in each table.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.harness import CHECKOUT, Sandbox
from tests.engine.worlds import Worlds

PROGRAM = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})

import pulumi
from pulumi import ResourceOptions

from nodeyard import clouds, reference
from nodeyard.clouds.contract.database import DatabaseSpec

config = pulumi.Config("databases")
platform = reference.platform(config.require("platform"))
cloud = clouds.of(platform)
options = ResourceOptions(providers=list(cloud.providers("databases", platform, ResourceOptions())))
for name, changes in config.require_object("servers").items():
    given = config.require_object("server") | {{"admin_password": pulumi.Output.secret("a-password-of-nobody")}}
    made = cloud.Database(name, DatabaseSpec(**(given | changes)), platform, options)
    told = {{"id": made.database_id, "host": made.host, "ca": made.ca, "cidrs": made.cidrs}}
    pulumi.export(name, told)
"""
SERVER: dict[str, dict[str, Any]] = {
    "aws": {"zones": ["us-east-2a", "us-east-2b"], "instance_type": "db.m7g.large"},
    "azure": {"zones": ["eastus2-1", "eastus2-2"], "instance_type": "Standard_D2ds_v5"},
    "gcp": {"zones": ["us-central1-a", "us-central1-b"], "instance_type": "db-custom-2-8192"},
}
TYPES = {
    "aws": "aws:rds/instance:Instance",
    "azure": "azure-native:dbforpostgresql:Server",
    "gcp": "gcp:sql/databaseInstance:DatabaseInstance",
}
LARGER = {cloud: {type_: "update"} for cloud, type_ in TYPES.items()}
"""What changes with a larger disk."""
WITHOUT_STANDBY = LARGER | {"aws": {"aws:rds/instance:Instance": "update", "aws:rds/subnetGroup:SubnetGroup": "update"}}
"""What changes when the standby goes."""


@pytest.fixture(params=sorted(SERVER))
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def databases(cloud: str, worlds: Worlds, tmp_path: Path) -> Sandbox:
    """The server `it` is up."""
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "databases", "runtime": "python"}))
    (tmp_path / "__main__.py").write_text(PROGRAM)
    server = {"disk_gib": 128, "version": "17", "connections": 100, **SERVER[cloud]}
    config = {"platform": f"organization/nodeyard/platform-{cloud}", "server": server, "servers": {"it": {}}}
    settings = {"config": {f"databases:{key}": value for key, value in config.items()}}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))
    sandbox = Sandbox(worlds.shipped(f"platform-{cloud}", tmp_path / "home").home, cwd=tmp_path)
    sandbox.up("dev")
    return sandbox


def asked(sandbox: Sandbox, servers: dict[str, dict[str, Any]]) -> None:
    file = sandbox.home / "projects/databases/configs/Pulumi.dev.yaml"
    file = file if file.exists() else sandbox.cwd / "Pulumi.dev.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["config"]["databases:servers"] = servers
    file.write_text(yaml.safe_dump(settings))


def planned(sandbox: Sandbox) -> dict[str, str]:
    """The operation on each type of what would change."""
    steps = [step for step in sandbox.preview("dev")["steps"] if step["op"] not in ("same", "read")]
    tokens = [(step["urn"].split("::")[2].split("$")[-1], step["op"]) for step in steps]
    return {token: op for token, op in tokens if not token.startswith(("pulumi:", "nodeyard:"))}


def test_a_second_up_changes_nothing_and_the_password_stays_a_secret(databases: Sandbox) -> None:
    before = databases.outputs("dev")
    assert "BEGIN CERTIFICATE" in before["it"]["ca"]
    assert set(databases.preview("dev")["changeSummary"]) == {"same"}
    databases.up("dev")
    assert databases.outputs("dev") == before
    assert "a-password-of-nobody" not in databases.printed + str(databases.export("dev"))


def test_a_larger_disk_and_a_server_without_its_standby_change_in_place(cloud: str, databases: Sandbox) -> None:
    host = databases.outputs("dev")["it"]["host"]
    asked(databases, {"it": {"disk_gib": 256}})
    assert planned(databases) == LARGER[cloud]
    databases.up("dev")
    asked(databases, {"it": {"disk_gib": 256, "zones": SERVER[cloud]["zones"][:1]}})
    assert planned(databases) == WITHOUT_STANDBY[cloud]
    databases.up("dev")
    assert set(databases.preview("dev")["changeSummary"]) == {"same"}
    assert databases.outputs("dev")["it"]["host"] == host


def test_a_server_is_made_of_another_once_and_adopted_by_its_id(cloud: str, databases: Sandbox) -> None:
    first = databases.outputs("dev")["it"]["id"]
    time.sleep(1)  # the time is told in whole seconds
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # the server's log begins with the server
    copy = {"it": {}, "copy": {"restored_from": first, "restored_at": now}}
    asked(databases, copy)
    databases.up("dev")
    databases.up("dev")  # Azure gives a restored server its standby only now
    asked(databases, {"it": {}, "copy": {}})
    assert set(databases.preview("dev")["changeSummary"]) == {"same"}, "what it was made of is looked at once"
    if cloud != "aws":
        return  # a server has one endpoint in a network: tests/vendors/variants/tsm-adopting.yaml adopts one without
    asked(databases, {**copy, "theirs": {"existing": first}})
    databases.up("dev")
    told = databases.outputs("dev")
    assert (told["theirs"]["id"], told["theirs"]["host"]) == (first, told["it"]["host"])
    assert told["copy"]["host"] != told["it"]["host"]


def test_a_destroy_leaves_the_server(cloud: str, databases: Sandbox) -> None:
    databases.ok("destroy", "--stack", "dev", "--yes", "--skip-preview", "--exclude-protected")
    left = [one["type"] for one in databases.export("dev")["deployment"]["resources"] if one["custom"]]
    assert TYPES[cloud] in left
    databases.up("dev")
    assert set(databases.preview("dev")["changeSummary"]) == {"same"}
