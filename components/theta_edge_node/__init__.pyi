from .args import ThetaEdgeNodeArgs as ThetaEdgeNodeArgs
from .component import ThetaEdgeNode as ThetaEdgeNode
