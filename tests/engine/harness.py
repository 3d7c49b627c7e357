"""`./sandbox/pulumi` with a home of its own, as tests call it: on the checkout's project, or on a small one."""

import json
import os
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
STACK = "dev"
REGION = "eu-central-1"

Settings = Mapping[str, str]
"""Path below `nodeyard:stack` -> value."""


class Sandbox:
    """One world and its stacks. `printed` is everything that its commands printed."""

    def __init__(self, home: Path, cwd: Path = CHECKOUT, **environment: str) -> None:
        self.home = home
        self.cwd = cwd
        self.printed = ""
        # Saving the state after every step is quadratic and only a crash needs it. Bytecode is kept, as for a user.
        habits = {"PULUMI_SKIP_CHECKPOINTS": "true", "PYTHONDONTWRITEBYTECODE": ""}
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

    def export(self, stack: str) -> dict[str, Any]:
        exported: dict[str, Any] = json.loads(self.ok("stack", "export", "--stack", stack))
        return exported

    def outputs(self, stack: str) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.ok("stack", "output", "--stack", stack, "--json"))
        return outputs

    def configure(self, stack: str, *arguments: str) -> None:
        self.ok("config", "set", "--stack", stack, *arguments)

    def set(self, stack: str, settings: Settings) -> None:
        plain = [f"--plaintext=nodeyard:stack.{path}={value}" for path, value in settings.items()]
        if plain:
            self.ok("config", "set-all", "--stack", stack, "--path", *plain)

    def unset(self, stack: str, path: str) -> None:
        self.ok("config", "rm", "--stack", stack, "--path", f"nodeyard:stack.{path}")

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
