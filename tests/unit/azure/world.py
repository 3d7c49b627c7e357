"""A platform on Azure for unit tests, against a stand-in that refuses what Azure would."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import InvokeOptions, ResourceOptions

from nodeyard.clouds.azure.roles import Role
from nodeyard.errors import InputError
from nodeyard.platform import Platform
from sandbox.mocks import SandboxMocks
from tests.unit.recording import Recording, record

SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/platform"
ZONES = ["eastus2-1", "eastus2-2", "eastus2-3"]
ADMINS, TEAM = "aaaaaaaa-0000-0000-0000-000000000001", "aaaaaaaa-0000-0000-0000-000000000002"
OPERATORS = "192.31.196.0/24"
VALUE = "a value that nobody may see"

ASSIGNMENT = "azure-native:authorization:RoleAssignment"
CLUSTER = "azure-native:containerservice:ManagedCluster"
SECRET = "azure-native:keyvault:Secret"
ADDRESS = "azure-native:network:PublicIPAddress"


Make = Callable[..., Recording]


def arguments(**changes: Any) -> Any:
    return {
        "cloud": "azure",
        "account": SUBSCRIPTION,
        "region": "eastus2",
        "zones": ZONES,
        "cidr": "10.40.0.0/16",
        "kubernetes_version": "1.36",
        "public_access_cidrs": [OPERATORS],
        "peered_cidrs": ["10.99.0.0/16"],
        "system_nodes": {"instance_type": "Standard_D4s_v5", "node_count": 2, "release_version": "1.36.2"},
        "admins": [ADMINS],
        "access": {"metis": {"principal": TEAM, "role": "deployer", "namespaces": ["metis-mainnet"]}},
        **changes,
    }


def deploy(home: Path, **changes: Any) -> tuple[SandboxMocks, Recording]:
    """A platform in a world of its own; the recording's exports hold its contract."""
    mocks, made = SandboxMocks(home, region="eastus2"), {}

    def program() -> None:
        platform = Platform("platform", arguments(**changes)).platform
        pulumi.Output.all(platform, platform.is_secret()).apply(lambda both: made.update(value=both[0], secret=both[1]))

    recording = record(program, mocks)
    recording.check()
    recording.exports.update(made)
    return mocks, recording


def problems(home: Path, **changes: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        deploy(home, **changes)
    return dict(raised.value.problems)


def asked(opts: ResourceOptions) -> InvokeOptions:
    """How a program asks the cloud whose provider its options name first."""
    provider, *_ = opts.providers or []
    return InvokeOptions(parent=opts.parent, provider=provider)


def granted(recording: Recording, principal: str) -> set[tuple[Role, str]]:
    """(role, scope) of everything that the principal has."""
    return {
        (Role(a.inputs["roleDefinitionId"].rpartition("/")[2]), a.inputs["scope"])
        for a in recording.of(ASSIGNMENT)
        if a.inputs["principalId"] == principal
    }
