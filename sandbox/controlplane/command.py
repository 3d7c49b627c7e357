"""The command `./sandbox/cluster`: real Kubernetes control planes for the sandbox's clusters.

start    one for every cluster of the world, and for those made later
stop     ends them all; what Pulumi made in them stays in the world, and comes back with the next start
reset    throws away what is in them and starts anew with what the world has
status   what runs
env      prints what lets `nodeyard` and `kubectl` work in the sandbox: eval "$(./sandbox/cluster env)"
kubectl  takes kubectl's arguments; where there are several clusters, after --cluster-name NAME (or $SANDBOX_CLUSTER)
"""

import argparse
import os
import shlex
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
from sandbox.bootstrap import explained
from sandbox.controlplane import binaries, control_plane, lifecycle
from sandbox.controlplane.client import Refused
from sandbox.controlplane.control_plane import ControlPlane, NotStarted
from sandbox.controlplane.processes import resident_mib
from sandbox.progress import say

CHECKOUT = Path(__file__).resolve().parents[2]
HOME = Path(os.environ.get("SANDBOX_HOME") or CHECKOUT / ".sandbox").resolve()


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["kubectl"]:
        kubectl(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="./sandbox/cluster", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["start", "stop", "reset", "status", "env", "kubectl"])
    command = parser.parse_args(arguments).command
    try:
        {"start": start, "stop": stop, "reset": reset, "status": status, "env": env}[command]()
    except NotStarted as failed:
        sys.exit(f"sandbox: {failed}")


def start() -> None:
    with explained():
        control_plane.switch_on(HOME, binaries.built())
    started = lifecycle.start_all(HOME)
    if not started:
        say("the cluster is on; the world has no Kubernetes cluster yet: the first one made gets a control plane")
    for plane in started:
        say(f"{plane.name}: ./sandbox/cluster kubectl get pods -A -o wide")


def stop() -> None:
    control_plane.switch_off(HOME)
    for plane in lifecycle.stop_all(HOME):
        say(f"{plane.name}: stopped")


def reset() -> None:
    if control_plane.binaries_in_use(HOME) is None:
        sys.exit("sandbox: the cluster is not on: ./sandbox/cluster start")
    lifecycle.stop_all(HOME)
    lifecycle.start_all(HOME)


def status() -> None:
    on = control_plane.binaries_in_use(HOME) is not None
    print("on" if on else "off")
    for plane in control_plane.control_planes(HOME):
        print(described(plane))


def env() -> None:
    """Lines for a shell. Where a stack's cluster is, `nodeyard` is told by ./sandbox/pulumi."""
    pulumi = shlex.quote(str(CHECKOUT / "sandbox/pulumi"))
    print(f"export NODEYARD_PULUMI={shlex.quote(pulumi)}")
    if binaries_ := control_plane.binaries_in_use(HOME):
        commands = HOME / "commands"
        commands.mkdir(exist_ok=True)
        (commands / "kubectl").unlink(missing_ok=True)
        (commands / "kubectl").symlink_to(binaries_ / "kube")  # which is what it is called
        print(f'export PATH={shlex.quote(str(commands))}:"$PATH"')


def described(plane: ControlPlane) -> str:
    processes = plane.processes
    memory = ", ".join(f"{p.name} {resident_mib(p.pid)}" if p.alive else f"{p.name} dead" for p in processes)
    if not plane.running:
        return f"{plane.name}: not running ({memory}); ./sandbox/cluster start starts it again"
    client = plane.client
    version = client.request("GET", "/version")["gitVersion"]
    counted = [(len(client.list("v1", kind)), f"{kind.lower()}s") for kind in ("Node", "Pod")]
    total = sum(resident_mib(process.pid) for process in processes)
    has = ", ".join(f"{number} {kind}" for number, kind in counted)
    return f"{plane.name}: Kubernetes {version}, {has}; memory {total} MiB ({memory})"


def kubectl(arguments: list[str]) -> None:
    name = os.environ.get("SANDBOX_CLUSTER")
    if arguments[:1] == ["--cluster-name"]:
        _, name, *arguments = arguments
    running = [plane for plane in control_plane.control_planes(HOME) if plane.running]
    chosen = [plane for plane in running if name in (None, plane.name)]
    if not chosen:
        what = f"no control plane called {name} runs" if name else "no control plane runs"
        sys.exit(f"sandbox: {what}: ./sandbox/cluster start, and ./sandbox/cluster status shows what does")
    if len(chosen) > 1:
        names = ", ".join(plane.name for plane in chosen)
        sys.exit(f"sandbox: several control planes run ({names}): kubectl --cluster-name NAME, or $SANDBOX_CLUSTER")
    (plane,) = chosen
    # Nothing of the user's own kubectl: neither configuration nor cache.
    environment = os.environ | {
        "KUBECONFIG": str(plane.kubeconfig),
        "KUBECACHEDIR": str(plane.directory / "cache"),
        "KUBERC": "off",
    }
    os.execve(Path(plane.record["binaries"]) / "kube", ["kubectl", *arguments], environment)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Refused as refused:
        sys.exit(f"sandbox: {refused}")
