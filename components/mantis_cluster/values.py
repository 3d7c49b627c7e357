"""The values of charts/mantis: which of the network's things its pods are told of.

Names, ids and public halves of keys only: no secret's value passes through here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pulumi import Output, Resource

from ..clouds.contract.address import Address
from ..clouds.contract.bucket import Bucket
from ..clouds.contract.identity import Identity
from ..clouds.contract.node_pool import NodePool
from ..monitoring import monitoring_values
from ..pods import PodSecrets, address_values, claim_values, port_values, pull_secret_values
from ..words import camel
from .keepsakes import KeptGenesis
from .network import PORTS, Task
from .secrets import FAUCET
from .settings import Settings

Values = dict[str, Any]

LATE: Final = 3
"""After how many periods without a backup somebody is told."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was made for a network's pods."""

    genesis: Output[KeptGenesis]
    configs: Mapping[str, Output[Values]]
    """How each node is run, by task."""
    pools: Mapping[str, NodePool]
    """By part."""
    bucket: Bucket | None
    addresses: Mapping[str, Address]
    """By genesis miner."""
    reads: Mapping[str, PodSecrets]
    """The account and the mount of whoever has a key, by task."""
    accounts: Mapping[str, Identity] = field(default_factory=dict)
    """The account of those without a key that use the bucket: all passive nodes', and the backup's."""

    def resources(self) -> list[Resource]:
        """What has to be there before the pods."""
        return [
            *self.pools.values(),
            *([self.bucket] if self.bucket else []),
            *self.addresses.values(),
            *(resource for reads in self.reads.values() for resource in reads.resources()),
            *self.accounts.values(),
        ]


def chart_values(network: Settings, made: Made) -> Values:
    """The whole of the release's values."""
    args = network.args
    return {
        "images": {camel(key): image for key, image in network.images.items() if image},
        **pull_secret_values(args["image_pull_secrets"]),
        "client": args["client"].value,
        "chain": {
            "id": args["chain_id"],
            "genesis": made.genesis.apply(lambda kept: kept.genesis),
            "genesisHash": made.genesis.apply(lambda kept: kept.genesis_hash),
        },
        "ports": port_values(PORTS),
        "nodes": {task.name: _node(network, made, task) for task in network.nodes},
        **({"passive": _account(made.accounts["passive"])} if "passive" in made.accounts else {}),
        "public": args["public"],
        **({"addressClaim": claim_values(network.claim)} if args["public"] else {}),
        "storage": {"className": network.cloud.STORAGE_CLASS, "sizes": network.sizes},
        "resources": network.resources,
        "store": {"url": made.bucket.url if made.bucket else "", "autoRestore": network.auto_restore},
        "backup": _backup(network, made),
        **{name: _web(network, made, name) for name in network.web},
        **({"callers": list(args["callers"])} if args["callers"] else {}),
        "monitoring": monitoring_values(args, network.platform),
    }


def _node(network: Settings, made: Made, task: Task) -> Values:
    address = made.addresses.get(task.name)
    return {
        "config": made.configs[task.name],
        "placement": made.pools[network.pool_of(task)].placement(),
        **_keyed(made, task.name),
        **({"address": address_values(address)} if address else {}),
    }


def _keyed(made: Made, name: str) -> Values:
    """What a pod with a key is told of it."""
    reads = made.reads.get(name)
    return {**_account(reads.identity), **reads.values()} if reads else {}


def _account(identity: Identity) -> Values:
    return {
        "podLabels": dict(identity.pod_labels),
        "accountAnnotations": dict(identity.account_annotations),
    }


def _placement(network: Settings, made: Made, name: str) -> Values:
    task = next(task for task in network.tasks if task.name == name)
    return {"placement": made.pools[network.pool_of(task)].placement()}


def _backup(network: Settings, made: Made) -> Values:
    told = network.args["backup"]
    if not network.backups:
        return {"enabled": False}
    return {
        "enabled": True,
        "schedule": network.schedule,
        "keep": told["keep"],
        "lateAfter": LATE * told["period"],
        "config": made.configs["backup"],
        **_placement(network, made, "backup"),
        **_account(made.accounts["backup"]),
    }


def _web(network: Settings, made: Made, name: str) -> Values:
    told, ingress = network.web[name], network.ingress(name)
    amounts = {"amount": told["amount"], "perAddress": told["per_address"]} if name == FAUCET else {}
    return {
        "enabled": True,
        "port": told["port"],
        "environment": dict(told["environment"]),
        **amounts,
        **_placement(network, made, name),
        **_keyed(made, name),
        **({"ingress": network.cloud.ingress_values(ingress, network.platform)} if ingress else {}),
    }
