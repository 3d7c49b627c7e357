from .args import MetisReplicaArgs as MetisReplicaArgs
from .component import MetisReplica as MetisReplica
