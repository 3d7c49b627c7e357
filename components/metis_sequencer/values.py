"""The values of charts/metis-sequencer: which of the sequencer's things its pods are told of, and under what name.

Names and ids only: no secret's value passes through here.
"""

from collections.abc import Mapping
from typing import Any, Literal

from ..clouds.contract.address import Address, AddressClaim
from ..clouds.contract.cloud import Cloud
from ..clouds.contract.disk import Disk
from ..clouds.contract.node_pool import NodePool, Taint
from ..clouds.contract.platform import PlatformContract
from ..clouds.contract.secret_mount import SecretMount
from .args import MetisSequencerArgs
from .networks import IMAGES, NETWORKS

NODE_KEY = "node.metis.io"
"""Label and taint key of both nodes, as upstream's chart spells it; the value is the process."""

Values = dict[str, Any]
NodeProcess = Literal["l2geth", "themis"]
"""A process with a node and an address of its own."""


def chart_values(
    args: MetisSequencerArgs,
    cloud: Cloud,
    addresses: Mapping[NodeProcess, Address],
    pools: Mapping[NodeProcess, NodePool],
    disks: Mapping[str, Disk],
    mounts: Mapping[str, SecretMount],
) -> Values:
    """The whole of the release's values."""
    network, platform = NETWORKS[args["network"]], args["platform"]
    claim = cloud.address_claim(platform)
    return {
        "images": _images(args, claim),
        "nodeCidrs": _node_cidrs(platform) if cloud.POLICIES_NAME_NODES else [],
        "addressClaim": _address_claim(claim),
        "l2geth": {
            "claim": disks["l2geth"].claim_name,
            "placement": _placement("l2geth", pools),
            **_address(addresses["l2geth"]),
            **_secrets(mounts["l2geth"], seqPriv="SEQ_PRIV"),
            "env": {
                **network.l2geth_env,
                "SEQ_ADDRESS": args["sequencer_address"],
                **args["l2geth"].get("env", {}),
            },
        },
        "l1dtl": {
            "claim": disks["l1dtl"].claim_name,
            "placement": _placement("l2geth", pools),
            **_secrets(mounts["l1dtl"], l1RpcEndpoint="L1_RPC_ENDPOINT", l1BeaconEndpoint="L1_BEACON_ENDPOINT"),
            "env": {**network.l1dtl_env, **args["l1dtl"].get("env", {})},
            **_egress(args),
        },
        "themis": {
            "claim": disks["themis"].claim_name,
            "volumeId": disks["themis"].unique_id,
            "placement": _placement("themis", pools),
            **_address(addresses["themis"]),
            **_secrets(mounts["themis"], ethRpcUrl="ETH_RPC_URL"),
            "genesis": {"url": network.genesis_url, "sha256": network.genesis_sha256},
            "config": dict(network.themis_config),
            "signingState": _signing_state(args),
        },
        "bridge": {"env": dict(network.bridge_env)},
        "exporter": _secrets(mounts["exporter"], l1RpcEndpoint="L1_RPC_ENDPOINT"),
        "monitoring": {"enabled": args.get("monitoring", True)},
    }


def _images(args: MetisSequencerArgs, claim: AddressClaim) -> Values:
    given = {process: image for process, image in args.get("images", {}).items() if image}
    images = {**IMAGES, "address_claim": claim.image, **given}
    images["addressClaim"] = images.pop("address_claim")
    return images


def _node_cidrs(platform: PlatformContract) -> list[str]:
    """Where host-network pods call from: the nodes' own addresses."""
    return sorted({subnet["cidr"] for subnet in platform["public_subnets"]})


def _address_claim(claim: AddressClaim) -> Values:
    return {
        "way": claim.way,
        "provider": claim.provider,
        "env": dict(claim.env),
        "annotations": dict(claim.annotations),
        "addressAnnotation": claim.address_annotation,
    }


def _placement(process: NodeProcess, pools: Mapping[NodeProcess, NodePool]) -> Values:
    return {
        "nodeSelector": {NODE_KEY: process},
        "tolerations": [_toleration(taint) for taint in pools[process].taints],
    }


def _toleration(taint: Taint) -> Values:
    return {"key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect.value}


def _address(address: Address) -> Values:
    return {"publicAddress": address.ingress_address, "addressId": address.address_id}


def _secrets(mount: SecretMount, **keys: str) -> Values:
    return {
        "secretProviderClass": mount.provider_class_name,
        "secret": {"name": mount.synced_secret_name, "keys": keys},
    }


def _egress(args: MetisSequencerArgs) -> Values:
    ports = args["l1dtl"].get("egress_ports")
    return {"egressPorts": ports} if ports else {}


def _signing_state(args: MetisSequencerArgs) -> Values:
    given = args["themis"].get("signing_state", {})
    return {
        "bootstrap": given.get("bootstrap", False),
        "resumeAtHeight": given.get("resume_at_height") or 0,
        "volume": given.get("volume") or "",
        "keyRanNowhereElse": given.get("key_ran_nowhere_else", False),
    }
