"""The values of charts/metis-sequencer: which of the sequencer's things its pods are told of.

Names and ids only: no secret's value passes through here.
"""

from collections.abc import Mapping
from typing import Any

from ..clouds.contract.address import Address
from ..clouds.contract.disk import Disk
from ..clouds.contract.node_pool import NodePool
from ..metis.heap import heap_option
from ..metis.seed import seed_values
from ..monitoring import monitoring_values
from ..pods import PodSecrets, address_values, claim_values, port_values, pull_secret_values
from ..words import camel
from .environment import l2geth_env
from .settings import NODE_OF, PORTS, DiskProcess, NodeProcess, Settings

Values = dict[str, Any]


def chart_values(
    sequencer: Settings,
    addresses: Mapping[NodeProcess, Address],
    pools: Mapping[NodeProcess, NodePool],
    disks: Mapping[DiskProcess, Disk],
    secrets: Mapping[str, PodSecrets],
) -> Values:
    """The whole of the release's values."""
    args, network, resources = sequencer.args, sequencer.network, sequencer.resources

    def pod(process: str) -> Values:
        """What every process is told in the same way."""
        return {"ports": port_values(PORTS[process]), "resources": resources[process], **secrets[process].values()}

    def stateful(process: DiskProcess) -> Values:
        placement = pools[NODE_OF[process]].placement()
        return {"claim": disks[process].claim_name, "placement": placement, **pod(process)}

    return {
        "network": network.name,
        "images": {camel(key): image for key, image in sequencer.images.items()},
        **_node_cidrs(sequencer),
        **pull_secret_values(args["image_pull_secrets"]),
        "addressClaim": claim_values(sequencer.claim),
        "l2geth": {
            **stateful("l2geth"),
            **address_values(addresses["l2geth"]),
            "env": {
                **l2geth_env(network),
                "SEQ_ADDRESS": args["sequencer_address"],
                **args["l2geth"]["env"],
            },
            **_geth_args(sequencer),
            **seed_values(args["l2geth"]),
        },
        "l1dtl": {
            **stateful("l1dtl"),
            "env": {
                **network.l1dtl_env,
                "NODE_OPTIONS": heap_option(resources["l1dtl"]),
                **args["l1dtl"]["env"],
            },
            **_egress(sequencer),
            **seed_values(args["l1dtl"]),
        },
        "themis": {
            **stateful("themis"),
            "volumeId": disks["themis"].unique_id,
            **address_values(addresses["themis"]),
            "genesis": {"url": network.genesis_url, "sha256": network.genesis_sha256},
            "config": dict(network.themis_config),
            "signingState": _signing_state(sequencer),
            "env": dict(args["themis"]["env"]),
        },
        "bridge": {"env": {**network.bridge_env, **args["bridge"]["env"]}, "resources": resources["bridge"]},
        "exporter": pod("exporter"),
        "monitoring": monitoring_values(args, sequencer.platform),
    }


def _node_cidrs(sequencer: Settings) -> Values:
    """Where host-network pods call from: the nodes' own addresses, where a policy can name them."""
    if not sequencer.cloud.POLICIES_NAME_NODES:
        return {}
    return {"nodeCidrs": sorted({subnet["cidr"] for subnet in sequencer.platform["public_subnets"]})}


def _geth_args(sequencer: Settings) -> Values:
    given = sequencer.args["l2geth"].get("args")
    return {"args": list(given)} if given else {}


def _egress(sequencer: Settings) -> Values:
    ports = sequencer.args["l1dtl"].get("egress_ports")
    return {"egressPorts": list(ports)} if ports else {}


def _signing_state(sequencer: Settings) -> Values:
    given = sequencer.args["themis"]["signing_state"]
    return {
        "bootstrap": given["bootstrap"],
        "resumeAtHeight": given.get("resume_at_height") or 0,
        "volume": given.get("volume") or "",
        "keyRanNowhereElse": given["key_ran_nowhere_else"],
    }
