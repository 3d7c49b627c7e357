"""Helm's records of a release: a Secret for each revision, as `pkg/storage/driver/secrets.go` of helm/helm has it."""

import base64
import binascii
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ..errors import Unreachable
from . import kubectl

PENDING: Final = ("pending-install", "pending-upgrade", "pending-rollback")
"""The statuses in which Helm takes no other operation (`Status.IsPending` in `pkg/release/status.go` of helm/helm)."""
DEPLOYED: Final = "deployed"


@dataclass(frozen=True)
class Record:
    """What Helm knows of one revision."""

    secret: Mapping[str, Any]
    """The object that it is kept in."""
    content: Mapping[str, Any]

    @classmethod
    def of(cls, secret: Mapping[str, Any]) -> "Record":
        """Raises what its parts raise, of a Secret that is not one of Helm's."""
        return cls(secret, _unpacked(secret["data"]["release"]))

    @property
    def revision(self) -> int:
        return int(self.content["version"])

    @property
    def status(self) -> str:
        return str(self.content["info"]["status"])

    @property
    def is_pending(self) -> bool:
        return self.status in PENDING

    @property
    def description(self) -> str:
        return str(self.content["info"].get("description", ""))

    @property
    def at(self) -> datetime:
        """When its operation began."""
        return datetime.fromisoformat(str(self.content["info"]["last_deployed"]))

    @property
    def values(self) -> Mapping[str, Any]:
        """Those that were given, without the chart's own."""
        return self.content.get("config") or {}

    @property
    def manifest(self) -> str:
        """Every object but the hooks', as YAML."""
        return str(self.content.get("manifest", ""))


async def records(release: str, namespace: str) -> list[Record]:
    """Newest first. Needs to read the namespace's Secrets, as its deployer does. Raises `Unreachable`."""
    place = ["--namespace", namespace, "--selector", f"owner=helm,name={release}"]
    found = await kubectl.get("secrets", *place)
    try:
        read = [Record.of(each) for each in found]
        for record in read:  # whatever is not what Helm writes is found here, and not where it is shown
            _ = record.status, record.at
        return sorted(read, key=lambda record: record.revision, reverse=True)
    except (LookupError, TypeError, ValueError, AttributeError, OSError, EOFError, binascii.Error):
        raise Unreachable(f"the records of release {release} are not what Helm writes.") from None


def changed(record: Record, status: str, description: str) -> dict[str, Any]:
    """The object that a record is kept in, with another status. The API server takes it only while the object is as it
    was read."""
    info = {**record.content["info"], "status": status, "description": description}
    metadata = {**record.secret["metadata"]}
    metadata["labels"] = {**metadata["labels"], "status": status}
    packed = _packed({**record.content, "info": info})
    return {
        "apiVersion": "v1",
        **record.secret,
        "metadata": metadata,
        "data": {**record.secret["data"], "release": packed},
    }


def _unpacked(data: str) -> dict[str, Any]:
    """Kubernetes' base64 of Helm's base64 of gzip of JSON."""
    content = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(data))))
    if not isinstance(content, dict):
        raise TypeError(content)
    return content


def _packed(content: Mapping[str, Any]) -> str:
    return base64.b64encode(base64.b64encode(gzip.compress(json.dumps(content).encode()))).decode()
