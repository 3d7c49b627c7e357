"""Three teams' players of one TSM, by `./sandbox/pulumi`, on three real control planes.

The tests share one world, in this order: each player comes up once, and knows those before it; then those that do not
know all others come up again.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

import pytest

from sandbox.controlplane.client import Refused
from tests.cluster.harness import Sandbox as Clusters
from tests.cluster.harness import until
from tests.cluster.tsm import NETWORKING, NODE, PULL, Player, name_of, player_in
from tests.engine.harness import Sandbox

STACKS = {"azure": "tsm-player1-azure", "aws": "tsm-player0-aws", "gcp": "tsm-player2-gcp"}
"""In the order in which they come up: the first one knows nobody then, and the last one everybody."""
INDEX = {"aws": "0", "azure": "1", "gcp": "2"}
ELB, BINDING = "elbv2.k8s.aws/v1beta1", "TargetGroupBinding"
ADDRESSES = {"azure": "azure-native:network:PublicIPAddress", "gcp": "gcp:compute/address:Address"}
MPC, SDK = 9000, 8080
INGRESSES = {
    "aws": {"certificate": "arn:aws:acm:us-east-2:123456789012:certificate/12345678-1234-1234-1234-123456789012"},
    "azure": {"className": "nginx", "tlsSecretName": "sdk-tls", "controllerNamespace": "ingress-nginx"},
    "gcp": {
        "certificate": "projects/nodeyard-platform/regions/us-central1/sslCertificates/sdk",
        "controllerCidrs[0]": "10.42.252.0/23",
    },
}

every_cloud = pytest.mark.parametrize("cloud", STACKS)
by_service = pytest.mark.parametrize("cloud", ADDRESSES)


@pytest.fixture(scope="module")
def stacks(clusters: Clusters) -> Sandbox:
    """Each player has come up once, and its card."""
    sandbox = Sandbox(clusters.home, SANDBOX_CLUSTER_OWNER=str(os.getpid()))
    for cloud, stack in STACKS.items():
        sandbox.configure(stack, "--secret", "--path", "nodeyard:secrets.pull", PULL)
        ingress = {f"sdk.ingress.{key}": value for key, value in INGRESSES[cloud].items()}
        told = {"key": "generated", "sdk.exposure": "internal", "sdk.ingress.host": f"{cloud}.example.com"}
        sandbox.set(stack, told | ingress)
        sandbox.up(stack)
        sandbox.up(card_of(cloud))
    return sandbox


@pytest.fixture(scope="module")
def players(clusters: Clusters, stacks: Sandbox) -> dict[str, Player]:
    return {cloud: player_in(clusters, stack, "tsm", f"platform-{cloud}") for cloud, stack in STACKS.items()}


@pytest.fixture(scope="module")
def met(stacks: Sandbox, players: dict[str, Player]) -> dict[str, Player]:
    """The players, once each knows all others."""
    for cloud in ("azure", "aws"):
        stacks.up(STACKS[cloud])
    return players


def card_of(cloud: str) -> str:
    return f"tsm-player{INDEX[cloud]}-card"


def others(cloud: str) -> list[str]:
    return [other for other in STACKS if other != cloud]


# --- as long as a card lacks


@pytest.mark.parametrize("cloud", ["azure", "aws"])
def test_at_zero_replicas_no_instance_runs_and_everything_else_is_there(
    stacks: Sandbox, players: dict[str, Player], cloud: str
) -> None:
    player = players[cloud]
    player.done()
    assert not player.pods()
    assert player.find("Deployment", "node", "apps/v1")["spec"]["replicas"] == 0
    assert len(player.nodes()) == 2
    for manifest in stacks.manifests(player.name):
        assert player.kubernetes.client.get(manifest), f"{manifest['kind']} {name_of(manifest)}"
    assert player.find("SecretProviderClass", "node", "secrets-store.csi.x-k8s.io/v1")
    assert player.find("Ingress", "sdk", NETWORKING)


def test_a_balancer_that_nobody_may_call_is_none(players: dict[str, Player]) -> None:
    """To Kubernetes an empty list of ranges means everybody."""
    service = players["azure"].find("Service", "mpc")
    assert service["spec"]["type"] == "ClusterIP"
    assert not service["status"].get("loadBalancer")
    assert players["azure"].find("Service", "sdk")["spec"]["type"] == "LoadBalancer"


def test_the_last_one_knows_all_others_at_once(players: dict[str, Player]) -> None:
    players["gcp"].running(2)


# --- the same mesh


@every_cloud
def test_with_all_cards_each_has_two_replicas_on_nodes_of_its_own_in_two_zones(
    met: dict[str, Player], cloud: str
) -> None:
    player = met[cloud]
    pods, nodes = player.running(2), player.nodes()
    assert {pod["spec"]["nodeName"] for pod in pods} == set(map(name_of, nodes))
    assert len({node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}) == 2
    assert all({"key": NODE, "value": player.name, "effect": "NoSchedule"} in node["spec"]["taints"] for node in nodes)


@every_cloud
def test_each_is_dialled_by_all_others_where_its_balancer_is(
    clusters: Clusters, met: dict[str, Player], cloud: str
) -> None:
    player, dialled = met[cloud], {met[other].dialled()[INDEX[cloud]] for other in others(cloud)}
    if cloud == "aws":
        balancers = clusters.cloud.world.find("aws:lb/loadBalancer:LoadBalancer")
        (host,) = (b.properties["dnsName"] for b in balancers if b.name == f"{player.name}-mpc")
    else:
        host = until(lambda: player.answers_at("mpc"), "the balancer's address")
    assert dialled == {f"tcp://{host}:{MPC}"}
    until(lambda: player.answering("mpc") == set(map(name_of, player.running(2))), "both replicas behind it")


@every_cloud
def test_each_trusts_the_keys_that_the_others_have(stacks: Sandbox, met: dict[str, Player], cloud: str) -> None:
    trusted = {index: peer["PublicKey"] for index, peer in met[cloud].config()["Players"].items()}
    assert trusted == {INDEX[other]: stacks.outputs(card_of(other))["card"]["public_key"] for other in others(cloud)}


# --- what the cluster has of it


@every_cloud
def test_the_api_server_takes_every_object_by_server_side_apply_and_knows_all_fields(
    stacks: Sandbox, met: dict[str, Player], cloud: str
) -> None:
    player = met[cloud]
    manifests = stacks.manifests(player.name)
    assert {"Ingress", "PodDisruptionBudget", "Job", "Deployment"} <= {manifest["kind"] for manifest in manifests}
    for manifest in manifests:
        player.kubernetes.client.apply(manifest, "test", dry_run=True)


@every_cloud
def test_the_ingress_sends_to_the_port_of_a_service(met: dict[str, Player], cloud: str) -> None:
    (rule,) = met[cloud].find("Ingress", "sdk", NETWORKING)["spec"]["rules"]
    assert rule["host"] == f"{cloud}.example.com"
    (path,) = rule["http"]["paths"]
    service = met[cloud].find("Service", "sdk")
    assert path["backend"]["service"]["name"] == name_of(service)
    assert path["backend"]["service"]["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}


def test_on_gke_the_service_behind_the_ingress_names_a_backend_config_that_is_there(met: dict[str, Player]) -> None:
    named = json.loads(met["gcp"].find("Service", "sdk")["metadata"]["annotations"]["cloud.google.com/backend-config"])
    found = met["gcp"].find("BackendConfig", "sdk", "cloud.google.com/v1")
    assert named == {"default": name_of(found)}
    assert found["spec"]["healthCheck"]["port"] == SDK


@every_cloud
def test_the_driver_makes_the_pull_secret_that_the_pods_name(met: dict[str, Player], cloud: str) -> None:
    player = met[cloud]
    (named,) = {pull["name"] for pod in player.running(2) for pull in pod["spec"]["imagePullSecrets"]}
    secret = player.kubernetes.client.find("Secret", named, player.namespace)
    assert secret is not None
    assert secret["type"] == "kubernetes.io/dockerconfigjson"
    assert base64.b64decode(secret["data"][".dockerconfigjson"]).decode() == PULL


@every_cloud
def test_the_configuration_lies_in_the_node_pods_mount_alone(met: dict[str, Player], cloud: str) -> None:
    assert met[cloud].mounted("node").keys() == {"config.toml", "metricsKey", "pull"}
    assert met[cloud].mounted("role").keys() == {"databaseAdmin", "databaseRole"}
    assert not met[cloud].readable("node") & met[cloud].readable("role")
    assert len(met[cloud].readable("node")) == 3


# --- balancers


def test_on_aws_each_balancer_is_bound_to_a_service_that_is_none_itself(
    clusters: Clusters, met: dict[str, Player]
) -> None:
    player = met["aws"]
    for part, port in {"mpc": MPC, "sdk": SDK}.items():
        binding, service = player.find(BINDING, part, ELB), player.find("Service", part)
        (found,) = service["spec"]["ports"]
        assert service["spec"]["type"] == "ClusterIP"
        assert binding["spec"]["serviceRef"] == {"name": name_of(service), "port": port}
        assert found["port"] == port
        (group,) = clusters.cloud.world.identified(binding["spec"]["targetGroupARN"])
        assert group.properties["port"] == port


def test_on_aws_a_binding_with_a_field_that_its_definition_does_not_have_is_refused(met: dict[str, Player]) -> None:
    binding = met["aws"].find(BINDING, "mpc", ELB)
    manifest = {key: binding[key] for key in ("apiVersion", "kind", "spec")}
    manifest["metadata"] = {key: binding["metadata"][key] for key in ("name", "namespace")}
    met["aws"].kubernetes.client.apply(manifest, "test", dry_run=True)
    manifest["spec"] = {**manifest["spec"], "targetGroupArn": "misspelt"}
    with pytest.raises(Refused, match="targetGroupArn: field not declared in schema"):
        met["aws"].kubernetes.client.apply(manifest, "test", dry_run=True)


@by_service
def test_elsewhere_the_service_has_the_reserved_address_and_lets_the_peers_in_alone(
    clusters: Clusters, stacks: Sandbox, met: dict[str, Player], cloud: str
) -> None:
    player = met[cloud]
    spec = player.find("Service", "mpc")["spec"]
    assert (spec["type"], spec["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    cards = [stacks.outputs(card_of(other))["card"] for other in others(cloud)]
    assert sorted(spec["loadBalancerSourceRanges"]) == sorted(range_ for card in cards for range_ in card["egress"])
    address = until(lambda: player.answers_at("mpc"), "an address")
    assert address == reserved(clusters, cloud)[f"{player.name}-mpc"]


@by_service
def test_elsewhere_the_sdks_balancer_is_inside_the_network(
    clusters: Clusters, stacks: Sandbox, met: dict[str, Player], cloud: str
) -> None:
    player, platform = met[cloud], stacks.outputs(f"platform-{cloud}")["platform"]
    spec = player.find("Service", "sdk")["spec"]
    assert (spec["type"], spec["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    assert spec["sessionAffinity"] == "ClientIP"
    assert sorted(spec["loadBalancerSourceRanges"]) == sorted(platform["private_cidrs"] + platform["peered_cidrs"])
    address = until(lambda: player.answers_at("sdk"), "an address")
    if cloud == "gcp":
        assert address == reserved(clusters, cloud)[f"{player.name}-sdk"]
    subnets = [ip_network(subnet["cidr"]) for subnet in platform["private_subnets"]]
    assert any(ip_address(address) in subnet for subnet in subnets)


def reserved(clusters: Clusters, cloud: str) -> Mapping[str, str]:
    """The addresses that the cloud keeps, by their names."""
    found = clusters.cloud.world.find(ADDRESSES[cloud])
    return {str(item.name): item.properties.get("ipAddress") or item.properties.get("address", "") for item in found}
