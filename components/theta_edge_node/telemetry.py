"""What is watched of an edge node: the panels of its dashboard and its alarms. Metrics are the collector's
(`boot/metrics.py`), or the machine's own."""

from ..clouds.contract.telemetry import Alarm, Panel
from .boot import metrics


def panels(*, gpu: bool) -> list[Panel]:
    """Upstream's eleven, and what its metrics left out: readiness, the launcher, the last job, the GPU."""
    panels = [
        Panel(title="Block height", metrics=[metrics.BLOCK_HEIGHT]),
        Panel(title="Peers", metrics=[metrics.PEERS]),
        Panel(title="Node and launcher answer", metrics=[metrics.NODE_READY, metrics.LAUNCHER_UP]),
        Panel(title="Since the last job", metrics=[metrics.LAST_JOB_AGE], unit="s"),
        Panel(title="CPU", system="cpu"),
        Panel(title="Network", system="network"),
        Panel(title="Memory", system="memory"),
        Panel(title="I/O wait", system="iowait"),
        Panel(title="Disk IOPS", system="disk iops"),
        Panel(title="Disk latency", system="disk latency"),
        Panel(title="Disk throughput", system="disk throughput"),
        Panel(title="Data disk used", metrics=[metrics.DISK_USED], unit="%"),
        Panel(title="Root disk used", metrics=[metrics.ROOT_DISK_USED], unit="%"),
    ]
    if gpu:
        panels.append(Panel(title="GPU", metrics=[metrics.GPU_UTILIZATION, metrics.GPU_MEMORY], unit="%"))
        panels.append(Panel(title="GPU answers", metrics=[metrics.GPU_UP]))
    return panels


def fleet_panels() -> list[Panel]:
    """A fleet's: one metric in each, since it has a line for every node, and of the machines what their agents send
    under the node's name."""
    alone = [panel for panel in panels(gpu=False) if len(panel.metrics) == 1 or panel.system in ("cpu", "memory")]
    return [
        Panel(title="Node answers", metrics=[metrics.NODE_READY]),
        Panel(title="Launcher answers", metrics=[metrics.LAUNCHER_UP]),
        *alone,
        Panel(title="GPU answers", metrics=[metrics.GPU_UP]),
        Panel(title="GPU used", metrics=[metrics.GPU_UTILIZATION], unit="%"),
        Panel(title="GPU memory used", metrics=[metrics.GPU_MEMORY], unit="%"),
        Panel(title="Spot interruption", metrics=[metrics.SPOT_INTERRUPTION]),
        Panel(title="Waits for its password", metrics=[metrics.PASSWORD_MISSING]),
        Panel(title="Password or disk refused", metrics=[metrics.IDENTITY_REFUSED]),
    ]


_FULL = 80
"""Percent of a disk. What grows then has hours or days left."""


def alarms(*, gpu: bool, spot: bool) -> list[Alarm]:
    """Five of every machine, and one each of a machine with a GPU and of a spot machine."""
    found = [
        Alarm(
            name="height stands still",
            description="The node's block height has not grown for 15 minutes, or it does not answer.",
            metric=metrics.BLOCK_HEIGHT,
            condition="not advancing",
        ),
        Alarm(
            name="no peers",
            description="The node has had no peer for 10 minutes, or does not answer.",
            metric=metrics.PEERS,
            condition="below",
            threshold=1,
            minutes=10,
        ),
        Alarm(
            name="disk fills up",
            description="More than 80 % of the data disk is used, or it is not mounted.",
            metric=metrics.DISK_USED,
            condition="above",
            threshold=_FULL,
        ),
        Alarm(
            name="root disk fills up",
            description="More than 80 % of the disk that the machine boots from is used. A restart of the container "
            "frees what the container wrote outside its data.",
            metric=metrics.ROOT_DISK_USED,
            condition="above",
            threshold=_FULL,
        ),
        Alarm(
            name="no data",
            description="The machine has sent nothing for 10 minutes.",
            metric=metrics.NODE_READY,
            condition="missing",
            minutes=10,
        ),
    ]
    no_gpu = Alarm(
        name="no GPU",
        description="The machine's GPU or its driver has not answered for 10 minutes: the node's log says why.",
        metric=metrics.GPU_UP,
        condition="below",
        threshold=1,
        minutes=10,
    )
    interruption = Alarm(
        name="spot interruption",
        description="The cloud takes the spot machine away, or has: it sends nothing.",
        metric=metrics.SPOT_INTERRUPTION,
        condition="above",
        minutes=1,
    )
    return [*found, *([no_gpu] if gpu else []), *([interruption] if spot else [])]
