"""What a change does to a load balancer on each cloud, and what a destroy leaves of it.

One public and one private balancer on the shipped platform. A cloud that has them gets a line in each table.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.harness import CHECKOUT, Sandbox
from tests.engine.worlds import Worlds

PROGRAM = f"""
import sys
sys.path.insert(0, {str(CHECKOUT)!r})

import pulumi
from pulumi import ResourceOptions

from nodeyard import clouds, reference
from nodeyard.clouds.contract.load_balancer import LoadBalancerSpec

config = pulumi.Config("balancers")
platform = reference.platform(config.require("platform"))
cloud = clouds.of(platform)
options = ResourceOptions(providers=list(cloud.providers("balancers", platform, ResourceOptions())))
common = {{"namespace": platform["namespaces"][0], "zones": config.require_object("zones")}}
callers = pulumi.Output.from_input(config.require_object("callers"))
port = config.require_int("port")
for name, spec in {{
    "it-mpc": LoadBalancerSpec(service="it-mpc", port=port, public=True, source_ranges=callers, **common),
    "it-sdk": LoadBalancerSpec(
        service="it-sdk",
        port=8080,
        public=False,
        source_ranges=["10.0.0.0/8"],
        health_path="/ready",
        sticky=True,
        private_address=config.get("privateAddress"),
        **common,
    ),
}}.items():
    made = cloud.LoadBalancer(name, spec, platform, options)
    pulumi.export(name, {{"host": made.host, "addresses": made.addresses, "service": made.service}})
"""
ZONES = {
    "aws": ["us-east-2a", "us-east-2b"],
    "azure": ["eastus2-1", "eastus2-2"],
    "gcp": ["us-central1-a", "us-central1-b"],
}
PRIVATE_ADDRESS = {"azure": "10.41.63.250"}
"""Where one must be given."""
ADDRESSES = {
    "aws": ("aws:ec2/eip:Eip", 2),
    "azure": ("azure-native:network:PublicIPAddress", 1),
    "gcp": ("gcp:compute/address:Address", 1),
}
"""What holds a public balancer's addresses, and how many of them there are."""
CLOSED = {"aws": {"aws:ec2/securityGroup:SecurityGroup": "update"}, "azure": {}, "gcp": {}}
"""What changes when nobody may call any more. Elsewhere than on AWS the Service says it."""
ANOTHER_PORT = {
    "aws": {
        "aws:ec2/securityGroup:SecurityGroup": "update",
        "aws:lb/targetGroup:TargetGroup": "replace",
        "aws:lb/listener:Listener": "update",
        "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding": "replace",
    },
    "azure": {},
    "gcp": {},
}


@pytest.fixture(params=sorted(ZONES))
def cloud(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def balancers(cloud: str, worlds: Worlds, tmp_path: Path) -> Sandbox:
    """Both are up."""
    (tmp_path / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "balancers", "runtime": "python"}))
    (tmp_path / "__main__.py").write_text(PROGRAM)
    config: dict[str, Any] = {"platform": f"organization/nodeyard/platform-{cloud}", "zones": ZONES[cloud]}
    config |= {"callers": ["198.51.100.7/32"], "port": 9000}
    config |= {"privateAddress": PRIVATE_ADDRESS[cloud]} if cloud in PRIVATE_ADDRESS else {}
    settings = {"config": {f"balancers:{key}": value for key, value in config.items()}}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))
    sandbox = Sandbox(worlds.shipped(f"platform-{cloud}", tmp_path / "home").home, cwd=tmp_path)
    sandbox.up("dev")
    return sandbox


def planned(sandbox: Sandbox) -> dict[str, str]:
    """The operation on each type of what would change."""
    steps = [step for step in sandbox.preview("dev")["steps"] if step["op"] not in ("same", "read")]
    tokens = [(step["urn"].split("::")[2].split("$")[-1], step["op"]) for step in steps]
    whole = {"create-replacement": "replace", "delete-replaced": "replace"}
    return {token: whole.get(op, op) for token, op in tokens if not token.startswith("pulumi:")}


def test_a_second_up_changes_nothing_and_callers_keep_their_addresses(balancers: Sandbox) -> None:
    before = balancers.outputs("dev")
    assert set(balancers.preview("dev")["changeSummary"]) == {"same"}
    balancers.up("dev")
    assert balancers.outputs("dev") == before
    assert before["it-mpc"]["service"]["sourceRanges"] == ["198.51.100.7/32"]
    assert before["it-sdk"]["service"]["sticky"] is True


def test_a_balancer_that_is_closed_stays_and_lets_nobody_in(cloud: str, balancers: Sandbox) -> None:
    balancers.configure("dev", "balancers:callers", "[]")
    assert planned(balancers) == CLOSED[cloud]
    before = balancers.outputs("dev")["it-mpc"]
    balancers.up("dev")
    after = balancers.outputs("dev")["it-mpc"]
    assert (after["host"], after["addresses"]) == (before["host"], before["addresses"])
    assert after["service"]["sourceRanges"] == []


def test_another_port_keeps_the_addresses(cloud: str, balancers: Sandbox) -> None:
    balancers.configure("dev", "balancers:port", "9001")
    assert planned(balancers) == ANOTHER_PORT[cloud]
    before = balancers.outputs("dev")["it-mpc"]["host"]
    balancers.up("dev")
    assert balancers.outputs("dev")["it-mpc"]["host"] == before


def test_a_destroy_leaves_the_public_addresses_and_nothing_else(cloud: str, balancers: Sandbox) -> None:
    balancers.ok("destroy", "--stack", "dev", "--yes", "--skip-preview", "--exclude-protected")
    token, number = ADDRESSES[cloud]
    left = [one for one in balancers.export("dev")["deployment"]["resources"] if one["custom"]]
    made = [one["type"] for one in left if not one["type"].startswith("pulumi:")]
    assert made == [token] * number
