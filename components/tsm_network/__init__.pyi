from .args import TSMNetworkArgs as TSMNetworkArgs
from .component import TSMNetwork as TSMNetwork
