"""What every component in a cluster does the same way."""

import json
from typing import Any

import pulumi
import pytest
from pulumi import ResourceOptions

from nodeyard import clouds
from nodeyard.clouds.contract.node_pool import NodePool, Taint, TaintEffect
from nodeyard.pods import (
    Pods,
    PodSecrets,
    Port,
    cluster_problems,
    endpoints,
    ingress,
    name_problems,
    port_values,
)
from nodeyard.pods import secret_problems as problems_of
from nodeyard.secret_use import SecretUse
from tests.unit.examples import platform
from tests.unit.recording import Recording, record
from tests.unit.worlds import with_platform

TABLE = {
    "api_key": SecretUse(env=["web"], problem=lambda value: "is no key" if value == "canary" else ""),
    "tls_key": SecretUse(file=["web", "proxy"], mode=0o600),
}
PORTS = {
    "web": [Port(name="http", number=80, http=True), Port(name="p2p-udp", number=7, protocol="udp", public="web p2p")],
    "proxy": [Port(name="tls", number=443)],
}


def pods() -> tuple[Recording, dict[str, PodSecrets]]:
    made: dict[str, PodSecrets] = {}

    def program() -> None:
        parent = pulumi.ComponentResource("test:index:Parent", "it")
        it = Pods(
            name="it",
            namespace="metis-mainnet",
            cloud=clouds.of(platform()),
            platform=platform(),
            opts=ResourceOptions(parent=parent),
        )
        secrets = it.secrets(TABLE, {"api_key": {"value": "canary"}})
        made.update({pod: it.reads(pod, TABLE, secrets) for pod in ("web", "proxy")})

    return record(program, with_platform(platform())), made


def test_a_chart_is_told_only_of_keys_and_files_that_the_pods_mount_has() -> None:
    recording, made = pods()
    for pod, told in made.items():
        spec = recording.one("kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass", f"it-{pod}").inputs["spec"]
        mounted = json.loads(spec["parameters"]["objects"])
        synced = [item["key"] for group in spec.get("secretObjects", []) for item in group["data"]]
        values = told.values()
        assert set(values.get("secret", {}).get("keys", {}).values()) == set(synced)
        files = {item["objectAlias"] for item in mounted} - set(synced)
        assert set(values.get("secretFiles", {}).values()) == files


def test_a_pod_that_reads_no_variable_is_told_of_no_synced_secret() -> None:
    _, made = pods()
    assert set(made["web"].values()) == {"secretProviderClass", "secret", "secretFiles"}
    assert set(made["proxy"].values()) == {"secretProviderClass", "secretFiles"}


def test_a_pool_says_how_pods_get_onto_it() -> None:
    pool = NodePool.__new__(NodePool)
    pool.labels, pool.taints = {"a": "b"}, [Taint("c", "d", TaintEffect.NO_EXECUTE)]
    assert pool.placement() == {
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "c", "operator": "Equal", "value": "d", "effect": "NoExecute"}],
    }


def test_one_table_of_ports_is_firewall_endpoints_and_chart_values() -> None:
    assert [(rule.port, rule.protocol, rule.description) for rule in ingress(PORTS["web"])] == [(7, "udp", "web p2p")]
    assert endpoints("rel", "ns", PORTS) == {"web": "http://rel-web.ns.svc:80"}
    assert port_values(PORTS["web"]) == {"http": 80, "p2pUdp": 7}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"cluster_name": ""}, "platform"),
        ({"network_policy": False}, "platform"),
        ({"namespaces": ["other"]}, "namespace"),
    ],
)
def test_a_platform_that_is_none_for_pods_is_refused(changes: dict[str, Any], path: str) -> None:
    assert [where for where, _ in cluster_problems(platform(**changes), "metis-mainnet")] == [path]
    assert not list(cluster_problems(platform(), "metis-mainnet"))


@pytest.mark.parametrize(("name", "problems"), [("it", 0), ("It", 1), ("i" * 9, 1), ("I" * 9, 2), ("", 1), (None, 1)])
def test_a_name_is_told_everything_that_is_wrong_with_it(name: Any, problems: int) -> None:
    assert len(list(name_problems(name, 8))) == problems


EXISTING = "arn:aws:secretsmanager:us-east-2:123456789012:secret:theirs-a1b2c3"


def test_a_secrets_value_is_checked_and_never_told() -> None:
    given: Any = {
        "api_key": {"value": "canary", "existing": EXISTING},
        "tls_key": {"value": pulumi.Output.secret("canary")},
    }
    found = list(problems_of(TABLE, given, platform()))
    assert found == [
        (("secrets", "api_key"), "is adopted or has a value: give `existing` or `value`, not both"),
        (("secrets", "api_key", "value"), "is no key"),
    ]
