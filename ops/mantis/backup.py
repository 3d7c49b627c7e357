"""The backup's own node, which begins without chain data where its start script finds a file that asks for that."""

from typing import Final

from ..errors import Unhealthy
from ..workloads.cluster import Cluster
from ..workloads.tasks import Pod

TASK = "backup"
CONTAINER: Final = "backup"
"""Of a run's pod: it waits for the node, and goes on where that has ended."""
CLEAN_START: Final = "/data/clean-start"


async def waiting(cluster: Cluster) -> Pod:
    """The pod of the run that waits for the node. Raises `BadInput` where the network has no backups, `Unhealthy`
    where no run waits, and `Unreachable`."""
    for pod in (await cluster.task(TASK)).pods:
        if CONTAINER in pod.up and not pod.is_deleting:
            return pod
    raise Unhealthy("No run of the backup waits for its node now: ask again while one does.")


async def ask_for_clean_start(cluster: Cluster, pod: Pod) -> None:
    """Raises `Unreachable`."""
    await cluster.run(pod, ["touch", CLEAN_START], CONTAINER)
