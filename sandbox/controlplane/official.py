"""Pulumi's own Kubernetes provider, at work on a control plane: a child of the plugin that the engine started.

It is given the program's own kubeconfig, but for where the API server is. A command with which the kubeconfig fetches a
token is run as it stands; what answers is `credentials.py`, which goes by that command's name.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import yaml
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.simulation import helm

from .control_plane import ControlPlane
from .credentials import ASKS

KUBECONFIG = "kubernetes:config:kubeconfig"
CONTEXT = "kubernetes:config:context"
#: A release may hold as much as etcd takes, and a schema more.
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Official(provider_pb2_grpc.ResourceProviderStub):
    """The provider's own answers to the engine's calls."""

    def __init__(self, plane: ControlPlane, engine: str):
        self.plane = plane
        program = Path(plane.record["binaries"]) / "provider"
        self.process = subprocess.Popen(
            [program, *([engine] if engine else [])], stdout=subprocess.PIPE, env=environment(plane), text=True
        )
        assert self.process.stdout
        port = self.process.stdout.readline().strip()  # which is all that it prints
        super().__init__(grpc.insecure_channel(f"127.0.0.1:{port}", options=UNLIMITED))

    def configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:
        here = provider_pb2.ConfigureRequest()
        here.CopyFrom(request)
        here.variables[KUBECONFIG] = redirected(request.variables, self.plane)
        here.args.Clear()  # the same once more, which this provider does not read
        answer: provider_pb2.ConfigureResponse = self.Configure(here)
        return answer

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def redirected(variables: Any, plane: ControlPlane) -> str:
    """The kubeconfig with its current cluster at the control plane, and the control plane's token where it has none."""
    config = yaml.safe_load(variables[KUBECONFIG])
    ours = yaml.safe_load(plane.kubeconfig.read_text())
    current = variables.get(CONTEXT) or config["current-context"]
    context = next(entry["context"] for entry in config["contexts"] if entry["name"] == current)
    for entry in config["clusters"]:
        if entry["name"] == context["cluster"]:
            entry["cluster"] = ours["clusters"][0]["cluster"]
    users = [entry for entry in config.get("users") or [] if entry["name"] == context.get("user")]
    if not any((entry["user"] or {}).get("exec") for entry in users):
        context["user"] = ours["users"][0]["name"]
        config["users"] = ours["users"]
    return yaml.safe_dump(config)


def environment(plane: ControlPlane) -> dict[str, str]:
    """Nothing of the user's own Kubernetes or Helm; our answers to the clouds' commands before theirs."""
    commands = plane.directory / "commands"
    commands.mkdir(exist_ok=True)
    for name, _ in ASKS.values():
        script = commands / name
        if not script.exists():
            part = commands / f".{name}.{os.getpid()}"
            part.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{HERE}/credentials.py" {name} "$@"\n')
            part.chmod(0o755)
            part.replace(script)
    own = {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "KUBECONFIG": str(plane.kubeconfig),
        "SANDBOX_CONTROL_PLANE": str(plane.directory),
    }
    kept = {key: value for key, value in helm.environment().items() if not key.startswith("PULUMI_K8S_")}
    return kept | own


HERE = Path(__file__).resolve().parent
