"""A chart released as its page says, by kubectl and Helm, on a world that has what the page asks for besides."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

from sandbox.simulation import helm
from tests.charts.by_hand import commands_of, namespace_of, release_of, rendered, values_of
from tests.cluster.harness import REPO, Item, Kubernetes, Sandbox, phase, until
from tests.cluster.worlds.base import EVERY_TAINT, Taint

GPU = "nvidia.com/gpu"
WITH_GPU = {"machine": "g4dn.xlarge", "amiType": "BOTTLEROCKET_x86_64_NVIDIA"}
WITHOUT = {"machine": "r6i.2xlarge"}
"""Eight vCPUs and 64 GiB: a producer of EOS asks for 48."""
PATIENCE = 120


class ByHand:
    def __init__(self, sandbox: Sandbox, kubernetes: Kubernetes, before: Path) -> None:
        self.sandbox, self.kubernetes, self.page = sandbox, kubernetes, before
        self.namespace, self.release = namespace_of(before), release_of(before)
        self.before = list(yaml.safe_load_all(before.read_text()))
        self.objects = rendered(before)

    # --- what the page asks for besides

    def make_what_else_it_needs(self) -> None:
        self._machines()
        self._storage_classes()
        self._secrets()

    @property
    def pods(self) -> Iterator[tuple[Item, int]]:
        """What each pod of the release that always runs is made of, and how many there are."""
        for item in self.objects:
            if item["kind"] in ("StatefulSet", "Deployment"):
                yield item["spec"]["template"]["spec"], item["spec"].get("replicas", 1)

    def _machines(self) -> None:
        """A pool for each placement, with a machine for each pod."""
        cloud = self.sandbox.cloud
        of, counted = {}, Counter[str]()
        for pod, replicas in self.pods:
            name = next(iter(pod["nodeSelector"].values()))
            of[name] = pod
            counted[name] += replicas
        for name, pod in of.items():
            taints = [Taint(one["key"], one["value"], one["effect"]) for one in pod["tolerations"]]
            gpu = any(GPU in container["resources"].get("limits", {}) for container in pod["containers"])
            labels = pod["nodeSelector"] | ({f"{GPU}.present": "true"} if gpu else {})
            more = WITH_GPU if gpu else WITHOUT
            cloud.pool(name, cloud.zones[0], size=counted[name], labels=labels, taints=taints, **more)
        cloud.release("nvidia-device-plugin", {"tolerations": EVERY_TAINT})

    def _storage_classes(self) -> None:
        claims = [item for item in (*self.before, *self.objects) if item["kind"] == "PersistentVolumeClaim"]
        claims += [one for item in self.objects for one in item.get("spec", {}).get("volumeClaimTemplates", [])]
        for name in {claim["spec"]["storageClassName"] for claim in claims} - {""}:
            self.kubernetes.apply(
                {
                    "apiVersion": "storage.k8s.io/v1",
                    "kind": "StorageClass",
                    "metadata": {"name": name},
                    "provisioner": self.sandbox.cloud.disk_driver,
                    "reclaimPolicy": "Retain",
                    "volumeBindingMode": "WaitForFirstConsumer",
                }
            )

    def _secrets(self) -> None:
        """Each secret with a value, and who may read it: the accounts of the pods that mount its class."""
        cloud = self.sandbox.cloud
        of_class = {
            item["metadata"]["name"]: [
                cloud.secret(entry["objectName"]) for entry in yaml.safe_load(item["spec"]["parameters"]["objects"])
            ]
            for item in self.before
            if item["kind"] == "SecretProviderClass"
        }
        for pod, _ in self.pods:
            mounted = [
                volume["csi"]["volumeAttributes"]["secretProviderClass"] for volume in pod["volumes"] if "csi" in volume
            ]
            read = [secret for name in mounted for secret in of_class[name]]
            cloud.identity(self.namespace, pod["serviceAccountName"], read)

    # --- the page's commands, and what comes of them

    def run(self, directory: Path) -> str:
        """Runs them as they stand there, and returns what was said."""
        (directory / "charts").symlink_to(REPO / "charts")
        shutil.copy(values_of(self.page), directory / "values.yaml")
        (directory / "bin").mkdir()
        plane = self.sandbox.control_plane()
        (directory / "bin/kubectl").symlink_to(Path(plane.record["binaries"]) / "kube")
        (directory / "bin/helm").symlink_to(helm.binary())
        path = f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = helm.environment() | {"KUBECONFIG": str(plane.kubeconfig), "KUBERC": "off", "PATH": path}
        said = ""
        for command in commands_of(self.page):
            result = subprocess.run(
                shlex.split(command), cwd=directory, env=environment, capture_output=True, text=True, check=False
            )
            assert result.returncode == 0, result.stdout + result.stderr
            assert command.startswith("kubectl") or result.stderr == ""  # kubectl warns of certificates to be replaced
            said += result.stdout
        return said

    def running(self) -> list[tuple[Item, Item]]:
        """(pod, node) of every pod that always runs, once all of them do."""
        expected = sum(replicas for _, replicas in self.pods)

        def found() -> list[Item]:
            selector = f"app.kubernetes.io/instance={self.release}"
            pods = self.kubernetes.client.list("v1", "Pod", self.namespace, labelSelector=selector)
            return [pod for pod in pods if phase(pod) == "Running"]

        until(lambda: len(found()) >= expected, self._why, PATIENCE)
        nodes = {node["metadata"]["name"]: node for node in self.kubernetes.nodes()}
        return [(pod, nodes[pod["spec"]["nodeName"]]) for pod in found()]

    def _why(self) -> str:
        pods = self.kubernetes.client.list("v1", "Pod", self.namespace)
        names = [pod["metadata"]["name"] for pod in pods if phase(pod) != "Running"]
        return "\n".join(f"{name}: {self.kubernetes.why(name, self.namespace)}" for name in names)
