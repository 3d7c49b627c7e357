"""The stand-in cluster takes what an API server takes, and renders local charts with the real Helm."""

import ast
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.simulation import cloud_of, helm, strict
from sandbox.simulation.resource import CloudError
from sandbox.simulation.tables.kubernetes import RELEASE, Cloud
from sandbox.simulation.tables.kubernetes.patches import PATCH
from sandbox.simulation.values import UNKNOWN

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIG_MAP, NAMESPACE = "kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Namespace"
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers:
        - name: main
          image: example
          {{- with .Values.extra }}{{ toYaml . | nindent 10 }}{{ end }}
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Cloud:
    """A cluster of the world, as a provider with its kubeconfig sees it."""
    aws = cloud_of("aws", tmp_path, {"region": "eu-central-1"})
    vpc = aws.create("aws:ec2/vpc:Vpc", "v", {"cidrBlock": "10.0.0.0/16"}, preview=False).id
    subnet = aws.create("aws:ec2/subnet:Subnet", "s", {"vpcId": vpc, "cidrBlock": "10.0.0.0/24"}, preview=False).id
    inputs = {"name": "c", "version": "1.33", "vpcConfig": {"subnetIds": [subnet]}}
    endpoint = aws.create("aws:eks/cluster:Cluster", "c", inputs, preview=False).outputs["endpoint"]
    return cloud_of("kubernetes", tmp_path, {"kubeconfig": kubeconfig(endpoint)})


def kubeconfig(endpoint: str, name: str = "c") -> str:
    user = {"exec": {"command": "aws", "args": ["eks", "get-token", "--cluster-name", name]}}
    return json.dumps(
        {
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
            "clusters": [{"name": "x", "cluster": {"server": endpoint}}],
            "users": [{"name": "x", "user": user}],
        }
    )


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    (chart / "values.yaml").write_text("replicas: 1\n")
    (chart / "templates/deployment.yaml").write_text(DEPLOYMENT)
    return chart


def made(cluster: Cloud, token: str, **inputs: Any) -> Any:
    checked = cluster.check(token, "it", {}, inputs, b"seed")
    assert checked.problems == []
    metadata = {**inputs.get("metadata", {}), **checked.added.get("metadata", {})}
    whole = {**inputs, **checked.added, **({"metadata": metadata} if metadata else {})}
    return cluster.create(token, "it", whole, preview=False)


def config_map(namespace: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": namespace}, **more}


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def test_a_cluster_that_is_not_there_cannot_be_reached(tmp_path: Path) -> None:
    gone = cloud_of("kubernetes", tmp_path, {"kubeconfig": kubeconfig("https://AA.gr7.eu-central-1.eks.amazonaws.com")})
    with pytest.raises(CloudError, match="unreachable"):
        made(gone, CONFIG_MAP, **config_map("default"))


def test_a_token_for_another_cluster_is_refused(cluster: Cloud, tmp_path: Path) -> None:
    server, _ = cluster.named_cluster()
    assert server
    other = cloud_of("kubernetes", tmp_path, {"kubeconfig": kubeconfig(server, name="other")})
    with pytest.raises(CloudError, match="No cluster found for name: other"):
        made(other, CONFIG_MAP, **config_map("default"))


def test_no_kubeconfig_means_none_of_the_users(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="no kubeconfig"):
        made(cloud_of("kubernetes", tmp_path, {}), CONFIG_MAP, **config_map("default"))


def test_an_object_needs_its_namespace(cluster: Cloud) -> None:
    with pytest.raises(CloudError, match='namespaces "metis" not found'):
        made(cluster, CONFIG_MAP, **config_map("metis"))
    made(cluster, NAMESPACE, **namespace("metis"))
    assert made(cluster, CONFIG_MAP, **config_map("metis")).id == "metis/m"


def test_a_second_object_of_a_name_is_taken_over_where_it_says_the_same(cluster: Cloud) -> None:
    made(cluster, CONFIG_MAP, **config_map("default", data={"a": "b"}))
    assert made(cluster, CONFIG_MAP, **config_map("default", data={"a": "b"})).id == "default/m"
    with pytest.raises(CloudError, match=r"Apply failed with 1 conflict: \.data\.a"):
        made(cluster, CONFIG_MAP, **config_map("default", data={"a": "c"}))


def test_a_patch_puts_its_part_there_and_takes_no_other_away(cluster: Cloud) -> None:
    def data() -> Any:
        read = cluster.read(CONFIG_MAP, "default/m", {})
        assert read
        return read.outputs.get("data")

    made(cluster, CONFIG_MAP, **config_map("default", data={"about": "x"}))
    one, other = (config_map("default", data={name: name}) for name in ("a", "b"))
    patches = [made(cluster, PATCH, **patch) for patch in (one, other, one)]
    assert {patch.id for patch in patches} == {"default/m"}
    assert len({patch.outputs["__fieldManager"] for patch in patches}) == 3
    assert data() == {"about": "x", "a": "a", "b": "b"}
    renamed = config_map("default", data={"c": "b"})
    assert cluster.update(PATCH, "default/m", patches[1].outputs, renamed, preview=False).id == "default/m"
    assert data() == {"about": "x", "a": "a", "c": "b"}
    cluster.delete(PATCH, "default/m", one)
    assert data() == {"about": "x", "a": "a", "c": "b"}, "the other says the same"
    cluster.delete(PATCH, "default/m", one)
    cluster.delete(PATCH, "default/m", renamed)
    assert data() == {"about": "x"}
    assert cluster.read(PATCH, "default/m", renamed) is None


def test_a_patch_makes_what_is_not_there_and_its_maker_takes_it_over(cluster: Cloud) -> None:
    made(cluster, PATCH, **config_map("default", data={"a": "a"}))
    made(cluster, CONFIG_MAP, **config_map("default", data={"about": "x"}))
    read = cluster.read(CONFIG_MAP, "default/m", {})
    assert read
    assert read.outputs["data"] == {"about": "x", "a": "a"}


def test_other_patches_have_no_stand_in(cluster: Cloud) -> None:
    problems = cluster.check("kubernetes:core/v1:SecretPatch", "it", {}, config_map("default"), b"").problems
    assert "has no stand-in" in problems[0][1]
    nameless = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}
    assert ".metadata.name" in cluster.check(PATCH, "it", {}, nameless, b"").problems[0][1]


def test_a_namespace_takes_its_objects_with_it(cluster: Cloud) -> None:
    made(cluster, NAMESPACE, **namespace("metis"))
    made(cluster, CONFIG_MAP, **config_map("metis"))
    cluster.delete(NAMESPACE, "metis", namespace("metis"))
    assert cluster.read(CONFIG_MAP, "metis/m", config_map("metis")) is None


def test_an_unknown_field_is_refused_with_its_path(cluster: Cloud) -> None:
    problems = cluster.check(CONFIG_MAP, "it", {}, config_map("default", dta={"a": "b"}), b"").problems
    assert problems == [("dta", "unknown property 'dta'; did you mean 'data'?")]


def test_a_name_is_given_where_there_is_none_and_kept(cluster: Cloud) -> None:
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}}
    first = cluster.check(CONFIG_MAP, "it", {}, inputs, b"one").added
    assert first["metadata"]["name"].startswith("it-")
    assert first["metadata"]["namespace"] == "default"
    assert cluster.check(CONFIG_MAP, "it", first, inputs, b"two").added == first


# --- charts


def release(chart: Path, **inputs: Any) -> dict[str, Any]:
    return {"chart": str(chart), "name": "r", "namespace": "default", **inputs}


def test_a_chart_is_rendered_and_its_objects_are_in_the_cluster(cluster: Cloud, chart: Path) -> None:
    made(cluster, RELEASE, **release(chart, values={"replicas": 3}))
    [deployment] = cluster.world.find("apps/Deployment", scope=cluster.cluster(), name="default/r")
    assert deployment.inputs["spec"]["replicas"] == 3
    cluster.delete(RELEASE, "default/r", release(chart))
    assert cluster.world.find("apps/Deployment") == []


def test_an_unknown_field_of_a_chart_is_refused_by_name(cluster: Cloud, chart: Path) -> None:
    [(_, reason)] = cluster.check(RELEASE, "it", {}, release(chart, values={"extra": {"imag": "x"}}), b"").problems
    assert reason == "Deployment/r: spec.template.spec.containers[0].imag: unknown field; did you mean image?"


def test_helm_speaks_for_itself_when_a_value_does_not_fit_the_charts_schema(cluster: Cloud, chart: Path) -> None:
    (chart / "values.schema.json").write_text('{"properties": {"replicas": {"type": "integer"}}}')
    [(_, reason)] = cluster.check(RELEASE, "it", {}, release(chart, values={"replicas": "many"}), b"").problems
    assert "values don't meet the specifications of the schema" in reason


def test_a_link_in_a_chart_is_not_what_an_error_begins_with(cluster: Cloud, chart: Path, tmp_path: Path) -> None:
    (tmp_path / "linked.txt").touch()
    (chart / "linked.txt").symlink_to(tmp_path / "linked.txt")
    (chart / "values.schema.json").write_text('{"properties": {"replicas": {"type": "integer"}}}')
    [(_, reason)] = cluster.check(RELEASE, "it", {}, release(chart, values={"replicas": "many"}), b"").problems
    assert reason.startswith("values don't meet the specifications of the schema")


def test_values_that_are_not_known_yet_do_not_fail_a_preview(cluster: Cloud, chart: Path) -> None:
    (chart / "values.schema.json").write_text('{"properties": {"replicas": {"type": "integer"}}}')
    assert cluster.check(RELEASE, "it", {}, release(chart, values={"replicas": UNKNOWN}), b"").problems == []


def test_a_chart_has_changed_when_it_says_so_of_itself(cluster: Cloud, chart: Path) -> None:
    def inputs() -> dict[str, Any]:
        return cluster.check(RELEASE, "it", {}, release(chart), b"").added

    before = inputs()
    (chart / "templates/deployment.yaml").write_text(DEPLOYMENT + "# changed\n")
    assert inputs() == before
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.2.0\n")
    assert inputs() == before | {"version": "0.2.0"}


def test_an_archive_says_its_version_as_a_directory_does(chart: Path) -> None:
    with tarfile.open(chart.with_suffix(".tgz"), "w:gz") as archive:
        archive.add(chart, "chart")
    assert helm.version_of(chart.with_suffix(".tgz")) == helm.version_of(chart) == "0.1.0"


def test_a_release_name_is_used_once_in_a_namespace(cluster: Cloud, chart: Path) -> None:
    made(cluster, RELEASE, **release(chart))
    with pytest.raises(CloudError, match="cannot re-use a name that is still in use"):
        made(cluster, RELEASE, **release(chart))


def test_a_release_does_not_take_over_an_object_that_is_there(cluster: Cloud, chart: Path) -> None:
    made(cluster, RELEASE, **release(chart))
    (chart / "templates/deployment.yaml").write_text(DEPLOYMENT.replace("{{ .Release.Name }}", "r"))
    with pytest.raises(CloudError, match="exists and cannot be imported"):
        made(cluster, RELEASE, **release(chart, name="other"))


def test_a_failed_upgrade_keeps_its_new_inputs_so_that_the_next_repairs_it(cluster: Cloud, chart: Path) -> None:
    made(cluster, RELEASE, **release(chart))
    text = DEPLOYMENT.replace("app: a", "app: b")
    (chart / "templates/deployment.yaml").write_text(text)
    with pytest.raises(CloudError, match=r"UPGRADE FAILED: .*spec\.selector: field is immutable") as refusal:
        cluster.update(RELEASE, "default/r", {}, release(chart, values={"replicas": 2}), preview=False)
    assert refusal.value.failed.inputs["values"] == {"replicas": 2}


def test_a_chart_that_cannot_be_fetched_is_recorded_and_says_so(cluster: Cloud) -> None:
    inputs = {"chart": "cert-manager", "name": "r", "repositoryOpts": {"repo": "https://charts.example"}}
    checked = cluster.check(RELEASE, "it", {}, inputs, b"")
    assert checked.problems == []
    assert checked.warnings == [
        "chart cert-manager from https://charts.example is recorded, not rendered: the sandbox has no network"
    ]
    made(cluster, RELEASE, **inputs)
    assert cluster.world.find(RELEASE, name="default/r")


def test_a_chart_of_another_checkout_has_the_same_checksum(chart: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(chart, tmp_path / "elsewhere/chart"))
    assert helm.checksum(chart) == helm.checksum(copy)


# --- strictness


def stateful_set(**pod: Any) -> dict[str, Any]:
    labels = {"app": "a"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "main", "image": "x"}], **pod}}
    spec = {"serviceName": "s", "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "s"}, "spec": spec}


def test_a_right_object_has_no_problems() -> None:
    assert strict.problems(stateful_set(), "1.33") == []


@pytest.mark.parametrize(
    ("item", "path"),
    [
        (stateful_set(nodeSelektor={}), "spec.template.spec.nodeSelektor"),
        (stateful_set(terminationGracePeriodSeconds="30"), "spec.template.spec.terminationGracePeriodSeconds"),
        ({**stateful_set(), "metadata": {"name": "Not_A_Name"}}, "metadata.name"),
        ({**stateful_set(), "metadata": {"name": "s", "labels": {"a": "b c"}}}, "metadata.labels.a"),
        (
            stateful_set(containers=[{"name": "m", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/"}]}]),
            "spec.template.spec.containers[0].volumeMounts",
        ),
        (
            stateful_set(
                hostNetwork=True,
                containers=[{"name": "m", "image": "x", "ports": [{"containerPort": 1, "hostPort": 2}]}],
            ),
            "spec.template.spec.containers[0].ports",
        ),
        ({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}}, "kind"),
    ],
)
def test_what_an_api_server_refuses_is_refused_with_its_path(item: dict, path: str) -> None:
    assert [found for found, _ in strict.problems(item, "1.33")] == [path]


def test_a_selector_must_match_its_template() -> None:
    item = stateful_set()
    item["spec"]["selector"] = {"matchLabels": {"app": "b"}}
    assert [path for path, _ in strict.problems(item, "1.33")] == ["spec.selector.matchLabels.app"]


MONITORING, STORE = "monitoring.coreos.com/v1", "secrets-store.csi.x-k8s.io/v1"


def service_monitor(**endpoint: Any) -> tuple[str, str, dict[str, Any]]:
    return "ServiceMonitor", MONITORING, {"selector": {}, "endpoints": [endpoint]}


def rule_group(**group: Any) -> tuple[str, str, dict[str, Any]]:
    return "PrometheusRule", MONITORING, {"groups": [{"name": "g", **group}]}


def provider_class(**spec: Any) -> tuple[str, str, dict[str, Any]]:
    return "SecretProviderClass", STORE, spec


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (service_monitor(port="m", path=1), "spec.endpoints[0].path"),
        (service_monitor(prt="m"), "spec.endpoints[0].prt"),
        (("PodMonitor", MONITORING, {"podMetricsEndpoints": []}), "spec.selector"),
        (rule_group(rules=[{"alert": "A"}]), "spec.groups[0].rules[0].expr"),
        (rule_group(interval="1 minute"), "spec.groups[0].interval"),
        (provider_class(parameters={"a": "b"}), "spec.provider"),
        (provider_class(provider="aws", secretObject=[]), "spec.secretObject"),
    ],
)
def test_custom_resources_are_as_strict(made: tuple[str, str, dict[str, Any]], path: str) -> None:
    kind, api, spec = made
    item = {"apiVersion": api, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    assert [found for found, _ in strict.problems(item, "1.33")] == [path]


# --- what asks what


def imported(directory: Path) -> set[str]:
    """Every module that the modules below a directory import, wherever in their text."""
    return {name for file in directory.rglob("*.py") for name in imported_by(file)}


def imported_by(file: Path) -> Iterator[str]:
    package = file.relative_to(CHECKOUT).parts[:-1]
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{name.name}" for name in node.names)
            yield module


def test_the_control_plane_knows_the_world_and_neither_knows_the_others_tables() -> None:
    control_plane, simulation = imported(CHECKOUT / "sandbox/controlplane"), imported(CHECKOUT / "sandbox/simulation")
    assert "sandbox.simulation.world" in control_plane
    assert not [name for name in control_plane if name.startswith("sandbox.simulation.tables")]
    assert not [name for name in simulation if name.startswith("sandbox.controlplane")]
