"""What is made on AWS, held against what AWS says itself."""

import copy
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.vendors import botocore_models, cloudformation, cloudwatch_agent, false_alarms, iam
from tests.vendors.aws_faults import FAULTS
from tests.vendors.faults import put
from tests.vendors.finished import Made, Unmapped
from tests.vendors.stacks import Stacks, names, shipped

Judge = Callable[[list[Made], str], Iterable[str]]

JUDGES = {"api": 18, "cfn": 33, "iam": 4}
"""Of 63 faults, how many each saw when it was chosen."""
DATABASE = Made("aws:rds/cluster:Cluster", "database", {"engine": "postgres"}, {})
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"


@pytest.fixture(scope="module")
def stacks(stacks_of: Callable[[str], Stacks]) -> Stacks:
    return stacks_of("aws")


@pytest.fixture(params=names("aws"))
def stack(request: pytest.FixtureRequest, stacks: Stacks) -> list[Made]:
    found = stacks.made(request.param)
    assert found
    return found


def test_the_services_take_every_call_that_makes_a_resource(stack: list[Made]) -> None:
    assert [f"{made.name}: {problem}" for made in stack for problem in botocore_models.problems(made)] == []


def test_cloudformation_takes_every_resource_in_the_stacks_region(stack: list[Made], stacks: Stacks) -> None:
    assert list(cloudformation.problems(stack, stacks.region)) == []


def test_every_right_has_actions_keys_and_resources_that_belong_together(stack: list[Made]) -> None:
    assert list(iam.problems(stack)) == []


def test_no_policy_stands_where_nobody_reads_it(stack: list[Made]) -> None:
    elsewhere = {
        (made.type, key)
        for made in stack
        for key, value in made.inputs.items()
        if isinstance(value, str) and '"Statement"' in value and iam.POLICIES.get(made.type) != key
    }
    assert elsewhere == set()


def test_the_agent_takes_the_configuration_of_every_machine(stacks: Stacks) -> None:
    found = list(configurations(stacks, names("aws")))
    sections = {"nvidia_gpu" in told["metrics"]["metrics_collected"] for told in found}
    assert sections == {True, False}
    assert [problem for told in found for problem in cloudwatch_agent.problems(told)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("agent.metrics_collection_interval", 0),
        ("metrics.metrics_collected.cpu.resources", ["/"]),
        ("metrics.metrics_collected.memory", {"measurement": ["used_percent"]}),
        ("metrics.aggregation_dimensions", ["Node"]),
        ("logs.logs_collected.files.collect_list.0.retention_in_days", 10),
        ("logs.logs_collected.files.collect_list.0.log_group_name", ""),
    ],
)
def test_the_agent_refuses_another_configuration(path: str, value: Any, stacks: Stacks) -> None:
    told = copy.deepcopy(next(configurations(stacks, ["theta-mainnet"])))
    assert put(told, path, value)
    assert cloudwatch_agent.problems(told)


def configurations(stacks: Stacks, wanted: Iterable[str]) -> Any:
    machines = [made for name in wanted for made in stacks.made(name) if made.type == TEMPLATE]
    return (told for made in machines if (told := cloudwatch_agent.configuration_of(made)))


def test_each_fault_is_seen_by_those_who_are_known_to_see_it(stacks: Stacks) -> None:
    all_shipped = stacks.all_shipped()
    found = {}
    for fault in FAULTS:
        made = fault.put_into(all_shipped)
        said = {
            "api": list(botocore_models.problems(made)),
            "cfn": list(cloudformation.problems([made], stacks.region)),
            "iam": list(iam.problems([made])),
        }
        found[str(fault)] = " ".join(judge for judge, problems in said.items() if problems)
    assert found == {str(fault): fault.seen_by for fault in FAULTS}


@pytest.mark.parametrize("judge", JUDGES)
def test_each_judge_sees_its_share(judge: str) -> None:
    assert len(FAULTS) >= 63
    assert sum(judge in fault.seen_by.split() for fault in FAULTS) / len(FAULTS) >= JUDGES[judge] / 63


def test_a_role_that_lacks_a_resource_of_its_action_is_seen_as_a_whole(stacks: Stacks) -> None:
    """Each statement is right by itself."""
    attach = {
        "Effect": "Allow",
        "Action": "ec2:AttachVolume",
        "Resource": "arn:aws:ec2:us-east-2:123456789012:volume/*",
    }
    role = "aws:iam/rolePolicy:RolePolicy"
    alone = Made(role, "driver", {"role": "driver", "policy": json.dumps({"Statement": [attach]})}, {})
    said = "driver: ec2:AttachVolume requires instance, and is given arn:aws:ec2:us-east-2:123456789012:volume/*"
    assert list(iam.problems([alone])) == [said]
    policy = "arn:aws:iam::aws:policy/AmazonEBSCSIDriverPolicyV2"
    attached = {"role": "driver", "policyArn": policy}
    managed = Made("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "managed", attached, {})
    assert list(iam.problems([alone, managed])) == []


def test_a_type_without_a_mapping_fails() -> None:
    with pytest.raises(Unmapped, match=r"aws:rds/cluster:Cluster has no line in botocore_models\.CALLS"):
        list(botocore_models.problems(DATABASE))
    with pytest.raises(Unmapped, match=r"aws:rds/cluster:Cluster has no line in cloudformation\.TYPES"):
        list(cloudformation.problems([DATABASE], "us-east-2"))


@pytest.mark.parametrize(
    ("judge", "problems"),
    [("cloudformation", cloudformation.problems), ("iam", lambda stack, region: iam.problems(stack))],
)
def test_what_is_a_false_alarm_is_still_said(
    judge: str, problems: Judge, stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = false_alarms.FALSE_ALARMS[judge]
    monkeypatch.setitem(false_alarms.FALSE_ALARMS, judge, {})
    told = [problem for name in shipped("aws") for problem in problems(stacks.made(name), stacks.region)]
    said = [problem.partition(": ")[2] for problem in told]
    assert [pattern for pattern in known if not any(re.fullmatch(pattern, problem) for problem in said)] == []
