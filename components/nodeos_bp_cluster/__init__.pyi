from .args import NodeosBPClusterArgs as NodeosBPClusterArgs
from .component import NodeosBPCluster as NodeosBPCluster
