"""A Metis network: one sequencer on a platform."""

import pulumi

from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.metis_sequencer import MetisSequencer, MetisSequencerArgs
from nodeyard.metis_sequencer.settings import resolve
from nodeyard.reference import place

from .file import StackFile

FILE = StackFile(MetisSequencerArgs, resolve)


def deploy(name: str, args: MetisSequencerArgs) -> None:
    """Makes one `MetisSequencer` of that name, and exports what others need of it."""
    sequencer = MetisSequencer(name, args)
    pulumi.export("cloud", place(args["platform"]))
    pulumi.export("kubeconfig", platform_kubeconfig(args["platform"]))
    pulumi.export("secrets", sequencer.secrets)
    pulumi.export("addresses", {"l2geth": sequencer.l2geth_address, "themis": sequencer.themis_address})
    pulumi.export("egressAddresses", sequencer.egress_addresses)
    pulumi.export("endpoints", sequencer.endpoints)
    pulumi.export("namespace", sequencer.namespace)
    pulumi.export("release", sequencer.release)
    pulumi.export("nodePools", sequencer.node_pools)
    pulumi.export("missing", sequencer.missing)
    pulumi.export("validatorPublicKey", args.get("validator_public_key"))
    pulumi.export("quotas", sequencer.quotas)
