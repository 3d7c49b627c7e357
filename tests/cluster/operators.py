"""`nodeyard` on a real control plane, with Kubernetes' own kubectl.

A container never starts there, so nothing is in its log and no command runs in it: what is shown is what the API server
is asked, and that it takes it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.cluster.harness import REPO, Sandbox


class Operator:
    """Somebody whose kubectl has the platform's context, and whose Pulumi is the sandbox's."""

    def __init__(self, clusters: Sandbox, platform: str) -> None:
        plane = clusters.control_plane(platform)
        programs = clusters.home / "operator"
        programs.mkdir()
        (programs / "kubectl").symlink_to(Path(plane.record["binaries"]) / "kube")
        self.clusters = clusters
        self.environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "NODEYARD_PULUMI": str(REPO / "sandbox/pulumi"),
            "KUBECONFIG": str(plane.kubeconfig),
            "KUBECACHEDIR": str(programs / "cache"),
            "KUBERC": "off",
        }

    def __call__(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        result = self.clusters.run(sys.executable, "-m", "ops", *words, check=False, **self.environment)
        assert result.returncode == code, result.stdout + result.stderr
        return result


def environment(clusters: Sandbox) -> dict[str, str]:
    """A terminal's, of somebody who has credentials of real clouds."""
    ours = {"SANDBOX_HOME": str(clusters.home), "SANDBOX_CLUSTER_OWNER": str(os.getpid())}
    theirs = {"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_SECRET_ACCESS_KEY": "real", "KUBERC": "off"}
    return {**os.environ, **ours, **theirs}
