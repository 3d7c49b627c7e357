"""Where machines stand that need no cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from .platform import PlatformContract


@dataclass(frozen=True, kw_only=True)
class SiteSpec:
    """A place for machines that need no cluster."""

    account: str | None
    """AWS account id, Azure subscription id or Google Cloud project id."""
    region: str
    """The cloud's name of the region."""
    zones: Sequence[str] = ()
    """The zones of a network that is made for the site. A cloud's default network has its own."""
    snapshots: bool = False
    """Whether disks of the site ask for `DiskSpec.snapshots`. Azure needs a vault for them."""


class Site(pulumi.ComponentResource):
    """The site that a cloud made of a `SiteSpec`. Whatever stands on a site depends on it: the names in `platform` are
    known before the network exists."""

    platform: PlatformContract
    """The contract of a platform without a cluster."""
