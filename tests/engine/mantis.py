"""A network on each cloud, as several files need it."""

from pathlib import Path

from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

STACKS = {
    "aws": ("mantis-testnet", "platform-aws"),
    "azure": ("mantis-staging", "platform-azure"),
    "gcp": ("mantis-staging", "platform-gcp"),
}
"""By cloud: the network, and its platform."""
ON_AZURE = {"platform": "platform-azure", "releaseVersion": "1.36.2"}
"""No shipped network is there: what its stack file says otherwise."""


def bring_up_on_azure(sandbox: Sandbox) -> None:
    stack, _ = STACKS["azure"]
    sandbox.set(stack, ON_AZURE)
    sandbox.up(stack)


def network(cloud: str, worlds: Worlds, home: Path) -> Sandbox:
    stack, platform = STACKS[cloud]
    if cloud == "azure":
        return worlds.copy("mantis-on-azure", home, bring_up_on_azure, on=platform)
    return worlds.shipped(stack, home)
