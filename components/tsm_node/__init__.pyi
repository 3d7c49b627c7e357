from .args import TSMNodeArgs as TSMNodeArgs
from .component import TSMNode as TSMNode
