"""An `up` that is killed when its cloud has made something and the engine has not written it down, and the way back."""

import pytest

from tests.engine.conftest import MakeProject
from tests.engine.harness import STACK, Project
from tests.faults.killing import Moment, killed
from tests.faults.operators import nodeyard

PROGRAM = """
import pulumi_aws as aws

vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"Name": "net-VICTIM"})
group = aws.ec2.SecurityGroup("group", vpc_id=vpc.id, tags={"Name": "group"})
aws.vpc.SecurityGroupIngressRule(
    "https", security_group_id=group.id, ip_protocol="tcp", from_port=443, to_port=443, cidr_ipv4="0.0.0.0/0"
)
"""
VPC = "aws:ec2/vpc:Vpc"


def ids(project: Project) -> dict[str, str]:
    return {each["type"]: each["id"] for each in project.resources(STACK) if each["type"].startswith("aws:")}


@pytest.mark.parametrize("victim", ["engine", "plugin"])
def test_what_was_made_is_taken_and_the_next_up_makes_only_the_rest(project: MakeProject, victim: str) -> None:
    killed_project = project(PROGRAM.replace("VICTIM", victim))  # one world is every test's
    killed_project.ok("stack", "select", "--create", "--stack", STACK)
    urn = f"urn:pulumi:{STACK}::{killed_project.project}::{VPC}::net"
    up = ["up", "--stack", STACK, "--yes", "--skip-preview"]
    assert killed(killed_project, up, Moment("after", "Create", urn), victim)
    assert VPC not in ids(killed_project)

    told = nodeyard(killed_project, "recover", STACK, "--yes", *(["--planned"] if victim == "plugin" else []))

    assert f"net ({VPC}): taken" in told
    taken = ids(killed_project)[VPC]
    killed_project.up(STACK)
    assert ids(killed_project)[VPC] == taken
    assert "Nothing of dev is pending" in nodeyard(killed_project, "recover", STACK, "--yes")
