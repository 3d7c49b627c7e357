"""Players of a TSM on each cloud, and what they are told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.mocks import MockResourceArgs

from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.tsm_node import TSMNode
from nodeyard.tsm_node.card import Card
from nodeyard.tsm_node.keys import new_private_key, public_key_of
from nodeyard.tsm_node.rules import resolve
from nodeyard.tsm_node.settings import Settings
from sandbox.mocks import STASH, SandboxMocks
from tests.unit import examples
from tests.unit.azure import world as azure_world
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty, with_platform

NAME = "tsm-player0"
NODE = "registry.invalid/tsm-node:72.0.0"
RELEASE = "1.46.0-431fe75a"
KEYS = [new_private_key() for _ in range(4)]
PUBLIC = [public_key_of(key) for key in KEYS]
MASTER = "canary-master-5d1c"
HASH = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
"""Of an API key: SHA-256 of `test`, in base64."""
OTHER_HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def platform(**changes: Any) -> PlatformContract:
    return examples.platform(**{"namespaces": ["tsm", "tsm-1", "tsm-2"], **changes})


def card(index: int, /, **changes: Any) -> Card:
    """What the team of a player tells of it."""
    told: Any = {
        "contract": 1,
        "index": index,
        "address": f"tcp://198.51.100.{10 + index}:9000",
        "public_key": PUBLIC[index],
        "egress": [f"198.51.100.{10 + index}/32"],
        "mesh": "public",
        "peered": [],
        "sdk": f"http://192.0.2.{10 + index}:8080",
        **changes,
    }
    result: Card = told
    return result


def by_value(index: int, /, **changes: Any) -> dict[str, Any]:
    """The same without a card."""
    told = card(index)
    given = {key: told[key] for key in ("address", "public_key", "egress", "sdk")}  # type: ignore[literal-required]
    return {**given, **changes}


def cards(*indices: int, **changes: Any) -> dict[str, Any]:
    return {str(index): {"card": card(index, **changes)} for index in indices}


def arguments(**changes: Any) -> Any:
    """Of player 0, who knows the others. A key that becomes None is taken out."""
    given = {
        "platform": platform(),
        "namespace": "tsm",
        "index": 0,
        "peers": cards(1, 2),
        "release_version": RELEASE,
        "images": {"node": NODE},
        "secrets": {"private_key": {"value": KEYS[0]}},
    }
    return {key: value for key, value in {**given, **changes}.items() if value is not None}


def settings(name: str = NAME, **changes: Any) -> Settings:
    return resolve(name, arguments(**changes))


class Kept(SandboxMocks):
    """A world in which an earlier `up` was given `first`, by the resource that keeps it."""

    def __init__(self, mocks: SandboxMocks, first: dict[str, str]) -> None:
        super().__init__(mocks.home, **mocks.config)
        self.first = first

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        id_, state = super().new_resource(args)
        if args.typ == STASH and args.name in self.first:
            state = {**state, "output": self.first[args.name]}
        return id_, state


def deploy(
    name: str = NAME, mocks: SandboxMocks | None = None, make: Callable[..., Any] = TSMNode, **changes: Any
) -> Recording:
    """What a player makes; the exports are its outputs."""
    args, exports = arguments(**changes), {}
    outputs = (
        "card",
        "sdk",
        "endpoints",
        "node_pools",
        "database",
        "secrets",
        "missing",
        "quotas",
        "peers",
        "identity",
    )

    def program() -> None:
        node = make(name, args)
        pulumi.Output.all(**{key: getattr(node, key) for key in outputs}).apply(exports.update)

    recording = record(program, mocks or with_platform(args["platform"]))
    recording.check(*KEYS, MASTER)
    recording.exports = exports
    return recording


class Nothing(SandboxMocks):
    """What is refused is refused before anything is registered."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        assert args.typ == "pulumi:pulumi:Stack"
        return super().new_resource(args)


def refusal_of(args: Any, name: str = NAME, up: dict[str, Any] | None = None) -> InputError:
    """What is said of arguments that are refused; `up` is what the last `up` left in the state."""
    mocks = Nothing(empty().home)
    mocks.state = up or {}
    with pytest.raises(InputError) as raised:
        record(lambda: resolve(name, args), mocks)
    assert not [key for key in (*KEYS, MASTER) if key in str(raised.value)]
    return raised.value


def problems(up: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    """What is wrong with the arguments, by path."""
    return dict(refusal_of(arguments(**changes), up=up).problems)


def taken(up: dict[str, Any] | None = None, **changes: Any) -> Settings:
    """What is made of arguments that nothing is wrong with."""
    mocks, found = Nothing(empty().home), []
    mocks.state = up or {}
    record(lambda: found.append(settings(**changes)), mocks)
    return found[0]


def component(type_: str, name: str, under: str = "", **outputs: Any) -> dict[str, Any]:
    """One entry of a state."""
    urn = f"urn:pulumi:test::nodeyard::{under}{type_}::{name}"
    return {urn: {"type": type_, "outputs": outputs}}


def values(recording: Recording, name: str = NAME) -> dict[str, Any]:
    found: dict[str, Any] = recording.one("kubernetes:helm.sh/v3:Release", name).inputs["values"]
    return found


AZURE_SECTION = {
    "tenant": "12345678-0000-0000-0000-00000000000a",
    "resource_group": "platform",
    "cluster_id": "/subscriptions/s/resourceGroups/platform/providers/Microsoft.ContainerService/managedClusters/c",
    "cluster_principal": "12345678-0000-0000-0000-00000000000b",
    "key_vault": "vault",
    "backup_vault": "",
}


def on_azure(**changes: Any) -> dict[str, Any]:
    """What differs for a player on Azure whom only its rules look at."""
    zones = ["eastus2-1", "eastus2-2", "eastus2-3"]
    subnets = [{"id": zone, "zone": zone, "cidr": f"10.41.{n}.0/24"} for n, zone in enumerate(zones)]
    there = {
        "cloud": "azure",
        "region": "eastus2",
        "kubernetes_version": "1.36",
        "public_subnets": subnets,
        "private_subnets": subnets,
        "private_cidrs": ["10.41.0.0/16"],
        "azure": AZURE_SECTION,
    }
    given = {"platform": platform(**there), "release_version": "1.36.2", "sdk": {"private_address": "10.41.0.250"}}
    return {**given, **changes}


def azure_platform(home: Path) -> tuple[SandboxMocks, PlatformContract]:
    """A world of Azure with a platform, which has the namespaces of players."""

    team = {"principal": azure_world.TEAM, "role": "deployer", "namespaces": ["tsm"]}
    mocks, recording = azure_world.deploy(home, access={"tsm": team})
    contract: PlatformContract = recording.exports["value"]
    return SandboxMocks(mocks.home, region="eastus2"), contract
