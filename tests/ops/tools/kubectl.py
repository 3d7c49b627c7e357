"""kubectl: `port-forward` really forwards, and the one pod of Theta's has run for an hour."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

here = Path(os.environ["STAND_IN"])
arguments = sys.argv[1:]
with (here / "kubectl.calls").open("a") as log:
    log.write(json.dumps(arguments) + "\n")
assert arguments[2] == "--namespace"
if arguments[1] != "pod/theta-a-edge-0":
    sys.exit(f'Error from server (NotFound): pods "{arguments[1]}" not found')
if arguments[0] == "port-forward":
    assert arguments[4:6] == ["--address", "127.0.0.1"]
    ports = json.loads(os.environ["PORTS"])
    with (here / "pids").open("a") as log:
        log.write(f"{os.getpid()}\n")
    pairs = [f"{near}={ports[far]}" for near, far in (pair.split(":") for pair in arguments[6:])]
    subprocess.run([sys.executable, os.environ["FORWARD"], *pairs], check=False)
elif arguments[0] == "get":
    began = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    statuses = [
        {"name": "probe", "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
        {"name": "edgelauncher", "state": {"running": {"startedAt": began}}},
    ]
    sys.stdout.write(json.dumps({"status": {"containerStatuses": statuses}}))
else:
    sys.exit(f"unknown command {arguments[0]}")
