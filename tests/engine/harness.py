"""`./sandbox/pulumi` with a home of its own, as tests call it: on the checkout's project, or on a small one."""

import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import yaml

from nodeyard.errors import segments
from sandbox.yaml_file import Plain, read, text_of

CHECKOUT = Path(__file__).resolve().parents[2]
STACK = "dev"
REGION = "eu-central-1"

SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""What marks a secret in a state."""
TYPED = re.compile(r"true|false|0|-?[1-9][0-9]*")
"""What `config set` takes for something else than a text."""

Settings = Mapping[str, str]
"""Path below `nodeyard:stack` -> value."""


def put(tree: Any, path: Sequence[str | int], value: str) -> None:
    """Sets what stands at `path`, and makes what is not there on the way; a list grows by the place after its last."""
    first, *rest = path
    if isinstance(tree, list) and first == len(tree):
        tree.append(None)
    if not rest:
        tree[first] = value
        return
    inner = tree.get(first) if isinstance(tree, dict) else tree[int(first)]
    if not isinstance(inner, dict | list):
        inner = tree[first] = [] if isinstance(rest[0], int) else {}
    put(inner, rest, value)


def changes(preview: dict[str, Any]) -> dict[str, set[str]]:
    """What a preview would do: type -> operations, without those that stay the same."""
    planned: dict[str, set[str]] = {}
    for step in preview["steps"]:
        if step["op"] not in ("same", "read"):
            planned.setdefault(step["urn"].split("::")[2].split("$")[-1], set()).add(step["op"])
    return planned


class Sandbox:
    """One world and its stacks. `printed` is everything that its commands printed."""

    def __init__(self, home: Path, cwd: Path = CHECKOUT, **environment: str) -> None:
        self.home = home
        self.cwd = cwd
        self.printed = ""
        # Saving the state after every step is quadratic and only a crash needs it. Bytecode is kept, as for a user.
        habits = {"PULUMI_SKIP_CHECKPOINTS": "true", "PYTHONDONTWRITEBYTECODE": "", "SANDBOX_NO_ENDPOINTS": "1"}
        self.environment = {**habits, **environment, "SANDBOX_HOME": str(home)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [CHECKOUT / "sandbox/pulumi", *arguments, "--non-interactive"],
            cwd=self.cwd,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        self.printed += result.stdout + result.stderr
        return result

    def ok(self, *arguments: str) -> str:
        """The standard output of a command that must succeed."""
        result = self.run(*arguments)
        assert result.returncode == 0, f"pulumi {' '.join(arguments)}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def up(self, stack: str) -> str:
        return self.ok("up", "--stack", stack, "--yes", "--skip-preview")

    def preview(self, stack: str, settings: Settings | None = None) -> dict[str, Any]:
        """With these settings, which stay."""
        self.set(stack, settings or {})
        planned: dict[str, Any] = json.loads(self.ok("preview", "--stack", stack, "--json"))
        return planned

    def refused(self, stack: str, settings: Settings | None = None) -> str:
        """Everything that a preview with these settings prints, which must fail."""
        self.set(stack, settings or {})
        result = self.run("preview", "--stack", stack)
        assert result.returncode != 0, result.stdout
        return result.stdout + result.stderr

    # A test asks and sets much. What Pulumi keeps in files is read and written there: a command takes half a second.

    @property
    def project(self) -> str:
        name: str = yaml.safe_load((self.cwd / "Pulumi.yaml").read_text())["name"]
        return name

    def export(self, stack: str) -> dict[str, Any]:
        """What `stack export` prints."""
        state = json.loads((self.home / f"state/.pulumi/stacks/{self.project}/{stack}.json").read_text())
        return {"deployment": state["checkpoint"]["latest"]}

    def resources(self, stack: str) -> list[dict[str, Any]]:
        """Those of the stack's state."""
        found: list[dict[str, Any]] = self.export(stack)["deployment"]["resources"]
        return found

    def outputs(self, stack: str) -> dict[str, Any]:
        """What `stack output --json` prints."""
        resources = self.export(stack)["deployment"].get("resources", [])
        found = next((r.get("outputs", {}) for r in resources if r["type"] == "pulumi:pulumi:Stack"), {})
        return {key: "[secret]" if SECRET in json.dumps(value) else value for key, value in found.items()}

    def configure(self, stack: str, *arguments: str) -> None:
        self.ok("config", "set", "--stack", stack, *arguments)

    def set(self, stack: str, settings: Settings) -> None:
        """As `config set-all --path --plaintext` does."""
        if settings:
            with self.stack_settings(stack) as tree:
                for path, value in settings.items():
                    put(tree, segments(path), Plain(value) if TYPED.fullmatch(value) else value)

    def unset(self, stack: str, path: str) -> None:
        """As `config rm --path` does."""
        with self.stack_settings(stack) as tree:
            *parents, last = segments(path)
            for part in parents:
                tree = tree.get(part, {})
            tree.pop(last, None)

    @contextmanager
    def stack_settings(self, stack: str) -> Iterator[dict[Any, Any]]:
        """What stands under `nodeyard:stack` in the sandbox's copy of the file, to be changed."""
        file = self.home / f"projects/{self.project}/configs/Pulumi.{stack}.yaml"
        if not file.exists():
            self.ok("config", "--stack", stack)  # any command makes the copy
        settings = read(file)
        yield settings["config"]["nodeyard:stack"]
        file.write_text(text_of(settings))

    def weeks_pass(self) -> None:
        """Twenty days: what the clouds remember by the day has become that much older."""
        then = (datetime.now(UTC) - timedelta(days=20)).isoformat()
        with sqlite3.connect(self.home / "world.sqlite") as world:
            world.execute(
                "update objects set properties = json_set(properties, '$.deletedAt', ?)"
                " where json_extract(properties, '$.deletedAt') is not null",
                [then],
            )

    def manifests(self, release: str) -> list[dict[str, Any]]:
        """The objects of a Helm release, as the cluster holds them."""
        with sqlite3.connect(self.home / "world.sqlite") as world:
            rows = world.execute("select inputs, properties from objects").fetchall()
        owned = [inputs for inputs, properties in rows if json.loads(properties).get("release", "").endswith(release)]
        assert owned, f"no release {release}"
        return [json.loads(inputs) for inputs in owned]


class Project(Sandbox):
    """A small project with a stack `dev`, which runs in the sandbox like any other."""

    def __init__(self, directory: Path, home: Path, name: str, **environment: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(home, directory, **environment)
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": name, "runtime": "python"}))
        self.stack_file({"aws:region": REGION})

    def stack_file(self, config: dict[str, object]) -> None:
        (self.cwd / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump({"config": config}))

    def program(self, text: str) -> None:
        (self.cwd / "__main__.py").write_text(dedent(text))

    def fails(self, *arguments: str) -> str:
        """Everything that a command printed which must fail."""
        result = self.run(*arguments)
        assert result.returncode != 0, f"pulumi {' '.join(arguments)} succeeded\n{result.stdout}"
        return result.stdout + result.stderr
