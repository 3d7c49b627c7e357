"""`placement: cluster` through Pulumi's real engine, with a GPU, on the three stand-in clouds.

The tests of one cloud start from one deployment. Those that change nothing share a copy of it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engine.harness import Sandbox, Settings
from tests.engine.theta_cluster import NAMESPACE, STACKS, configure
from tests.engine.worlds import Worlds

CANARY = "canary-6b1c05"
IMAGE = "images.invalid/thetalabsorg/edgelauncher_mainnet@sha256:"
RELEASE = "kubernetes:helm.sh/v3:Release"
POOLS = {
    "aws": "aws:eks/nodeGroup:NodeGroup",
    "azure": "azure-native:containerservice:AgentPool",
    "gcp": "gcp:container/nodePool:NodePool",
}
GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Deployed:
    cloud: str
    stack: str
    sandbox: Sandbox

    @property
    def node(self) -> str:
        return f"{self.stack}-edge-1"

    def steps(self, settings: Settings | None = None) -> set[tuple[str, str]]:
        """(type, operation) of everything that an `up` with these settings would change."""
        found = self.sandbox.preview(self.stack, settings)["steps"]
        return {(s["urn"].split("::")[2].split("$")[-1], s["op"]) for s in found if s["op"] not in ("same", "read")}

    def one(self, type_: str) -> dict[str, Any]:
        [found] = [r for r in self.sandbox.export(self.stack)["deployment"]["resources"] if r["type"] == type_]
        inputs: dict[str, Any] = found["inputs"]
        return inputs


@pytest.fixture(scope="module", params=STACKS)
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def deploy(cloud: str, worlds: Worlds, home: Path) -> Deployed:
    stack, platform = STACKS[cloud], f"platform-{cloud}"

    def make(sandbox: Sandbox) -> None:
        configure(sandbox, cloud)
        sandbox.configure(stack, "--secret", "--path", "nodeyard:secrets.nodes.edge-1.password", CANARY)
        sandbox.up(platform)
        sandbox.up(stack)

    return Deployed(cloud, stack, worlds.copy(f"{stack}-in-a-cluster", home, make, on=platform))


@pytest.fixture(scope="module")
def untouched(cloud: str, worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """For tests that change nothing; what they print is searched for the password."""
    return deploy(cloud, worlds, tmp_path_factory.mktemp(cloud))


@pytest.fixture
def deployed(cloud: str, worlds: Worlds, tmp_path: Path) -> Deployed:
    """For a test that changes something."""
    return deploy(cloud, worlds, tmp_path)


def test_it_comes_up_and_a_second_up_and_a_refresh_change_nothing(untouched: Deployed) -> None:
    assert untouched.steps() == set()
    refreshed = untouched.sandbox.run("refresh", "--stack", untouched.stack, "--yes", "--expect-no-changes")
    assert refreshed.returncode == 0, refreshed.stderr


def test_the_platform_comes_first_and_stays_as_it_is(untouched: Deployed) -> None:
    untouched.sandbox.ok(
        "up", "--stack", f"platform-{untouched.cloud}", "--yes", "--skip-preview", "--expect-no-changes"
    )


def test_the_outputs_tell_of_disk_password_and_shell_and_of_no_alarms(untouched: Deployed) -> None:
    outputs = untouched.sandbox.outputs(untouched.stack)
    node = outputs["nodes"]["edge-1"]
    assert node["disk"]
    assert outputs["secrets"] == {"edge-1": node["secret"]}
    assert outputs["releases"] == {untouched.node: NAMESPACE}
    assert outputs["missing"] == []
    session = (
        f"kubectl exec --namespace {NAMESPACE} --stdin --tty {untouched.node}-edge-0 --container edgelauncher -- sh"
    )
    assert node["session"] == session
    assert not {"instance", "group", "logs", "dashboard"} & set(node)
    assert node["alarms"] == []


def test_the_pod_asks_for_the_gpu_of_the_pool_whose_taints_it_tolerates(untouched: Deployed) -> None:
    values = untouched.one(RELEASE)["values"]
    assert values["gpu"] is True
    own = {"key": "nodeyard.io/theta-edge-node", "operator": "Equal", "value": untouched.node, "effect": "NoSchedule"}
    assert values["placement"]["nodeSelector"] == {own["key"]: own["value"]}
    assert values["placement"]["tolerations"] == [own, *([GPU_TAINT] if untouched.cloud == "gcp" else [])]
    [pod] = [m for m in untouched.sandbox.manifests(untouched.node) if m["kind"] == "StatefulSet"]
    limits = [c["resources"]["limits"] for c in pod["spec"]["template"]["spec"]["containers"]]
    assert [limit.get("nvidia.com/gpu") for limit in limits] == [1, None]


def test_no_password_is_printed_or_stands_in_the_state_or_the_release(untouched: Deployed) -> None:
    assert CANARY not in untouched.sandbox.printed
    assert CANARY not in json.dumps(untouched.sandbox.export(untouched.stack))
    assert CANARY not in json.dumps(untouched.sandbox.manifests(untouched.node))


def test_another_image_changes_the_release_alone(deployed: Deployed) -> None:
    assert deployed.steps({"image": IMAGE + "1" * 64}) == {(RELEASE, "update")}


def test_without_a_gpu_the_pool_is_another_and_disk_and_password_stay(deployed: Deployed) -> None:
    other = {"aws": "c6a.xlarge", "azure": "Standard_D4as_v5", "gcp": "e2-standard-4"}[deployed.cloud]
    refused = deployed.sandbox.refused(deployed.stack, {"instanceType": other})
    assert f"nodeyard:stack.instanceType: '{other}' has no GPU" in refused
    touched = {type_ for type_, _ in deployed.steps({"instanceType": other, "gpu": "false"})}
    template = {"aws:ec2/launchTemplate:LaunchTemplate"} if deployed.cloud == "aws" else set()
    assert touched == {POOLS[deployed.cloud], RELEASE, *template}
