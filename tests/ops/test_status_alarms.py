"""Which of a fleet's alarms ring, as each cloud's command line tells."""

import asyncio

import pytest

from ops.errors import Unreachable
from ops.stacks import Account
from ops.status import alarms
from ops.status.facts import Alarm
from tests.ops.harness import REGION, Command

AT = 1796029200.0
POLICY = "projects/p/alertPolicies/1"
RINGING = {
    "aws": ("aws", "alarm-1", Alarm(name="alarm-1", since=AT, summary="why")),
    "azure": ("az", "alarm-1", Alarm(name="ALARM-1", severity="Sev1", since=AT)),
    "gcp": ("gcloud", POLICY, Alarm(name="alarm-1", severity="CRITICAL", since=AT)),
}


@pytest.mark.parametrize("cloud", RINGING)
def test_of_all_alarms_that_ring_those_of_the_stack_are_told(nodeyard: Command, cloud: str) -> None:
    tool, name, alarm = RINGING[cloud]
    nodeyard.install(tool)
    account = Account(cloud=cloud, account="s", region=REGION)  # type: ignore[arg-type]
    assert asyncio.run(alarms.of_machines(account, [name])) == [alarm]
    (asked,) = nodeyard.calls(tool)
    assert {"state=OPEN", "ALARM"} & set(asked) or "monitorCondition=Fired" in asked[-1]


@pytest.mark.parametrize("cloud", RINGING)
def test_a_command_line_that_prints_something_else_is_no_answer(nodeyard: Command, cloud: str) -> None:
    tool = RINGING[cloud][0]
    program = nodeyard.directory / "bin" / tool
    program.write_text('#!/bin/sh\necho \'{"value": [7], "MetricAlarms": [7]}\'\n')
    program.chmod(0o755)
    account = Account(cloud=cloud, account="s", region=REGION)  # type: ignore[arg-type]
    with pytest.raises(Unreachable, match="did not answer"):
        asyncio.run(alarms.of_machines(account, ["alarm-1"]))


def test_a_cloud_at_endpoints_of_its_own_is_not_asked(nodeyard: Command) -> None:
    nodeyard.install("aws")
    account = Account(cloud="aws", account="s", region=REGION, endpoints={"x": "https://cloud.invalid"})  # type: ignore[arg-type]
    with pytest.raises(Unreachable, match="none of them is of alarms"):
        asyncio.run(alarms.of_machines(account, ["alarm-1"]))
    assert not nodeyard.calls("aws")
