"""What `recover` does by Pulumi's command line."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodeyard.clouds.contract.left_over import LOOKING

from .. import output, pulumi, stacks
from ..errors import Unhealthy, Unreachable
from ..private_file import private_file
from . import backend
from .backend import Lock
from .pending import resources, with_replaced, with_taken
from .plan import Step

_BROKEN = "failed to load checkpoint"


@dataclass(frozen=True)
class Work:
    """On one stack of the project at `directory`."""

    stack: str
    directory: Path
    yes: bool
    """Whether the operator has said yes to every question."""
    break_lock: bool
    """Whether the operator knows that nobody holds the stack's lock."""

    def state(self) -> dict[str, Any]:
        """What `pulumi stack export` says. Raises `Failure`."""
        try:
            return stacks.state(self.stack, self.directory)
        except pulumi.Failed as failed:
            if _BROKEN not in failed.said:
                raise
            self._put_back(failed)
            return stacks.state(self.stack, self.directory)

    def _put_back(self, failed: pulumi.Failed) -> None:
        """An engine that was killed while it wrote a state leaves it empty or cut off."""
        files = backend.files_of(self.stack, self.directory)
        if files is None:
            how = backend.how_to_put_back(self.stack, self.directory)
            raise Unreachable(f"The state of {self.stack} cannot be read ({failed.said}). {how}; then ask again.")
        if files.has_state and files.attributes.exists() and not files.attributes.stat().st_size:
            output.note(f"{files.attributes} is empty: Pulumi ended while it wrote it, and reads no state beside it.")
            output.confirm(f"Delete {files.attributes.name}? The state does not need it.", self.yes)
            files.attributes.unlink()
            return
        if not files.copy.exists():
            raise Unreachable(f"{files.state} cannot be read ({failed.said}), and has no copy beside it: {files.copy}.")
        output.note(f"{files.state} is empty or cut off: Pulumi ended while it wrote it. Its own copy lies beside it.")
        output.confirm(f"Put {files.copy.name} in its place?", self.yes)
        output.note(f"Put back. What was there is in {files.put_back()}.")

    def unlock(self) -> None:
        """Removes the lock of a process that is no more. Raises `Unhealthy` for one that may live."""
        files = backend.files_of(self.stack, self.directory)
        if files and (locks := list(files.locks())):
            self._cancel(locks)

    def _cancel(self, locks: Sequence[Lock]) -> None:
        held = "; ".join(map(str, locks))
        is_left = all(lock.is_left for lock in locks)
        if not is_left and not self.break_lock:
            raise Unhealthy(
                f"{self.stack} is locked {held}. If that process lives, wait for its end. If you know that it does "
                "not, give --break-lock. Nothing was changed."
            )
        who = "That process is no more" if is_left else "You say that no process holds it"
        output.note(f"{self.stack} is locked {held}. {who}.")
        output.confirm("Remove the lock (`pulumi cancel`)?", self.yes or self.break_lock)
        pulumi.stack(self.stack, self.directory, "cancel", "--yes")

    def preview(self) -> str:
        """What the next `up` would do, if nothing that outlives a stack were there already. Raises `Failure`."""
        with output.progress("Asking Pulumi what the next `up` would make"):
            return pulumi.stack(
                self.stack,
                self.directory,
                *("preview", "--json", "--non-interactive"),
                limit_seconds=None,
                environment={LOOKING: "1"},
            )

    def do(self, steps: Sequence[Step], told: dict[str, Any]) -> list[Step]:
        """Returns those whose resource is in the state now. Raises `Failure`."""
        if self.state() != told:
            raise Unhealthy(f"The state of {self.stack} has changed meanwhile: ask again. Nothing was changed.")
        taken = [(step.pending, step.id) for step in steps if step.fate == "take"]
        self._write(told, with_taken(told["deployment"], taken))
        if targets := list(dict.fromkeys(step.pending.urn for step in steps if step.fate in ("take", "read"))):
            self._refresh(targets)
        after = self.state()
        if back := with_replaced(told["deployment"], after["deployment"]):
            self._write(after, back)
        there = {each["urn"] for each in resources(after["deployment"]) if not each.get("delete")}
        return [step for step in steps if step.pending.urn in there]

    def _write(self, told: dict[str, Any], deployment: dict[str, Any]) -> None:
        with private_file(json.dumps({**told, "deployment": deployment})) as file:
            self._locked("stack", "import", "--file", file)

    def _refresh(self, urns: Sequence[str]) -> None:
        """Reads them at their cloud: what is there gets its properties, what is not leaves the state."""
        targets = [word for urn in urns for word in ("--target", urn)]
        with output.progress("Reading what was taken"):
            self._locked("refresh", "--yes", "--skip-preview", "--non-interactive", *targets)

    def _locked(self, *arguments: str) -> None:
        """Runs what takes the stack's lock, and asks for one that another backend than files has."""
        try:
            pulumi.stack(self.stack, self.directory, *arguments, limit_seconds=None)
        except pulumi.Failed as failed:
            if not (locks := backend.locks_told(failed.said)):
                raise
            self._cancel(locks)
            pulumi.stack(self.stack, self.directory, *arguments, limit_seconds=None)
