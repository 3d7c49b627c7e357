"""Pulumi's own command line: `$NODEYARD_PULUMI`, or `pulumi`."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import BadInput, Unreachable

TIME_LIMIT_SECONDS = 120


class Failed(Unreachable):
    """Pulumi ran, and said no."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"pulumi {command} failed: {said}")
        self.said = said


def stack(
    name: str,
    directory: Path,
    *arguments: str,
    limit_seconds: float | None = TIME_LIMIT_SECONDS,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a command prints of a stack of the project at `directory`. `environment` is added to this process' own.

    Raises `BadInput` for a stack that does not exist, `Failed` with Pulumi's words, and `Unreachable`.
    """
    return _run([*arguments, "--stack", name], directory, limit_seconds, environment)


def backend(directory: Path) -> str:
    """The URL of the backend that keeps the states."""
    return _run(["whoami", "--verbose", "--json"], directory, TIME_LIMIT_SECONDS)


def _command() -> list[str]:
    """`$NODEYARD_PULUMI`, or `pulumi` where that is empty."""
    try:
        return shlex.split(os.environ.get("NODEYARD_PULUMI", "")) or ["pulumi"]
    except ValueError as error:
        raise BadInput(f"NODEYARD_PULUMI is no command: {error}.") from None


def _run(
    arguments: Sequence[str],
    directory: Path,
    limit_seconds: float | None,
    environment: Mapping[str, str] | None = None,
) -> str:
    pulumi = _command()
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own Pulumi, no shell
            [*pulumi, *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit_seconds,
            check=False,
            env={**os.environ, **(environment or {})},
        )
    except OSError as error:
        raise Unreachable(
            f"{pulumi[0]} cannot be run: {error.strerror}. Install Pulumi or set NODEYARD_PULUMI."
        ) from None
    except subprocess.TimeoutExpired:
        raise Unreachable(f"pulumi did not answer in {limit_seconds} seconds.") from None
    if done.returncode == 0:
        return done.stdout
    command = " ".join(word for word in arguments[:2] if not word.startswith("-"))
    if "no stack named" in done.stderr:
        name = arguments[-1]
        raise BadInput(f"There is no stack {name}. `pulumi stack ls` shows which there are.")
    said = done.stderr.strip() or _errors(done.stdout) or f"exit code {done.returncode}"
    raise Failed(command, said)


def _errors(printed: str) -> str:
    """An operation tells its errors among its progress: as JSON among the diagnostics, else at the end."""
    try:
        told = json.loads(printed)["diagnostics"]
        return "".join(one["message"] for one in told if one.get("severity") == "error").strip()
    except (ValueError, LookupError, TypeError):
        return printed.strip()[-2000:]
