"""NodeosBPCluster: the block producers of one Antelope chain on any platform."""

from .args import NodeosBPClusterArgs
from .component import NodeosBPCluster

__all__ = ["NodeosBPCluster", "NodeosBPClusterArgs"]
