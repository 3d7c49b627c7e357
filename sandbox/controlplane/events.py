"""What our agent has to say of a pod or a Service, as the Events that `kubectl describe` shows."""

import uuid
from datetime import UTC, datetime
from typing import Any

from .client import Client


class Events:
    def __init__(self, client: Client, component: str):
        self.client, self.component = client, component
        self.said: set[tuple[str, str]] = set()

    def warn(self, item: dict[str, Any], reason: str, message: str) -> None:
        """Says it once for each object, however often it is tried."""
        metadata = item["metadata"]
        if (metadata["uid"], message) in self.said:
            return
        self.said.add((metadata["uid"], message))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {
            "apiVersion": "v1",
            "kind": item.get("kind", "Pod"),
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
        }
        self.client.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}", "namespace": metadata["namespace"]},
                "involvedObject": about,
                "type": "Warning",
                "reason": reason,
                "message": message[:1024],
                "source": {"component": self.component, "host": item["spec"].get("nodeName", "")},
                "firstTimestamp": now,
                "lastTimestamp": now,
                "count": 1,
            }
        )
