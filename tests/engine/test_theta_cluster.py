"""`placement: cluster` through Pulumi's real engine, with a GPU, on the three stand-in clouds.

The tests of one cloud share a deployment and leave it as they found it.
"""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.engine.harness import Sandbox
from tests.engine.theta_cluster import NAMESPACE, STACKS, choose, configure

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

    def steps(self) -> set[tuple[str, str]]:
        """(type, operation) of everything that a preview would change."""
        found = self.sandbox.preview(self.stack)["steps"]
        return {(s["urn"].split("::")[2].split("$")[-1], s["op"]) for s in found if s["op"] not in ("same", "read")}

    def one(self, type_: str) -> dict[str, Any]:
        [found] = [r for r in self.sandbox.export(self.stack)["deployment"]["resources"] if r["type"] == type_]
        inputs: dict[str, Any] = found["inputs"]
        return inputs


@pytest.fixture(scope="module", params=STACKS)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    cloud: str = request.param
    sandbox = Sandbox(tmp_path_factory.mktemp(f"theta-{cloud}"))
    stack = configure(sandbox, cloud)
    sandbox.configure(stack, "--secret", "--path", "nodeyard:secrets.passwords.edge-1", CANARY)
    sandbox.up(stack)
    return Deployed(cloud, stack, sandbox)


def test_it_comes_up_and_a_second_up_and_a_refresh_change_nothing(deployed: Deployed) -> None:
    assert deployed.steps() == set()
    refreshed = deployed.sandbox.run("refresh", "--stack", deployed.stack, "--yes", "--expect-no-changes")
    assert refreshed.returncode == 0, refreshed.stderr


def test_the_platform_comes_first_and_stays_as_it_is(deployed: Deployed) -> None:
    deployed.sandbox.ok("up", "--stack", f"platform-{deployed.cloud}", "--yes", "--skip-preview", "--expect-no-changes")


def test_the_outputs_tell_of_disk_password_and_shell_and_of_no_alarms(deployed: Deployed) -> None:
    outputs = deployed.sandbox.outputs(deployed.stack)
    node = outputs["nodes"]["edge-1"]
    assert node["disk"]
    assert outputs["secrets"] == {"edge-1": node["secret"]}
    assert outputs["missing"] == []
    session = (
        f"kubectl exec --namespace {NAMESPACE} --stdin --tty {deployed.node}-edge-0 --container edgelauncher -- sh"
    )
    assert node["session"] == session
    assert [node[key] for key in ("instance", "group", "logs", "dashboard", "alarms")] == ["", "", "", "", []]


def test_the_pod_asks_for_the_gpu_of_the_pool_whose_taints_it_tolerates(deployed: Deployed) -> None:
    values = deployed.one(RELEASE)["values"]
    assert values["gpu"] is True
    own = {"key": "nodeyard.io/theta-edge-node", "operator": "Equal", "value": deployed.node, "effect": "NoSchedule"}
    assert values["placement"]["nodeSelector"] == {own["key"]: own["value"]}
    assert values["placement"]["tolerations"] == [own, *([GPU_TAINT] if deployed.cloud == "gcp" else [])]
    [pod] = [m for m in deployed.sandbox.manifests(deployed.node) if m["kind"] == "StatefulSet"]
    limits = [c["resources"]["limits"] for c in pod["spec"]["template"]["spec"]["containers"]]
    assert [limit.get("nvidia.com/gpu") for limit in limits] == [1, None]


def test_no_password_is_printed_or_stands_in_the_state_or_the_release(deployed: Deployed) -> None:
    assert CANARY not in deployed.sandbox.printed
    assert CANARY not in json.dumps(deployed.sandbox.export(deployed.stack))
    assert CANARY not in json.dumps(deployed.sandbox.manifests(deployed.node))


def test_another_image_changes_the_release_alone(deployed: Deployed) -> None:
    choose(deployed.sandbox, deployed.stack, "image", IMAGE + "1" * 64)
    try:
        assert deployed.steps() == {(RELEASE, "update")}
    finally:
        choose(deployed.sandbox, deployed.stack, "image", IMAGE + "0" * 64)


def test_without_a_gpu_the_pool_is_another_and_disk_and_password_stay(deployed: Deployed) -> None:
    other = {"aws": "c6a.xlarge", "azure": "Standard_D4as_v5", "gcp": "e2-standard-4"}[deployed.cloud]
    before = {"aws": "g4dn.xlarge", "azure": "Standard_NC4as_T4_v3", "gcp": "n1-standard-4"}[deployed.cloud]
    choose(deployed.sandbox, deployed.stack, "instanceType", other)
    refused = deployed.sandbox.run("preview", "--stack", deployed.stack)
    choose(deployed.sandbox, deployed.stack, "gpu", "false")
    try:
        touched = {type_ for type_, _ in deployed.steps()}
    finally:
        deployed.sandbox.ok("config", "rm", "--stack", deployed.stack, "--path", "nodeyard:stack.gpu")
        choose(deployed.sandbox, deployed.stack, "instanceType", before)
    assert f"nodes.edge-1.instance_type: '{other}' has no GPU" in refused.stdout + refused.stderr
    template = {"aws:ec2/launchTemplate:LaunchTemplate"} if deployed.cloud == "aws" else set()
    assert touched == {POOLS[deployed.cloud], RELEASE, *template}
