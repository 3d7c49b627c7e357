"""Every component's stack on every cloud, as it is before its first `up`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.engine import mantis, nodeos, theta_cluster, tsm
from tests.engine.harness import Sandbox
from tests.engine.worlds import Worlds

Configure = Callable[[Sandbox], object]


@dataclass(frozen=True)
class Stack:
    kind: str
    cloud: str
    name: str
    configure: Configure = lambda sandbox: None
    """What its operator does before."""
    platform: bool = False
    """Whether it is one itself."""

    def __str__(self) -> str:
        return f"{self.kind}-{self.cloud}"

    def ready(self, worlds: Worlds, home: Path) -> Sandbox:
        """A sandbox in which its `up` is next."""
        on = None if self.platform else f"platform-{self.cloud}"
        return worlds.copy(f"ready-{self}", home, self.prepare, on=on)

    def prepare(self, sandbox: Sandbox) -> None:
        self.configure(sandbox)
        sandbox.ok("stack", "select", "--create", "--stack", self.name)

    def clean(self, worlds: Worlds, home: Path) -> Sandbox:
        """A sandbox in which it came up undisturbed."""

        def make(sandbox: Sandbox) -> None:
            self.prepare(sandbox)
            sandbox.up(self.name)

        return worlds.copy(f"clean-{self}", home, make, on=None if self.platform else f"platform-{self.cloud}")


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


METIS = {"aws": "metis-mainnet", "azure": "metis-sepolia-azure", "gcp": "metis-sepolia-gcp"}
NODEOS = {"aws": "nodeos-jungle-aws", "azure": "nodeos-jungle-azure", "gcp": "nodeos-jungle"}
MANTIS = {cloud: stack for cloud, (stack, _) in mantis.STACKS.items()}
CLOUDS = ("aws", "azure", "gcp")

STACKS = (
    *(Stack("metis", cloud, METIS[cloud]) for cloud in CLOUDS),
    *(Stack("theta", cloud, theta_cluster.STACKS[cloud]) for cloud in CLOUDS),
    *(Stack("theta-in-cluster", cloud, theta_cluster.STACKS[cloud], in_cluster(cloud)) for cloud in CLOUDS),
    *(Stack("tsm", player.cloud, player.stack, player.prepare) for player in tsm.PLAYERS),
    *(Stack("nodeos", cloud, NODEOS[cloud], given(NODEOS[cloud], nodeos.VALUES)) for cloud in CLOUDS),
    Stack("mantis", "aws", MANTIS["aws"]),
    Stack("mantis", "azure", MANTIS["azure"], lambda sandbox: sandbox.set(MANTIS["azure"], mantis.ON_AZURE)),
    Stack("mantis", "gcp", MANTIS["gcp"]),
    *(Stack("platform", cloud, f"platform-{cloud}", platform=True) for cloud in CLOUDS),
)
