"""MantisCluster: a private network of Ethereum Classic's kind on any platform."""

from .args import MantisClusterArgs
from .component import MantisCluster

__all__ = ["MantisCluster", "MantisClusterArgs"]
