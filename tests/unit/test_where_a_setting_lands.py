"""What `pulumi config set` put where nothing reads it, or in clear, is told with the command that was meant."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from stacks.configuration import read
from tests.unit.test_stack_files import CANARY, S, file, refused

SECRETS = "nodeyard:secrets"


@pytest.mark.parametrize("name", ["diskGib", "l2geth.diskGib", "nodes", "sequencerAddress"])
def test_a_key_that_was_set_beside_the_stack_is_told_where_it_belongs(name: str) -> None:
    found = refused({S: file("metis-mainnet"), f"nodeyard:{name}": "300"})
    assert f"`pulumi config set --path 'nodeyard:stack.{name}'` was meant" in found[f"nodeyard:{name}"]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the stack `it`, in a project that keeps such files in `configs`."""
    (tmp_path / "Pulumi.yaml").write_text("name: nodeyard\nruntime: python\nstackConfigDir: configs\n")
    (tmp_path / "configs").mkdir()
    monkeypatch.setattr(pulumi.runtime, "get_root_directory", lambda: str(tmp_path))
    return tmp_path / "configs/Pulumi.it.yaml"


VALUES = {"l1RpcEndpoint": f"https://{CANARY}.example", "l1BeaconEndpoint": f"https://{CANARY}.beacon"}
HIDDEN = {"secure": "AAABAOkCg2"}


def test_one_secret_in_clear_among_others_that_are_encrypted_is_named(written: Path) -> None:
    clear = {**VALUES, "l1BeaconEndpoint": HIDDEN}
    written.write_text(yaml.safe_dump({"config": {SECRETS: clear}}))
    found = refused({S: file("metis-mainnet"), SECRETS: VALUES})
    assert list(found) == [f"{SECRETS}.l1RpcEndpoint"]
    assert "pulumi config set --secret --path 'nodeyard:secrets.l1RpcEndpoint'" in found[f"{SECRETS}.l1RpcEndpoint"]


def test_a_secret_of_a_named_node_in_clear_is_told_by_its_path(written: Path) -> None:
    values = {"nodes": {"edge-1": {"password": CANARY}, "edge-2": {"password": CANARY}}}
    clear = {"nodes": {"edge-1": {"password": CANARY}, "edge-2": {"password": HIDDEN}}}
    written.write_text(yaml.safe_dump({"config": {SECRETS: clear}}))
    stack = file("theta-mainnet", nodes={"edge-1": {}, "edge-2": {}})
    assert list(refused({S: stack, SECRETS: values})) == [f"{SECRETS}.nodes.edge-1.password"]


@pytest.mark.parametrize("config", [{SECRETS: dict.fromkeys(VALUES, HIDDEN)}, {SECRETS: HIDDEN}, {}, None, "x"])
def test_secrets_that_are_encrypted_each_or_altogether_are_taken(config: Any, written: Path) -> None:
    written.write_text(yaml.safe_dump({"config": config}))
    pulumi.runtime.set_all_config({S: json.dumps(file("metis-mainnet")), SECRETS: json.dumps(VALUES)}, [SECRETS])
    try:
        assert read().problems == []
    finally:
        pulumi.runtime.set_all_config({}, [])
