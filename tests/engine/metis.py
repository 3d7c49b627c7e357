"""metis-mainnet as its tests start from it."""

from pathlib import Path

from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

STACK, PLATFORM = "metis-mainnet", "platform-aws"
CANARY = "5eed5f1e9bca11ab" * 4


def mainnet(worlds: Worlds, home: Path) -> Sandbox:
    """A sandbox where metis-mainnet is up on its platform, its sequencer key given in Pulumi's config."""
    return worlds.copy("metis-mainnet-with-a-key", home, bring_up, on=PLATFORM)


def bring_up(sandbox: Sandbox) -> None:
    sandbox.configure(STACK, "--secret", "--path", "nodeyard:secrets.seqPriv", CANARY)
    sandbox.up(STACK)
