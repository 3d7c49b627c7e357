"""kubectl for a cluster of producers: a test's process says what it prints, and `port-forward` really forwards."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

here = Path(os.environ["STAND_IN"])
arguments = sys.argv[1:]
with (here / "kubectl.calls").open("a") as log:
    log.write(json.dumps(arguments) + "\n")
request = urllib.request.Request(os.environ["CONTROL"], json.dumps(arguments).encode())
with urllib.request.urlopen(request) as answered:
    answer = json.load(answered)
if "error" in answer:
    sys.exit(answer["error"])
if arguments[0] != "port-forward":
    sys.stdout.write(answer["printed"])
    sys.exit()
assert arguments[2:4] == ["--namespace", "nodeos"]
assert arguments[4:6] == ["--address", "127.0.0.1"]
with (here / "pids").open("a") as log:
    log.write(f"{os.getpid()}\n")
near, far = arguments[6].split(":")
assert far == "8080"
subprocess.run([sys.executable, os.environ["FORWARD"], f"{near}={answer['port']}"], check=False)
