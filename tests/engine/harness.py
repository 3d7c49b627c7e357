"""`./sandbox/pulumi` with a home of its own, as tests call it."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]


class Sandbox:
    """One world and its stacks. `printed` is everything that its commands printed."""

    def __init__(self, home: Path, cwd: Path = CHECKOUT, **environment: str) -> None:
        self.home = home
        self.cwd = cwd
        self.printed = ""
        # Saving the state after every step is quadratic and only a crash needs it.
        self.environment = {"PULUMI_SKIP_CHECKPOINTS": "true", **environment, "SANDBOX_HOME": str(home)}

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

    def preview(self, stack: str) -> dict[str, Any]:
        planned: dict[str, Any] = json.loads(self.ok("preview", "--stack", stack, "--json"))
        return planned

    def export(self, stack: str) -> dict[str, Any]:
        exported: dict[str, Any] = json.loads(self.ok("stack", "export", "--stack", stack))
        return exported

    def outputs(self, stack: str) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads(self.ok("stack", "output", "--stack", stack, "--json"))
        return outputs

    def configure(self, stack: str, *arguments: str) -> None:
        self.ok("config", "set", "--stack", stack, *arguments)

    def manifests(self, release: str) -> list[dict[str, Any]]:
        """The objects of a Helm release, as the cluster holds them."""
        with sqlite3.connect(self.home / "world.sqlite") as world:
            rows = world.execute("select inputs, properties from objects").fetchall()
        owned = [inputs for inputs, properties in rows if json.loads(properties).get("release", "").endswith(release)]
        assert owned, f"no release {release}"
        return [json.loads(inputs) for inputs in owned]
