"""The ids of what pending operations may have made: a table for each cloud, with a row for each type."""

from importlib import import_module

from nodeyard.clouds.contract.platform import CloudName

from ..pending import Pending
from . import kubernetes
from .rows import Computed, LookedUp, NotTaken, Row, Rows, Unknown

__all__ = ["Computed", "LookedUp", "NotTaken", "Row", "Rows", "Unknown", "row_of"]

_IN_THE_STATE = NotTaken("it is nowhere but in Pulumi's state: the next `up` makes another one.")
_STATE_ONLY = ("pulumi", "random", "tls", "nodeyard")
"""Packages whose resources no cloud has."""


def row_of(pending: Pending) -> Row | None:
    """How its id is found; None for a type that no table has."""
    package = pending.type.partition(":")[0]
    if not pending.resource.get("custom") or package in _STATE_ONLY:
        return _IN_THE_STATE
    if package == "kubernetes":
        return kubernetes.row_of(pending)
    cloud = next((cloud for cloud in CloudName if package.startswith(cloud)), None)
    if cloud is None:
        return None
    rows: Rows = import_module(f"{__name__}.{cloud.value}").ROWS
    return rows.get(pending.type)
