"""Versions of Kubernetes through Pulumi's real engine: what is looked up is kept, and what ends is told."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

ADD_ONS = 5
STASH, ADD_ON, POOL = "pulumi:index:Stash", "aws:eks/addon:Addon", "gcp:container/nodePool:NodePool"


def steps(planned: dict[str, Any], type_: str) -> list[str]:
    found = [step for step in planned["steps"] if step["urn"].split("::")[2].split("$")[-1] == type_]
    return [step["op"] for step in found if step["op"] != "same"]


def test_another_kubernetes_version_looks_its_add_ons_up_anew(worlds: Worlds, tmp_path: Path) -> None:
    def at_the_version_before(sandbox: Sandbox) -> None:
        sandbox.set("platform-aws", {"kubernetesVersion": "1.35"})
        sandbox.up("platform-aws")

    platform = worlds.copy("platform-aws-before", tmp_path, at_the_version_before)
    assert set(platform.preview("platform-aws")["changeSummary"]) == {"same"}
    planned = platform.preview("platform-aws", {"kubernetesVersion": "1.36"})
    assert steps(planned, STASH).count("replace") == ADD_ONS
    assert steps(planned, ADD_ON) == ["update"] * ADD_ONS


def test_a_version_out_of_standard_support_is_told_with_its_day_and_its_price(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.set("platform-aws", {"kubernetesVersion": "1.33"})
    said = sandbox.ok("preview", "--stack", "platform-aws")
    assert "warning: Standard support of Kubernetes 1.33 ended on 2026-07-29." in said
    assert "0.60 USD instead of 0.10" in said


def test_what_eks_does_not_have_is_refused_by_eks_before_anything_is_made(tmp_path: Path) -> None:
    assert "empty result" in Sandbox(tmp_path).refused("platform-aws", {"kubernetesVersion": "1.21"})


@pytest.fixture
def gke(worlds: Worlds, tmp_path: Path) -> Sandbox:
    return worlds.shipped("metis-sepolia-gcp", tmp_path)


def releases(sandbox: Sandbox, stack: str) -> set[str]:
    return {r["outputs"]["version"] for r in sandbox.export(stack)["deployment"]["resources"] if r["type"] == POOL}


def test_nodes_on_gke_have_the_newest_release_of_their_minor_and_stay_at_it(gke: Sandbox) -> None:
    assert releases(gke, "platform-gcp") == releases(gke, "metis-sepolia-gcp") == {"1.35.8-gke.1225000"}
    gke.set("platform-gcp", {"kubernetesVersion": "1.36"})
    gke.up("platform-gcp")
    assert releases(gke, "platform-gcp") == {"1.35.8-gke.1225000"}
    assert steps(gke.preview("metis-sepolia-gcp"), POOL) == []
    gke.set("metis-sepolia-gcp", {"releaseVersion": "1.36"})
    gke.up("metis-sepolia-gcp")
    assert releases(gke, "metis-sepolia-gcp") == {"1.36.4-gke.1082000"}


def test_a_node_further_behind_than_gke_takes_is_refused_by_the_plan(gke: Sandbox) -> None:
    said = gke.refused("metis-sepolia-gcp", {"releaseVersion": "1.33.13-gke.1636000"})
    assert (
        "nodeyard:stack.releaseVersion: 1.33.13-gke.1636000 is more than 1 minor older than the cluster, 1.35" in said
    )
