"""A real control plane for a world made by hand, and what tests ask of it."""

from __future__ import annotations

import copy
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from sandbox.controlplane.client import Client
from sandbox.controlplane.control_plane import ControlPlane
from tests.cluster.worlds import CloudWorld, world_of
from tests.cluster.worlds.base import NAME

REPO = Path(__file__).parents[2]
CHART = REPO / "charts/metis-sequencer"
SAMPLE = CHART / "ci/aws-values.yaml"
PATIENCE = 30
ONCE = "PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
"""What the scheduler says of a second pod on a claim."""
Item = dict[str, Any]


class Sandbox:
    """One SANDBOX_HOME. What runs in it ends with the test process, however that ends."""

    def __init__(self, home: Path, cloud: str = "aws"):
        self.home = home
        self.cloud = world_of(cloud, home)

    def run(self, *command: str | Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        owner = {"SANDBOX_HOME": str(self.home), "SANDBOX_CLUSTER_OWNER": str(os.getpid())}
        result = subprocess.run(
            list(map(str, command)), cwd=REPO, env=os.environ | owner | environment, capture_output=True, text=True
        )
        assert not check or result.returncode == 0, result.stdout + result.stderr
        return result

    def cluster(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.run("./sandbox/cluster", *arguments, **options)

    def kubectl(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.cluster("kubectl", *arguments, **options)

    def control_plane(self, name: str = NAME) -> ControlPlane:
        return ControlPlane(self.home, name)

    def kubernetes(self, name: str = NAME) -> Kubernetes:
        return Kubernetes(self.control_plane(name).client)


class Kubernetes:
    def __init__(self, client: Client):
        self.client = client

    def apply(self, *items: Item) -> None:
        for item in items:
            self.client.apply(item, "test")

    def bind(self, volume: Item, claim: Item) -> None:
        """A disk, once its claim has it: a scheduler that came before says only once that there is none."""
        self.apply(volume, claim)
        name, namespace = claim["metadata"]["name"], claim["metadata"]["namespace"]
        kind = "PersistentVolumeClaim"
        until(lambda: phase(self.client.find(kind, name, namespace) or {"status": {}}) == "Bound", f"{name} bound")

    def namespace(self, name: str) -> str:
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        until(lambda: self.client.find("ServiceAccount", "default", name), "the namespace's default service account")
        return name

    def pod(self, name: str, namespace: str) -> Item:
        return self.client.find("Pod", name, namespace) or {"spec": {}, "status": {}, "metadata": {}}

    def running(self, name: str, namespace: str) -> Item:
        """The pod, once it runs."""
        until(lambda: phase(self.pod(name, namespace)) == "Running", lambda: f"{name}: {self.why(name, namespace)}")
        return self.pod(name, namespace)

    def why(self, name: str, namespace: str, reason: str = "") -> str:
        """What the warnings about a pod say, the newest last."""
        events = self.client.list("v1", "Event", namespace, fieldSelector=f"involvedObject.name={name}")
        found = [event for event in events if event["type"] == "Warning" and reason in event["reason"]]
        return "\n".join(f"{event['reason']}: {event['message']}" for event in found)

    def pending(self, name: str, namespace: str, because: str) -> Item:
        """The pod, once it is said why it does not start."""
        until(lambda: because in self.why(name, namespace), lambda: f"{because!r} in {self.why(name, namespace)!r}")
        pod = self.pod(name, namespace)
        assert phase(pod) == "Pending"
        return pod

    def node_of(self, name: str, namespace: str) -> Item:
        node = self.client.find("Node", self.running(name, namespace)["spec"]["nodeName"])
        assert node is not None
        return node

    def nodes(self, label: str = "") -> list[Item]:
        return self.client.list("v1", "Node", **({"labelSelector": label} if label else {}))


def phase(pod: Item) -> str:
    return pod["status"].get("phase", "")


def waiting(pod: Item) -> set[str]:
    """What the pod's containers wait for."""
    kinds = ("initContainerStatuses", "containerStatuses")
    found = [status["state"].get("waiting") or {} for kind in kinds for status in pod["status"].get(kind) or []]
    return {state["reason"] for state in found if "reason" in state}


def until(condition: Callable[[], Any], what: str | Callable[[], str], patience: float = PATIENCE) -> Any:
    deadline = time.monotonic() + patience
    while not (result := condition()):
        assert time.monotonic() < deadline, f"after {patience} s still not: {what() if callable(what) else what}"
        time.sleep(0.1)
    return result


# --- what stacks put into a cluster


def stateful_set(kubernetes: Kubernetes, name: str, namespace: str) -> Item:
    found = kubernetes.client.find("StatefulSet", name, namespace, "apps/v1")
    assert found is not None
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", **found}


def pod_like(kubernetes: Kubernetes, name: str, namespace: str, copy_name: str) -> Item:
    """A bare pod with the spec of a StatefulSet's."""
    template = stateful_set(kubernetes, name, namespace)["spec"]["template"]
    metadata = {"name": copy_name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": copy.deepcopy(template["spec"])}


def rendered(sandbox: Sandbox, release: str, namespace: str, values: Item) -> list[Item]:
    """The metis chart as Helm renders it."""
    file = sandbox.home / f"{release}-{namespace}.yaml"
    file.write_text(yaml.safe_dump(values))
    result = sandbox.run("./sandbox/helm", "template", release, CHART, "--namespace", namespace, "--values", file)
    items = [item for item in yaml.safe_load_all(result.stdout) if item]
    for item in items:
        item["metadata"].setdefault("namespace", namespace)
    return items


def sample_values() -> Item:
    return copy.deepcopy(yaml.safe_load(SAMPLE.read_text()))


def disk(cloud: CloudWorld, name: str, namespace: str, handle: str, zone: str) -> list[Item]:
    """A static volume and its claim, as components/clouds/in_cluster/static_volume.py makes them."""
    expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}
    common = {"accessModes": ["ReadWriteOncePod"], "storageClassName": ""}
    volume = {
        "capacity": {"storage": "10Gi"},
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": namespace, "name": name},
        "csi": {"driver": cloud.disk_driver, "volumeHandle": handle, "fsType": "ext4"},
        "nodeAffinity": affinity,
    }
    claim = {"volumeName": f"{namespace}-{name}", "resources": {"requests": {"storage": "1Gi"}}}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": f"{namespace}-{name}"},
            "spec": common | volume,
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": namespace},
            "spec": common | claim,
        },
    ]


def secret_provider_class(
    cloud: CloudWorld,
    name: str,
    namespace: str,
    account: str,
    secrets: dict[str, str],
    *,
    env: Sequence[str] = (),
    **spec: Any,
) -> Item:
    """As components/clouds/*/secrets.py makes it: secrets by alias, and the aliases that are synced to a Secret."""
    body = cloud.provider_class(namespace, account, secrets)
    if env:
        data = [{"objectName": key, "key": key} for key in env]
        body["secretObjects"] = [{"secretName": name, "type": "Opaque", "data": data}]
    metadata = {"name": name, "namespace": namespace}
    api = "secrets-store.csi.x-k8s.io/v1"
    return {"apiVersion": api, "kind": "SecretProviderClass", "metadata": metadata, "spec": body | spec}
