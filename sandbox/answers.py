"""What the sandbox adds to the outputs of a stack: where its clouds are, and its cluster.

A stack's outputs name a cloud, and whoever acts on them, as `nodeyard` does, would act on that cloud. Here it is the
sandbox that answers for it. So `stack output --json` says where: the output `cloud` has `endpoints`, and `kubeconfig`
leads to the stand-in's control plane. The state itself says neither.
"""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

VALUED = {"-s", "--stack", "--color", "-C", "--cwd", "-v", "--verbose", "--tracing", "--profiling"}
"""The flags of `stack output` that have a value behind them."""


def asks_for_outputs(arguments: list[str]) -> bool:
    """Whether pulumi is asked for all of a stack's outputs, as a program asks."""
    words = [word for before, word in pairwise(["", *arguments]) if word[:1] != "-" and before not in VALUED]
    is_json = not {"--json", "-j", "--json=true"}.isdisjoint(arguments)
    return is_json and words == ["stack", "output"] and os.environ.get("SANDBOX_NO_ENDPOINTS") != "1"


def answer(command: list[str], home: Path) -> int:
    """Prints what a command of pulumi prints, the outputs with what the sandbox adds. Returns its exit code."""
    asked = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    try:
        outputs = json.loads(asked.stdout)
    except ValueError:
        outputs = None
    if asked.returncode or not isinstance(outputs, dict):
        sys.stdout.write(asked.stdout)
    else:
        print(json.dumps(outputs | added(outputs, home), indent=2))
    return asked.returncode


def added(outputs: dict[str, Any], home: Path) -> dict[str, Any]:
    from sandbox.endpoints import server  # the world and its clouds, of which no other command needs to know

    if not (home / "world.sqlite").exists():  # then nothing was ever made
        return {}
    found: dict[str, Any] = {"cloud": {**outputs.get("cloud", {}), "endpoints": server.urls(home)}}
    if isinstance(outputs.get("kubeconfig"), dict):
        found["kubeconfig"] = kubeconfig(outputs["kubeconfig"], home)
    return found


def kubeconfig(config: dict[str, Any], home: Path) -> dict[str, Any]:
    """The control plane's that stands in for the cluster of a kubeconfig."""
    import yaml

    from sandbox.controlplane import lifecycle
    from sandbox.simulation.world import World

    cluster = config["clusters"][0]
    plane = lifecycle.serving(World(home / "world.sqlite"), cluster["cluster"]["server"])
    return without_cluster(cluster["name"]) if plane is None else yaml.safe_load(plane.kubeconfig.read_text())


def without_cluster(name: str) -> dict[str, Any]:
    """A kubeconfig with which kubectl says what is missing, before it asks anybody."""
    says = "echo 'sandbox: no control plane runs: ./sandbox/cluster start' >&2; exit 1"
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "sh",
        "args": ["-c", says],
        "interactiveMode": "Never",
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:1"}}],
        "users": [{"name": name, "user": {"exec": command}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
