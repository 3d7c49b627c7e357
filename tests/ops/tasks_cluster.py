"""Objects of a release's tasks, as the API has them, for the stand-in of kubectl in tools/kubectl_tasks.py."""

import base64
import gzip
import json
from typing import Any

from tests.ops.harness import Command

NAMESPACE = RELEASE = "mantis-testnet"
CLEAN = "/data/clean-start"


def labels(component: str, chart: str = "mantis", release: str = RELEASE) -> dict[str, str]:
    named = {"name": chart, "instance": release, "component": component}
    return {f"app.kubernetes.io/{key}": value for key, value in named.items()}


def stateful_set(name: str, replicas: int = 1, revision: str = "old", **more: Any) -> dict[str, Any]:
    return {
        "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels(name, **more), "generation": 1},
        "spec": {"replicas": replicas},
        "status": {"updateRevision": revision, "observedGeneration": 1},
    }


def deployment(name: str, component: str, replicas: int = 1, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE, "labels": labels(component, **more)}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": replicas}}


def cron_job(name: str) -> dict[str, Any]:
    metadata = {"name": f"{RELEASE}-{name}", "namespace": NAMESPACE, "labels": labels(name)}
    return {"kind": "CronJob", "metadata": metadata, "spec": {"schedule": "0 * * * *"}}


def pod(
    name: str, component: str, ready: bool = True, running: bool = True, clean: bool = False, **more: Any
) -> dict[str, Any]:
    state = {"running": {}} if running else {"waiting": {"reason": "PodInitializing"}}
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": name,
            "labels": {**labels(component, **more), "controller-revision-hash": "old"},
            "annotations": {"nodeyard.io/clean-start": CLEAN} if clean else {},
        },
        "spec": {
            "nodeName": f"machine-of-{component}",
            "containers": [{"name": "node"}, {"name": "tools"}],
            "initContainers": [{"name": "restore"}],
        },
        "status": {
            "phase": "Running" if running else "Pending",
            "podIP": "10.0.0.7",
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"name": "node", "state": state}, {"name": "tools", "state": {"running": {}}}],
        },
    }


def record(
    version: int, status: str = "deployed", at: str = "2026-11-30T03:25:09Z", manifest: str = "", **config: Any
) -> dict[str, Any]:
    """The Secret in which Helm keeps a revision."""
    info = {"status": status, "last_deployed": at, "description": "mantis 0123456789ab"}
    content = {"version": version, "info": info, "config": config, "manifest": manifest}
    packed = gzip.compress(json.dumps(content).encode())
    return {
        "kind": "Secret",
        "metadata": {
            "name": f"sh.helm.release.v1.{RELEASE}.v{version}",
            "namespace": NAMESPACE,
            "resourceVersion": str(version),
            "labels": {"owner": "helm", "name": RELEASE, "version": str(version), "status": status},
        },
        "data": {"release": base64.b64encode(base64.b64encode(packed)).decode()},
    }


def network(*names: str) -> list[dict[str, Any]]:
    """Nodes of a network, each with its pod."""
    return [each for name in names for each in (stateful_set(name), pod(f"{name}-0", name, clean=True))]


def write(nodeyard: Command, *objects: dict[str, Any], **more: Any) -> None:
    nodeyard.install("kubectl", "kubectl_tasks")
    (nodeyard.directory / "cluster.json").write_text(json.dumps({"objects": objects, "logs": "", **more}))


def cluster(nodeyard: Command) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((nodeyard.directory / "cluster.json").read_text())
    return found


def replicas(nodeyard: Command, name: str) -> int:
    (found,) = [
        each for each in cluster(nodeyard)["objects"] if each["kind"] != "Pod" and each["metadata"]["name"] == name
    ]
    return int(found["spec"]["replicas"])


def changes(nodeyard: Command) -> list[str]:
    """What kubectl was told to change, in its order."""
    return [" ".join(call[:2]) for call in nodeyard.calls("kubectl") if call[0] in ("delete", "scale", "exec")]
