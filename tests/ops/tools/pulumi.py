"""Pulumi: answers `stack output` as v3.250.0 was seen to, and the rest as v3.274.1 was.

Beside a stack's outputs lies its state (`<name>.state`), and what its cloud has (`<name>.cloud`, a list of ids).
"""

import json
import os
import sys
from itertools import pairwise
from pathlib import Path

here = Path(os.environ["STAND_IN"])
words = sys.argv[1:]
with (here / "pulumi.calls").open("a") as log:
    log.write(json.dumps(words) + "\n")


def refresh(deployment, targets, there):
    """Reads each target: what is there gets its properties, what is not leaves the state."""
    kept = []
    for resource in deployment["resources"]:
        is_target = resource["urn"] in targets and resource.get("custom")
        if is_target and resource["id"] not in there:
            continue
        if is_target:
            resource = {**resource, "outputs": {"read": True}}
            resource.pop("initErrors", None)
        kept.append(resource)
    deployment["resources"] = kept


if "whoami" in words:
    sys.stdout.write(
        json.dumps({"user": "somebody", "url": os.environ.get("STAND_IN_BACKEND", "https://api.pulumi.com")})
    )
    sys.exit()
name = words[words.index("--stack") + 1]
if name == "broken":
    sys.exit("error: unable to open bucket s3://states: AccessDenied")
stack, state, lock = here / f"{name}.json", here / f"{name}.state", here / f"{name}.lock"
if not stack.exists() and not state.exists():
    sys.stderr.write(f"error: no stack named '{name}' found\n")
    sys.exit(6)
if "export" in words or "import" in words or "refresh" in words:
    if not state.read_bytes():
        sys.exit("error: failed to load checkpoint: unexpected end of JSON input")
    if "export" not in words and lock.exists():
        sys.exit(f"error: the stack is currently locked by 1 lock(s).\n  file:///x.json: created by {lock.read_text()}")
    document = json.loads(state.read_text())
    if "import" in words:
        document = json.loads(Path(words[words.index("--file") + 1]).read_text())
        document["deployment"]["pending_operations"] = []
    elif "refresh" in words:
        if (here / f"{name}.unreachable").exists():
            sys.exit("error: the cloud cannot be reached")
        targets = [target for before, target in pairwise(words) if before == "--target"]
        refresh(document["deployment"], targets, json.loads((here / f"{name}.cloud").read_text()))
    state.write_text(json.dumps(document))
    sys.stdout.write(json.dumps(document))
elif "cancel" in words:
    lock.unlink(missing_ok=True)
elif "preview" in words:
    if not os.environ.get("NODEYARD_LOOKING"):
        error = {"severity": "error", "message": "error: a disk is there already, kept when an earlier stack went\n"}
        sys.stdout.write(json.dumps({"diagnostics": [{"severity": "warning", "message": "hm\n"}, error]}))
        sys.exit(255)
    sys.stdout.write((here / f"{name}.preview").read_text())
elif "history" in words:
    sys.stdout.write((here / f"{name}.history").read_text())
else:
    sys.stdout.write(stack.read_text() if stack.exists() else "{}")
