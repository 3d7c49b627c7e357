"""The gcloud CLI: `compute ssh` through IAP, whose own arguments end at `--`."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

here = Path(os.environ["STAND_IN"])
arguments = sys.argv[1:]
with (here / "gcloud.calls").open("a") as log:
    log.write(json.dumps(arguments) + "\n")

if arguments[:4] == ["compute", "instance-groups", "managed", "list-instances"]:
    sys.stdout.write((here / "instances.json").read_text())
elif arguments[:3] == ["monitoring", "alerts", "list"]:
    policy = {"name": "projects/p/alertPolicies/1", "displayName": "alarm-1", "severity": "CRITICAL"}
    others = {**policy, "name": "projects/p/alertPolicies/2"}
    sys.stdout.write(json.dumps([{"policy": each, "openTime": "2026-11-30T09:00:00Z"} for each in (policy, others)]))
elif arguments[:3] == ["compute", "snapshots", "create"]:
    sys.stdout.write("[]")
elif "--command" in arguments:
    sys.stdout.write(arguments[arguments.index("--command") + 1] + "\n")
else:
    assert "--tunnel-through-iap" in arguments
    ssh = arguments[arguments.index("--") + 1 :]
    assert "-N" in ssh
    ports = json.loads(os.environ["PORTS"])
    pairs = []
    for option, value in pairwise(ssh):
        if option == "-L":
            near_host, near, far_host, far = value.split(":")
            assert (near_host, far_host) == ("127.0.0.1", "127.0.0.1")
            pairs.append(f"{near}={ports[far]}")
    with (here / "pids").open("a") as log:
        log.write(f"{os.getpid()}\n")
    subprocess.run([sys.executable, os.environ["FORWARD"], *pairs], check=False)
