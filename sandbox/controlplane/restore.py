"""Brings a control plane that has just started what the world says is in its cluster.

Objects go by server-side apply, in the name of who made them. What a release made, Helm makes again; then the release
gets the history that it had.
"""

import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from sandbox.simulation import helm
from sandbox.simulation.world import Object, World

from .client import Client, Refused
from .control_plane import ControlPlane

RELEASE = "kubernetes:helm.sh/v3:Release"
MANAGER = "pulumi-kubernetes"
"""Who owns an object's fields, where the official provider has not made a name of its own, which begins with this."""
Item = dict[str, Any]


def restore(world: World, server: str, plane: ControlPlane) -> list[str]:
    """In the order in which it was made. Returns what was refused."""
    refusals = []
    present = world.find_in(server)
    for item in present:
        try:
            if item.type == RELEASE:
                made = [owned.inputs for owned in present if owned.properties.get("release") == item.name]
                restore_release(plane, item, made)
            elif "release" not in item.properties:
                plane.client.apply(item.inputs, item.properties.get("manager", MANAGER))
        except (Refused, subprocess.CalledProcessError) as refusal:
            why = helm.complaint(refusal.stderr) if isinstance(refusal, subprocess.CalledProcessError) else refusal
            refusals.append(f"{item.type.rpartition(':')[2].rpartition('/')[2]}/{item.name}: {why}")
    return refusals


def restore_release(plane: ControlPlane, item: Object, made: Iterable[Item]) -> None:
    inputs = item.inputs | {"chart": item.properties.get("source", item.inputs.get("chart"))}
    chart = helm.local_chart(inputs)
    if chart is None:  # it was only recorded
        return
    step_aside(plane.client, inputs, made)
    where = ("--namespace", inputs["namespace"], "--kubeconfig", str(plane.kubeconfig))
    flags = [f"--{flag}" for flag, name in FLAGS.items() if inputs.get(name)]
    subprocess.run(
        [helm.binary(), "install", inputs["name"], chart, *where, "--values", "-", *flags],
        input=yaml.dump(helm.values_of(inputs)),
        env=helm.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    if before := item.properties.get("history"):
        for secret in history(plane.client, inputs["namespace"], inputs["name"]):
            plane.client.delete(secret)
        for secret in before:
            plane.client.create(secret)


FLAGS = {"create-namespace": "createNamespace", "skip-crds": "skipCrds"}


def history(client: Client, namespace: str, name: str) -> list[Item]:
    """What Helm remembers of a release: a Secret for each revision, the oldest first."""
    found = client.list("v1", "Secret", namespace, labelSelector=f"owner=helm,name={name}")
    for secret in found:
        metadata = secret["metadata"]
        secret["metadata"] = {key: metadata[key] for key in ("name", "namespace", "labels")}
    return sorted(found, key=lambda secret: int(secret["metadata"]["labels"]["version"]))


def manager_of(live: Mapping[str, Any]) -> str:
    """The name in which the official provider made the object."""
    names = (entry["manager"] for entry in live["metadata"].get("managedFields") or [])
    return next((name for name in names if name.startswith(MANAGER)), MANAGER)


def manager_of_part(live: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    """The name in which the official provider put `part` into the data of an object that it did not make."""
    wanted = {f"f:{key}" for key in part.get("data") or {}}
    fields = {entry["manager"]: entry.get("fieldsV1") or {} for entry in live["metadata"].get("managedFields") or []}
    return next((name for name, owned in fields.items() if wanted <= owned.get("f:data", {}).keys()), MANAGER)


def step_aside(client: Client, release: Mapping[str, Any], items: Iterable[Item]) -> None:
    """Lets a chart of definitions have those that are in every control plane from the start: Helm takes what is its."""
    for item in items:
        if item["kind"] == "CustomResourceDefinition" and client.get(item):
            mine = {
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {
                    "meta.helm.sh/release-name": release["name"],
                    "meta.helm.sh/release-namespace": release["namespace"],
                },
            }
            client.merge(item, {"metadata": mine})
