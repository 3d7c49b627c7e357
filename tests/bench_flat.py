"""Measures what the component costs over a flat program: `make bench`, or `python -m tests.bench_flat [STACK]`.

The flat program makes the same resources with the same inputs by the providers' own SDKs. It has no component, no
look-up and no output that another resource waits for: no program that makes these resources is faster. Both are
previewed in turns, in one sandbox where nothing is there yet. The least wall time of each counts, because what the
machine does besides only adds.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from .bench import ROOT, measure

STACK = "theta-mainnet"
TURNS = 3
FLAT = """
import json
import re
from importlib import import_module
from pathlib import Path

import pulumi
from pulumi import ResourceOptions

PACKAGES = {"aws": "pulumi_aws", "azure-native": "pulumi_azure_native", "gcp": "pulumi_gcp",
            "random": "pulumi_random", "tls": "pulumi_tls"}


def class_of(token):
    package, module, kind = token.split(":")
    if package == "pulumi":
        return getattr(pulumi, kind)
    module = module.partition("/")[0]
    name = PACKAGES[package]
    found = import_module(name) if module == "index" else import_module(f"{name}.{module}")
    return getattr(found, kind)


def snake(key):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()


providers = {}
for each in json.loads(Path("resources.json").read_text()):
    given = {snake(key): value for key, value in each["inputs"].items()}
    if each["type"].startswith("pulumi:providers:"):
        package = import_module(PACKAGES[each["type"].rpartition(":")[2]])
        del given["version"]
        # A provider's inputs are in the state as texts.
        parsed = {key: json.loads(value) if value[:1] in "[{" else value for key, value in given.items()}
        providers[each["urn"]] = package.Provider(each["name"], **parsed)
        continue
    opts = ResourceOptions(provider=providers.get(each["provider"]), protect=each["protect"])
    class_of(each["type"])(each["name"], **given, opts=opts)
"""


def resources(home: Path, stack: str) -> list[dict[str, Any]]:
    """What the stack made, in the order in which it was registered. A secret's value is one of no importance here."""
    exported = subprocess.run(
        [ROOT / "sandbox/pulumi", "stack", "export", "-s", stack, "--show-secrets"],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    found = []
    for each in json.loads(exported.stdout)["deployment"]["resources"]:
        name = each["urn"].rpartition("::")[2]
        default = each["type"].startswith("pulumi:providers:") and name.startswith("default")
        if each.get("custom") and not default:
            found.append(
                {
                    "urn": each["urn"],
                    "type": each["type"],
                    "name": name,
                    "inputs": plain({k: v for k, v in each.get("inputs", {}).items() if not k.startswith("__")}),
                    "provider": each.get("provider", "").rpartition("::")[0],
                    "protect": each.get("protect", False),
                }
            )
    return found


def plain(value: Any) -> Any:
    """Without the wrapping of secrets, and without what the SDK adds by itself."""
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return json.loads(value["plaintext"]) if "plaintext" in value else "secret"
        return {key: plain(inner) for key, inner in value.items() if key != "__defaults"}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def flat_program(directory: Path, made: list[dict[str, Any]], stack: str) -> None:
    settings = {"name": "flat", "runtime": "python"}
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
    shipped = yaml.safe_load((ROOT / "configs" / f"Pulumi.{stack}.yaml").read_text())
    region = shipped["config"]["nodeyard:stack"]["site"]["region"]
    (directory / "Pulumi.flat.yaml").write_text(yaml.safe_dump({"config": {"aws:region": region}}))
    (directory / "__main__.py").write_text(FLAT)
    (directory / "resources.json").write_text(json.dumps(made))


def main(stack: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        home, flat = Path(directory) / "home", Path(directory) / "flat"
        flat.mkdir()
        measure(home, "up", "-s", stack, "--yes", "--skip-preview")
        made = resources(home, stack)
        flat_program(flat, made, stack)
        empty = Path(directory) / "empty"  # a world where nothing is there yet
        wall: dict[str, list[float]] = {"component": [], "flat": []}
        for turn in range(TURNS + 1):
            component = measure(empty, "preview", "-s", stack)
            alone = measure(empty, "-C", str(flat), "preview", "-s", "flat")
            if turn:  # the first ones set the stacks up
                wall["component"].append(component.wall)
                wall["flat"].append(alone.wall)
    least = {name: min(seconds) for name, seconds in wall.items()}
    print(f"{stack}, {len(made)} resources, least wall seconds of {TURNS} previews:")
    print(
        f"component {least['component']:.2f}, flat {least['flat']:.2f}, ratio {least['component'] / least['flat']:.2f}"
    )


if __name__ == "__main__":
    main(*(sys.argv[1:] or [STACK]))
