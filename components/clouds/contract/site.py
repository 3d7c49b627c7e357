"""Where machines stand that need no cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from .platform import PlatformContract


@dataclass(frozen=True, kw_only=True)
class SiteSpec:
    """Where machines stand that need no cluster."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    zones: Sequence[str] = ()
    """Of the region, for a network that is made; the default network has its own."""
    snapshots: bool = False
    """Whether disks there ask for `DiskSpec.snapshots`, which on Azure takes a vault that keeps the schedule."""


class Site(pulumi.ComponentResource):
    """Whoever stands on it depends on it: it is known before it is made."""

    platform: PlatformContract
    """A platform without a cluster: what belongs to one is empty."""
