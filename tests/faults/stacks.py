"""Every component's stack on every cloud, as it is before and after what is killed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.engine import mantis, metis, nodeos, theta_cluster, tsm
from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

Configure = Callable[[Sandbox], object]
Bring = Callable[[Worlds, Path], Sandbox]
ON_NOTHING = ("platform", "theta")
"""The kinds of stacks that need no platform: one itself, and machines of their own."""
CHANGE = {"tags.owner": "team-a"}
"""Every kind of stack takes it, and most resources get it."""


@dataclass(frozen=True)
class Stack:
    kind: str
    cloud: str
    name: str
    configure: Configure | None = None
    """What its operator does before."""
    brought: Bring | None = None
    """How other tests bring it up after that, if any do."""

    def __str__(self) -> str:
        return f"{self.kind}-{self.cloud}"

    def ready(self, worlds: Worlds, home: Path) -> Sandbox:
        """Its first `up` is next."""

        def make(sandbox: Sandbox) -> None:
            if self.configure:
                self.configure(sandbox)
            sandbox.ok("stack", "select", "--create", "--stack", self.name)

        platform = None if self.kind in ON_NOTHING else f"platform-{self.cloud}"
        return worlds.copy(f"{self}-ready", home, make, on=platform)

    def up(self, worlds: Worlds, home: Path) -> Sandbox:
        """It came up undisturbed."""
        if self.brought:
            return self.brought(worlds, home)
        if not self.configure:
            return worlds.shipped(self.name, home)

        def make(sandbox: Sandbox) -> None:
            self.ready(worlds, sandbox.home)
            sandbox.up(self.name)

        return worlds.copy(f"{self}-up", home, make)

    def changed(self, worlds: Worlds, home: Path) -> Sandbox:
        """It is up, and its next `up` changes much."""

        def make(sandbox: Sandbox) -> None:
            self.up(worlds, sandbox.home)
            sandbox.set(self.name, CHANGE)

        return worlds.copy(f"{self}-changed", home, make)

    def updated(self, worlds: Worlds, home: Path) -> Sandbox:
        """And that `up` came to its end."""

        def make(sandbox: Sandbox) -> None:
            self.changed(worlds, sandbox.home)
            sandbox.up(self.name)

        return worlds.copy(f"{self}-updated", home, make)

    def destroyed(self, worlds: Worlds, home: Path) -> Sandbox:
        """What is not protected is gone."""

        def make(sandbox: Sandbox) -> None:
            self.up(worlds, sandbox.home)
            sandbox.ok(*DESTROY, "--stack", self.name)

        return worlds.copy(f"{self}-destroyed", home, make)


UP = ("up", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview", "--exclude-protected")


def given(stack: str, values: Mapping[str, str]) -> Configure:
    """Secrets that its operator gives."""

    def configure(sandbox: Sandbox) -> None:
        for key, value in values.items():
            sandbox.configure(stack, "--secret", "--path", f"nodeyard:secrets.{key}", value)

    return configure


def in_cluster(cloud: str) -> Configure:
    def configure(sandbox: Sandbox) -> None:
        theta_cluster.configure(sandbox, cloud)
        sandbox.up(f"platform-{cloud}")  # which gives the team its namespace

    return configure


CLOUDS = ("aws", "azure", "gcp")
METIS = {"aws": metis.STACK, "azure": "metis-sepolia-azure", "gcp": "metis-sepolia-gcp"}
NODEOS = {"aws": "nodeos-jungle-aws", "azure": "nodeos-jungle-azure", "gcp": nodeos.STACK}
MANTIS = {cloud: stack for cloud, (stack, _) in mantis.STACKS.items()}

STACKS = (
    Stack("metis", "aws", METIS["aws"], given(METIS["aws"], {"seqPriv": metis.CANARY}), metis.mainnet),
    *(Stack("metis", cloud, METIS[cloud]) for cloud in ("azure", "gcp")),
    Stack("metis-replica", "aws", "metis-mainnet-rpc"),
    *(Stack("theta", cloud, theta_cluster.STACKS[cloud]) for cloud in CLOUDS),
    *(Stack("theta-in-cluster", cloud, theta_cluster.STACKS[cloud], in_cluster(cloud)) for cloud in CLOUDS),
    *(Stack("tsm", player.cloud, player.stack, player.prepare) for player in tsm.PLAYERS),
    *(Stack("nodeos", cloud, NODEOS[cloud], given(NODEOS[cloud], nodeos.VALUES)) for cloud in ("aws", "azure")),
    Stack("nodeos", "gcp", NODEOS["gcp"], given(NODEOS["gcp"], nodeos.VALUES), nodeos.jungle),
    Stack("mantis", "aws", MANTIS["aws"]),
    Stack("mantis", "azure", MANTIS["azure"], lambda sandbox: sandbox.set(MANTIS["azure"], mantis.ON_AZURE)),
    Stack("mantis", "gcp", MANTIS["gcp"]),
    *(Stack("platform", cloud, f"platform-{cloud}") for cloud in CLOUDS),
)
