"""The values of charts/nodeos-bp: which of the cluster's things its pods are told of.

Names and ids only: no secret's value passes through here.
"""

from collections.abc import Mapping
from typing import Any

from ..clouds.contract.bucket import Bucket
from ..clouds.contract.disk import Disk
from ..clouds.contract.node_pool import NodePool
from ..monitoring import monitoring_values
from ..pods import PodSecrets, port_values, pull_secret_values
from .settings import LEASE, PORTS, Node, Settings

Values = dict[str, Any]


def chart_values(
    cluster: Settings,
    pools: Mapping[str, NodePool],
    disks: Mapping[str, Disk],
    bucket: Bucket,
    secrets: Mapping[str, PodSecrets],
) -> Values:
    """The whole of the release's values. `pools`, `disks` and `secrets` are by the nodes' names."""
    args = cluster.args

    def node(one: Node) -> Values:
        """What every node is told in the same way."""
        identity = secrets[one.name].identity
        return {
            "claim": disks[one.name].claim_name,
            "volumeId": disks[one.name].unique_id,
            "placement": pools[one.name].placement(),
            "podLabels": dict(identity.pod_labels),
            "accountAnnotations": dict(identity.account_annotations),
            **secrets[one.name].values(),
        }

    return {
        "images": {"manager": str(args["images"]["manager"])},
        **pull_secret_values(args["image_pull_secrets"]),
        "chain": {"id": cluster.chain_id, "flavour": args["flavour"].value},
        "config": {"ini": cluster.config_ini, "genesis": cluster.genesis},
        "production": {
            "producers": list(args["producers"]),
            "failover": args["failover"].value,
            "lease": LEASE,
            "active": args["active_producer"],
            "readinessMaxLatency": args["readiness_max_latency"],
        },
        # The platform lets the namespace's pods hold Leases: a team's deployer may make no Role.
        "rbac": {"create": False},
        "store": _store(cluster, bucket),
        "ports": port_values(PORTS),
        "grace": args["grace"],
        "resources": cluster.resources,
        "ordinals": {one.name: {"mayProduce": one.may_produce, **node(one)} for one in cluster.ordinals},
        "apiNodes": {one.name: node(one) for one in cluster.api_nodes},
        "signerUrl": args.get("signer_url", ""),
        "monitoring": monitoring_values(args, cluster.platform),
        **_filled({"peers": list(cluster.peers), "callers": list(args["callers"])}),
        **({"p2p": {"peers": list(args["peer_cidrs"])}} if args["peer_cidrs"] else {}),
    }


def _store(cluster: Settings, bucket: Bucket) -> Values:
    snapshots, backups = cluster.args["snapshots"], cluster.args["backups"]
    return {
        "url": bucket.url,
        "autoRestore": cluster.auto_restore.value,
        "snapshots": {
            "period": cluster.snapshot_period,
            "modulo": snapshots.get("modulo", 0),
            "keep": snapshots["keep"],
        },
        "backups": {
            "period": backups.get("period", 0),
            "modulo": backups.get("modulo", 0),
            "keep": backups["keep"],
        },
    }


def _filled(values: Mapping[str, Any]) -> Values:
    """Without empty lists, which say the same as none: some versions of the Kubernetes provider turn them into null
    (pulumi/pulumi-kubernetes#2731)."""
    return {key: value for key, value in values.items() if value}
