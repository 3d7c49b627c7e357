"""A Theta network: one or more edge nodes, on a platform or without one."""

from typing import Any, cast

import pulumi

from nodeyard import reference
from nodeyard.errors import InputError
from nodeyard.theta_edge_node import ThetaEdgeNode, ThetaEdgeNodeArgs

from . import place
from .config import INVALID, SECRETS_KEY, load_secret_values
from .theta_config import ThetaConfig, ThetaSecretValues


def deploy(config: ThetaConfig) -> None:
    """Makes one `ThetaEdgeNode`, named as the stack is, and exports what operators and `nodeyard theta` need of it."""
    # The models' Python names are the component's own keys.
    args = config.model_dump(exclude={"kind", "platform"}, exclude_none=True)
    if config.platform:
        args["platform"] = reference.platform(config.platform)
    for node, password in _passwords(config).items():
        args["nodes"][node]["password"]["value"] = password
    fleet = ThetaEdgeNode(pulumi.get_stack(), cast(ThetaEdgeNodeArgs, cast(Any, args)))
    pulumi.export("cloud", place.of(fleet.platform))
    pulumi.export("nodes", fleet.nodes)
    pulumi.export("secrets", fleet.secrets)
    pulumi.export("missing", fleet.missing)


def _passwords(config: ThetaConfig) -> dict[str, pulumi.Output[str]]:
    passwords: dict[str, pulumi.Output[str]] = load_secret_values(ThetaSecretValues).get("passwords", {})
    if strangers := [node for node in passwords if node not in config.nodes]:
        raise InputError(
            INVALID, [(f"{SECRETS_KEY}.passwords.{node}", "is no node of this stack") for node in strangers]
        )
    return passwords
