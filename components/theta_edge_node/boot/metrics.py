"""The names of an edge node's metrics, in one place: the machine's collector sends these, dashboards and alarms ask for
them, and tests hold the two against each other.

The collector sends them by the machine's own identity: PutMetricData into one namespace (AWS), custom metrics of the
virtual machine (Azure, role Monitoring Metrics Publisher on that machine), timeSeries.create (GCP, role Monitoring
Metric Writer). Each has the one dimension `Node`, on Azure beside the resource itself, so that a series outlives its
machine.
"""

from typing import Final

NAMESPACE: Final = "Nodeyard/Theta"
"""Of every metric here."""

NODE_READY: Final = "node_ready"
"""1 when edgecore.GetStatus answers for the right network, else 0."""
BLOCK_HEIGHT: Final = "block_height"
"""Absent while the node does not answer."""
PEERS: Final = "peers"
"""How many peers edgecore.GetPeers lists: one gauge, whatever their number. Absent while the node does not answer."""
LAUNCHER_UP: Final = "launcher_up"
"""1 when the edge launcher answers, else 0."""
LAST_JOB_AGE: Final = "last_job_age_seconds"
"""Since the newest past job ended; absent when there is none."""
DISK_USED: Final = "data_disk_used_percent"
"""Of the data disk; absent while it is not mounted."""
ROOT_DISK_USED: Final = "root_disk_used_percent"
"""Of the disk that the machine boots from."""
PASSWORD_MISSING: Final = "password_missing"  # noqa: S105 the name of a metric
"""1 while the start unit waits for the secret."""
IDENTITY_REFUSED: Final = "identity_refused"
"""1 while the start unit refuses the password or the disk."""
FIREWALL_UP: Final = "firewall_up"
"""1 when the rules that keep the container from the network are loaded."""
GPU_UP: Final = "gpu_up"
"""1 when nvidia-smi lists a GPU. Only of machines with one."""
GPU_UTILIZATION: Final = "gpu_utilization_percent"
GPU_MEMORY: Final = "gpu_memory_used_percent"
SPOT_INTERRUPTION: Final = "spot_interruption"
"""1 once the cloud has said that it takes the machine away. Only of spot machines."""

ALWAYS: Final = frozenset({NODE_READY, LAUNCHER_UP, ROOT_DISK_USED, PASSWORD_MISSING, IDENTITY_REFUSED, FIREWALL_UP})
"""Sent every minute, whatever the node does: their absence means that the machine is gone."""
WHEN_KNOWN: Final = frozenset({BLOCK_HEIGHT, PEERS, LAST_JOB_AGE, DISK_USED})
GPU: Final = frozenset({GPU_UP, GPU_UTILIZATION, GPU_MEMORY})
ALL: Final = ALWAYS | WHEN_KNOWN | GPU | {SPOT_INTERRUPTION}


def of_machine(*, gpu: bool, spot: bool) -> frozenset[str]:
    """What the collector of such a machine sends."""
    return ALWAYS | WHEN_KNOWN | (GPU if gpu else frozenset()) | ({SPOT_INTERRUPTION} if spot else frozenset())
