from .args import MantisClusterArgs as MantisClusterArgs
from .component import MantisCluster as MantisCluster
