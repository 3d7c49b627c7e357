"""Clusters of nodeos on each cloud, and what they are told."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockResourceArgs

from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.nodeos_bp_cluster import NodeosBPCluster
from nodeyard.nodeos_bp_cluster.rules import resolve
from nodeyard.nodeos_bp_cluster.settings import Settings
from sandbox.mocks import SandboxMocks
from tests.unit import examples, gcp_world
from tests.unit.azure import world as azure_world
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty, with_platform

NAME = "nodeos-jungle"
ORDINALS = ["nodeos-bp-0", "nodeos-bp-1", "nodeos-bp-2"]

# The key pair that EOSIO's own tests sign with, which everybody knows.
PUBLIC = "EOS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"
PRIVATE = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"
SIGNING = f"{PUBLIC}=KEY:{PRIVATE}"
# Keys of finalizers from the tests of AntelopeIO/spring. They are of two pairs, which only nodeos would see.
PUBLIC_BLS = (
    "PUB_BLS_dEvut0ydHevDGP6Ef3O4Iq6QXf9jUcMUT1nCJRX-JRYlFYrO_qKt_x439vUJ2DkZ32Od6AdJZ-S9dWRE9Sy-"
    "7Q6bNjpoIOP0cWzkKC1DqmhfE3paW-KThA3noLkV8SsILcfxpQ"
)
PRIVATE_BLS = "PVT_BLS_foNjZTu0k6qM5ftIrqC5G_sim1Rg7wq3cRUaJGvNtm2rM89K"
FINALIZER = f"{PUBLIC_BLS}=KEY:{PRIVATE_BLS}"
TOKEN = "canary-token-3f9c1b7a5d"

OUTPUTS = (
    "network",
    "chain_id",
    "namespace",
    "release",
    "ordinals",
    "api_nodes",
    "producers",
    "active_producer",
    "failover",
    "lease",
    "bucket",
    "endpoints",
    "node_pools",
    "secrets",
    "missing",
    "quotas",
    "identity",
)


def deploy(mocks: SandboxMocks | None = None, **changes: Any) -> Recording:
    """What a cluster makes; the exports are its outputs."""
    args, exports = examples.cluster(**changes), {}

    def program() -> None:
        made = NodeosBPCluster(NAME, args)
        pulumi.Output.all(**{key: getattr(made, key) for key in OUTPUTS}).apply(exports.update)

    recording = record(program, mocks or with_platform(args["platform"]))
    recording.check(PRIVATE, PRIVATE_BLS, TOKEN)
    recording.exports = exports
    return recording


class Nothing(SandboxMocks):
    """What is refused is refused before anything is registered."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        assert args.typ == "pulumi:pulumi:Stack"
        return super().new_resource(args)


def problems(up: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    """What is wrong with the arguments, by path; `up` is what the last `up` left in the state."""
    mocks = Nothing(empty().home)
    mocks.state = up or {}
    with pytest.raises(InputError) as raised:
        record(lambda: resolve(NAME, examples.cluster(**changes)), mocks)
    assert not [key for key in (PRIVATE, PRIVATE_BLS, TOKEN) if key in str(raised.value)]
    return dict(raised.value.problems)


def settings(**changes: Any) -> Settings:
    """What is made of arguments that nothing is wrong with."""
    return resolve(NAME, examples.cluster(**changes))


def component(type_: str, name: str, under: str = "", **outputs: Any) -> dict[str, Any]:
    """One entry of a state."""
    urn = f"urn:pulumi:test::nodeyard::{under}{type_}::{name}"
    return {urn: {"type": type_, "outputs": outputs}}


def values(recording: Recording) -> dict[str, Any]:
    found: dict[str, Any] = recording.one("kubernetes:helm.sh/v3:Release", NAME).inputs["values"]
    return found


def on_google_cloud(**changes: Any) -> dict[str, Any]:
    """What differs there."""
    platform = gcp_world.platform(namespaces=["nodeos-jungle"])
    return {"platform": platform, "release_version": gcp_world.RELEASE, **changes}


def on_azure(home: Path) -> tuple[SandboxMocks, dict[str, Any]]:
    """A world of Azure with a platform, and what differs there."""
    team = {"principal": azure_world.TEAM, "role": "deployer", "namespaces": ["nodeos-jungle"]}
    mocks, recording = azure_world.deploy(home, access={"nodeos": team})
    platform: PlatformContract = recording.exports["value"]
    return mocks, {"platform": platform, "release_version": "1.36.2"}
