"""How a stack takes its platform, and what it says when it cannot."""

from collections.abc import Callable
from typing import Any

import grpc
import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from nodeyard import reference
from nodeyard.clouds.contract.platform import PlatformContract
from tests.unit.examples import platform
from tests.unit.recording import record

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
