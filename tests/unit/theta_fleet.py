"""Fleets of Theta nodes on each cloud, and what they are told."""

import base64
import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime.mocks import MockResourceArgs

from nodeyard.errors import InputError
from nodeyard.reference import place
from nodeyard.theta_edge_node import ThetaEdgeNode
from sandbox.mocks import SandboxMocks
from tests.unit.examples import platform
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty

IMAGE = "registry.invalid/edgelauncher@sha256:" + "ab" * 32
OTHER = "registry.invalid/edgelauncher@sha256:" + "cd" * 32
CANARY = "canary-3b7d"
PASSWORD = "random:index/randomPassword:RandomPassword"
STASH = "pulumi:index:Stash"


@dataclass(frozen=True)
class On:
    """A cloud, and what its parts are called there."""

    site: dict[str, str]
    zones: list[str]
    disk: str
    secret: str
    machine: str
    """The resource that says where the machine is and of which type."""
    user_data: Callable[[dict[str, Any]], str]
    alarm: str


def _gunzipped(text: str) -> str:
    return gzip.decompress(base64.b64decode(text)).decode()


CLOUDS = {
    "aws": On(
        {"cloud": "aws", "region": "eu-central-1"},
        ["eu-central-1a", "eu-central-1b"],
        "aws:ebs/volume:Volume",
        "aws:secretsmanager/secret:Secret",
        "aws:ec2/launchTemplate:LaunchTemplate",
        lambda inputs: _gunzipped(inputs["userData"]),
        "aws:cloudwatch/metricAlarm:MetricAlarm",
    ),
    "azure": On(
        {"cloud": "azure", "account": "12345678-0000-0000-0000-000000000000", "region": "eastus2"},
        ["eastus2-1", "eastus2-2"],
        "azure-native:compute:Disk",
        "azure-native:keyvault:Secret",
        "azure-native:compute:VirtualMachine",
        lambda inputs: base64.b64decode(inputs["osProfile"]["customData"]).decode(),
        "azure-native:monitor:ScheduledQueryRule",
    ),
    "gcp": On(
        {"cloud": "gcp", "account": "nodeyard-theta", "region": "us-central1"},
        ["us-central1-a", "us-central1-b"],
        "gcp:compute/disk:Disk",
        "gcp:secretmanager/secret:Secret",
        "gcp:compute/instanceTemplate:InstanceTemplate",
        lambda inputs: inputs["metadata"]["user-data"],
        "gcp:monitoring/alertPolicy:AlertPolicy",
    ),
}


IN_CLUSTER = {
    "site": None,
    "zones": None,
    "platform": platform(namespaces=["theta"]),
    "placement": "cluster",
    "namespace": "theta",
    "release_version": "1.46.0-431fe75a",
    "probe_image": "registry.invalid/curl:1",
}


def arguments(cloud: str = "aws", **changes: Any) -> Any:
    on = CLOUDS[cloud]
    given = {"network": "mainnet", "image": IMAGE, "nodes": {"edge-1": {}}, "site": on.site, "zones": on.zones}
    return {key: value for key, value in {**given, **changes}.items() if value is not None}


def deploy(home: Path, cloud: str = "aws", name: str = "theta", **changes: Any) -> Recording:
    exports: dict[str, Any] = {}

    def program() -> None:
        fleet = ThetaEdgeNode(name, arguments(cloud, **changes))
        exports["cloud"] = place(fleet.platform)
        outputs = {"nodes": fleet.nodes, "secrets": fleet.secrets, "missing": fleet.missing}
        pulumi.Output.all(**outputs).apply(exports.update)

    recording = record(program, SandboxMocks(home, region=CLOUDS[cloud].site["region"]))
    recording.check(CANARY)
    recording.exports = exports
    return recording


def problems(**changes: Any) -> dict[str, str]:
    """What is wrong with the arguments, by path. Nothing is registered, and no cloud is asked."""
    return dict(refusal(**changes).problems)


def refusal(**changes: Any) -> InputError:
    return refusal_of(arguments(**changes))


def refusal_of(args: Any, name: str = "theta") -> InputError:
    with pytest.raises(InputError) as raised:
        record(lambda: ThetaEdgeNode(name, args), Nothing(empty().home))
    return raised.value


class Nothing(SandboxMocks):
    """What is refused is refused before anything is registered."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        assert args.typ == "pulumi:pulumi:Stack"
        return super().new_resource(args)


def settings(recording: Recording, cloud: str, node: str = "theta-edge-1") -> dict[str, str]:
    """What the machine of `node` is told at boot."""
    on = CLOUDS[cloud]
    files = yaml.safe_load(on.user_data(recording.one(on.machine, node).inputs))["write_files"]
    [text] = [file["content"] for file in files if file["path"].endswith("/theta.env")]
    return {key: value.strip("'") for key, value in (line.split("=", 1) for line in text.splitlines())}
