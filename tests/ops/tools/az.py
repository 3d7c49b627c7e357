"""The Azure CLI: `vm run-command invoke` runs the script here, and returns the last 4096 bytes of what it prints."""

import json
import os
import subprocess
import sys
from pathlib import Path

here = Path(os.environ["STAND_IN"])
arguments = sys.argv[1:]
with (here / "az.calls").open("a") as log:
    log.write(json.dumps(arguments) + "\n")
if arguments[0] == "rest":
    essentials = {
        "alertRule": "/subscriptions/s/x/ALARM-1",
        "severity": "Sev1",
        "startDateTime": "2026-11-30T09:00:00Z",
    }
    other = {**essentials, "alertRule": "/s/x/somebody-elses"}
    sys.stdout.write(json.dumps({"value": [{"properties": {"essentials": each}} for each in (essentials, other)]}))
    sys.exit()
if arguments[:2] == ["snapshot", "create"]:
    id_ = f"/subscriptions/s/snapshots/{arguments[arguments.index('--name') + 1]}"
    sys.stdout.write(json.dumps({"id": id_, "provisioningState": "Succeeded", "completionPercent": 0.0}))
    sys.exit()
assert arguments[:3] == ["vm", "run-command", "invoke"]
script = arguments[arguments.index("--scripts") + 1]
done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
message = f"Enable succeeded: \n[stdout]\n{done.stdout[-4096:]}\n[stderr]\n{done.stderr[-4096:]}"
answer = {
    "code": "ProvisioningState/succeeded",
    "displayStatus": "Provisioning succeeded",
    "level": "Info",
    "time": None,
}
sys.stdout.write(json.dumps({"value": [{**answer, "message": message}]}))
