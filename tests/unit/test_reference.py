"""How a stack takes its platform, and what it says when it cannot."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

import grpc
import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks
from typing_extensions import TypedDict

from nodeyard import reference
from nodeyard.asking import checked
from nodeyard.clouds.contract.kubeconfig import platform_kubeconfig
from nodeyard.clouds.contract.platform import PlatformContract
from nodeyard.errors import InputError
from nodeyard.inputs import declared
from nodeyard.metis_sequencer.settings import resolve as resolve_sequencer
from nodeyard.theta_edge_node.rules import resolve as resolve_fleet
from sandbox.mocks import STATE
from tests.unit import gcp_world, tsm_players
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


def test_a_contract_whose_keys_come_in_another_order_is_written_the_same() -> None:
    """The engine hands outputs over as maps, and each process has an order of its own for these."""
    sent = [platform(), turned(platform())]
    assert list(sent[0]["authentication"]) != list(sent[1]["authentication"])
    contracts = [take(lambda _, contract=contract: {"outputs": {"platform": contract}}) for contract in sent]  # type: ignore[misc]
    assert json.dumps(contracts[0]) == json.dumps(contracts[1])
    kubeconfigs = {json.dumps(platform_kubeconfig(contract)) for contract in (*sent, *contracts)}
    assert len(kubeconfigs) == 1


def test_keys_are_sorted_at_every_depth() -> None:
    """A contract's own type has an order. What other stacks export has none."""
    sent = {"b": [{"d": 1, "c": [2]}], "a": {"f": 3, "e": 4}}
    assert json.dumps(reference._in_order(sent)) == '{"a": {"e": 4, "f": 3}, "b": [{"c": [2], "d": 1}]}'


def turned(value: Any) -> Any:
    """With the keys the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(part) for part in value] if isinstance(value, list) else value


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
    assert told(lambda: tsm_players.settings(platform=contract)) == ["platform"]


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


@pytest.mark.parametrize("lack", [NO_CLUSTER, {"private_subnets": []}], ids=["cluster", "private subnets"])
@pytest.mark.parametrize("cloud", ON)
def test_a_platform_without_room_for_a_player_is_told_once(cloud: str, lack: dict[str, Any]) -> None:
    on, release, _, _ = ON[cloud]
    given = {"platform": on(namespaces=["tsm"], **lack), "release_version": release}
    assert told(lambda: tsm_players.settings(**given)) == ["platform"]


# --- what a stack exports besides


def _even(told: object) -> int:
    """Pulumi hands every number of another stack on as a fraction."""
    if not isinstance(told, int | float) or told % 2:
        raise ValueError("is no even number")
    return int(told)


NUMBER = reference.Taken(output="number", called="the stack of a number", taken_by="<a number>", valid=_even)
MAY_LACK = replace(NUMBER, may_lack=True)


def read(what: reference.Taken, **exported: Any) -> Any:
    found: list[Any] = []
    record(lambda: found.append(reference.read("numbers", what)), Backend(lambda _: exported))
    return found[0]


@pytest.mark.parametrize("what", [NUMBER, MAY_LACK])
def test_what_a_stack_exports_is_read_as_plain_values_and_checked(what: reference.Taken) -> None:
    assert read(what, outputs={"number": 2}) == 2
    assert read(what, outputs={"number": 0}) == 0
    with pytest.raises(
        pulumi.RunError, match="The output `number` of stack 'organization/nodeyard/numbers' is no even"
    ):
        read(what, outputs={"number": 3})
    with pytest.raises(pulumi.RunError, match="is secret; nothing of it is"):
        read(what, outputs={"number": 2}, secretOutputNames=["number"])


@pytest.mark.parametrize("outputs", [{}, {"number": None}])
def test_an_output_that_may_lack_is_none_and_another_has_to_be_there(outputs: dict[str, Any]) -> None:
    assert read(MAY_LACK, outputs=outputs) is None
    with pytest.raises(pulumi.RunError, match="is it the stack of a number, and has it been deployed"):
        read(NUMBER, outputs=outputs)


def test_a_secret_of_another_output_keeps_nobody_from_reading_this_one() -> None:
    assert read(NUMBER, outputs={"number": 2, "key": "x"}, secretOutputNames=["key"]) == 2


def test_in_a_file_a_stack_is_named_and_in_a_program_its_output_is_given() -> None:
    args_type: Any = declared(TypedDict("Counted", {"numbers": Mapping[str, Annotated[dict[str, int], TAKEN]]}))
    assert reference.taken(Annotated[dict[str, int], TAKEN]) is TAKEN
    assert reference.taken(int) is None
    given = {"numbers": {"a": {"n": 2}}}
    assert checked("It", args_type, given) == given
    with pytest.raises(InputError) as raised:
        checked("It", args_type, {"numbers": {"a": "the-stack", "b": {"n": 3}}})
    assert dict(raised.value.problems) == {
        "numbers.a": "must be what the stack of a number exports, as `<a number>` takes it",
        "numbers.b": "is no even number",
    }


def _even_within(told: Any) -> dict[str, int]:
    return {"n": _even(told["n"])}


TAKEN = replace(NUMBER, valid=_even_within)
