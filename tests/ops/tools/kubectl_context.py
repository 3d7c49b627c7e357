"""kubectl: says which kubeconfig it was given, and that there is nothing."""

import json
import os
import sys
from pathlib import Path

given = os.environ.get("KUBECONFIG")
config = json.loads(Path(given).read_text()) if given else {}
verb = sys.argv[1]
if verb == "config":
    sys.stdout.write(json.dumps(config))
    sys.exit()
with (Path(os.environ["STAND_IN"]) / "kubectl.uses").open("a") as log:
    log.write(json.dumps([verb, config]) + "\n")
sys.stdout.write(json.dumps({"items": []}))
