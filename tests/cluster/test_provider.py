"""Pulumi's own Kubernetes provider on a control plane, by small programs: what it tries out, waits for and replaces.

One stack for the whole module: making a cluster takes longer than any of the tests. What one test's program made goes
with the next one's.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.simulation import helm
from tests.cluster.harness import phase, until
from tests.cluster.operators import Operator
from tests.cluster.program import Program, running
from tests.engine.harness import STACK
from tests.faults.killing import kill, started, wait_for_the_end

TEMPLATE = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: chart}
spec:
  selector: {matchLabels: {app: chart}}
  template:
    metadata: {labels: {app: chart}}
    spec:
      schedulerName: {{ .Values.scheduler }}
      containers:
        - name: app
          image: images.invalid/app
          {{ .Values.field }}: {{ toJson .Values.env }}
"""
DEFINITIONS = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Widget, listKind: WidgetList, plural: widgets, singular: widget}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {operator: {type: string, enum: [=, "!="]}}}}
"""
WIDGETS = """
apiVersion: v1
kind: List
items:
  - apiVersion: example.com/v1
    kind: Widget
    metadata: {name: one}
    spec: {operator: =}
"""
VALUES = {"scheduler": "default-scheduler", "field": "env", "env": []}
NEVER_READY = ("--set", "scheduler=nobody,field=env", "--set-json", "env=[]")
RELEASE = """
    kubernetes.helm.v3.Release({name!r}, name={name!r}, chart={chart!r}, namespace="default", timeout=6,
        values=json.loads({values!r}), opts=opts, **{options!r})
"""
EXPORTS = """
    pulumi.export("cloud", {"cloud": "aws", "account": "123456789012", "region": "eu-central-1"})
    pulumi.export("kubeconfig", kubeconfig.apply(json.loads))
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("provider")) as made:
        yield made


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("chart") / "chart"
    (directory / "templates").mkdir(parents=True)
    (directory / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    (directory / "templates/deployment.yaml").write_text(TEMPLATE)
    return directory


def release(chart: Path, *, name: str = "chart", options: dict[str, object] | None = None, **values: object) -> str:
    return RELEASE.format(name=name, chart=str(chart), values=json.dumps(VALUES | values), options=options or {})


def revisions(program: Program) -> list[str]:
    """The state of each of the release's revisions, the oldest first."""
    secrets = program.kubernetes.client.list("v1", "Secret", "default", labelSelector="owner=helm")
    labels = [secret["metadata"]["labels"] for secret in secrets]
    return [found["status"] for found in sorted(labels, key=lambda label: int(label["version"]))]


def test_a_cluster_that_a_program_makes_has_its_control_plane_when_it_is_first_needed(program: Program) -> None:
    said = program.up('kubernetes.core.v1.Namespace("ns", metadata={"name": "made"}, opts=opts)')
    assert "small asks for Kubernetes 1.33; its control plane here is v1." in said
    assert program.kubernetes.client.find("Namespace", "made")
    program.up()
    assert program.kubernetes.client.find("Namespace", "made") is None


def test_a_preview_asks_the_api_server(program: Program) -> None:
    refused = program.preview_fails("deployment(replicas=-1)")
    assert "spec.replicas: Invalid value: -1: must be greater than or equal to 0" in refused


def test_a_preview_lets_pass_what_it_cannot_try_yet(program: Program) -> None:
    program.write("""
        ns = kubernetes.core.v1.Namespace("ns", metadata={"name": "later"}, opts=opts)
        kubernetes.core.v1.ConfigMap("c", metadata={"name": "c", "namespace": "later"}, opts=opts)
    """)
    program.project.preview(STACK)


def test_a_deployment_is_waited_for(program: Program) -> None:
    program.up("pulumi.export('ready', deployment(replicas=2).status.ready_replicas)")
    assert program.project.outputs(STACK)["ready"] == 2


def test_a_deployment_that_never_gets_ready_fails_and_is_repaired(program: Program) -> None:
    failed = program.fails('deployment("never", annotations={"pulumi.com/timeoutSeconds": "3"}, nowhere=True)')
    assert "'never' timed out waiting to be Ready" in failed
    assert "[MinimumReplicasUnavailable]" in failed
    program.up('deployment("never", annotations={"pulumi.com/timeoutSeconds": "20"})')


def test_what_asks_not_to_be_waited_for_is_not(program: Program) -> None:
    program.up('deployment("unawaited", annotations={"pulumi.com/skipAwait": "true"}, nowhere=True)')
    pods = until(
        lambda: program.kubernetes.client.list("v1", "Pod", "default", labelSelector="app=unawaited"), "its pod"
    )
    assert phase(pods[0]) == "Pending"


def test_a_load_balancer_is_waited_for_until_it_has_an_address(program: Program) -> None:
    program.up("""
        service = kubernetes.core.v1.Service("s", metadata={"name": "s"},
            spec={"type": "LoadBalancer", "ports": [{"port": 80}], "selector": {"app": "s"}}, opts=opts)
        pulumi.export("host", service.status.load_balancer.ingress[0].hostname)
    """)
    assert program.project.outputs(STACK)["host"].endswith(".elb.eu-central-1.amazonaws.com")


def test_a_field_that_cannot_change_replaces_the_object(program: Program) -> None:
    program.up("deployment()")
    before = program.kubernetes.client.find("Deployment", "app", "default", "apps/v1")
    program.up("""
        kubernetes.apps.v1.Deployment("app", metadata={"name": "app"}, spec={
            "selector": {"matchLabels": {"app": "another"}},
            "template": {"metadata": {"labels": {"app": "another"}},
                         "spec": {"containers": [{"name": "app", "image": "images.invalid/app"}]}}}, opts=opts)
    """)
    after = program.kubernetes.client.find("Deployment", "app", "default", "apps/v1")
    assert before is not None
    assert after is not None
    assert before["metadata"]["uid"] != after["metadata"]["uid"]


def test_what_was_deleted_by_hand_comes_back_after_a_refresh(program: Program) -> None:
    config = 'kubernetes.core.v1.ConfigMap("c", metadata={"name": "c"}, data={"a": "b"}, opts=opts)'
    program.up(config)
    program.clusters.kubectl("delete", "configmap", "c")
    program.project.ok("refresh", "--stack", STACK, "--yes", "--skip-preview")
    program.up(config)
    assert program.kubernetes.client.find("ConfigMap", "c", "default")


def test_a_secrets_data_is_nowhere_in_the_state(program: Program) -> None:
    program.up("""
        kubernetes.core.v1.Secret("s", metadata={"name": "s"},
            string_data=pulumi.Output.secret({"key": "canary-77"}), opts=opts)
    """)
    made = program.kubernetes.client.find("Secret", "s", "default")
    assert made is not None
    assert made["data"] == {"key": "Y2FuYXJ5LTc3"}
    state = json.dumps(program.project.export(STACK))
    assert "canary-77" not in state
    assert "Y2FuYXJ5LTc3" not in state


def test_a_release_is_helms_own_and_goes_with_all_it_made(program: Program, chart: Path) -> None:
    program.up(release(chart))
    assert revisions(program) == ["deployed"]
    made = program.kubernetes.client.find("Deployment", "chart", "default", "apps/v1")
    assert made is not None
    assert made["status"]["readyReplicas"] == 1
    program.up()
    assert revisions(program) == []
    assert program.kubernetes.client.find("Deployment", "chart", "default", "apps/v1") is None


def test_a_field_that_helm_would_drop_is_named(program: Program, chart: Path) -> None:
    program.write(release(chart, field="envs"))
    said = program.project.ok("preview", "--stack", STACK)
    assert "spec.template.spec.containers[0].envs: unknown field" in said
    assert revisions(program) == []


def test_a_release_that_never_gets_ready_fails_and_the_next_program_repairs_it(program: Program, chart: Path) -> None:
    program.up(release(chart))
    failed = program.fails(release(chart, scheduler="nobody", env=[{"name": "A", "value": "b"}]))
    assert "context deadline exceeded" in failed or "timed out" in failed
    program.up(release(chart, env=[{"name": "A", "value": "c"}]))
    made = program.kubernetes.client.find("Deployment", "chart", "default", "apps/v1")
    assert made is not None
    assert made["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "A", "value": "c"}]


def test_an_atomic_release_rolls_back(program: Program, chart: Path) -> None:
    program.up(release(chart, options={"atomic": True}))
    program.fails(release(chart, options={"atomic": True}, scheduler="nobody"))
    assert revisions(program)[-2:] == ["failed", "deployed"]
    made = program.kubernetes.client.find("Deployment", "chart", "default", "apps/v1")
    assert made is not None
    assert made["spec"]["template"]["spec"]["schedulerName"] == "default-scheduler"


def test_a_release_keeps_its_history_when_its_control_plane_starts_anew(program: Program, chart: Path) -> None:
    program.up()  # whatever the test before left
    program.up(release(chart))
    changed = release(chart, env=[{"name": "A", "value": "b"}])
    program.up(changed)
    before = revisions(program)
    program.clusters.cluster("reset")
    assert revisions(program) == before == ["superseded", "deployed"]
    program.write(changed)
    program.project.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")
    program.up(release(chart))
    assert revisions(program) == ["superseded", "superseded", "deployed"]
    program.up()


def test_an_object_that_is_there_is_taken_over_when_it_says_the_same(program: Program) -> None:
    config = 'kubernetes.core.v1.ConfigMap({!r}, metadata={{"name": "c"}}, data={{"a": {!r}}}, opts=opts)'
    program.up(config.format("one", "b"))
    conflict = program.fails("\n".join([config.format("one", "b"), config.format("two", "c")]))
    assert "Apply failed with 1 conflict" in conflict
    program.up("\n".join([config.format("one", "b"), config.format("two", "b")]))


def helm_of(program: Program, *command: str) -> subprocess.Popen[bytes]:
    kubeconfig = str(program.clusters.control_plane("small").kubeconfig)
    where = ("--namespace", "default", "--kubeconfig", kubeconfig)
    return subprocess.Popen([helm.binary(), *command, *where], env=helm.environment())


def test_a_deleted_workload_stays_away_until_helm_rolls_back_to_the_same_revision(
    program: Program, chart: Path
) -> None:
    """docs/components/platform.md has the steps."""
    program.up()  # whatever the test before left
    program.up(release(chart))
    program.clusters.kubectl("delete", "deployment", "chart")
    program.project.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--refresh")
    assert program.kubernetes.client.find("Deployment", "chart", "default", "apps/v1") is None
    assert helm_of(program, "rollback", "chart", "1").wait() == 0
    assert program.kubernetes.client.find("Deployment", "chart", "default", "apps/v1")
    program.project.ok("refresh", "--stack", STACK, "--yes", "--skip-preview")
    program.project.ok("up", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")
    assert revisions(program) == ["superseded", "deployed"]


def test_a_stuck_upgrade_refuses_every_other_until_it_is_rolled_back(program: Program, chart: Path) -> None:
    """docs/components/platform.md has the steps."""
    program.up(release(chart))
    deployed = str(len(revisions(program)))
    upgrade = helm_of(program, "upgrade", "chart", str(chart), "--wait", *NEVER_READY)
    until(lambda: revisions(program)[-1] == "pending-upgrade", "an upgrade at work")
    upgrade.kill()
    upgrade.wait()
    changed = release(chart, env=[{"name": "A", "value": "b"}])
    assert "another operation (install/upgrade/rollback) is in progress" in program.fails(changed)
    assert helm_of(program, "rollback", "chart", deployed).wait() == 0
    program.up(changed)
    assert revisions(program)[-1] == "deployed"
    program.project.ok("refresh", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")


def test_a_stuck_first_installation_is_uninstalled_and_made_again(program: Program, chart: Path) -> None:
    """docs/components/platform.md has the steps."""
    program.up()
    installation = helm_of(program, "install", "chart", str(chart), "--wait", *NEVER_READY)
    until(lambda: revisions(program) == ["pending-install"], "an installation at work")
    installation.kill()
    installation.wait()
    assert "cannot re-use a name that is still in use" in program.fails(release(chart))
    assert helm_of(program, "uninstall", "chart").wait() == 0
    program.up(release(chart))
    assert revisions(program) == ["deployed"]


def test_an_up_that_was_killed_in_a_first_installation_goes_on_by_recover_and_unlock(
    program: Program, chart: Path
) -> None:
    """docs/ops/stuck.md has the steps."""
    operator, here = Operator(program.clusters, "small"), ("-C", str(program.project.cwd))
    program.up(EXPORTS)
    program.write(EXPORTS + release(chart, scheduler="nobody", env=[]))
    engine = started(program.project, ("up", "--stack", STACK, "--yes", "--skip-preview"), {})
    until(lambda: revisions(program) == ["pending-install"], "an installation at work", patience=120)
    wait_for_the_end(engine, kill(engine, "all"))
    whole = EXPORTS + release(chart)
    assert "chart (kubernetes:helm.sh/v3:Release): taken" in operator(*here, "recover", STACK, "--yes").stderr
    assert "another operation (install/upgrade/rollback) is in progress" in program.fails(whole)
    operator(*here, "release", "unlock", STACK, "chart", "--force", "--yes")
    program.up(whole)
    assert revisions(program) == ["superseded", "deployed"]
    program.project.ok("refresh", "--stack", STACK, "--yes", "--skip-preview", "--expect-no-changes")


def test_a_release_that_asks_not_to_be_waited_for_is_not(program: Program, chart: Path) -> None:
    program.up(release(chart, options={"skip_await": True}, scheduler="nobody"))
    assert revisions(program)[-1] == "deployed"


def test_a_chart_may_bring_definitions_and_lists_of_what_they_define(program: Program, tmp_path: Path) -> None:
    for name, text in {"crds/widgets.yaml": DEFINITIONS, "templates/widgets.yaml": WIDGETS}.items():
        (tmp_path / "chart" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "chart" / name).write_text(text)
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    for _ in range(2):  # the definition is there the second time
        program.up(release(tmp_path / "chart", name="widgets"))
        assert program.kubernetes.client.find("Widget", "one", api_version="example.com/v1")


def test_a_chart_of_definitions_takes_over_those_that_are_there_from_the_start(
    program: Program, tmp_path: Path
) -> None:
    name = "servicemonitors.monitoring.coreos.com"
    crd = program.clusters.kubectl("get", "crd", name, "-o", "yaml").stdout
    definition = yaml.safe_load(crd)
    definition["metadata"] = {"name": name}
    definition.pop("status")
    (tmp_path / "chart/templates").mkdir(parents=True)
    (tmp_path / "chart/templates/crd.yaml").write_text(yaml.safe_dump(definition))
    (tmp_path / "chart/Chart.yaml").write_text("apiVersion: v2\nname: definitions\nversion: 0.1.0\n")
    program.up(release(tmp_path / "chart", name="definitions"))
    made = program.kubernetes.client.find("CustomResourceDefinition", name, api_version="apiextensions.k8s.io/v1")
    assert made is not None
    assert made["metadata"]["annotations"]["meta.helm.sh/release-name"] == "definitions"
