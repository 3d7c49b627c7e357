"""What may exist once is called by a name of its own. What an older Nodeyard made keeps the name that it has: another
one would replace it."""

from typing import Any

import pytest

from nodeyard.theta_edge_node import ThetaEdgeNode
from sandbox.mocks import SandboxMocks
from sandbox.simulation import class_of
from tests.unit.recording import Recording, record
from tests.unit.theta_fleet import CLOUDS, arguments
from tests.unit.worlds import empty

STANDING = {
    "aws": [
        "aws:autoscaling/group:Group",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/role:Role",
        "aws:iam/rolePolicy:RolePolicy",
    ],
    "azure": [
        "azure-native:monitor:DataCollectionEndpoint",
        "azure-native:monitor:DataCollectionRule",
        "azure-native:monitor:ScheduledQueryRule",
        "azure-native:network:NetworkInterface",
        "azure-native:network:NetworkSecurityGroup",
    ],
}
OF_THE_ACCOUNT = ("aws:iam/instanceProfile:InstanceProfile", "aws:iam/role:Role")
"""The names of all regions are one another's."""


def fleet(cloud: str, state: dict[str, Any] | None = None) -> Recording:
    mocks = SandboxMocks(empty().home, region=CLOUDS[cloud].site["region"])
    mocks.state = state or {}
    return record(lambda: ThetaEdgeNode("theta", arguments(cloud)), mocks)


def names(recording: Recording, type_: str) -> dict[str, str]:
    """The names in the cloud, by the resources' own."""
    given = class_of(type_.split(":")[0]).resources[type_].name
    return {made.name: made.inputs[given] for made in recording.of(type_)}


@pytest.mark.parametrize("cloud", STANDING)
def test_what_is_made_anew_has_a_name_of_its_own(cloud: str) -> None:
    made, region = fleet(cloud), CLOUDS[cloud].site["region"]
    for type_ in STANDING[cloud]:
        end = f"-{region}" if type_ in OF_THE_ACCOUNT else ""
        assert all(called == f"{name}{end}" for name, called in names(made, type_).items())


@pytest.mark.parametrize("cloud", STANDING)
def test_what_is_up_keeps_its_name(cloud: str) -> None:
    before = [resource for resource in fleet(cloud).resources if resource.type in STANDING[cloud]]
    old = {made.urn: {"type": made.type, "outputs": {"name": f"{made.name}-0a1b2c3"}} for made in before}
    now = fleet(cloud, old)
    for type_ in STANDING[cloud]:
        assert all(called == f"{name}-0a1b2c3" for name, called in names(now, type_).items())
