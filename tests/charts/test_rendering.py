"""What the chart metis-sequencer renders, object by object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.charts.metis import CHART, CLOUDS, METIS, Cloud, Release, changed, rendered, sample, template

SECONDS_IN_A_WEEK = 7 * 24 * 3600


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_container_names_a_variable_twice(cloud: Cloud) -> None:
    for name, container in rendered(sample(cloud)).containers().items():
        names = [e["name"] for e in container.get("env", [])]
        assert len(names) == len(set(names)), name


# --- values ---------------------------------------------------------------------------------------------------------


def maps(schema: dict[str, Any], value: Any, path: str = "") -> Iterator[str]:
    """The paths of all maps in the sample that have fixed keys."""
    if not isinstance(value, dict):
        return
    while "$ref" in schema:
        schema = SCHEMA["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    if "properties" in schema:
        yield path
        for key, below in value.items():
            yield from maps(schema["properties"][key], below, f"{path}.{key}".lstrip("."))


SCHEMA = METIS.schema()
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())


def merged(below: Any, above: Any) -> Any:
    if isinstance(below, dict) and isinstance(above, dict):
        return {k: merged(below.get(k), above.get(k)) if k in below and k in above else {**below, **above}[k]
                for k in {**below, **above}}  # fmt: skip
    return above


@pytest.mark.parametrize("path", list(maps(SCHEMA, merged(DEFAULTS, sample()))))
def test_a_misspelt_key_is_refused_at_every_level(path: str) -> None:
    result = template(changed(f"{path}.misspelt".lstrip("."), "x"))
    assert result.returncode != 0
    assert "misspelt" in result.stderr


@pytest.mark.parametrize(
    "path",
    [
        *(f"images.{i}" for i in ("l2geth", "l1dtl", "themis", "exporter", "addressClaim")),
        *(f"{p}.{k}" for p in ("l2geth", "l1dtl", "themis") for k in ("claim", "secretProviderClass", "secret")),
        *(f"{p}.{k}" for p in ("l2geth", "themis") for k in ("publicAddress", "addressId")),
        "themis.volumeId",
        "themis.genesis.sha256",
        "themis.genesis.url",
        *(f"{p}.ports" for p in ("l2geth", "l1dtl", "themis", "exporter")),
        "addressClaim",
        "addressClaim.way",
        "addressClaim.env.AWS_REGION",
    ],
)
def test_what_must_be_given_is_missed(path: str) -> None:
    result = template(changed(path, None))
    assert result.returncode != 0
    assert path.rsplit(".", 1)[1] if "." in path else path in result.stderr


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("images.tools", "images.invalid/chain-tools:latest"),
        ("monitoring.l1BalanceAlert", -1),
        ("images.addressClaim", "images.invalid/aws-cli:2.31.0"),  # it may move addresses: by digest only
        ("images.themis", "images.invalid/themis:latest"),
        ("images.themis", "images.invalid/themis"),
        ("themis.genesis.sha256", "fd5c"),
        ("themis.genesis.url", "http://example.invalid/genesis.json"),
        ("themis.signingState", {"bootstrap": "yes"}),
        ("themis.signingState", {"resumeAtHeight": -1}),
        ("themis.signingState", {"volume": 1}),
        ("themis.env", {"ETH_RPC_URL": "https://key@example.invalid"}),
        ("l2geth.env", {"SEQ_PRIV": "0x00"}),
        ("l2geth.env", {"RPC_ADDR": "0.0.0.0"}),
        ("l2geth.args", ["--rpcaddr=0.0.0.0"]),
        ("l1dtl.env", {"DATA_TRANSPORT_LAYER__L1_RPC_ENDPOINT": "https://key@example.invalid"}),
        ("bridge.env", {"LOG_LEVEL": "info"}),  # LOCKING_START_HEIGHT is missing
        ("exporter", {"secret": {"name": "x", "keys": {"l1RpcEndpoint": "x"}}}),  # nothing would sync that Secret
        ("addressClaim.provider", "onpremise"),
    ],
)
def test_a_wrong_value_is_refused(path: str, value: Any) -> None:
    assert template(changed(path, value)).returncode != 0


def test_a_release_name_too_long_for_its_pods_is_refused() -> None:
    assert template(sample(), release="m" * 44).returncode == 0
    result = template(sample(), release="m" * 45)
    assert result.returncode != 0
    assert "longer than 44 characters" in result.stderr


# --- what may exist once --------------------------------------------------------------------------------------------


def test_every_process_may_exist_once(release: Release) -> None:
    assert {o["kind"] for o in release.objects}.isdisjoint({"Deployment", "DaemonSet", "PodDisruptionBudget", "Pod"})
    sets = release.of("StatefulSet")
    assert set(sets) == {"metis-l2geth", "metis-l1dtl", "metis-themis", "metis-exporter"}
    for thing in sets.values():
        assert thing["spec"]["replicas"] == 1
        assert "volumeClaimTemplates" not in thing["spec"]
        assert thing["spec"]["updateStrategy"] == {"type": "RollingUpdate"}
    templates = "".join(f.read_text() for f in (CHART / "templates").iterdir())
    assert re.findall(r"replicas:.*", templates) == ["replicas: 1"]
    assert "replica" not in (CHART / "values.schema.json").read_text()


def test_a_pod_that_is_not_ready_is_replaced_when_its_config_changes(release: Release) -> None:
    # OrderedReady waits for a ready pod before it replaces it, and an init container that waits for a word never is.
    for thing in release.of("StatefulSet").values():
        assert thing["spec"]["podManagementPolicy"] == "Parallel"


def test_each_pod_mounts_the_claim_it_was_given(release: Release) -> None:
    claims = {
        pod: [
            (v["persistentVolumeClaim"]["claimName"], c["name"], m["mountPath"])
            for v in spec["volumes"]
            if "persistentVolumeClaim" in v
            for c in [*spec.get("initContainers", []), *spec["containers"]]
            for m in c.get("volumeMounts", [])
            if m["name"] == v["name"]
        ]
        for pod, spec in release.pods.items()
        if pod != "exporter"
    }
    assert claims == {
        "l2geth": [("metis-mainnet-l2geth", *c) for c in (("own-disk", "/disk"), ("l2geth", "/root/.ethereum"))],
        "l1dtl": [("metis-mainnet-l1dtl", *c) for c in (("own-disk", "/disk"), ("l1dtl", "/data"))],
        "themis": [("metis-mainnet-themis", c, "/var/lib/themis") for c in ("init-themis", "themis", "bridge")],
    }


def test_a_new_chart_version_alone_restarts_nothing(release: Release) -> None:
    for thing in release.of("StatefulSet").values():
        assert set(thing["spec"]["template"]["metadata"]["labels"]) == set(thing["spec"]["selector"]["matchLabels"])


def test_changed_files_restart_the_pods_that_read_them() -> None:
    def checksums(release: Release) -> dict[str, str]:
        return {n: o["spec"]["template"]["metadata"].get("annotations", {}).get("checksum/files", "")
                for n, o in release.of("StatefulSet").items()}  # fmt: skip

    before = checksums(rendered())
    after = checksums(rendered(changed("themis.config.chain", "sepolia")))
    assert {n for n in before if before[n] != after[n]} == {"metis-themis"}


# --- identity, secrets, security ------------------------------------------------------------------------------------


def test_each_pod_has_an_account_of_its_own_without_a_token(release: Release) -> None:
    assert set(release.of("ServiceAccount")) == {f"metis-{pod}" for pod in release.pods}
    for account in release.of("ServiceAccount").values():
        assert account["automountServiceAccountToken"] is False
    for pod, spec in release.pods.items():
        assert spec["serviceAccountName"] == f"metis-{pod}"
        assert spec["automountServiceAccountToken"] is False


def test_services_do_not_leak_into_the_environment(release: Release) -> None:
    assert all(spec["enableServiceLinks"] is False for spec in release.pods.values())


def test_no_secret_is_a_value(release: Release) -> None:
    secret = {"SEQ_PRIV", "ETH_RPC_URL", "L1_RPC_URL"} | {
        f"DATA_TRANSPORT_LAYER__L1_{e}_ENDPOINT" for e in ("RPC", "BEACON")
    }
    found = set()
    for container in release.containers().values():
        for variable in container.get("env", []):
            if variable["name"] in secret:
                found.add(variable["name"])
                assert set(variable["valueFrom"]) == {"secretKeyRef"}
    assert found == secret
    assert "Secret" not in {o["kind"] for o in release.objects}
    for config in release.of("ConfigMap").values():
        for name, text in config["data"].items():
            assert not re.search(r"0x[0-9a-f]{64}|BEGIN .*PRIVATE", text), name
    assert 'persistent_peers = "@PERSISTENT_PEERS@"' in release.config_file("themis", "config.toml")
    assert "eth_rpc_url" not in release.config_file("themis", "themis-config.toml")
    assert "l1geth" not in release.config_file("exporter", "config.yaml")


def test_each_pod_mounts_its_own_secrets_and_only_there_where_they_are_read(release: Release) -> None:
    mounts = {}
    for pod, spec in release.pods.items():
        (volume,) = [v for v in spec["volumes"] if "csi" in v]
        assert volume["csi"]["volumeAttributes"] == {"secretProviderClass": f"metis-mainnet-{pod}"}
        mounts[pod] = [
            c["name"]
            for c in [*spec.get("initContainers", []), *spec["containers"]]
            if any(m["name"] == volume["name"] for m in c.get("volumeMounts", []))
        ]
    assert mounts == {"l2geth": ["l2geth"], "l1dtl": ["l1dtl"], "themis": ["init-themis"], "exporter": ["exporter"]}


def test_every_container_is_confined(release: Release) -> None:
    root = set()
    for name, container in release.containers().items():
        context = container["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["readOnlyRootFilesystem"] is True, name
        if not context["runAsNonRoot"]:
            root.add(name)
        assert set(container["resources"]) == {"requests", "limits"}, name
    # Upstream's images and data are root's; what is ours, or needs no files of theirs, is nobody's.
    chain = {"l2geth/l2geth", "l1dtl/l1dtl", "themis/init-themis", "themis/themis", "themis/bridge"}
    assert root == chain | {"l2geth/own-disk", "l1dtl/own-disk"}
    for spec in release.pods.values():
        assert spec["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}


def test_what_a_container_writes_to_is_mounted(release: Release) -> None:
    containers = release.containers()

    def paths(name: str) -> set[str]:
        return {m["mountPath"] for m in containers[name]["volumeMounts"] if not m.get("readOnly")}

    l2geth = containers["l2geth/l2geth"]
    assert l2geth["workingDir"] in paths("l2geth/l2geth")  # geth.sh writes genesis.json where it stands
    assert "/tmp" in paths("l2geth/l2geth")  # is-l2geth-stalled.json
    assert paths("exporter/exporter") == {"/run/exporter"}
    for name in ("l2geth/claim-address", "themis/claim-address"):
        assert paths(name) == {"/tmp"}
        assert {"name": "HOME", "value": "/tmp"} in containers[name]["env"]


# --- order, probes, ends --------------------------------------------------------------------------------------------


def test_the_disk_is_asked_first_and_then_the_address_is_claimed(release: Release) -> None:
    init = {pod: [c["name"] for c in spec.get("initContainers", [])] for pod, spec in release.pods.items()}
    assert init == {
        "l2geth": ["own-disk", "claim-address", "wait-for-l1dtl"],
        "l1dtl": ["own-disk"],
        "themis": ["claim-address", "init-themis"],
        "exporter": [],
    }


def test_themis_gets_two_minutes_to_stop_and_the_others_thirty_seconds(release: Release) -> None:
    assert {pod: spec["terminationGracePeriodSeconds"] for pod, spec in release.pods.items()} == {
        "l2geth": 30,
        "l1dtl": 30,
        "themis": 120,
        "exporter": 30,
    }


def main_containers(release: Release) -> dict[str, dict[str, Any]]:
    return {c["name"]: c for spec in release.pods.values() for c in spec["containers"]}


def test_a_start_may_take_more_than_a_week(release: Release) -> None:
    for name, container in main_containers(release).items():
        probe = container["startupProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] > SECONDS_IN_A_WEEK, name


def test_liveness_asks_the_process_and_readiness_asks_the_chain(release: Release) -> None:
    containers = main_containers(release)

    def action(name: str, probe: str) -> Any:
        found = containers[name][probe]
        (kind,) = set(found) - {"periodSeconds", "timeoutSeconds", "failureThreshold"}
        what = found[kind]
        return what["command"] if kind == "exec" else (what.get("host"), what["port"], what.get("path"))

    assert {name: action(name, "livenessProbe") for name in containers} == {
        "l2geth": ["sh", "/scripts/l2geth-alive.sh", "180", "3"],  # test_l2geth_alive.py asks it
        "l1dtl": (None, "http", None),
        "themis": ("127.0.0.1", 26657, "/health"),
        "bridge": ("127.0.0.1", 2112, "/metrics"),
        "exporter": (None, "metrics", "/ping"),
    }
    readiness = {name: action(name, "readinessProbe") for name in containers}
    assert ".catching_up == false and (.latest_block_time" in readiness.pop("themis")[-1]  # test_readiness.py asks it
    assert readiness == {
        "l2geth": ["is-l2geth-stalled", "-txpool"],
        "l1dtl": (None, "http", "/eth/context/latest"),
        "bridge": ("127.0.0.1", 8646, "/health"),
        "exporter": (None, "metrics", "/metrics"),
    }


def test_a_pod_that_is_not_ready_can_still_be_reached(release: Release) -> None:
    for service in release.of("Service").values():
        assert service["spec"]["publishNotReadyAddresses"] is True
        assert service["spec"]["clusterIP"] == "None"


def test_a_height_reaches_the_script_as_a_whole_number_with_its_volume() -> None:
    given = {"resumeAtHeight": 9876543210, "volume": "vol-0fake0themis", "keyRanNowhereElse": True}
    values = changed("themis.signingState", given)
    env = {e["name"]: e.get("value") for e in rendered(values).containers()["themis/init-themis"]["env"]}
    assert (env["RESUME_AT_HEIGHT"], env["KEY_RAN_NOWHERE_ELSE"], env["BOOTSTRAP"]) == ("9876543210", "true", "false")
    assert env["VOUCHED_VOLUME"] == "vol-0fake0themis"


def test_no_volume_is_vouched_for_unless_it_is_named(release: Release) -> None:
    env = {e["name"]: e.get("value") for e in release.containers()["themis/init-themis"]["env"]}
    assert (env["RESUME_AT_HEIGHT"], env["VOUCHED_VOLUME"], env["KEY_RAN_NOWHERE_ELSE"]) == ("0", "", "false")


# --- placement and the network --------------------------------------------------------------------------------------


def test_each_pod_goes_to_the_node_made_for_it(release: Release) -> None:
    nodes = {pod: spec["nodeSelector"]["node.metis.io"] for pod, spec in release.pods.items()}
    assert nodes == {"l2geth": "l2geth", "l1dtl": "l2geth", "themis": "themis", "exporter": "themis"}
    for pod, spec in release.pods.items():
        assert [t["value"] for t in spec["tolerations"]] == [nodes[pod]]


def test_the_exporter_runs_beside_themis_and_not_inside_its_pod(release: Release) -> None:
    (term,) = release.pods["exporter"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert term["topologyKey"] == "kubernetes.io/hostname"
    themis = release.of("StatefulSet")["metis-themis"]["spec"]["template"]["metadata"]["labels"]
    assert term["labelSelector"]["matchLabels"].items() <= themis.items()
    assert [c["name"] for c in release.pods["themis"]["containers"]] == ["themis", "bridge"]


def test_nothing_reaches_l1dtl_but_the_nodes(release: Release) -> None:
    policies = release.of("NetworkPolicy")
    assert policies["metis-default-deny"]["spec"] == {
        "podSelector": {
            "matchLabels": {"app.kubernetes.io/name": "metis-sequencer", "app.kubernetes.io/instance": "metis"}
        },
        "policyTypes": ["Ingress", "Egress"],
    }
    allowed = policies["metis-l1dtl"]["spec"]
    pod = release.of("StatefulSet")["metis-l1dtl"]["spec"]["template"]["metadata"]["labels"]
    assert allowed["podSelector"]["matchLabels"] == pod
    assert allowed["ingress"] == [
        {
            "from": [{"ipBlock": {"cidr": "10.0.0.0/20"}}, {"ipBlock": {"cidr": "10.0.16.0/20"}}],
            "ports": [{"port": "http"}],
        }
    ]
    names, outside = allowed["egress"]
    assert {(p["port"], p["protocol"]) for p in names["ports"]} == {(53, "UDP"), (53, "TCP")}
    assert [p["port"] for p in outside["ports"]] == [443, 6083]
    assert outside["to"][0]["ipBlock"]["except"] == ["169.254.0.0/16", "168.63.129.16/32"]


def test_where_policies_cannot_name_nodes_by_address_only_the_port_of_l1dtl_is_open() -> None:
    spec = rendered(changed("nodeCidrs", [])).of("NetworkPolicy")["metis-l1dtl"]["spec"]
    assert spec["ingress"] == [{"ports": [{"port": "http"}]}]
    assert spec["policyTypes"] == ["Ingress", "Egress"]


def test_every_pod_off_the_host_network_has_a_policy(release: Release) -> None:
    assert {pod for pod, spec in release.pods.items() if not spec.get("hostNetwork")} == {"l1dtl"}


# --- monitoring -----------------------------------------------------------------------------------------------------


def test_the_monitor_finds_the_exporter(release: Release) -> None:
    spec = release.of("ServiceMonitor")["metis-exporter"]["spec"]
    service = release.of("Service")["metis-exporter"]
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [e["port"] for e in spec["endpoints"]] == [p["name"] for p in service["spec"]["ports"]]
    (container,) = release.pods["exporter"]["containers"]
    assert {"name": "metrics", "containerPort": 9090} in container["ports"]


def test_with_the_tools_image_a_second_exporter_asks_where_the_processes_listen() -> None:
    release = rendered(changed("images.tools", "images.invalid/chain-tools:1"))
    exporter, probes = release.pods["exporter"]["containers"]
    assert probes["image"] == "images.invalid/chain-tools:1"
    assert probes["args"] == [
        "exporter",
        "--port=9180",
        "--rollup=l2geth=http://metis-l2geth.metis.svc:8545",
        "--tendermint=themis=http://127.0.0.1:26657",
        "--answers=bridge=http://127.0.0.1:8646/health",
    ]
    # The L1 endpoint is the other one's.
    assert not {"env", "volumeMounts"} & set(probes)
    assert probes["securityContext"] == exporter["securityContext"]
    ports = [port["name"] for port in release.of("Service")["metis-exporter"]["spec"]["ports"]]
    read = [endpoint["port"] for endpoint in release.of("ServiceMonitor")["metis-exporter"]["spec"]["endpoints"]]
    assert ports == read == ["metrics", "probes"]


@pytest.mark.parametrize("address", ["0x" + "0" * 40, "0x" + "0a" * 20])
def test_the_exporter_reads_the_sequencers_account_once_there_is_one(address: str) -> None:
    release = rendered(changed("l2geth.env.SEQ_ADDRESS", address))
    (container,) = release.pods["exporter"]["containers"]
    told = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert told.get("SEQ_ADDRESS") == (None if address == "0x" + "0" * 40 else address)


def test_without_the_operator_nothing_of_it_is_rendered() -> None:
    kinds = {o["kind"] for o in rendered(changed("monitoring", {"enabled": False})).objects}
    assert kinds.isdisjoint({"ServiceMonitor", "PrometheusRule"})


def test_without_an_l1_endpoint_the_exporter_reads_no_wallets() -> None:
    release = rendered(changed("exporter", {"ports": {"metrics": 9090}}))
    (container,) = release.pods["exporter"]["containers"]
    assert [e["name"] for e in container["env"]] == ["L2_RPC_URL"]
    assert not any("csi" in v for v in release.pods["exporter"]["volumes"])
