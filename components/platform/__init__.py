"""Platform: one cloud's network, cluster and add-ons, on which the teams' stacks stand."""

from .args import PlatformArgs
from .component import Platform

__all__ = ["Platform", "PlatformArgs"]
