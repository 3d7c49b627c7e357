#!/usr/bin/env python3
"""Measures the node once a minute and sends what it finds to the cloud, as the machine's own identity.

metrics          measure, send, and restart a node that has been silent for too long
metrics spot     watch for the notice that the machine is taken away; then send it, and stop the node in good order
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import cloud_metrics  # type: ignore[import-not-found]
import node_rpc  # type: ignore[import-not-found]

RUN = pathlib.Path(os.environ.get("NODEYARD_RUN", "/run/theta-edge-node"))
MOUNT = os.environ.get("MOUNT", "/data")
UNIT = "theta-edge-node.service"
# Upstream: a first start takes about ten minutes. A launcher that hangs while it loads is helped by a restart.
SILENT_MINUTES = 30
RULES = os.environ.get("NODEYARD_ETC", "/etc/nodeyard") + "/firewall.nft"


def output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def of_node() -> dict[str, float]:
    found: dict[str, float] = {"node_ready": 0, "launcher_up": 0}
    try:
        found["block_height"] = node_rpc.status()[1]
        found["node_ready"] = 1
        found["peers"] = node_rpc.peers()
    except node_rpc.NoAnswer as reason:
        print(f"metrics: {reason}", file=sys.stderr)
    try:
        age = node_rpc.last_job_age()
        found["launcher_up"] = 1
        if age is not None:
            found["last_job_age_seconds"] = age
    except node_rpc.NoAnswer as reason:
        print(f"metrics: {reason}", file=sys.stderr)
    return found


def used_percent(path: str) -> float:
    disk = shutil.disk_usage(path)
    return round(100 * disk.used / disk.total, 2)


def of_machine() -> dict[str, float]:
    rules = output("nft", "list", "chain", "inet", "nodeyard", "from_container")
    found: dict[str, float] = {
        "password_missing": int((RUN / "waiting").exists()),
        "identity_refused": int((RUN / "refused").exists()),
        "firewall_up": int(rules is not None and "drop" in rules),
        "root_disk_used_percent": used_percent("/"),
    }
    if os.path.ismount(MOUNT):
        found["data_disk_used_percent"] = used_percent(MOUNT)
    return found


def of_gpus() -> dict[str, float]:
    """The busiest GPU's figures; a machine has one as a rule."""
    lines = output(
        "nvidia-smi", "--query-gpu=utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits"
    )
    try:
        rows = [[float(value) for value in line.split(",")] for line in (lines or "").splitlines() if line]
        use, memory = max(row[0] for row in rows), max(100 * row[1] / row[2] for row in rows)
    except (ValueError, IndexError, ZeroDivisionError):
        return {"gpu_up": 0}
    return {"gpu_up": 1, "gpu_utilization_percent": use, "gpu_memory_used_percent": round(memory, 2)}


def measure() -> dict[str, float]:
    found = {**of_node(), **of_machine()}
    if os.environ.get("GPU") == "yes":
        found |= of_gpus()
    if os.environ.get("SPOT") == "yes":
        found["spot_interruption"] = int((RUN / "interrupted").exists())
    return found


def restart_if_silent(ready: bool) -> None:
    """A container that runs and does not answer is restarted. While the start unit still waits nothing is counted."""
    count = RUN / "silent-minutes"
    if ready or output("systemctl", "is-active", UNIT) is None:
        count.unlink(missing_ok=True)
        return
    minutes = int(count.read_text()) + 1 if count.exists() else 1
    if minutes < SILENT_MINUTES:
        count.write_text(str(minutes))
        return
    count.unlink(missing_ok=True)
    print(f"metrics: silent for {minutes} minutes: restarting the container", file=sys.stderr)
    output("systemctl", "try-restart", "--no-block", UNIT)


def restart_if_open(closed: bool) -> None:
    """Rules that somebody has flushed come back at once; what was connected without them ends with the container."""
    if closed or output("systemctl", "is-active", UNIT) is None:
        return
    print("metrics: the container's packet rules are gone: loading them and restarting it", file=sys.stderr)
    output("nft", "--file", RULES)
    output("systemctl", "try-restart", "--no-block", UNIT)


def watch() -> None:
    while not cloud_metrics.interrupted():
        time.sleep(float(os.environ.get("DELAY", "5")))
    print("metrics: the cloud takes this machine away: stopping the node", file=sys.stderr, flush=True)
    (RUN / "interrupted").touch()
    subprocess.Popen(["systemctl", "stop", "--no-block", UNIT])
    cloud_metrics.send({"spot_interruption": 1})


def main() -> None:
    RUN.mkdir(mode=0o700, exist_ok=True)
    if sys.argv[1:] == ["spot"]:
        watch()
        return
    found = measure()
    # Azure's alarms read this line in the log.
    print("metrics: measured", json.dumps(found), flush=True)
    restart_if_open(bool(found["firewall_up"]))
    restart_if_silent(bool(found["node_ready"]))
    (RUN / "metrics.json").write_text(json.dumps(found))
    cloud_metrics.send(found)


if __name__ == "__main__":
    main()
