"""How a Helm release is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..errors import Unreachable
from ..reach.helm import DEPLOYED, Record, records
from ..workloads.tasks import Release
from .objects import Difference, Objects
from .objects import read as read_objects


@dataclass(frozen=True)
class Status:
    release: Release
    records: Sequence[Record]
    """Newest first; nothing where Helm does not know the release."""
    objects: Objects | None = None
    changed: Sequence[Difference] = ()
    notes: Sequence[str] = ()
    """What could not be looked at."""

    @property
    def newest(self) -> Record | None:
        return next(iter(self.records), None)

    @property
    def is_well(self) -> bool:
        return self.word == DEPLOYED and not self.missing and not self.changed

    @property
    def word(self) -> str:
        """Helm's word for it."""
        return self.newest.status if self.newest else "not there"

    @property
    def missing(self) -> list[str]:
        return self.objects.missing if self.objects else []

    @property
    def age(self) -> timedelta:
        """How long ago its last operation began."""
        return datetime.now(UTC) - self.newest.at if self.newest else timedelta()

    def advice(self, stack: str) -> str:
        """What to do about it; empty where nothing is to be done."""
        name = self.release.name
        if not self.newest:
            return f"`pulumi refresh -s {stack}`, then `pulumi up -s {stack}` installs it."
        if self.newest.is_pending:
            return f"once nothing is at work on it: `nodeyard release unlock {stack} {name}`."
        if self.missing:
            return f"`nodeyard release repair {stack} {name}` makes what is missing."
        if self.changed:
            return f"`nodeyard release repair {stack} {name} --changed` puts the fields back."
        return "" if self.word == DEPLOYED else f"`pulumi up -s {stack}` goes on."

    def as_dict(self) -> dict[str, Any]:
        return {
            "release": self.release.name,
            "namespace": self.release.namespace,
            "status": self.word,
            "revision": self.newest.revision if self.newest else None,
            "at": self.newest.at.timestamp() if self.newest else None,
            "missing": self.missing,
            "changed": [{"object": each.object, **asdict(each.change)} for each in self.changed],
        }


async def look(release: Release, at_fields: bool) -> Status:
    """`at_fields`: also at the fields of objects that are there, for which the API server asks for the right to patch
    them; without the right there is a note. Raises `Unreachable`."""
    found = await records(release.name, release.namespace)
    shown = _shown(found)
    if shown is None:
        return Status(release, found)
    objects = await read_objects(release, shown)
    if not at_fields:
        return Status(release, found, objects)
    try:
        return Status(release, found, objects, await objects.differences())
    except Unreachable as problem:
        note = f"{release.name}: whether fields were changed is not known: {problem}"
        return Status(release, found, objects, notes=[note])


def _shown(found: Sequence[Record]) -> Record | None:
    """What the release is to be: its last revision that came to its end; of a first one that did not, that one."""
    ended = (record for record in found if record.status == DEPLOYED)
    return next(ended, next(iter(found), None))
