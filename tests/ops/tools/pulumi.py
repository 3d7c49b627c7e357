"""Pulumi: answers `stack output` as v3.250.0 was seen to, `stack history` and `stack export` as v3.274.1 was."""

import json
import os
import sys
from pathlib import Path

here = Path(os.environ["STAND_IN"])
with (here / "pulumi.calls").open("a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\n")
name = sys.argv[sys.argv.index("--stack") + 1]
if name == "broken":
    sys.exit("error: unable to open bucket s3://states: AccessDenied")
stack = here / f"{name}.json"
if not stack.exists():
    sys.stderr.write(f"error: no stack named '{name}' found\n")
    sys.exit(6)
(told,) = [here / f"{name}.{what}" for what in ("history", "export") if what in sys.argv] or [stack]
sys.stdout.write(told.read_text())
