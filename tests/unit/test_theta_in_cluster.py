"""What `ThetaEdgeNode` asks of a platform's cluster."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from jsonschema import Draft7Validator

from nodeyard.errors import InputError
from nodeyard.theta_edge_node import ThetaEdgeNode
from nodeyard.theta_edge_node.boot import FORBIDDEN
from nodeyard.theta_edge_node.rules import resolve
from nodeyard.workload import CHARTS
from tests.unit.examples import platform
from tests.unit.recording import Recording, record
from tests.unit.test_chart_inputs import on
from tests.unit.theta_fleet import CANARY, IN_CLUSTER, arguments
from tests.unit.worlds import with_platform

RELEASE = "kubernetes:helm.sh/v3:Release"
SCHEMA = json.loads((CHARTS / "theta-edge-node" / "values.schema.json").read_text())


def cluster(**changes: Any) -> Recording:
    exports: dict[str, Any] = {}

    def program() -> None:
        ThetaEdgeNode("theta", arguments(**{**IN_CLUSTER, **changes})).nodes.apply(exports.update)

    recording = record(program, with_platform(IN_CLUSTER["platform"]))
    recording.check(CANARY)
    recording.exports = exports
    return recording


@pytest.fixture(scope="module")
def in_cluster() -> Recording:
    return cluster()


@pytest.mark.parametrize(
    ("gpu", "image", "type_"),
    [(True, "BOTTLEROCKET_x86_64_NVIDIA", "g4dn.xlarge"), (False, "BOTTLEROCKET_x86_64", "c6a.xlarge")],
)
def test_a_pod_asks_for_a_gpu_where_its_node_has_one(gpu: bool, image: str, type_: str) -> None:
    made = cluster(gpu=gpu)
    assert made.one("kubernetes:helm.sh/v3:Release").inputs["values"]["gpu"] is gpu
    assert made.one("aws:eks/nodeGroup:NodeGroup").inputs["amiType"] == image
    assert made.one("aws:ec2/launchTemplate:LaunchTemplate").inputs["instanceType"] == type_


def test_a_pod_has_a_tainted_node_to_itself_and_tolerates_it(in_cluster: Recording) -> None:
    pool = in_cluster.one("aws:eks/nodeGroup:NodeGroup").inputs
    placement = in_cluster.one("kubernetes:helm.sh/v3:Release").inputs["values"]["placement"]
    [taint] = pool["taints"]
    [toleration] = placement["tolerations"]
    assert pool["labels"] == placement["nodeSelector"] == {"nodeyard.io/theta-edge-node": "theta-edge-1"}
    assert (taint["key"], taint["value"]) == (toleration["key"], toleration["value"])
    assert (taint["effect"], toleration["effect"]) == ("NO_SCHEDULE", "NoSchedule")
    assert pool["subnetIds"] == ["subnet-private0"]


def test_the_output_of_a_node_in_a_cluster_names_its_pod(in_cluster: Recording) -> None:
    release = in_cluster.one("kubernetes:helm.sh/v3:Release").inputs
    # The chart's stateful set is the release's name and `edge`.
    pod = f"{release['name']}-edge-0"
    node = in_cluster.exports["edge-1"]
    assert node["pod"] == f"{release['namespace']}/{pod}"
    assert pod in node["session"]


def test_a_pods_account_reads_its_own_password_alone(in_cluster: Recording) -> None:
    association = in_cluster.one("aws:eks/podIdentityAssociation:PodIdentityAssociation").inputs
    values = in_cluster.one("kubernetes:helm.sh/v3:Release").inputs["values"]
    # The chart's account: the release's name and the component's.
    assert (association["namespace"], association["serviceAccount"]) == ("theta", "theta-edge-1-edge")
    provider_class = in_cluster.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass").inputs
    assert values["secret"]["name"] == provider_class["spec"]["secretObjects"][0]["secretName"]
    assert (
        values["secret"]["keys"]["password"]
        == provider_class["spec"]["secretObjects"][0]["data"][0]["key"]
        == "password"
    )


def test_a_pod_may_not_reach_the_platforms_own_ranges(in_cluster: Recording) -> None:
    forbidden = in_cluster.one("kubernetes:helm.sh/v3:Release").inputs["values"]["forbidden"]
    assert {*FORBIDDEN, *platform()["private_cidrs"]} == set(forbidden)


def test_the_charts_own_schema_takes_the_values(in_cluster: Recording) -> None:
    values = in_cluster.one("kubernetes:helm.sh/v3:Release").inputs["values"]
    Draft7Validator(SCHEMA).validate(values)


# --- what the pod asks of its node ---

SMALL = {"aws": "c6a.large", "azure": "Standard_D2s_v5", "gcp": "n2-standard-2"}


@pytest.mark.parametrize("cloud", SMALL)
def test_a_node_that_the_pod_does_not_fit_on_is_refused_at_the_key_that_says_so(cloud: str) -> None:
    args = {**on(cloud), "gpu": False}
    with pytest.raises(InputError) as raised:
        resolve("theta", {**args, "instance_type": SMALL[cloud]})
    assert [path for path, _ in raised.value.problems] == ["instance_type"]
    with pytest.raises(InputError) as raised:
        resolve("theta", {**args, "nodes": {"edge-1": {"instance_type": SMALL[cloud]}}})
    assert [path for path, _ in raised.value.problems] == ["nodes.edge-1.instance_type"]
    assert "they ask for 2010m CPU and 4128Mi memory" in str(raised.value)
    less = {"requests": {"cpu": 1, "memory": "2Gi"}}
    resolve("theta", {**args, "instance_type": SMALL[cloud], "resources": less})


def test_a_machine_is_not_held_against_a_pods_requests() -> None:
    resolve("theta", arguments(gpu=False, instance_type="c6a.large"))


@pytest.mark.parametrize(("type_", "warned"), [("t3.2xlarge", 1), ("c6a.xlarge", 0)])
def test_a_node_of_unknown_size_is_taken_and_warned_of(
    monkeypatch: pytest.MonkeyPatch, type_: str, warned: int
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_: warnings.append(text))
    cluster(gpu=False, instance_type=type_, nodes=3)
    assert sum("does not tell its size by its name" in text for text in warnings) == warned


def test_what_a_pod_asks_for_reaches_the_release() -> None:
    given = {"requests": {"cpu": 3}, "limits": {"memory": "9Gi"}}
    values = cluster(resources=given, image_pull_secrets=["registry"]).one(RELEASE).inputs["values"]
    assert values["resources"] == {"requests": {"cpu": "3", "memory": "4Gi"}, "limits": {"memory": "9Gi"}}
    assert values["imagePullSecrets"] == [{"name": "registry"}]


@pytest.mark.parametrize("key", ["resources", "image_pull_secrets"])
def test_what_only_a_pod_has_is_refused_of_a_machine(key: str) -> None:
    given: Any = {"resources": {"limits": {"cpu": 3}}, "image_pull_secrets": ["registry"]}
    with pytest.raises(InputError, match=f"{key}: is an option of a cluster"):
        resolve("theta", arguments(**{key: given[key]}))


# --- what the chart's schema refuses ---

ODD = [
    "",
    " ",
    "a b",
    "latest",
    "curl:latest",
    "UPPER/x:1",
    "fd00::/8",
    "fd00::1",
    "1.1.1.1/32",
    "x@sha256:1",
    "1",
    "1.1.1.1",
]
CHOSEN: dict[str, Callable[[str], dict[str, Any]]] = {
    "images.edgelauncher": lambda odd: {"image": odd},
    "images.probe": lambda odd: {"probe_image": odd},
    "resolvers": lambda odd: {"resolvers": [odd]},
    "forbidden": lambda odd: {"platform": platform(namespaces=["theta"], private_cidrs=[odd])},
    "chainId": lambda odd: {"network": odd},
    "configPath": lambda odd: {"network": odd},
    "placement": lambda odd: {"nodes": {odd: {}}},
    "resources.requests.cpu": lambda odd: {"resources": {"requests": {"cpu": odd}}},
    "resources.limits.memory": lambda odd: {"resources": {"limits": {"memory": odd}}},
    "imagePullSecrets": lambda odd: {"image_pull_secrets": [odd]},
}
"""What of the chart's values follows from what the operator chooses."""
MADE = {"network", "ports", "claim", "secretProviderClass", "secret", "gpu"}
"""What the component makes up, or can only be right: no choice of the operator's is in it."""
DEFAULTED = {"monitoring", "status", "global", "common"}
"""What the component leaves to the chart."""


def test_every_value_of_the_chart_is_somebodys() -> None:
    assert {path.split(".")[0] for path in CHOSEN} | MADE | DEFAULTED == set(SCHEMA["properties"])


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("path", CHOSEN)
def test_what_the_component_lets_through_the_charts_schema_takes(path: str, odd: str) -> None:
    changes = {**IN_CLUSTER, **CHOSEN[path](odd)}
    try:
        resolve("theta", arguments(**changes))
    except InputError:
        return
    values = cluster(**changes).one("kubernetes:helm.sh/v3:Release").inputs["values"]
    Draft7Validator(SCHEMA).validate(values)


def test_the_platforms_monitoring_watches_the_node_where_there_is_one(in_cluster: Recording) -> None:
    assert "monitoring" not in in_cluster.one(RELEASE).inputs["values"]
    monitoring = {"namespace": "monitoring", "labels": {"monitoring": "nodeyard"}, "receiver": True}
    watched = cluster(platform={**IN_CLUSTER["platform"], "monitoring": monitoring})
    assert watched.one(RELEASE).inputs["values"]["monitoring"] == {"enabled": True, "labels": monitoring["labels"]}
