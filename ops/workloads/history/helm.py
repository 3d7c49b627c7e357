"""Helm's records of a release: a Secret for each revision, as `pkg/storage/driver/secrets.go` of helm/helm has it."""

import base64
import binascii
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...errors import Unreachable
from ...reach import kubectl
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
    place = ["--namespace", namespace, "--selector", f"owner=helm,name={release}"]
    found = await kubectl.get("secrets", *place)
    try:
        newest = sorted(found, key=lambda each: int(each["metadata"]["labels"]["version"]), reverse=True)[:_COMPARED]
        records = [_record(each) for each in newest]
        told = [_revision(release, each) for each in records]
        if len(records) == _COMPARED:
            told[0].changes.extend(differences(records[1].get("config") or {}, records[0].get("config") or {}))
    except (LookupError, TypeError, ValueError, AttributeError, OSError, EOFError, binascii.Error):
        raise Unreachable(f"the records of release {release} are not what Helm writes.") from None
    return told


def _record(secret: Mapping[str, Any]) -> dict[str, Any]:
    """Kubernetes' base64 of Helm's base64 of gzip of JSON."""
    packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    record: dict[str, Any] = json.loads(gzip.decompress(packed))
    return record


def _revision(release: str, record: Mapping[str, Any]) -> Revision:
    info = record["info"]
    at = datetime.fromisoformat(str(info["last_deployed"])).timestamp()
    return Revision(release, int(record["version"]), str(info["status"]), at, str(info.get("description", "")))
