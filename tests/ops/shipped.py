"""Every shipped stack as its program leaves it: its outputs, and what its releases put into the cluster.

The programs are the real ones, on the sandbox's mocks, and Helm renders the real charts. So what is tested against this
cannot drift from what `up` makes.
"""

import fcntl
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import resource
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs
from pulumi.runtime.proto.source_pb2 import StackTrace

import stacks
from ops.stacks import HIDDEN
from sandbox.mocks import SandboxMocks
from sandbox.placeholders import filled_in
from sandbox.simulation.values import plain
from tests.charts.harness import helm, parsed
from tests.engine.harness import CHECKOUT
from tests.unit.recording import Recording, record, whole
from tests.unit.tsm_players import KEYS, card

STACK, SECRETS = "nodeyard:stack", "nodeyard:secrets"
_TURNS = ("platform", "tsm")
"""Kinds that others take something from come first."""
_RELEASE = "kubernetes:helm.sh/v3:Release"
_TASKS = ("StatefulSet", "Deployment", "CronJob")
Object = dict[str, Any]


@dataclass(frozen=True)
class Shipped:
    """A stack that is up."""

    kind: str
    outputs: dict[str, Any]
    """As `pulumi stack output --json` prints them."""
    objects: list[Object]
    """What runs in the cluster, with its pods."""


@cache
def settings() -> dict[str, dict[str, Any]]:
    """What each stack's file says, as the sandbox's copy of it."""
    files = {file.name.split(".")[1]: file for file in (CHECKOUT / "configs").glob("Pulumi.*.yaml")}
    return {
        name: filled_in(yaml.safe_load(file.read_text()))[0]["config"][STACK] for name, file in sorted(files.items())
    }


def all_shipped(directory: Path) -> dict[str, Shipped]:
    """Made once in a run; `directory` is one for all its workers."""
    file = directory / "shipped.json"
    with (directory / "shipped.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            made = {name: asdict(each) for name, each in _make().items()}
            file.write_text(json.dumps(made))
    return {name: Shipped(**each) for name, each in json.loads(file.read_text()).items()}


class _World(SandboxMocks):
    """The clouds, and the stacks that are up so far."""

    def __init__(self, home: Path, told: Mapping[str, Any], up: Mapping[str, Shipped]) -> None:
        super().__init__(home, **({"region": told["region"]} if "region" in told else {}))
        self.up = up

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"outputs": {}, "secretOutputNames": [], **args.inputs}
        return super().new_resource(args)

    def call(self, args: MockCallArgs) -> Any:
        if args.token != "pulumi:pulumi:readStackOutputs":
            return super().call(args)
        other = self.up.get(args.args["name"].rpartition("/")[2])
        return {"secretOutputNames": [], "outputs": other.outputs if other else {}}


def _make() -> dict[str, Shipped]:
    turn = {kind: at for at, kind in enumerate(_TURNS)}
    names = sorted(settings(), key=lambda name: turn.get(settings()[name]["kind"], len(turn)))
    # A player starts when it has the cards of the others, which have theirs from it.
    players = [told["player"] for told in settings().values() if told["kind"] == "tsm_card"]
    cards = {f"tsm-player{settings()[player]['index']}-card": card(settings()[player]["index"]) for player in players}
    up = {name: Shipped("tsm_card", {"card": made}, []) for name, made in cards.items()}
    with tempfile.TemporaryDirectory() as home:
        for name in names:
            up[name] = _up(name, _World(Path(home), settings()[name], up))
    return up


def _up(name: str, world: _World) -> Shipped:
    told = settings()[name]
    config = {STACK: json.dumps(told)}
    if told["kind"] == "tsm":  # a player without a key has no card, and its card's stack does not come up
        config[SECRETS] = json.dumps({"privateKey": KEYS[told["index"]]})
    exported: dict[str, Any] = {}
    outputs: dict[str, Any] = {}

    def program() -> None:
        stacks.run()
        for key, value in exported.items():
            output = pulumi.Output.from_input(value)
            pulumi.Output.all(pulumi.Output.unsecret(output), output.is_secret()).apply(
                lambda known, key=key: outputs.update({key: HIDDEN if known[1] else known[0]})
            )

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pulumi, "export", exported.__setitem__)
        patched.setattr(resource, "_get_stack_trace", StackTrace)  # which reads the source of all callers
        pulumi.runtime.set_all_config(config, [SECRETS])
        try:
            recording = record(program, world, name)
        finally:
            pulumi.runtime.set_all_config({}, [])
    told_outputs = {key: value for key, value in whole(outputs).items() if value is not None}
    return Shipped(told["kind"], told_outputs, _objects(told["kind"], recording))


def _objects(kind: str, recording: Recording) -> list[Object]:
    releases = [plain(each.inputs) for each in recording.resources if each.type == _RELEASE]
    if kind == "platform":
        return [_machine("machine-1"), *map(_add_on, releases)]
    return [item for each in releases for item in _released(each)]


def _machine(name: str) -> Object:
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"providerID": f"aws:///us-east-2a/i-{name}"},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
            "nodeInfo": {"kubeletVersion": "v1.36.2"},
        },
    }


def _add_on(release: Mapping[str, Any]) -> Object:
    """What a platform's release from elsewhere would be: their charts are not here."""
    return {
        "kind": "Deployment",
        "metadata": {"name": release["name"], "namespace": release["namespace"]},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "x", "image": "images.invalid/x:1"}]}}},
        "status": {"readyReplicas": 1},
    }


def _released(release: Mapping[str, Any]) -> list[Object]:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        json.dump(whole(release["values"]), file)  # which is YAML
        file.flush()
        chart, namespace = CHECKOUT / release["chart"], release["namespace"]
        rendered = helm("template", release["name"], chart, "--namespace", namespace, "--values", file.name)
    assert rendered.returncode == 0, rendered.stderr
    tasks = [item for item in parsed(rendered.stdout) if item["kind"] in _TASKS]
    pods = [pod for task in tasks for pod in _pods(task, namespace)]
    machines = [_machine(pod["spec"]["nodeName"]) for pod in pods]
    return [*(_kept(task, namespace) for task in tasks), *pods, *machines]


def _kept(task: Object, namespace: str) -> Object:
    """As the API server has it when its controller has looked."""
    task["metadata"] = {**task["metadata"], "namespace": namespace, "generation": 1}
    task["status"] = {"updateRevision": "1", "observedGeneration": 1}
    return task


def _pods(task: Object, namespace: str) -> list[Object]:
    """All of them run, each on a machine of its own. Of a schedule a run has just begun."""
    name = task["metadata"]["name"]
    if task["kind"] == "CronJob":
        return [_pod(task["spec"]["jobTemplate"]["spec"]["template"], f"{name}-29000000-x", namespace)]
    template = task["spec"]["template"]
    return [_pod(template, f"{name}-{number}", namespace) for number in range(task["spec"].get("replicas", 1))]


def _pod(template: Object, name: str, namespace: str) -> Object:
    metadata = template["metadata"]
    return {
        "kind": "Pod",
        "metadata": {
            **metadata,
            "name": name,
            "namespace": namespace,
            "uid": f"uid-of-{name}",
            "labels": {**metadata["labels"], "controller-revision-hash": "1"},
        },
        "spec": {**template["spec"], "nodeName": f"machine-of-{name}"},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [
                {"name": each["name"], "state": {"running": {}}} for each in template["spec"]["containers"]
            ],
        },
    }
