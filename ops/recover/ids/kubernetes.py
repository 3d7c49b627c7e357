"""Ids of what is in a cluster: the name, behind the namespace where the kind has one. A Helm release has one too."""

from ..pending import Pending
from .rows import Computed, Row

RELEASE = "kubernetes:helm.sh/v3:Release"


def row_of(pending: Pending) -> Row:
    if pending.type == RELEASE:
        return Computed("{namespace}/{name}")
    inside = (pending.inputs.get("metadata") or {}).get("namespace")
    return Computed("{metadata.namespace}/{metadata.name}" if inside else "{metadata.name}")
