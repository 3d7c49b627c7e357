"""kubectl: `port-forward` really forwards, the one pod of Theta's has run for an hour, and a Service has the pods that
the environment says."""

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
pods = json.loads(os.environ.get("TSM_PODS", "{}"))
if arguments[:2] == ["get", "endpointslices"]:
    assert arguments[3:] == ["tsm-0", "--selector", "kubernetes.io/service-name=tsm0-sdk", "--output", "json"]
    sys.stdout.write(os.environ["SLICES"])
    sys.exit()
if arguments[1] != "pod/theta-a-edge-0" and arguments[1] not in pods:
    sys.exit(f'Error from server (NotFound): pods "{arguments[1]}" not found')
if arguments[0] == "port-forward":
    assert arguments[4:6] == ["--address", "127.0.0.1"]
    ports = pods.get(arguments[1]) or json.loads(os.environ["PORTS"])
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
    sys.stdout.write(" ".join(arguments) + "\n")
