"""The Helm releases of a stack, as its state has them: of a platform too, and of a first `up` that was cut off."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from .. import stacks
from ..errors import BadInput
from ..recover.pending import pending, resources
from ..workloads.tasks import Release

_TYPE: Final = "kubernetes:helm.sh/v3:Release"


def read(stack: str, directory: Path, name: str | None) -> list[Release]:
    """All of them, or the one called `name`. Raises `BadInput` where there is none, and as `stacks.read` does."""
    deployment = stacks.state(stack, directory)["deployment"]
    found = sorted(set(_releases(deployment)), key=lambda release: release.name)
    if not found and not resources(deployment) and not pending(deployment):
        raise BadInput(
            f"Stack {stack} has no Helm release: it was never deployed, or is destroyed. `pulumi up -s {stack}` first."
        )
    if not found:
        raise BadInput(f"Stack {stack} has no Helm release.")
    chosen = [release for release in found if name in (None, release.name)]
    if not chosen:
        raise BadInput(f"Stack {stack} has no release {name}. It has: {', '.join(each.name for each in found)}.")
    return chosen


def _releases(deployment: Mapping[str, Any]) -> Iterator[Release]:
    for resource in [*resources(deployment), *(each.resource for each in pending(deployment))]:
        if resource.get("type") == _TYPE and not resource.get("delete"):
            told = {**(resource.get("inputs") or {}), **(resource.get("outputs") or {})}
            yield Release(str(told["name"]), str(told.get("namespace") or "default"))
