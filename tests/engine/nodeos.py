"""nodeos-jungle with the keys of its operators, as several files need it."""

from pathlib import Path

from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds
from tests.unit.nodeos_clusters import FINALIZER, SIGNING, TOKEN

STACK, PLATFORM = "nodeos-jungle", "platform-gcp"
VALUES = {"signatureProviders": SIGNING, "finalizerKey0": FINALIZER, "token": TOKEN}


def bring_up(sandbox: Sandbox) -> None:
    for key, value in VALUES.items():
        sandbox.configure(STACK, "--secret", "--path", f"nodeyard:secrets.{key}", value)
    sandbox.up(STACK)


def jungle(worlds: Worlds, home: Path) -> Sandbox:
    return worlds.copy("nodeos-jungle-with-keys", home, bring_up, on=PLATFORM)
