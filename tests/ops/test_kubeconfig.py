"""`nodeyard kubeconfig`: printed, or put into a file that loses nothing by it. Kubernetes' own kubectl merges, in
tests/cluster/test_operations.py; here a stand-in does, by the rule that is documented."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ops.harness import Command


def config(name: str, server: str, **user: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": user or {"exec": {"command": "aws"}}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }


OWN = config("platform", "https://own")


@pytest.fixture
def stack(nodeyard: Command) -> Command:
    nodeyard.install("kubectl", "kubectl_config")
    nodeyard.deploy("metis", kubeconfig=OWN, namespace="metis")
    return nodeyard


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A kubeconfig with a context in it."""
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(config("home", "https://home", token="of-home")))
    return file


def test_it_is_printed(stack: Command) -> None:
    result = stack("kubeconfig", "metis")
    assert (result.exit_code, yaml.safe_load(result.stdout)) == (0, OWN)


def test_a_stack_in_no_cluster_has_none(stack: Command) -> None:
    stack.deploy("theta", nodes={})
    result = stack("kubeconfig", "theta")
    assert (result.exit_code, "it is in no cluster" in result.stderr) == (2, True)


def test_a_file_keeps_its_contexts_and_gets_the_stacks(stack: Command, file: Path) -> None:
    file.chmod(0o644)
    assert stack("kubeconfig", "metis", "--merge", str(file)).exit_code == 0
    merged = yaml.safe_load(file.read_text())
    assert [each["name"] for each in merged["contexts"]] == ["platform", "home"]
    assert {each["name"]: each["user"] for each in merged["users"]}["home"] == {"token": "of-home"}
    assert merged["current-context"] == "platform"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "another context may hold a credential"
    assert [each.name for each in file.parent.glob(".nodeyard-*")] == []


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(stack: Command, tmp_path: Path) -> None:
    file = tmp_path / "new/.kube/config"
    assert stack("kubeconfig", "metis", "--merge", str(file)).exit_code == 0
    assert yaml.safe_load(file.read_text()) == OWN
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_link_stays_a_link(stack: Command, file: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(file)
    assert stack("kubeconfig", "metis", "--merge", str(tmp_path / "link")).exit_code == 0
    assert (tmp_path / "link").is_symlink()
    assert "https://own" in file.read_text()


def test_once_more_is_the_same_once(stack: Command, file: Path) -> None:
    for _ in range(2):
        assert stack("kubeconfig", "metis", "--merge", str(file)).exit_code == 0
    assert [each["name"] for each in yaml.safe_load(file.read_text())["contexts"]] == ["platform", "home"]


@pytest.mark.parametrize("taken", ["contexts", "clusters", "users"])
def test_a_name_that_is_another_clusters_is_left_alone(stack: Command, tmp_path: Path, taken: str) -> None:
    theirs = config("home", "https://home")
    theirs[taken][0]["name"] = "platform"
    if taken != "contexts":
        theirs["contexts"][0]["context"][taken.removesuffix("s")] = "platform"
    file = tmp_path / "config"
    file.write_text(before := yaml.safe_dump(theirs))
    result = stack("kubeconfig", "metis", "--merge", str(file))
    assert (result.exit_code, "give --context NAME" in result.stderr) == (2, True)
    assert file.read_text() == before
    assert stack("kubeconfig", "metis", "--merge", str(file), "--context", "acme").exit_code == 0
    merged = yaml.safe_load(file.read_text())
    assert len(merged["contexts"]) == 2
    assert merged["contexts"][0] == {"name": "acme", "context": {"cluster": "acme", "user": "acme"}}


def test_a_cluster_of_the_name_that_no_context_uses_is_left_alone_too(stack: Command, tmp_path: Path) -> None:
    theirs = config("home", "https://home")
    theirs["clusters"].append({"name": "platform", "cluster": {"server": "https://other"}})
    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(theirs))
    result = stack("kubeconfig", "metis", "--merge", str(file))
    assert (result.exit_code, "give --context NAME" in result.stderr) == (2, True)


def test_a_file_that_is_no_kubeconfig_is_left_alone(stack: Command, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("contexts: [")
    result = stack("kubeconfig", "metis", "--merge", str(file))
    assert (result.exit_code, "is left alone" in result.stderr) == (2, True)
    assert file.read_text() == "contexts: ["


def test_a_place_that_cannot_be_written_is_named(stack: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = stack("kubeconfig", "metis", "--merge", str(tmp_path / "file/config"))
    assert (result.exit_code, "file: " in result.stderr) == (2, True)


def test_a_name_of_ones_own_is_printed_too(stack: Command) -> None:
    printed = json.loads(stack("kubeconfig", "metis", "--context", "acme").stdout)
    assert printed["current-context"] == printed["clusters"][0]["name"] == printed["users"][0]["name"] == "acme"
