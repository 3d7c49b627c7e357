"""What a cloud and its kubelets do to one cluster, in one process beside its control plane.

    agent.py SANDBOX_HOME CLUSTER

It makes the nodes that the world's pools want and the volumes that claims wait for, lets pods start, and ends the
control plane when its cluster is deleted from the world, when the state directory is gone, or with the process that
SANDBOX_CLUSTER_OWNER names.
"""

import os
import sys
import time
import traceback
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
from sandbox.controlplane import clouds, load_balancers, nodes, provisioner
from sandbox.controlplane.clouds import Cluster, Pool
from sandbox.controlplane.control_plane import AT_WORK, ControlPlane, one_at_a_time
from sandbox.controlplane.events import Events
from sandbox.controlplane.kubelet import Kubelet
from sandbox.controlplane.processes import end_all, start_time
from sandbox.simulation.world import World

PAUSE = 0.25
DRAIN_SECONDS = float(os.environ.get("SANDBOX_DRAIN_SECONDS") or 60)


def main(home: Path, name: str) -> None:
    plane = ControlPlane(home, name)
    agent = Agent(plane, World(home / "world.sqlite"))
    owner = int(os.environ.get("SANDBOX_CLUSTER_OWNER") or os.getpid())
    started = start_time(owner)
    while started and start_time(owner) == started:
        try:
            if not agent.wanted():
                break
            agent.step()
            (plane.directory / AT_WORK).touch()
        except Exception:  # whatever it was, the next step tries again
            traceback.print_exc()
        time.sleep(PAUSE)
    agent.end()


class Agent:
    def __init__(self, plane: ControlPlane, world: World):
        self.plane, self.world = plane, world
        self.cluster = Cluster(**plane.record["cluster"])
        self.processes = plane.processes
        self.client = plane.client
        self.kubelet = Kubelet(self.client, world, self.cluster)
        self.events = Events(self.client, "sandbox")
        self.balancer_events = Events(self.client, "service-controller")
        self.pools: list[Pool] = []
        self.seen, self.exists = 0, True

    def step(self) -> None:
        nodes.reconcile(self.client, self.pools, DRAIN_SECONDS, self.events)
        load_balancers.reconcile(self.client, self.world, self.cluster, self.balancer_events)
        provisioner.reconcile(self.client, self.cluster)
        self.kubelet.step()

    def wanted(self) -> bool:
        """Whether the state is still there, and the cluster; looks at the world when it has changed."""
        if not self.plane.directory.exists() or not self.world.file.exists():
            return False
        changed = self.world.file.stat().st_mtime_ns
        if changed != self.seen:
            self.exists = self.cluster in clouds.clusters(self.world)
            self.pools = clouds.pools(self.world, self.cluster) if self.exists else []
            self.seen = changed
        return self.exists

    def end(self) -> None:
        end_all(self.processes)
        if self.plane.directory.exists():
            with one_at_a_time(self.plane.home):
                if self.plane.record.get("cluster", {}).get("key") in (None, self.cluster.key):
                    self.plane.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
