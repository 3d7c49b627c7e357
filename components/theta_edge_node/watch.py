"""What is watched of an edge node: the panels of its dashboard and its alarms. Metrics are the collector's
(`boot/metrics.py`), or the machine's own."""

from ..clouds.contract import Alarm, Chart
from .boot import metrics


def charts(*, gpu: bool) -> list[Chart]:
    """Upstream's eleven, and what its metrics left out: readiness, the launcher, the last job, the GPU."""
    panels = [
        Chart(title="Block height", metrics=[metrics.BLOCK_HEIGHT]),
        Chart(title="Peers", metrics=[metrics.PEERS]),
        Chart(title="Node and launcher answer", metrics=[metrics.NODE_READY, metrics.LAUNCHER_UP]),
        Chart(title="Since the last job", metrics=[metrics.LAST_JOB_AGE], unit="s"),
        Chart(title="CPU", system="cpu"),
        Chart(title="Network", system="network"),
        Chart(title="Memory", system="memory"),
        Chart(title="I/O wait", system="iowait"),
        Chart(title="Disk IOPS", system="disk iops"),
        Chart(title="Disk latency", system="disk latency"),
        Chart(title="Disk throughput", system="disk throughput"),
        Chart(title="Data disk used", metrics=[metrics.DISK_USED], unit="%"),
    ]
    if gpu:
        panels.append(Chart(title="GPU", metrics=[metrics.GPU_UTILIZATION, metrics.GPU_MEMORY], unit="%"))
    return panels


def fleet_charts() -> list[Chart]:
    """A fleet's: one metric in each, since it has a line for every node, and of the machines what their agents send
    under the node's name."""
    alone = [chart for chart in charts(gpu=False) if len(chart.metrics) == 1 or chart.system in ("cpu", "memory")]
    return [
        Chart(title="Node answers", metrics=[metrics.NODE_READY]),
        Chart(title="Launcher answers", metrics=[metrics.LAUNCHER_UP]),
        *alone,
        Chart(title="GPU used", metrics=[metrics.GPU_UTILIZATION], unit="%"),
        Chart(title="GPU memory used", metrics=[metrics.GPU_MEMORY], unit="%"),
        Chart(title="Spot interruption", metrics=[metrics.SPOT_INTERRUPTION]),
        Chart(title="Waits for its password", metrics=[metrics.PASSWORD_MISSING]),
        Chart(title="Password or disk refused", metrics=[metrics.IDENTITY_REFUSED]),
    ]


def alarms(*, spot: bool) -> list[Alarm]:
    """Five; a machine that is no spot machine has no interruption to wait for."""
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
            threshold=80,
        ),
        Alarm(
            name="no data",
            description="The machine has sent nothing for 10 minutes.",
            metric=metrics.NODE_READY,
            condition="missing",
            minutes=10,
        ),
    ]
    interruption = Alarm(
        name="spot interruption",
        description="The cloud takes the spot machine away, or has: it sends nothing.",
        metric=metrics.SPOT_INTERRUPTION,
        condition="above",
        minutes=1,
    )
    return [*found, *([interruption] if spot else [])]
