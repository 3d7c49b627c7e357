"""A stack's updates, as `pulumi stack history --json` tells them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...errors import Unreachable
from .differences import HIDDEN, Change, differences


@dataclass(frozen=True)
class Update:
    """One run of `pulumi up` and its like."""

    version: int | None
    """Only Pulumi Cloud numbers them."""
    kind: str
    result: str
    at: float
    """Seconds since 1970."""
    resources: str
    """What became of them."""
    commit: str
    message: str


def read_updates(told: Sequence[Mapping[str, Any]]) -> list[Update]:
    """Newest first."""
    try:
        return [_update(each) for each in told]
    except (LookupError, TypeError, ValueError, AttributeError):
        raise Unreachable("pulumi stack history did not print what it documents.") from None


def configuration(told: Sequence[Mapping[str, Any]]) -> list[Change]:
    """What the last update changed in the stack's file. A value with a secret in it is hidden whole."""
    if len(told) < 2:
        return []
    after, before = (_values(each.get("config") or {}) for each in told[:2])
    return differences(before, after)


def _update(update: Mapping[str, Any]) -> Update:
    changes = update.get("resourceChanges") or {}
    counted = ", ".join(f"{count} {what}" for what, count in sorted(changes.items()) if what != "same")
    return Update(
        version=update.get("version") or None,
        kind=str(update["kind"]),
        result=str(update["result"]),
        at=datetime.fromisoformat(str(update["startTime"])).timestamp(),
        resources=counted or "nothing changed",
        commit=str((update.get("environment") or {}).get("git.head", ""))[:10],
        message=str(update.get("message") or ""),
    )


def _values(config: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """By key. Of a value with a secret anywhere in it, Pulumi prints nothing."""
    return {
        key: HIDDEN if each.get("secret") else each.get("objectValue", each.get("value"))
        for key, each in config.items()
    }
