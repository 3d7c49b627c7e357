"""Every stack of `configs/` and every variant, brought up: what the judges judge."""

from functools import cache
from pathlib import Path

from tests.engine import metis, nodeos
from tests.engine.harness import CHECKOUT, Sandbox
from tests.engine.worlds import Worlds
from tests.vendors.finished import Made, resources
from tests.vendors.variants import Settings, all_of, shipped_settings

PACKAGES = {"aws": "aws", "azure": "azure-native", "gcp": "gcp"}
"""What a cloud's resources begin with."""


NOTHING = "tsm_card"
"""The kind of stack that makes nothing in any cloud."""


def cloud_of(settings: Settings) -> str:
    if platform := settings.get("platform"):
        return cloud_of(shipped_settings(platform))
    return str((settings.get("site") or settings)["cloud"])


def shipped(cloud: str) -> list[str]:
    return [stack for stack in judged() if cloud_of(shipped_settings(stack)) == cloud]


def judged() -> list[str]:
    """Every shipped stack that makes something."""
    stacks = sorted(file.name.split(".")[1] for file in (CHECKOUT / "configs").glob("Pulumi.*.yaml"))
    return [stack for stack in stacks if shipped_settings(stack)["kind"] != NOTHING]


def names(cloud: str) -> list[str]:
    return shipped(cloud) + [variant.stack for variant in all_of(cloud) if variant.settings["kind"] != NOTHING]


def everywhere(first: str) -> list[tuple[str, str]]:
    """Every cloud with each of its stacks, one cloud first. Where two files begin with different clouds, one does not
    wait for what the other is bringing up."""
    return [(cloud, stack) for cloud in sorted(PACKAGES, key=lambda cloud: cloud != first) for stack in names(cloud)]


def region_of(cloud: str) -> str:
    """All of a cloud's stacks are in one."""
    (platform,) = [stack for stack in shipped(cloud) if shipped_settings(stack)["kind"] == "platform"]
    return str(shipped_settings(platform)["region"])


class Stacks:
    """Of one cloud. Each is brought up once in a run of the tests, and read once."""

    def __init__(self, cloud: str, worlds: Worlds, directory: Path) -> None:
        self.cloud, self.worlds, self.directory = cloud, worlds, directory
        self.region = region_of(cloud)

    @cache  # noqa: B019 - it lives as long as the run
    def made(self, stack: str) -> list[Made]:
        """The cloud's resources of a stack."""
        return resources(self.sandbox(stack).export(stack), PACKAGES[self.cloud])

    def all_shipped(self) -> list[Made]:
        return [made for stack in shipped(self.cloud) for made in self.made(stack)]

    def sandbox(self, stack: str) -> Sandbox:
        home = self.directory / stack
        if stack == metis.STACK:
            return metis.mainnet(self.worlds, home)
        if stack == nodeos.STACK:
            return nodeos.jungle(self.worlds, home)
        if stack in shipped(self.cloud):
            return self.worlds.shipped(stack, home)
        return self.worlds.copy(f"variants-{self.cloud}", home, self.bring_up)

    def bring_up(self, sandbox: Sandbox) -> None:
        for variant in all_of(self.cloud):
            variant.write(sandbox)
            sandbox.up(variant.stack)
