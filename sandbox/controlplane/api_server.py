"""What the `kubernetes` stand-in does on a real API server, where the cluster that its kubeconfig names has one.

Objects go by server-side apply with strict fields, deletions wait until the object is gone, workloads until they are
ready, and releases are the real Helm's. The world records the same as ever, so that it can bring a new control plane
what it had.
"""

import json
import subprocess
import time
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from sandbox.simulation import helm
from sandbox.simulation.resource import CloudError

from .client import Refused
from .control_plane import ControlPlane

MANAGER = "sandbox"
SKIP_AWAIT, TIMEOUT = "pulumi.com/skipAwait", "pulumi.com/timeoutSeconds"
#: Seconds that the real provider waits for each kind.
PATIENCE = {"Deployment": 600, "StatefulSet": 600, "DaemonSet": 600, "Job": 600, "Pod": 600}
PATIENCE |= {"Service": 600, "PersistentVolumeClaim": 300}
DELETION = 300
Item = dict[str, Any]


class ApiServer:
    def __init__(self, plane: ControlPlane):
        self.client = plane.client
        self.kubeconfig = plane.kubeconfig

    # --- objects

    def check(self, items: Iterable[Item]) -> None:
        """A dry run: refuses what the API server would."""
        for item in items:
            try:
                self.client.apply(item, MANAGER, dry_run=True)
            except Refused as refused:
                # What the same deployment brings first, a namespace or a definition, cannot be tried before.
                if refused.code != 404:
                    raise CloudError("", named(item, str(refused))) from None

    def apply(self, item: Item) -> Item:
        """The object's outputs as they now are."""
        try:
            made = self.client.apply(item, MANAGER)
        except Refused as refused:
            raise CloudError("", named(item, str(refused))) from None
        return outputs(item, made)

    def read(self, item: Item) -> Item | None:
        found = self.client.get(item)
        return None if found is None else outputs(item, found)

    def delete(self, item: Item) -> None:
        self.client.delete(item, "Foreground")
        deadline = time.monotonic() + DELETION
        while self.client.get(item):
            if time.monotonic() > deadline:
                raise CloudError("", named(item, f"still there {DELETION} s after its deletion"))
            time.sleep(0.1)

    def await_ready(self, item: Item) -> Item:
        """Waits where the real provider waits; raises what stands in the way."""
        annotations = item["metadata"].get("annotations") or {}
        seconds = int(annotations.get(TIMEOUT) or PATIENCE.get(item["kind"], 0))
        deadline = time.monotonic() + (0 if annotations.get(SKIP_AWAIT) == "true" else seconds)
        while True:
            found = self.client.get(item) or item
            if time.monotonic() >= deadline and seconds and annotations.get(SKIP_AWAIT) != "true":
                raise CloudError("", named(item, f"not ready after {seconds} s{self.warnings(item)}"))
            if time.monotonic() >= deadline or self.ready(found):
                return outputs(item, found)
            time.sleep(0.2)

    def ready(self, item: Item) -> bool:
        spec, status = item.get("spec") or {}, item.get("status") or {}
        conditions = {condition["type"]: condition["status"] for condition in status.get("conditions") or []}
        if item["kind"] == "Job" and conditions.get("Failed") == "True":
            raise CloudError("", named(item, f"failed{self.warnings(item)}"))
        if item["kind"] == "PersistentVolumeClaim":
            return status.get("phase") == "Bound" or self.binds_later(spec)
        seen = status.get("observedGeneration", 0) >= item["metadata"].get("generation", 0)
        replicas = spec.get("replicas", 1)
        ready: dict[str, bool] = {
            "Deployment": seen and status.get("updatedReplicas", 0) == status.get("availableReplicas", 0) == replicas,
            "StatefulSet": seen and status.get("updatedReplicas", 0) == status.get("readyReplicas", 0) == replicas,
            "DaemonSet": seen and status.get("numberReady", 0) == status.get("desiredNumberScheduled"),
            "Job": conditions.get("Complete") == "True",
            "Service": spec.get("type") != "LoadBalancer" or bool((status.get("loadBalancer") or {}).get("ingress")),
            "Pod": conditions.get("Ready") == "True" or status.get("phase") == "Succeeded",
        }
        return ready.get(item["kind"], True)

    def binds_later(self, claim: Mapping[str, Any]) -> bool:
        """A claim that waits for its first pod cannot be waited for."""
        name = claim.get("storageClassName")
        storage_class = self.client.find("StorageClass", name, api_version="storage.k8s.io/v1") if name else None
        return (storage_class or {}).get("volumeBindingMode") == "WaitForFirstConsumer"

    def warnings(self, item: Item) -> str:
        """What the cluster says of the object and its pods, the newest first."""
        metadata = item["metadata"]
        events = self.client.list("v1", "Event", metadata.get("namespace", "default"))
        about = [
            e for e in events if e["involvedObject"]["name"].startswith(metadata["name"]) and e["type"] == "Warning"
        ]
        texts = dict.fromkeys(f"{event['involvedObject']['name']}: {event['message']}" for event in reversed(about))
        return "".join(f"\n  {text}" for text in list(texts)[:5])

    # --- releases

    def release(self, inputs: Mapping[str, Any], items: Iterable[Item]) -> Mapping[str, Any]:
        """Installs or upgrades; the status that Helm gives the release. `items` are what its chart renders to."""
        chart = helm.local_chart(dict(inputs))
        flags = {
            "--create-namespace": inputs.get("createNamespace"),
            "--wait": not inputs.get("skipAwait"),
            "--atomic": inputs.get("atomic"),
            "--skip-crds": inputs.get("skipCrds"),
            "--force": inputs.get("forceUpdate"),
            "--cleanup-on-fail": inputs.get("cleanupOnFail"),
            # A control plane has some definitions from the start, which a chart of definitions may make its own.
            "--take-ownership": any(item["kind"] == "CustomResourceDefinition" for item in items),
        }
        numbers = {"--timeout": f"{inputs.get('timeout') or 300}s", "--history-max": inputs.get("maxHistory")}
        given = [flag for flag, wanted in flags.items() if wanted]
        given += [f"{flag}={number}" for flag, number in numbers.items() if number is not None]
        values = yaml.dump(helm.values_of(dict(inputs)))
        made = self.helm(
            *("upgrade", inputs["name"], str(chart), "--install", "--namespace", inputs["namespace"]),
            *("--output", "json", "--values", "-", *given),
            stdin=values,
        )
        answer = json.loads(made[made.index("{") :])
        return {"revision": answer["version"], "status": answer["info"]["status"]}

    def uninstall(self, inputs: Mapping[str, Any]) -> None:
        wait = () if inputs.get("skipAwait") else ("--wait",)
        where = ("--namespace", inputs["namespace"], "--ignore-not-found")
        self.helm("uninstall", inputs["name"], *where, *wait, f"--timeout={inputs.get('timeout') or 300}s")

    def helm(self, *arguments: str, stdin: str = "") -> str:
        command = [helm.binary(), *arguments, "--kubeconfig", str(self.kubeconfig)]
        done = subprocess.run(command, input=stdin, env=helm.environment(), capture_output=True, text=True)
        if done.returncode:
            raise CloudError("", helm.complaint(done.stderr))
        return done.stdout


def outputs(given: Item, made: Item) -> Item:
    """What the program may read: of a Secret nothing that it did not give, as its data would stand in the state."""
    metadata = {key: value for key, value in made["metadata"].items() if key != "managedFields"}
    shown = () if given["kind"] == "Secret" else ("spec", "status")
    return {**given, **{key: made[key] for key in shown if key in made}, "metadata": metadata}


def named(item: Item, text: str) -> str:
    return f"{item['kind']}/{item['metadata'].get('name')}: {text}"
