"""How a stack takes its platform, and what it says when it cannot."""

from collections.abc import Callable
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from nodeyard import reference
from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.metis_sequencer.settings import resolve as resolve_sequencer
from nodeyard.theta_edge_node.rules import resolve as resolve_fleet
from sandbox.mocks import STATE
from tests.unit import gcp_world
from tests.unit.examples import platform, sequencer
from tests.unit.recording import record
from tests.unit.theta_fleet import IN_CLUSTER, arguments

Outputs = Callable[[str], dict[str, Any]]


class Refused(grpc.RpcError):
    """What the engine answers, as gRPC hands it to the SDK."""

    def __init__(self, details: str) -> None:
        self.details = lambda: details
        self.code = lambda: grpc.StatusCode.UNKNOWN


class Backend(Mocks):
    """Answers with what another stack would have exported."""

    def __init__(self, exported: Outputs) -> None:
        self.exported = exported

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return args.name, {"outputs": {}, "secretOutputNames": [], **args.inputs}

    def call(self, args: MockCallArgs) -> dict[str, Any]:
        if args.token == STATE:
            return {}
        assert args.token == "pulumi:pulumi:readStackOutputs"
        return {"secretOutputNames": [], **self.exported(args.args["name"])}


def take(exported: Outputs, name: str = "platform-aws") -> PlatformContract:
    taken: list[PlatformContract] = []
    record(lambda: taken.append(reference.platform(name)), Backend(exported))
    return taken[0]


def refusal(exported: Outputs, name: str = "platform-aws") -> str:
    with pytest.raises(pulumi.RunError) as raised:
        take(exported, name)
    message = str(raised.value)
    assert "\n" not in message, "one sentence"
    return message


def test_the_contract_comes_as_plain_values() -> None:
    assert take(lambda _: {"outputs": {"platform": platform()}}) == platform()


def test_a_short_name_is_a_stack_of_this_project_and_a_long_one_is_itself() -> None:
    asked: list[str] = []

    def exported(name: str) -> dict[str, Any]:
        asked.append(name)
        return {"outputs": {"platform": platform()}}

    take(exported, "platform-aws")
    take(exported, "acme/clusters/prod")
    assert asked == ["organization/nodeyard/platform-aws", "acme/clusters/prod"]


def test_a_stack_that_is_not_there_is_named() -> None:
    def unknown(name: str) -> dict[str, Any]:
        raise Refused(f'unknown stack "{name}"')

    message = refusal(unknown)
    assert "organization/nodeyard/platform-aws" in message
    assert "unknown stack" in message


def test_a_platform_that_was_never_deployed_is_told_from_a_broken_one() -> None:
    assert "has it been deployed?" in refusal(lambda _: {"outputs": {}})


def test_a_secret_platform_is_refused() -> None:
    message = refusal(lambda _: {"outputs": {"platform": platform()}, "secretOutputNames": ["platform"]})
    assert "is secret" in message


def test_another_version_of_the_contract_is_refused() -> None:
    assert "version 0" in refusal(lambda _: {"outputs": {"platform": platform(contract=0)}})


def test_what_a_contract_lacks_is_named() -> None:
    contract = dict(platform())
    del contract["kms_key"]
    assert "kms_key" in refusal(lambda _: {"outputs": {"platform": contract}})


def test_a_contract_of_a_cloud_that_is_not_known_is_refused() -> None:
    assert "cloud" in refusal(lambda _: {"outputs": {"platform": platform(cloud="other")}})


AZURE = {
    "cloud": "azure",
    "kubernetes_version": "1.36",
    "azure": {
        "tenant": "t",
        "resource_group": "rg",
        "cluster_id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/c",
        "cluster_principal": "p",
        "key_vault": "vault",
        "backup_vault": "",
    },
}


def without(contract: PlatformContract, key: str) -> dict[str, Any]:
    return {known: value for known, value in contract.items() if known != key}


MALFORMED = {
    "another version": platform(contract=99),
    "a key less": without(platform(), "kms_key"),
    "azure without its section": without(platform(**AZURE), "azure"),
    "gcp without its section": without(gcp_world.platform(), "gcp"),
    "a cluster without a version": platform(kubernetes_version=""),
    "an Output": pulumi.Output.from_input(platform()),
}


def told(resolve: Callable[[], object]) -> list[str]:
    with pytest.raises(InputError) as raised:
        resolve()
    return [path for path, _ in raised.value.problems]


@pytest.mark.parametrize("contract", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_contract_is_told_once_by_every_component_that_takes_one(contract: Any) -> None:
    assert told(lambda: resolve_sequencer("metis", sequencer(platform=contract))) == ["platform"]
    assert told(lambda: resolve_fleet("theta", arguments(**{**IN_CLUSTER, "platform": contract}))) == ["platform"]


def test_what_is_no_contract_is_told_how_one_is_taken() -> None:
    for wrong in (pulumi.Output.from_input(platform()), "platform-aws", None):
        with pytest.raises(InputError, match=r"as `nodeyard\.reference\.platform"):
            resolve_sequencer("metis", sequencer(platform=wrong))


@pytest.mark.parametrize("contract", [c for c in MALFORMED.values() if isinstance(c, dict)])
def test_a_stack_that_exports_a_malformed_contract_is_refused(contract: Any) -> None:
    assert "The output `platform` of stack" in refusal(lambda _: {"outputs": {"platform": contract}})


NO_CLUSTER = {"cluster_name": "", "kubernetes_version": ""}
ON: dict[str, tuple[Callable[..., PlatformContract], str, str, str]] = {
    "aws": (platform, "1.46.0-431fe75a", "c5.4xlarge", "c5.2xlarge"),
    "azure": (lambda **changes: platform(**{**AZURE, **changes}), "1.36.2", "Standard_D16s_v5", "Standard_D16s_v5"),
    "gcp": (gcp_world.platform, gcp_world.RELEASE, "n2-standard-16", "n2-standard-16"),
}


@pytest.mark.parametrize("lack", [NO_CLUSTER, {"public_subnets": []}], ids=["cluster", "public subnets"])
@pytest.mark.parametrize("cloud", ON)
def test_a_platform_without_room_for_a_sequencer_is_told_once(cloud: str, lack: dict[str, Any]) -> None:
    on, release, l2geth, themis = ON[cloud]
    args = sequencer(
        platform=on(namespaces=["metis-mainnet"], **lack),
        release_version=release,
        l2geth={"instance_type": l2geth},
        themis={"instance_type": themis},
    )
    assert told(lambda: resolve_sequencer("metis", args)) == ["platform"]


@pytest.mark.parametrize(
    "lack", [NO_CLUSTER, {"public_subnets": [], "private_subnets": []}], ids=["cluster", "subnets"]
)
@pytest.mark.parametrize("cloud", ON)
def test_a_platform_without_room_for_a_fleet_is_told_once(cloud: str, lack: dict[str, Any]) -> None:
    on, release, _, _ = ON[cloud]
    given = {**IN_CLUSTER, "platform": on(namespaces=["theta"], **lack), "release_version": release}
    assert told(lambda: resolve_fleet("theta", arguments(**given))) == ["platform"]
