"""ThetaEdgeNode: Theta edge nodes on any cloud."""

from .args import ThetaEdgeNodeArgs
from .component import ThetaEdgeNode

__all__ = ["ThetaEdgeNode", "ThetaEdgeNodeArgs"]
