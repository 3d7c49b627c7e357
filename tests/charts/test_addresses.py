"""The three ways in which a static address gets to l2geth and themis, as the chart renders them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.charts.harness import COMMON_FILES, Values
from tests.charts.metis import CLOUDS, Cloud, Release, changed, rendered, sample, template

NODES = {"l2geth": "192.0.2.10", "themis": "192.0.2.20"}
CLAIMANTS = {f"{process}-address": address for process, address in NODES.items()}


@pytest.fixture(scope="session")
def gcp() -> Release:
    return rendered(sample("gcp"))


@pytest.fixture(scope="session")
def azure() -> Release:
    return rendered(sample("azure"))


def env(container: dict[str, Any]) -> dict[str, Any]:
    return {e["name"]: e.get("value", e.get("valueFrom")) for e in container["env"]}


def init(release: Release) -> dict[str, list[str]]:
    return {process: [c["name"] for c in release.pods[process]["initContainers"]] for process in NODES}


def names(release: Release) -> dict[str, set[str]]:
    kinds = {thing["kind"] for thing in release.objects}
    return {kind: set(release.of(kind)) for kind in kinds}


def test_each_way_adds_its_own_objects_and_no_other() -> None:
    aws, gcp, azure = (names(rendered(sample(cloud))) for cloud in CLOUDS)
    beside = {"metis-l2geth-address", "metis-themis-address"}
    assert "Deployment" not in aws
    assert gcp == {
        **aws,
        "Deployment": beside,
        **{kind: aws[kind] | beside for kind in ("ServiceAccount", "ConfigMap", "NetworkPolicy")},
    }
    assert azure == {
        **aws,
        "Service": aws["Service"] | {"metis-l2geth-p2p", "metis-themis-p2p"},
    }


@pytest.mark.parametrize("cloud", CLOUDS)
def test_whichever_way_the_processes_advertise_their_address(cloud: Cloud) -> None:
    release = rendered(sample(cloud))
    assert env(release.containers()["l2geth/l2geth"])["EXTERNAL_IP"] == NODES["l2geth"]
    assert f'external_address = "{NODES["themis"]}:26656"' in release.config_file("themis", "config.toml")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_volume_that_a_container_mounts_is_there(cloud: Cloud) -> None:
    release = rendered(sample(cloud))
    for pod, spec in release.pods.items():
        volumes = {v["name"]: v for v in spec["volumes"]}
        containers = [*spec.get("initContainers", []), *spec["containers"]]
        assert {m["name"] for c in containers for m in c.get("volumeMounts", [])} == set(volumes), pod
        for volume in volumes.values():
            assert "configMap" not in volume or volume["configMap"]["name"] in release.of("ConfigMap"), pod


# --- pod ------------------------------------------------------------------------------------------------------------


def test_a_pod_that_claims_its_own_address_runs_the_script_of_its_cloud(release: Release) -> None:
    for process, address in NODES.items():
        claim = release.containers()[f"{process}/claim-address"]
        assert claim["command"] == ["sh", "/scripts/claim-address.sh"]
        assert env(claim) == {
            "ADDRESS_ID": f"eipalloc-0fake0{process}",
            "PUBLIC_ADDRESS": address,
            "AWS_REGION": "us-east-2",
            "HOME": "/tmp",
        }
        assert release.config_file(process, "claim-address.sh") == (COMMON_FILES / "claim-address-aws.sh").read_text()


# --- claimant -------------------------------------------------------------------------------------------------------


def test_a_pod_on_the_host_network_only_waits_for_the_address(gcp: Release) -> None:
    assert init(gcp) == {
        "l2geth": ["own-disk", "wait-for-address", "wait-for-l1dtl"],
        "themis": ["wait-for-address", "init-themis"],
    }
    for process, address in NODES.items():
        assert gcp.pods[process]["hostNetwork"] is True
        wait = gcp.containers()[f"{process}/wait-for-address"]
        assert wait["command"] == ["sh", "/scripts/wait-for-address.sh"]
        assert env(wait) == {"PUBLIC_ADDRESS": address}
        script = gcp.config_file(process, "wait-for-address.sh")
        assert script == (COMMON_FILES / "wait-for-address-gcp.sh").read_text()


def test_its_claimant_is_one_pod_with_an_identity_of_its_own(gcp: Release) -> None:
    for claimant, address in CLAIMANTS.items():
        spec, pod = gcp.of("Deployment")[f"metis-{claimant}"]["spec"], gcp.pods[claimant]
        assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
        # Pods on the host network have no workload identity.
        assert "hostNetwork" not in pod
        assert pod["serviceAccountName"] == f"metis-{claimant}"
        assert pod["automountServiceAccountToken"] is False
        (claim,) = pod["containers"]
        assert claim["command"] == ["sh", "/scripts/claim-address.sh"]
        assert env(claim) == {
            "NODE_NAME": {"fieldRef": {"fieldPath": "spec.nodeName"}},
            "ADDRESS_ID": f"metis-mainnet-{claimant.removesuffix('-address')}",
            "PUBLIC_ADDRESS": address,
            "CLOUDSDK_CORE_PROJECT": "metis-example",
            "REGION": "us-central1",
            "HOME": "/tmp",
        }
        assert gcp.config_file(claimant, "claim-address.sh") == (COMMON_FILES / "claim-address-gcp.sh").read_text()
    accounts = [pod["serviceAccountName"] for pod in gcp.pods.values()]
    assert len(accounts) == len(set(accounts))


def test_a_claimant_is_ready_while_its_script_says_that_the_node_holds_the_address(gcp: Release) -> None:
    assert "HELD=${HELD:-/tmp/held}" in (COMMON_FILES / "claim-address-gcp.sh").read_text()
    for claimant in CLAIMANTS:
        (claim,) = gcp.pods[claimant]["containers"]
        assert claim["readinessProbe"]["exec"]["command"] == ["test", "-e", "/tmp/held"]
        assert [m["mountPath"] for m in claim["volumeMounts"] if not m.get("readOnly")] == ["/tmp"]


def test_a_claimant_stands_on_the_node_that_it_claims_for(gcp: Release) -> None:
    for process in NODES:
        node, claimant = gcp.pods[process], gcp.pods[f"{process}-address"]
        assert claimant["nodeSelector"] == node["nodeSelector"] == {"node.metis.io": process}
        assert claimant["tolerations"] == node["tolerations"]
        [term] = claimant["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        labels = gcp.of("StatefulSet")[f"metis-{process}"]["spec"]["template"]["metadata"]["labels"]
        assert term["labelSelector"]["matchLabels"].items() <= labels.items()


def test_every_container_of_a_claimant_is_confined_and_reads_no_secret(gcp: Release) -> None:
    for claimant in CLAIMANTS:
        assert not any("csi" in v for v in gcp.pods[claimant]["volumes"])
        (claim,) = gcp.pods[claimant]["containers"]
        assert claim["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": 65534,
            "runAsGroup": 65534,
        }
        assert set(claim["resources"]) == {"requests", "limits"}


def test_a_claimant_reaches_the_metadata_server_and_the_clouds_api_and_nobody_reaches_it(gcp: Release) -> None:
    for claimant in CLAIMANTS:
        policy = gcp.of("NetworkPolicy")[f"metis-{claimant}"]["spec"]
        pod = gcp.of("Deployment")[f"metis-{claimant}"]["spec"]["template"]["metadata"]["labels"]
        assert policy["podSelector"]["matchLabels"] == pod
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert "ingress" not in policy
        names, dataplane_v2, others, api = policy["egress"]
        assert {(p["port"], p["protocol"]) for p in names["ports"]} == {(53, "UDP"), (53, "TCP")}
        # "Restrict network access with a network policy" in GKE's page on workload identity.
        assert dataplane_v2["to"] == [{"ipBlock": {"cidr": "169.254.169.254/32"}}]
        assert [p["port"] for p in dataplane_v2["ports"]] == [80, 8080]
        assert others["to"] == [{"ipBlock": {"cidr": "169.254.169.252/32"}}]
        assert [p["port"] for p in others["ports"]] == [987, 988]
        assert api["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]
        assert [p["port"] for p in api["ports"]] == [443]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_pod_off_the_host_network_has_a_policy_of_its_own(cloud: Cloud) -> None:
    release = rendered(sample(cloud))
    selected = [p["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/component")
                for p in release.of("NetworkPolicy").values()]  # fmt: skip
    off = {pod for pod, spec in release.pods.items() if not spec.get("hostNetwork")}
    assert off == {component for component in selected if component}
    assert off == {"l1dtl", *(CLAIMANTS if cloud == "gcp" else ())}


# --- load-balancer --------------------------------------------------------------------------------------------------


def test_where_a_service_holds_the_address_no_pod_claims_or_waits(azure: Release) -> None:
    assert init(azure) == {"l2geth": ["own-disk", "wait-for-l1dtl"], "themis": ["init-themis"]}
    assert not [name for name in azure.config_file("themis", "init-themis.sh").splitlines() if "claim-address" in name]
    assert "images.invalid/aws-cli" not in str(azure.objects)


@pytest.mark.parametrize(
    ("process", "ports"),
    {"l2geth": {("p2p-tcp", 30303, "TCP"), ("p2p-udp", 30303, "UDP")}, "themis": {("p2p", 26656, "TCP")}}.items(),
)
def test_a_service_brings_peers_to_the_process_on_its_own_node(
    azure: Release, process: str, ports: set[tuple[str, int, str]]
) -> None:
    service = azure.of("Service")[f"metis-{process}-p2p"]
    assert service["metadata"]["annotations"] == {
        "service.beta.kubernetes.io/azure-load-balancer-resource-group": "metis-example",
        "service.beta.kubernetes.io/azure-pip-name": f"metis-mainnet-{process}",
    }
    spec = service["spec"]
    assert (spec["type"], spec["externalTrafficPolicy"]) == ("LoadBalancer", "Local")
    # A node that syncs is not ready for days and needs its peers; the balancer's probe counts ready endpoints only.
    assert spec["publishNotReadyAddresses"] is True
    pod = azure.of("StatefulSet")[f"metis-{process}"]["spec"]["template"]
    assert spec["selector"] == pod["metadata"]["labels"]
    assert {(p["name"], p["port"], p["protocol"]) for p in spec["ports"]} == ports
    (main, *_) = pod["spec"]["containers"]
    listens = {(p["name"], p["containerPort"], p.get("protocol", "TCP")) for p in main["ports"]}
    assert {(p["targetPort"], p["port"], p["protocol"]) for p in spec["ports"]} <= listens


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cloud", "path", "value"),
    [
        ("aws", "addressClaim.way", "host"),
        ("aws", "addressClaim.way", None),
        ("aws", "addressClaim.provider", None),
        ("aws", "addressClaim.provider", "gcp"),
        ("aws", "addressClaim.provider", "azure"),
        ("aws", "addressClaim.env", {}),
        ("aws", "addressClaim.env.ADDRESS_ID", "eipalloc-other"),
        ("aws", "addressClaim.annotations", {"a.invalid/b": "c"}),
        ("aws", "addressClaim.addressAnnotation", "a.invalid/address"),
        ("aws", "images.addressClaim", ""),
        ("aws", "images.addressClaim", "images.invalid/aws-cli:2.37.0"),
        ("gcp", "addressClaim.provider", "aws"),
        ("gcp", "addressClaim.env.CLOUDSDK_CORE_PROJECT", None),
        ("gcp", "addressClaim.env.REGION", None),
        ("gcp", "addressClaim.env.NODE_NAME", "another"),
        ("gcp", "addressClaim.addressAnnotation", "a.invalid/address"),
        ("gcp", "images.addressClaim", None),
        ("gcp", "images.addressClaim", "images.invalid/google-cloud-cli:latest"),
        ("gcp", "l2geth.addressId", None),
        ("azure", "addressClaim.provider", "aws"),
        ("azure", "addressClaim.env", {"REGION": "eastus2"}),
        ("azure", "addressClaim.addressAnnotation", None),
        ("azure", "addressClaim.addressAnnotation", ""),
        ("azure", "addressClaim.annotations", {"a.invalid/b": 1}),
        ("azure", "images.addressClaim", "images.invalid/aws-cli@sha256:" + 64 * "0"),
        ("azure", "themis.addressId", ""),
    ],
)
def test_what_a_way_does_not_take_is_refused(cloud: Cloud, path: str, value: Any) -> None:
    result = template(changed(path, value, cloud))
    assert result.returncode != 0
    assert "don't meet the specifications of the schema" in result.stderr


def test_the_values_are_taken_as_the_component_spells_them_out() -> None:
    # Every key is always there, the ones that a way has no use for empty.
    spelled: dict[Cloud, Values] = {
        "aws": {"annotations": {}, "addressAnnotation": ""},
        "gcp": {"annotations": {}, "addressAnnotation": ""},
        "azure": {"provider": "", "env": {}},
    }
    for cloud, empty in spelled.items():
        values = sample(cloud)
        values["addressClaim"] = {**values["addressClaim"], **empty}
        assert rendered(values).objects == rendered(sample(cloud)).objects
