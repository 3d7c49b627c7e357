"""The AWS CLI: sessions by a plugin in a process of its own, which it does not end when it is ended itself."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

here = Path(os.environ["STAND_IN"])
arguments = sys.argv[1:]
with (here / "aws.calls").open("a") as log:
    log.write(json.dumps(arguments) + "\n")


def option(name):
    return arguments[arguments.index(name) + 1]


if arguments[:2] == ["cloudwatch", "describe-alarms"]:
    alarm = {"AlarmName": arguments[3], "StateUpdatedTimestamp": "2026-11-30T09:00:00+00:00", "AlarmDescription": "why"}
    sys.stdout.write(json.dumps({"MetricAlarms": [alarm]}))
elif arguments[:2] == ["ec2", "create-snapshot"]:
    sys.stdout.write(json.dumps({"SnapshotId": f"snap-of-{option('--volume-id')}", "State": "pending"}))
elif arguments[:2] == ["autoscaling", "describe-auto-scaling-groups"]:
    groups = json.loads((here / "groups.json").read_text())
    name = option("--auto-scaling-group-names")
    found = [{"AutoScalingGroupName": name, "Instances": groups[name]}] if name in groups else []
    sys.stdout.write(json.dumps({"AutoScalingGroups": found}))
elif option("--target") == "i-disconnected":
    sys.exit("An error occurred (TargetNotConnected) when calling the StartSession operation: it is not connected.")
elif option("--document-name") == "AWS-StartPortForwardingSession":
    parameters = json.loads(option("--parameters"))
    far = json.loads(os.environ["PORTS"])[parameters["portNumber"][0]]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (here / "pids").open("a") as log:
        log.write(f"{os.getpid()}\n")
    # Slow to open, as sessions are.
    time.sleep(0.5)
    plugin = [sys.executable, os.environ["FORWARD"], f"{parameters['localPortNumber'][0]}={far}"]
    subprocess.run(plugin, check=False)
else:
    assert option("--document-name") == "AWS-StartNonInteractiveCommand"
    if not sys.stdin.isatty():
        sys.exit("Cannot perform start session: EOF")
    command = json.loads(option("--parameters"))["command"][0]
    said = (here / "said").read_text() if (here / "said").exists() else f"{command}\n"
    sys.stdout.write(
        f"\nStarting session with SessionId: operator-0\r\n{said}\n\nExiting session with sessionId: operator-0.\n"
    )
