"""Why a pod that does not start waits: mostly for its volume."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: The events of a pod that waits. The last of each is told.
_REASONS = ("FailedScheduling", "FailedAttachVolume", "FailedMount")
_LONGEST = 300


@dataclass(frozen=True)
class Volumes:
    """Claims by their name, attachments and events of the cluster."""

    claims: Mapping[str, Any]
    attachments: Sequence[Any]
    events: Sequence[Any]

    def problems(self, pod: Mapping[str, Any], node: str) -> list[str]:
        """What a pod that has not started waits for."""
        return [*self._of_claims(pod, node), *self._of_events(pod)]

    def _of_claims(self, pod: Mapping[str, Any], node: str) -> list[str]:
        found = []
        for claim in _claims(pod):
            volume = (self.claims.get(claim) or {}).get("spec", {}).get("volumeName")
            if not volume:
                found.append(f"it waits for its volume: claim {claim} is not bound")
                continue
            found += [self._attached(volume, each, node) for each in self.attachments]
        return [each for each in found if each]

    def _attached(self, volume: str, attachment: Mapping[str, Any], node: str) -> str:
        spec, status = attachment["spec"], attachment.get("status") or {}
        if (spec.get("source") or {}).get("persistentVolumeName") != volume:
            return ""
        if spec.get("nodeName") != node:
            return f"it waits for its volume {volume}, which is attached to node {spec.get('nodeName')}"
        error = (status.get("attachError") or {}).get("message", "")
        return f"it waits for its volume {volume}, which does not attach: {error[:_LONGEST]}" if error else ""

    def _of_events(self, pod: Mapping[str, Any]) -> list[str]:
        last: dict[str, str] = {}
        for event in self.events:
            of = event.get("involvedObject") or {}
            if of.get("uid") == pod["metadata"]["uid"] and event.get("reason") in _REASONS:
                last[event["reason"]] = " ".join(str(event.get("message", "")).split())[:_LONGEST]
        return [f"{reason}: {message}" for reason, message in last.items()]


def _claims(pod: Mapping[str, Any]) -> list[str]:
    volumes = pod["spec"].get("volumes") or []
    return [each["persistentVolumeClaim"]["claimName"] for each in volumes if "persistentVolumeClaim" in each]
