"""The HTTPS host before a player's SDK port: what each cloud's controller is told, and what none of them could do."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from nodeyard.clouds.in_cluster.teams import NAMESPACED
from tests.unit import gcp_world
from tests.unit.examples import ACCOUNT, REGION
from tests.unit.tsm_players import (
    KEYS,
    MASTER,
    NAME,
    cards,
    deploy,
    on_azure,
    platform,
    problems,
    taken,
    values,
)
from tests.unit.worlds import plant, with_platform

CHART = Path(__file__).resolve().parents[2] / "charts/tsm-node"
HOST = "sdk.example.com"
EVERYBODY = ["0.0.0.0/0"]
CALLERS = ["198.51.100.0/24", "203.0.113.7/32"]
ARN = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/12345678-0000-0000-0000-000000000001"
PROJECT = f"projects/{gcp_world.PROJECT}"
GLOBAL, REGIONAL = (f"{PROJECT}/{place}/sslCertificates/sdk" for place in ("global", f"regions/{gcp_world.REGION}"))
PROXIES = "10.129.0.0/23"
GOOGLES = ["130.211.0.0/22", "35.191.0.0/16"]
OWN = {"class_name": "edge", "tls_secret_name": "sdk-tls", "controller_namespace": "edge"}
"""Of a controller of the operator's own."""
ON_GCP = {
    "platform": gcp_world.platform(namespaces=["tsm"], peered_cidrs=["10.99.0.0/16"]),
    "release_version": gcp_world.RELEASE,
}
CLOUDS: dict[str, dict[str, Any]] = {
    "aws": {},
    "azure": {key: value for key, value in on_azure().items() if key != "sdk"},
    "gcp": ON_GCP,
}
ALB = "alb.ingress.kubernetes.io/"


def told(cloud: str, sdk: dict[str, Any] | None = None, **ingress: Any) -> dict[str, Any]:
    """A player with an ingress. Azure's mesh has no need of a private address."""
    return {**CLOUDS[cloud], "sdk": {"ingress": {"host": HOST, **ingress}, **(sdk or {})}}


def rendered(cloud: str, sdk: dict[str, Any] | None = None, **ingress: Any) -> Any:
    """What the chart is told, which its schema takes."""
    player = taken(**told(cloud, sdk, **ingress))
    assert player.ingress
    found = player.cloud.ingress_values(player.ingress, player.platform)
    schema = json.loads((CHART / "values.schema.json").read_text())
    Draft7Validator({"$ref": "#/definitions/ingress", "definitions": schema["definitions"]}).validate(found)
    return found


def refused(cloud: str, sdk: dict[str, Any] | None = None, **ingress: Any) -> dict[str, str]:
    """What is wrong, by the keys below `sdk`."""
    found = problems(**told(cloud, sdk, **ingress))
    return {key.removeprefix("sdk.").removeprefix("ingress."): reason for key, reason in found.items()}


# --- what the controllers are told ---


def test_aws_controller_makes_a_balancer_of_the_network_that_lets_its_callers_in_by_https_alone() -> None:
    found = rendered("aws", certificate=ARN)
    subnets = platform()["private_subnets"]
    annotations = {key.removeprefix(ALB): value for key, value in found["annotations"].items()}
    assert json.loads(annotations.pop("listen-ports")) == [{"HTTPS": 443}]
    assert annotations == {
        "scheme": "internal",
        "subnets": ",".join(subnet["id"] for subnet in subnets),
        "target-type": "ip",
        "certificate-arn": ARN,
        "ssl-policy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        "inbound-cidrs": "10.0.0.0/16",
        "healthcheck-path": "/ping",
        "load-balancer-attributes": "idle_timeout.timeout_seconds=350",
    }
    assert (found["className"], found["host"]) == ("alb", HOST)
    assert found["callers"] == {"cidrs": [subnet["cidr"] for subnet in subnets]}
    assert "tlsSecret" not in found


def test_a_public_balancer_on_aws_stands_in_public_subnets_and_lets_in_whom_the_operator_names() -> None:
    found = rendered("aws", {"callers": CALLERS}, certificate=ARN, public=True)
    subnets = platform()["public_subnets"]
    assert found["annotations"][f"{ALB}scheme"] == "internet-facing"
    assert found["annotations"][f"{ALB}subnets"] == ",".join(subnet["id"] for subnet in subnets)
    assert found["annotations"][f"{ALB}inbound-cidrs"] == ",".join(CALLERS)
    assert found["callers"] == {"cidrs": [subnet["cidr"] for subnet in subnets]}


def test_googles_controller_has_its_class_and_its_certificate_from_annotations() -> None:
    found = rendered("gcp", {"callers": EVERYBODY}, certificate=GLOBAL, public=True)
    assert found["annotations"] == {
        "kubernetes.io/ingress.class": "gce",
        "kubernetes.io/ingress.allow-http": "false",
        "ingress.gcp.kubernetes.io/pre-shared-cert": "sdk",
    }
    assert not {"className", "tlsSecret"} & set(found)
    assert {key.rpartition("/")[2]: json.loads(value) for key, value in found["serviceAnnotations"].items()} == {
        "neg": {"ingress": True},
        "backend-config": {"default": f"{NAME}-sdk"},
    }
    assert found["callers"] == {"cidrs": GOOGLES}


def test_googles_health_checks_know_the_path_before_there_is_a_pod_and_a_call_may_take_minutes() -> None:
    found = rendered("gcp", {"callers": EVERYBODY}, certificate=GLOBAL, public=True)
    [settings] = found["settings"]
    assert (settings["kind"], settings["name"]) == ("BackendConfig", f"{NAME}-sdk")
    assert settings["spec"]["healthCheck"] == {"type": "HTTP", "port": 8080, "requestPath": "/ping"}
    assert settings["spec"]["timeoutSec"] == 350


def test_a_deployer_may_make_what_the_controller_reads() -> None:
    found = rendered("gcp", {"callers": EVERYBODY}, certificate=GLOBAL, public=True)
    for settings in found["settings"]:
        group, _, _ = settings["apiVersion"].partition("/")
        assert f"{settings['kind'].lower()}s" in NAMESPACED[group]
    assert "ingresses" in NAMESPACED["networking.k8s.io"]


def test_googles_controller_takes_a_kubernetes_secret_too() -> None:
    found = rendered("gcp", {"callers": EVERYBODY}, tls_secret_name="sdk-tls", public=True)
    assert found["tlsSecret"] == "sdk-tls"
    assert "ingress.gcp.kubernetes.io/pre-shared-cert" not in found["annotations"]
    assert found["annotations"]["kubernetes.io/ingress.allow-http"] == "false"


def test_an_internal_balancer_on_google_cloud_calls_from_the_subnet_that_the_operator_made() -> None:
    found = rendered("gcp", certificate=REGIONAL, controller_cidrs=[PROXIES])
    assert found["annotations"]["kubernetes.io/ingress.class"] == "gce-internal"
    assert found["callers"] == {"cidrs": [*GOOGLES, PROXIES]}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_controller_of_ones_own_is_the_same_on_every_cloud(cloud: str) -> None:
    issuer = {"cert-manager.io/cluster-issuer": "ours"}
    assert rendered(cloud, **OWN, annotations=issuer) == {
        "className": "edge",
        "annotations": issuer,
        "host": HOST,
        "tlsSecret": "sdk-tls",
        "callers": {"namespaces": ["edge"]},
    }
    outside = {**OWN, "controller_namespace": None, "controller_cidrs": [PROXIES]}
    given = {key: value for key, value in outside.items() if value is not None}
    assert rendered(cloud, **given)["callers"] == {"cidrs": [PROXIES]}


def test_an_operators_annotations_stand_beside_those_of_the_clouds_controller() -> None:
    address = {"kubernetes.io/ingress.global-static-ip-name": "sdk"}
    found = rendered("gcp", {"callers": EVERYBODY}, certificate=GLOBAL, public=True, annotations=address)
    assert found["annotations"].items() > address.items()
    record = {"external-dns.alpha.kubernetes.io/ttl": "60"}
    assert rendered("aws", certificate=ARN, annotations=record)["annotations"].items() > record.items()


# --- what is refused ---


@pytest.mark.parametrize(
    ("cloud", "ingress", "key", "words"),
    [
        # TLS is required, with one certificate.
        ("aws", {}, "certificate", "none is given"),
        (
            "gcp",
            {"certificate": REGIONAL, "tls_secret_name": "sdk-tls", "controller_cidrs": [PROXIES]},
            "certificate",
            "both are given",
        ),
        ("aws", {"certificate": ARN, "tls_secret_name": "sdk-tls"}, "tls_secret_name", "no Kubernetes Secret"),
        ("gcp", {"controller_cidrs": [PROXIES]}, "certificate", "none is given"),
        ("azure", {"class_name": "edge", "controller_namespace": "edge"}, "tls_secret_name", "without TLS"),
        # A certificate's id.
        ("aws", {"certificate": "sdk"}, "certificate", "no ARN"),
        ("aws", {"certificate": ARN.replace(":acm:", ":iam:")}, "certificate", "no ARN"),
        ("aws", {"certificate": ARN.replace(REGION, "eu-west-1")}, "certificate", "its own region"),
        ("gcp", {"certificate": "sdk", "controller_cidrs": [PROXIES]}, "certificate", "no id"),
        ("gcp", {"certificate": GLOBAL, "controller_cidrs": [PROXIES]}, "certificate", f"regions/{gcp_world.REGION}"),
        ("gcp", {"certificate": f"{REGIONAL},b", "controller_cidrs": [PROXIES]}, "certificate", "no id"),
        # What a controller cannot do.
        ("aws", {"tls_secret_name": "sdk-tls"}, "tls_secret_name", "no Kubernetes Secret"),
        ("aws", {"certificate": ARN, "controller_namespace": "edge"}, "controller_namespace", "of your own"),
        ("aws", {"certificate": ARN, "controller_cidrs": [PROXIES]}, "controller_cidrs", "of your own"),
        ("azure", {"tls_secret_name": "sdk-tls"}, "class_name", "until November 2026 only"),
        ("gcp", {"certificate": REGIONAL}, "controller_cidrs", "proxy-only subnet"),
        (
            "gcp",
            {"certificate": REGIONAL, "controller_cidrs": [PROXIES], "controller_namespace": "edge"},
            "controller_namespace",
            "of your own",
        ),
        # A controller of one's own.
        *(
            (cloud, {**OWN, **change}, key, words)
            for cloud in CLOUDS
            for change, key, words in [
                ({"certificate": ARN}, "certificate", "cloud's own controller"),
                ({"public": True}, "public", "cloud's own controller"),
            ]
        ),
        ("gcp", {"class_name": "edge", "tls_secret_name": "sdk-tls"}, "controller_namespace", "must be given"),
        ("aws", {**OWN, "class_name": "alb"}, "class_name", "without a `className`"),
        ("gcp", {**OWN, "class_name": "gce-internal"}, "class_name", "without a `className`"),
        # Annotations that would undo what the other keys say.
        *(
            ("aws", {"certificate": ARN, "annotations": {key: "x"}}, f'annotations["{key}"]', "not yours")
            for key in (f"{ALB}listen-ports", f"{ALB}security-groups", f"{ALB}group.name")
        ),
        *(
            (
                "gcp",
                {"certificate": REGIONAL, "controller_cidrs": [PROXIES], "annotations": {key: "x"}},
                f'annotations["{key}"]',
                "not yours",
            )
            for key in ("kubernetes.io/ingress.allow-http", "kubernetes.io/ingress.class")
        ),
        (
            "azure",
            {**OWN, "annotations": {"kubernetes.io/ingress.class": "x"}},
            'annotations["kubernetes.io/ingress.class"]',
            "not yours",
        ),
        # A host is one whole name.
        *(
            ("azure", {**OWN, "host": host}, "host", "a whole name")
            for host in (
                "sdk",
                "*.example.com",
                "SDK.example.com",
                "sdk.example.com.",
                "https://sdk.example.com",
                "a..b",
            )
        ),
    ],
)
def test_what_no_controller_could_do_is_refused(cloud: str, ingress: dict[str, Any], key: str, words: str) -> None:
    found = refused(cloud, **ingress)
    assert set(found) == {key}
    assert words in found[key].replace("class_name", "className")


def test_a_public_ingress_names_its_callers() -> None:
    assert "`public`" in refused("aws", certificate=ARN, public=True)["callers"]
    assert set(refused("gcp", certificate=GLOBAL, public=True)) == {"callers"}
    assert set(refused("aws", {"callers": []}, certificate=ARN)) == {"callers"}, "an empty list is everybody there"


def test_google_keeps_nobody_out_so_the_operator_says_that_everybody_may_call() -> None:
    public, internal = {"certificate": GLOBAL, "public": True}, {"certificate": REGIONAL, "controller_cidrs": [PROXIES]}
    assert "0.0.0.0/0" in refused("gcp", {"callers": CALLERS}, **public)["callers"]
    assert "10.99.0.0/16" in refused("gcp", {"callers": ["10.0.0.0/16"]}, **internal)["callers"]
    assert rendered("gcp", {"callers": ["10.0.0.0/8"]}, **internal)
    assert "`public`" not in refused("gcp", {"callers": CALLERS}, **public, controller_cidrs=[PROXIES])
    assert set(refused("gcp", {"callers": EVERYBODY}, **public, controller_cidrs=[PROXIES])) == {"controller_cidrs"}


def test_whom_a_controller_of_ones_own_lets_in_its_annotations_say() -> None:
    assert set(refused("aws", {"callers": CALLERS}, **OWN)) == {"callers"}
    beside = taken(**told("aws", {"callers": CALLERS, "exposure": "internal"}, **OWN))
    assert beside.balancers["sdk"].source_ranges == CALLERS


# --- what the player makes of it ---


def test_no_balancer_of_the_sdks_port_is_made_beside_it_unless_it_is_asked_for() -> None:
    assert set(taken(**told("aws", certificate=ARN)).balancers) == {"mpc"}
    assert set(taken(**told("aws", {"exposure": "internal"}, certificate=ARN)).balancers) == {"mpc", "sdk"}
    assert set(taken().balancers) == {"mpc", "sdk"}


def test_the_sdk_is_told_the_host_by_the_card_and_by_the_output() -> None:
    recording = deploy(**told("aws", certificate=ARN))
    assert recording.exports["card"]["sdk"] == f"https://{HOST}"
    assert recording.exports["sdk"][0]["url"] == f"https://{HOST}"
    told_chart = values(recording)["sdk"]
    assert told_chart["ingress"]["host"] == HOST
    assert "service" not in told_chart


def test_a_closed_node_has_none() -> None:
    mocks = with_platform(platform())
    plant(mocks, "aws:rds/instance:Instance", "db-0123", REGION, name="old")
    database = {"restored_from": "old", "restored_at": "2026-11-29T12:00:00Z"}
    secrets = {"private_key": {"value": KEYS[0]}, "master_password": {"value": MASTER}}
    closed = deploy(mocks=mocks, **told("aws", certificate=ARN), database=database, secrets=secrets)
    assert "ingress" not in values(closed)["sdk"]


def test_every_other_key_stays_as_it_was_without_one() -> None:
    assert "ingress" not in values(deploy(peers=cards(1, 2)))["sdk"]
