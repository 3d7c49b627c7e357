"""What Helm's records say of a release's last revisions."""

from dataclasses import dataclass, field

from ...reach.helm import Record, records
from .differences import Change, differences

_COMPARED = 2


@dataclass(frozen=True)
class Revision:
    """One version of a release."""

    release: str
    revision: int
    status: str
    at: float
    """Seconds since 1970."""
    description: str
    changes: list[Change] = field(default_factory=list)
    """Since the one before, of the newest one."""


async def revisions(release: str, namespace: str) -> list[Revision]:
    """The last two, newest first. Needs to read the namespace's Secrets, as its deployer does. Raises `Unreachable`."""
    newest = (await records(release, namespace))[:_COMPARED]
    told = [_revision(release, each) for each in newest]
    if len(newest) == _COMPARED:
        told[0].changes.extend(differences(newest[1].values, newest[0].values))
    return told


def _revision(release: str, record: Record) -> Revision:
    return Revision(release, record.revision, record.status, record.at.timestamp(), record.description)
