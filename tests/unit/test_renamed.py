"""A stack whose file has a name of its own: nothing that it makes says the stack's, but for its key in the platform's
list. What the engine then plans is asked in tests/engine/test_rename.py."""

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

import stacks
from sandbox.mocks import SandboxMocks
from tests.unit.recording import Recording, record
from tests.unit.test_stack_files import S, file
from tests.unit.worlds import empty

CHECKOUT = Path(__file__).parents[2]
PATCH = "kubernetes:core/v1:ConfigMapPatch"
"""Of the platform's list."""
OWN = "quite-another"
"""The stack's own name, which its file does not say."""
STACKS = {
    "aws": [
        "platform-aws",
        "metis-mainnet",
        "metis-mainnet-rpc",
        "theta-mainnet",
        "tsm-player0-aws",
        "tsm-testnet",
        "nodeos-eos-mainnet",
        "mantis-testnet",
    ],
    "azure": ["theta-mainnet-azure"],
    "gcp": ["theta-mainnet-gcp"],
}
"""Every kind of stack that makes something, and the one kind that is alone with its cloud on each."""
WHO_ASKS = {
    "components/clouds/in_cluster/tenants.py",  # its key in the platform's list
    "components/live.py",  # its state
    "stacks/configuration.py",  # the default of its file's name
    "stacks/written.py",  # its file
}


class World(SandboxMocks):
    """One in which a platform's stack may be there."""

    def __init__(self) -> None:
        super().__init__(empty().home, region="us-east-2")
        self.exported: dict[str, Any] = {}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        if args.token == "pulumi:pulumi:readStackOutputs":
            return {"secretOutputNames": [], "outputs": self.exported}
        return super().call(args)


def run(stack: str, world: World, monkeypatch: pytest.MonkeyPatch) -> Recording:
    """What a shipped stack makes and exports under another name, while its file keeps the old one."""
    exported: dict[str, Any] = {}
    monkeypatch.setattr(pulumi, "export", exported.__setitem__)
    known: dict[str, Any] = {}
    pulumi.runtime.set_all_config({S: json.dumps({**file(stack), "name": stack})}, [])
    try:
        recording = record(lambda: (stacks.run(), pulumi.Output.all(**exported).apply(known.update)), world, OWN)
    finally:
        pulumi.runtime.set_all_config({}, [])
    recording.exports = known
    return recording


def saying(recording: Recording) -> set[str]:
    """The resources that say the stack's own name."""
    return {made.name for made in recording.resources if OWN in json.dumps([made.name, made.inputs])}


@pytest.mark.parametrize("cloud", STACKS)
def test_only_the_platforms_list_says_the_own_name_of_a_stack_whose_file_has_another(
    cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    for stack in STACKS[cloud]:
        made = run(stack, world, monkeypatch)
        entries = [found for found in made.resources if found.type == PATCH]
        assert bool(entries) == (not stack.startswith(("theta", "platform")))
        assert saying(made) == {entry.name for entry in entries}
        assert made.exports["kind"]
        assert OWN not in json.dumps(made.exports)
        world.exported = world.exported or made.exports


def test_nobody_else_asks_how_the_stack_is_called() -> None:
    asks = re.compile(r"\bget_stack\b")
    files = (file for folder in ("components", "stacks") for file in (CHECKOUT / folder).rglob("*.py"))
    assert {str(file.relative_to(CHECKOUT)) for file in files if asks.search(file.read_text())} == WHO_ASKS
