"""TSMNetwork: every player of a Builder Vault TSM in one cluster."""

from collections import Counter
from collections.abc import Sequence

import pulumi
from pulumi import Output, ResourceOptions

from ..quotas import QUOTAS, QuotaNeed
from ..tsm_node import TSMNode
from ..tsm_node.keepsakes import generated_key
from ..tsm_node.keys import public_key_of
from ..tsm_node.outputs import SDKPlayer
from .args import TSMNetworkArgs
from .settings import TYPE, resolve


class TSMNetwork(pulumi.ComponentResource):
    """All players of a Builder Vault TSM, in one cluster and one stack. For tests only: whoever has the cluster, or the
    stack's state, has every share of every key.

    Makes a `TSMNode` in each namespace, `<name>-0` and so on, with a key of the stack's own (`tls:index:PrivateKey`),
    a database of its own, and a mesh inside the cluster.

    Raises `InputError` with every problem at once, before anything is registered.

        TSMNetwork(
            "tsm-testnet",
            {
                "platform": reference.platform("acme/nodeyard/platform-aws"),
                "namespaces": ["tsm-0", "tsm-1", "tsm-2"],
                "release_version": "1.66.0-1ad6b4a4",
                "images": {"node": "registry.example.com/tsm-node:72.0.0"},
            },
        )

    Source: Blockdaemon/builder-vault-helm; see docs/components/tsm-node.md.
    """

    sdk: Output[list[SDKPlayer]]
    """Of each player: its index, the URL of its SDK port in the cluster, and its public key."""
    endpoints: Output[dict[str, dict[str, str]]]
    """In-cluster endpoints, by player and port."""
    releases: Output[dict[str, str]]
    """The namespace of each player's Helm release, by the release's name."""
    secrets: Output[dict[str, dict[str, str]]]
    """The id of every secret, by player and by the name that it has in a stack file."""
    missing: Output[list[str]]
    """What has to be there before the players start."""
    quotas: Output[list[QuotaNeed]]
    """How much of each of the cloud's quotas the players need together."""

    def __init__(self, name: str, args: TSMNetworkArgs, opts: ResourceOptions | None = None) -> None:
        network = resolve(name, args)
        super().__init__(TYPE, name, None, opts)
        child = ResourceOptions(parent=self)
        keys = [generated_key(f"{network.player(index)}-private-key", child) for index in network.players]
        public_keys = [Output.unsecret(key.apply(public_key_of)) for key in keys]
        players = {
            network.player(index): TSMNode(network.player(index), network.told(index, keys[index], public_keys), child)
            for index in network.players
        }
        first, *_ = players.values()
        self.sdk = first.sdk
        self.endpoints = Output.all(**{player: node.endpoints for player, node in players.items()})
        self.releases = Output.all(*(Output.all(node.release, node.namespace) for node in players.values())).apply(dict)
        self.secrets = Output.all(**{player: node.secrets for player, node in players.items()})
        self.missing = Output.all(*(node.missing for node in players.values())).apply(
            lambda lists: [one for each in lists for one in each]
        )
        self.quotas = Output.all(*(node.quotas for node in players.values())).apply(_together)
        self.register_outputs(
            {
                "sdk": self.sdk,
                "endpoints": self.endpoints,
                "releases": self.releases,
                "secrets": self.secrets,
                "missing": self.missing,
                QUOTAS: self.quotas,
            }
        )


def _together(needs: Sequence[Sequence[QuotaNeed]]) -> list[QuotaNeed]:
    """The sum of what each needs, by the quota's name."""
    sums: Counter[str] = Counter()
    entries: dict[str, QuotaNeed] = {}
    for need in (need for each in needs for need in each):
        sums[need["name"]] += int(need["needed"])
        entries[need["name"]] = need
    return [{**entry, "needed": sums[name]} for name, entry in entries.items()]
