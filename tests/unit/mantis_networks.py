"""Networks on each cloud, what they are told, and what an earlier `up` of them left."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockResourceArgs

from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.mantis_cluster import MantisCluster
from nodeyard.mantis_cluster.keepsakes import GENERATED
from nodeyard.mantis_cluster.rules import resolve
from nodeyard.mantis_cluster.settings import TYPE, Settings
from sandbox.mocks import STASH, SandboxMocks
from tests.unit import examples, gcp_world
from tests.unit.azure import world as azure_world
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty, with_platform

NAME = "mantis-testnet"
RELEASE = "kubernetes:helm.sh/v3:Release"
IMAGES = {
    "client": "images.invalid/core-geth:1.12.20",
    **{image: f"images.invalid/{image}:1" for image in ("tools", "obft", "explorer", "faucet")},
}
MANTIS = {"client": "mantis", "chain_id": 42, "images": {**IMAGES, "client": "images.invalid/mantis:3.3.0"}}
"""What differs with IOHK's client."""
FAUCET = {"port": 8080, "amount": "1000", "per_address": "5000"}
EVERYTHING: dict[str, Any] = {**MANTIS, "obft": 2, "explorer": {"port": 3000}, "faucet": FAUCET}
OFF: dict[str, Any] = {"backup": {"enabled": False}, "images": {"client": IMAGES["client"]}}

OUTPUTS = (
    "network",
    "client",
    "chain_id",
    "genesis_hash",
    "genesis_miners",
    "tasks",
    "namespace",
    "release",
    "bucket",
    "endpoints",
    "node_pools",
    "secrets",
    "missing",
    "public",
    "storage",
    "quotas",
    "identity",
)


def key_of(owner: str) -> str:
    """The key that the stack makes for somebody in a `Chosen` world."""
    return _key(f"{NAME}-{owner}-key")


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


class Chosen(SandboxMocks):
    """A world in which the keys that are made follow from their names, and in which an earlier `up` may have been."""

    def __init__(self, mocks: SandboxMocks, up: Recording | None = None) -> None:
        super().__init__(mocks.home, **mocks.config)
        self.first = {stash.name: stash.inputs["input"] for stash in up.resources if stash.type == STASH} if up else {}
        self.state = state(up) if up else {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        id_, made = super().new_resource(args)
        if args.typ == GENERATED:
            made = {**made, "result": _key(args.name)}
        if args.typ == STASH:
            made = {**made, "output": self.first.get(args.name, args.inputs["input"])}
        return id_, made


def state(up: Recording) -> dict[str, Any]:
    """What an `up` leaves for a later program to ask for."""
    state: dict[str, Any] = {r.urn: {"type": r.type, "outputs": _outputs(r)} for r in up.resources}
    own = next(resource for resource in up.resources if resource.type == TYPE)
    return {**state, own.urn: {"type": TYPE, "outputs": up.exports}}


def _outputs(resource: Any) -> dict[str, Any]:
    return {key: resource.outputs[key] for key in ("output", "length") if key in resource.outputs}


def deploy(up: Recording | None = None, mocks: SandboxMocks | None = None, **changes: Any) -> Recording:
    """What a network makes, after an earlier `up`; the exports are its outputs."""
    args, exports = examples.network(**changes), {}

    def program() -> None:
        made = MantisCluster(NAME, args)
        pulumi.Output.all(**{key: getattr(made, key) for key in OUTPUTS}).apply(exports.update)

    recording = record(program, Chosen(mocks or with_platform(args["platform"]), up))
    recording.check(*(_key(key.name) for key in recording.of(GENERATED)))
    recording.exports = exports
    return recording


class Nothing(SandboxMocks):
    """What is refused is refused before anything is registered."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        assert args.typ == "pulumi:pulumi:Stack"
        return super().new_resource(args)


def problems(up: Recording | None = None, name: str = NAME, **changes: Any) -> dict[str, str]:
    """What is wrong with the arguments, by path, after an earlier `up`."""
    mocks = Nothing(empty().home)
    mocks.state = state(up) if up else {}
    with pytest.raises(InputError) as raised:
        record(lambda: resolve(name, examples.network(**changes)), mocks)
    return dict(raised.value.problems)


def settings(**changes: Any) -> Settings:
    """What is made of arguments that nothing is wrong with."""
    return resolve(NAME, examples.network(**changes))


def values(recording: Recording) -> dict[str, Any]:
    found: dict[str, Any] = recording.one(RELEASE, NAME).inputs["values"]
    return found


def inputs(recording: Recording) -> Mapping[str, str]:
    """What each resource was told but for the release, by type and name."""
    told = recording.comparable()
    return {f"{r.type} {r.name}": told[r.urn] for r in recording.resources if r.type != RELEASE}


def on_google_cloud(**changes: Any) -> dict[str, Any]:
    """What differs there."""
    platform = gcp_world.platform(namespaces=[NAME])
    return {"platform": platform, "release_version": gcp_world.RELEASE, **changes}


def on_azure(home: Path) -> tuple[SandboxMocks, dict[str, Any]]:
    """A world of Azure with a platform, and what differs there."""
    team = {"principal": azure_world.TEAM, "role": "deployer", "namespaces": [NAME]}
    mocks, recording = azure_world.deploy(home, access={"mantis": team})
    platform: PlatformContract = recording.exports["value"]
    return mocks, {"platform": platform, "release_version": "1.36.2"}
