"""Worlds that are brought up once in a run of the tests, for all its workers. A test gets a copy of its own.

An `up` from nothing takes longer than what most tests do after it, and many tests start from the same one. Nothing in a
sandbox's home knows where the home is, so a copy of it goes on as the first would have: with the same ids, the same
state, the same configuration.
"""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.engine.harness import CHECKOUT, STACK, Project, Sandbox

Make = Callable[[Sandbox], object]
"""Brings something up in a sandbox."""


class Worlds:
    """`directory` is one for all workers of a run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def shipped(self, stack: str, home: Path) -> Sandbox:
        """A sandbox where a stack of the checkout is up as it is shipped, on its platform if it names one."""
        return self.copy(stack, home, lambda sandbox: sandbox.up(stack), on=platform_of(stack))

    def copy(self, name: str, home: Path, make: Make, on: str | None = None) -> Sandbox:
        """A sandbox in which `make` was done, `on` a shipped stack or on nothing. `name` stands for what `make` does.

        Who asks first makes the world; others wait, and find what was made and printed.
        """
        made, printed = self.directory / name, self.directory / f"{name}.printed"
        self.directory.mkdir(exist_ok=True)
        with (self.directory / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not printed.exists():
                shutil.rmtree(made, ignore_errors=True)  # a first attempt that failed
                sandbox = self.shipped(on, made) if on else Sandbox(made)
                make(sandbox)
                printed.write_text(sandbox.printed)
        shutil.copytree(made, home, dirs_exist_ok=True)
        sandbox = Sandbox(home)
        sandbox.printed = printed.read_text()
        return sandbox

    def project(self, name: str, program: str, directory: Path) -> Project:
        """A small project of that name, in which the program is up."""

        def make(sandbox: Sandbox) -> None:
            made = Project(sandbox.home / "project", sandbox.home, name)
            made.program(program)
            made.up(STACK)

        home = self.copy(name, directory / "home", make).home
        return Project(home / "project", home, name)


def platform_of(stack: str) -> str | None:
    settings = yaml.safe_load((CHECKOUT / f"configs/Pulumi.{stack}.yaml").read_text())["config"]["nodeyard:stack"]
    platform: str | None = settings.get("platform")
    return platform
