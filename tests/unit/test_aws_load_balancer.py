"""Load balancers on AWS: what is made, who may call, and what is refused."""

from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.aws.load_balancer_policy import statements
from nodeyard.clouds.contract.load_balancer import LoadBalancerSpec
from nodeyard.clouds.contract.platform import CloudName, PlatformContract
from nodeyard.errors import InputError
from tests.unit.examples import ACCOUNT, REGION, platform
from tests.unit.recording import Recording, Registered, record
from tests.unit.worlds import plant, with_platform

AWS = clouds.named(CloudName.AWS)
A, B, C = (f"{REGION}{zone}" for zone in "abc")
BALANCER, TARGETS, LISTENER = (
    f"aws:lb/{name}" for name in ("loadBalancer:LoadBalancer", "targetGroup:TargetGroup", "listener:Listener")
)
GROUP, EIP = "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/eip:Eip"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
CALLERS = ["198.51.100.7/32", "203.0.113.0/24"]


def spec(**changes: Any) -> LoadBalancerSpec:
    usual = {"namespace": "metis-mainnet", "service": "it-mpc", "port": 9000, "zones": [A, B], "public": True}
    return LoadBalancerSpec(**{**usual, "source_ranges": CALLERS, **changes})


def made(name: str = "it", at: PlatformContract | None = None, **changes: Any) -> tuple[Recording, dict[str, Any]]:
    where, told = at or platform(), {}
    mocks = with_platform(where)
    for id_ in changes.get("existing", []):
        plant(mocks, EIP, id_, REGION, allocationId=id_, publicIp="192.0.2.1")

    def program() -> None:
        it = AWS.LoadBalancer(name, spec(**changes), where, ResourceOptions())
        pulumi.Output.all(host=it.host, addresses=it.addresses, service=it.service).apply(told.update)

    recording = record(program, mocks)
    recording.check()
    return recording, told


def mappings(recording: Recording) -> list[dict[str, Any]]:
    return list(recording.one(BALANCER).inputs["subnetMappings"])


def test_a_public_one_stands_in_each_zone_under_an_address_that_outlives_it() -> None:
    recording, told = made()
    addresses = sorted(recording.of(EIP), key=lambda address: address.name)
    assert [address.name for address in addresses] == [f"it-{A}", f"it-{B}"]
    assert all(address.protect and address.retain_on_delete for address in addresses)
    assert all(address.inputs["tags"]["Name"] == address.name for address in addresses)
    subnets = [subnet["id"] for subnet in platform()["public_subnets"]]
    assert [each["subnetId"] for each in mappings(recording)] == subnets[:2]
    assert [each["allocationId"] for each in mappings(recording)] == [address.id for address in addresses]
    balancer = recording.one(BALANCER)
    assert (balancer.inputs["internal"], balancer.inputs["loadBalancerType"]) == (False, "network")
    assert not balancer.protect
    assert told["addresses"] == [address.outputs["publicIp"] for address in addresses]
    assert told["host"] == balancer.outputs["dnsName"]


def test_addresses_that_are_there_are_adopted_zone_by_zone() -> None:
    existing = ["eipalloc-0123456789abcdef0", "eipalloc-0123456789abcdef1"]
    recording, told = made(existing=existing)
    assert sorted(recording.read) == [(f"it-{A}-adopted", existing[0]), (f"it-{B}-adopted", existing[1])]
    assert [each["allocationId"] for each in mappings(recording)] == existing
    assert told["addresses"] == ["192.0.2.1", "192.0.2.1"]


def test_a_private_one_stands_in_private_subnets_and_takes_the_address_that_it_is_given() -> None:
    recording, told = made(public=False, private_address="10.0.11.9")
    assert EIP not in {resource.type for resource in recording.resources}
    subnets = [subnet["id"] for subnet in platform()["private_subnets"]]
    assert mappings(recording) == [
        {"subnetId": subnets[0]},
        {"subnetId": subnets[1], "privateIpv4Address": "10.0.11.9"},
    ]
    assert recording.one(BALANCER).inputs["internal"] is True
    assert told["addresses"] == []


def rules(recording: Recording, way: str) -> list[dict[str, Any]]:
    return list(recording.one(GROUP).inputs[way])


def test_only_the_callers_reach_the_port_and_the_balancer_reaches_the_network_only() -> None:
    recording, _ = made()
    port = {"protocol": "tcp", "fromPort": 9000, "toPort": 9000}
    assert rules(recording, "ingress") == [{**port, "cidrBlocks": CALLERS, "description": "callers"}]
    assert rules(recording, "egress") == [{**port, "cidrBlocks": ["10.0.0.0/16"], "description": "pods"}]
    assert recording.one(BALANCER).inputs["securityGroups"] == [recording.one(GROUP).id]


def test_nobody_reaches_one_without_callers() -> None:
    """The list is there and empty: without a list AWS' provider would leave the rules of before."""
    recording, told = made(source_ranges=pulumi.Output.from_input([]))
    assert rules(recording, "ingress") == []
    assert told["service"]["sourceRanges"] == []


def test_it_sends_to_the_pods_themselves_with_the_callers_own_address() -> None:
    recording, _ = made(health_path="/ready", sticky=True)
    targets = recording.one(TARGETS)
    assert (targets.inputs["targetType"], targets.inputs["preserveClientIp"]) == ("ip", "true")
    assert targets.inputs["healthCheck"] == {"protocol": "HTTP", "path": "/ready"}
    assert targets.inputs["stickiness"] == {"type": "source_ip", "enabled": True}
    listener = recording.one(LISTENER).inputs
    assert listener["loadBalancerArn"] == recording.one(BALANCER).outputs["arn"]
    assert listener["defaultActions"] == [{"type": "forward", "targetGroupArn": targets.outputs["arn"]}]
    assert recording.one(BALANCER).inputs["enableCrossZoneLoadBalancing"] is True
    recording, _ = made()
    assert recording.one(TARGETS).inputs["healthCheck"] == {"protocol": "TCP"}
    assert recording.one(TARGETS).inputs["stickiness"]["enabled"] is False


def test_the_clusters_controller_binds_the_service_and_lets_the_balancer_in() -> None:
    recording, _ = made()
    binding = recording.one(BINDING)
    group = {"securityGroup": {"groupID": recording.one(GROUP).id}}
    assert binding.inputs["metadata"] == {"name": "it", "namespace": "metis-mainnet"}
    assert binding.inputs["spec"] == {
        "serviceRef": {"name": "it-mpc", "port": 9000},
        "targetGroupARN": recording.one(TARGETS).outputs["arn"],
        "targetType": "ip",
        "networking": {"ingress": [{"from": [group], "ports": [{"protocol": "TCP", "port": 9000}]}]},
    }


def test_the_controller_may_put_pods_into_the_target_group() -> None:
    """By its tag: the controller's policy keeps it to what has its cluster's name."""
    policy = statements(REGION, ACCOUNT, "vpc-0123456789abcdef0", "platform")
    [manages] = [s for s in policy if "elasticloadbalancing:RegisterTargets" in s["Action"]]
    [(tag, cluster)] = manages["Condition"]["StringEquals"].items()
    recording, _ = made()
    assert recording.one(TARGETS).inputs["tags"][tag.removeprefix("aws:ResourceTag/")] == cluster


def test_a_chart_makes_no_balancer_and_lets_the_health_checks_in() -> None:
    _, told = made()
    assert told["service"] == {
        "type": "ClusterIP",
        "annotations": {},
        "sourceRanges": CALLERS,
        "healthRanges": [subnet["cidr"] for subnet in platform()["public_subnets"][:2]],
        "sticky": False,
    }


def test_a_long_name_is_cut_so_that_two_stay_two_and_another_port_is_another_target_group() -> None:
    def names(stack: str, port: int) -> list[str]:
        recording, _ = made(f"tsm-mainnet-of-the-custodian-{stack}", port=port)
        return [one.inputs["name"] for one in (recording.one(BALANCER), recording.one(TARGETS))]

    first, second = names("one", 9000), names("two", 9000)
    assert all(len(name) <= 32 for name in first + second)
    assert len({*first, *second}) == 4
    assert names("one", 8080)[0] == first[0]
    assert names("one", 8080)[1] not in first


def test_it_goes_before_another_of_its_name_comes() -> None:
    recording, _ = made()
    assert recording.one(BALANCER).delete_before_replace
    assert recording.one(BINDING).delete_before_replace


def parents(recording: Recording, one: Registered) -> str:
    return one.parent.rpartition("::")[2]


def test_everything_stands_under_the_component() -> None:
    recording, _ = made()
    below = [one for one in recording.resources if one.type.startswith(("aws:", "kubernetes:"))]
    assert {parents(recording, one) for one in below} == {"it"}
    assert len(below) == 7


@pytest.mark.parametrize(
    ("key", "changes", "words"),
    [
        ("zones", {"zones": [A, A]}, "once"),
        ("zones", {"zones": [A, "us-east-2d"]}, "no subnet in us-east-2d"),
        ("existing", {"existing": ["eipalloc-0123456789abcdef0"]}, "2 in all"),
        ("existing", {"public": False, "existing": ["eipalloc-0123456789abcdef0"] * 2}, "does nothing"),
        ("private_address", {"private_address": "10.0.10.9"}, "does nothing"),
        ("private_address", {"public": False, "private_address": "10.0.12.9"}, "none of the private subnets"),
        ("private_address", {"public": False, "private_address": "10.0.10.3"}, "AWS' own"),
        ("private_address", {"public": False, "private_address": "10.0.10.255"}, "AWS' own"),
    ],
)
def test_what_aws_would_refuse_is_refused_by_its_key(key: str, changes: dict[str, Any], words: str) -> None:
    [(path, said)] = AWS.load_balancer_problems(spec(**changes), platform())
    assert (path, words in said) == (key, True), said
    with pytest.raises(InputError, match="cannot be made on AWS"):
        AWS.LoadBalancer("it", spec(**changes), platform(), ResourceOptions())


def test_what_is_right_is_refused_nothing() -> None:
    for changes in ({}, {"public": False}, {"public": False, "private_address": "10.0.10.4"}, {"zones": [C]}):
        assert list(AWS.load_balancer_problems(spec(**changes), platform())) == []
        assert list(AWS.load_balancer_problems(spec(**changes), None)) == []
