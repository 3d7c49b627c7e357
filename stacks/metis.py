"""A Metis network: one sequencer on a platform."""

from typing import Any, cast

import pulumi

from nodeyard import reference
from nodeyard.metis_sequencer import MetisSequencer, MetisSequencerArgs

from . import place
from .config import MetisConfig, MetisSecretValues, load_secret_values


def deploy(config: MetisConfig) -> None:
    """Makes one `MetisSequencer`, named as the stack is, and exports what others need of it."""
    values = load_secret_values(MetisSecretValues)
    # The models' Python names are the component's own keys.
    args = config.model_dump(exclude={"kind", "validator_public_key"})
    args["platform"] = reference.platform(config.platform)
    args["secrets"] = {
        key: {"existing": existing, **({"value": values[key]} if key in values else {})}
        for key, existing in config.secrets.model_dump().items()
    }
    sequencer = MetisSequencer(pulumi.get_stack(), cast(MetisSequencerArgs, cast(Any, args)))
    pulumi.export("cloud", place.of(args["platform"]))
    pulumi.export("secrets", sequencer.secrets)
    pulumi.export("addresses", {"l2geth": sequencer.l2geth_address, "themis": sequencer.themis_address})
    pulumi.export("egressAddresses", sequencer.egress_addresses)
    pulumi.export("endpoints", sequencer.endpoints)
    pulumi.export("nodePools", sequencer.node_pools)
    pulumi.export("missing", sequencer.missing)
    pulumi.export("validatorPublicKey", config.validator_public_key)
