"""kubectl: `config view` of one file or of several, of which an earlier one's entries are kept."""

import json
import os
import sys
from pathlib import Path

import yaml

arguments = sys.argv[1:]
assert arguments[:5] == ["config", "view", "--raw", "--flatten", "--output"], arguments
files = arguments[7:] if "--kubeconfig" in arguments else os.environ["KUBECONFIG"].split(os.pathsep)
merged: dict[str, object] = {}
for file in files:
    try:
        config = yaml.safe_load(Path(file).read_text())
    except yaml.YAMLError as error:
        sys.exit(f"error: error loading config file: {error}")
    for key, value in config.items():
        known = merged.setdefault(key, value)
        if isinstance(known, list) and known is not value:
            names = {each["name"] for each in known}
            known.extend(each for each in value if each["name"] not in names)
sys.stdout.write(json.dumps(merged) if arguments[5] == "json" else yaml.safe_dump(merged))
