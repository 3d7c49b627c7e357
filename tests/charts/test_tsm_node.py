"""What the chart tsm-node renders, object by object."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.charts.harness import COMMON_FILES
from tests.charts.tsm import NODE, SAMPLES, Tsm, changed, rendered, sample, template

NODE_LABELS = {
    "app.kubernetes.io/name": "tsm-node",
    "app.kubernetes.io/instance": "tsm-0",
    "app.kubernetes.io/component": "node",
}


# --- values ---


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("misspelt", True),
        ("mpc.misspelt", True),
        ("mpc.service.misspelt", True),
        ("management.service", {"type": "LoadBalancer"}),  # never behind a balancer
        ("player", -1),
        ("replicas", -1),
        ("images.node", "images.invalid/tsm-node:latest"),
        ("images.node", "images.invalid/tsm-node"),
        ("images.node", ""),
        ("images.databaseClient", "images.invalid/postgres:17"),  # it sees the player's key: by digest only
        ("mpc.service.type", "NodePort"),
        ("mpc.service.sourceRanges", ["anyone"]),
        ("sdk.port", 0),
        ("sdk.callers", ["Not A Namespace"]),
        ("database.cidrs", []),
        ("database.ca", "no certificate"),
        ("database.sslMode", "require"),
        ("database.sslMode", "disable"),
        ("database.role", "tsm0; drop"),
        ("config.version", ""),
        ("monitoring.authorization", {"name": "tsm"}),
    ],
)
def test_a_wrong_value_is_refused(path: str, value: Any) -> None:
    assert template(changed(path, value)).returncode != 0


@pytest.mark.parametrize(
    "path",
    [
        *("player", "replicas", "images.node", "images.databaseClient", "config", "config.version"),
        *("mpc.port", "sdk.port", "management.port"),
        *(f"database.{key}" for key in ("host", "port", "cidrs", "ca", "sslMode", "name", "schema", "role", "admin")),
    ],
)
def test_what_must_be_given_is_missed(path: str) -> None:
    result = template(changed(path, None))
    assert result.returncode != 0
    assert path.rsplit(".", 1)[-1] in result.stderr


@pytest.mark.parametrize("given", [(), ("secretProviderClass", "configSecretName")])
def test_a_release_without_one_source_of_its_configuration_is_refused_with_a_sentence(given: tuple[str, ...]) -> None:
    result = template(changed("config", {"version": "1", **dict.fromkeys(given, "tsm-0")}))
    assert result.returncode != 0
    assert "config takes exactly one source of config.toml: secretProviderClass or configSecretName" in result.stderr


def test_a_release_whose_jobs_labels_have_no_room_is_refused() -> None:
    assert template(sample(), "a" * 49).returncode == 0
    assert "longer than 49 characters" in template(sample(), "a" * 50).stderr


# --- the nodes ---


def test_no_two_versions_run_at_once_since_a_new_one_may_migrate_the_database(tsm: Tsm) -> None:
    assert tsm.deployment["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("replicas", [0, 1, 5])
def test_the_player_has_the_nodes_that_it_is_given(replicas: int) -> None:
    tsm = rendered(changed("replicas", replicas))
    assert tsm.deployment["spec"]["replicas"] == replicas
    assert bool(tsm.of("PodDisruptionBudget")) is (replicas > 1)


def test_a_drain_takes_one_node_at_a_time(tsm: Tsm) -> None:
    spec = tsm.of("PodDisruptionBudget")["tsm-0-node"]["spec"]
    assert spec["maxUnavailable"] == 1
    assert spec["selector"]["matchLabels"] == NODE_LABELS


def test_the_pods_are_labelled_with_their_player_and_selected_without_it() -> None:
    tsm = rendered(changed("player", 2))
    labels = tsm.deployment["spec"]["template"]["metadata"]["labels"]
    assert labels == {**NODE_LABELS, "nodeyard.io/tsm-player": "2"}
    assert tsm.deployment["spec"]["selector"]["matchLabels"] == NODE_LABELS


def test_two_nodes_of_a_player_never_share_a_machine_and_share_a_zone_only_at_need(tsm: Tsm) -> None:
    [apart] = tsm.pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert apart == {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": NODE_LABELS}}
    [spread] = tsm.pod["topologySpreadConstraints"]
    assert spread == {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": NODE_LABELS},
    }


def test_every_pod_goes_to_the_nodes_made_for_the_player(tsm: Tsm) -> None:
    for pod in (tsm.pod, tsm.role_pod):
        assert pod["nodeSelector"] == sample()["placement"]["nodeSelector"]
        assert pod["tolerations"] == sample()["placement"]["tolerations"]


@pytest.mark.parametrize("name", SAMPLES)
def test_each_port_has_one_name_and_every_probe_and_service_means_one_that_is_there(name: str) -> None:
    tsm = rendered(sample(name))
    ports = tsm.node["ports"]
    assert [(port["name"], port["containerPort"]) for port in ports] == [
        ("sdk", 8080),
        ("mpc", 9000),
        ("management", 14401),
    ]
    named = {port["name"] for port in ports}
    assert {tsm.node[f"{probe}Probe"]["httpGet"]["port"] for probe in ("startup", "readiness", "liveness")} <= named
    for service in tsm.of("Service").values():
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= named


def test_another_port_is_told_to_pod_service_and_policy_alike() -> None:
    tsm = rendered(changed("sdk.port", 8081))
    assert {"name": "sdk", "containerPort": 8081} in tsm.node["ports"]
    [port] = tsm.of("Service")["tsm-0-sdk"]["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (8081, "sdk")
    assert tsm.admits(8081, "10.20.1.1")
    assert not tsm.admits(8080, "10.20.1.1")


def test_a_busy_node_is_left_alone_and_a_migrating_one_has_a_day(tsm: Tsm) -> None:
    seconds = {
        probe: tsm.node[f"{probe}Probe"]["periodSeconds"] * tsm.node[f"{probe}Probe"]["failureThreshold"]
        for probe in ("startup", "readiness", "liveness")
    }
    assert seconds["readiness"] <= 30
    assert seconds["liveness"] >= 300
    assert seconds["startup"] == 24 * 3600
    assert {tsm.node[f"{probe}Probe"]["httpGet"]["path"] for probe in seconds} == {"/ping"}


def test_a_node_that_is_told_to_stop_has_a_minute_after_the_last_call(tsm: Tsm) -> None:
    [(kind, wait)] = tsm.node["lifecycle"]["preStop"].items()
    assert kind == "sleep", "nobody promises that upstream's image has a shell"
    assert tsm.pod["terminationGracePeriodSeconds"] - wait["seconds"] == 60


def test_a_node_is_told_its_own_address_for_sessions_that_it_holds(tsm: Tsm) -> None:
    assert tsm.node["env"] == [
        {"name": "TSM_MULTIINSTANCE_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    ]


# --- configuration ---


def test_the_mounted_configuration_is_seen_by_what_copies_it_and_the_copy_by_the_node(tsm: Tsm) -> None:
    [copying] = tsm.pod["initContainers"]
    assert tsm.mounts(copying) == {"secrets": "/run/secrets/mounted", "secret-copies": "/config"}
    assert tsm.mounts(tsm.node) == {"secret-copies": "/config", "database-ca": "/database-ca"}
    assert all(mount["readOnly"] for mount in tsm.node["volumeMounts"])
    assert tsm.volumes["secrets"]["csi"]["volumeAttributes"] == {"secretProviderClass": "tsm-0-node"}
    assert tsm.volumes["secret-copies"]["emptyDir"]["medium"] == "Memory"
    assert copying["env"] == [
        {"name": "SOURCE", "value": "/run/secrets/mounted"},
        {"name": "COPIES", "value": "/config"},
        {"name": "FILES", "value": "config.toml"},
    ]


def test_a_kubernetes_secret_is_read_the_same_way() -> None:
    tsm = rendered(sample("cluster"))
    volume = tsm.volumes["secrets"]["secret"]
    assert volume["secretName"] == "tsm-0-config"
    assert volume["items"] == [{"key": "config.toml", "path": "config.toml"}]
    assert volume["defaultMode"] == 0o400
    assert tsm.mounts(tsm.pod["initContainers"][0])["secrets"] == "/run/secrets/mounted"


def copy_config(tsm: Tsm, source: Path, copy: Path) -> subprocess.CompletedProcess[str]:
    container = tsm.pod["initContainers"][0]
    env = {"PATH": "/usr/bin:/bin", "SOURCE": str(source.parent), "COPIES": str(copy.parent), "FILES": copy.name}
    command = [*container["command"], *container["args"]]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_the_copy_may_be_read_by_the_nodes_group_and_by_nobody_else(tsm: Tsm, tmp_path: Path) -> None:
    source, copy = tmp_path / "mounted/config.toml", tmp_path / "copies/config.toml"
    for file in (source, copy):
        file.parent.mkdir()
    source.write_text('[Player]\nPrivateKey = "made up"\n')
    source.chmod(0o400)
    for _ in range(2):  # a container that is started again finds its copy
        result = copy_config(tsm, source, copy)
        assert result.returncode == 0, result.stderr
        assert copy.read_bytes() == source.read_bytes()
        assert copy.stat().st_mode & 0o7777 == 0o440
    assert [file.name for file in copy.parent.iterdir()] == ["config.toml"]
    # The kubelet gives the directory to this group, and to it what is made there.
    assert tsm.pod["securityContext"]["fsGroup"] == tsm.node["securityContext"]["runAsGroup"]


def test_shellcheck_finds_nothing_in_what_copies_it() -> None:
    script = COMMON_FILES / "copy-secrets.sh"
    result = subprocess.run(["shellcheck", "--shell=sh", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("content", [None, ""])
def test_without_a_configuration_nothing_is_started(tsm: Tsm, tmp_path: Path, content: str | None) -> None:
    source, copy = tmp_path / "mounted/config.toml", tmp_path / "copies/config.toml"
    for file in (source, copy):
        file.parent.mkdir()
    if content is not None:
        source.write_text(content)
    result = copy_config(tsm, source, copy)
    assert result.returncode == 1
    assert result.stderr == f"the secret {source} is missing or empty: nothing was started\n"
    assert not copy.exists()


def test_the_nodes_find_the_databases_authorities_where_their_configuration_says(tsm: Tsm) -> None:
    assert tsm.volumes["database-ca"] == {"name": "database-ca", "configMap": {"name": "tsm-0-database-ca"}}
    assert tsm.of("ConfigMap")["tsm-0-database-ca"]["data"] == {"ca.pem": sample()["database"]["ca"]}


@pytest.mark.parametrize(
    ("path", "value"),
    [("config.version", "2"), ("database.ca", "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n")],
)
def test_another_configuration_or_authority_replaces_the_pods(path: str, value: str) -> None:
    before, after = rendered().deployment, rendered(changed(path, value)).deployment
    assert before["spec"]["template"] != after["spec"]["template"]


@pytest.mark.parametrize(("path", "value"), [("replicas", 3), ("sdk.callers", ["wallets"]), ("monitoring", {})])
def test_what_does_not_concern_a_running_node_leaves_it_alone(path: str, value: Any) -> None:
    before, after = rendered().deployment, rendered(changed(path, value)).deployment
    assert before["spec"]["template"] == after["spec"]["template"]


# --- security ---


def test_the_node_runs_as_upstreams_user_and_can_do_nothing_else(tsm: Tsm) -> None:
    assert tsm.node["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": NODE,
        "runAsGroup": NODE,
    }
    assert tsm.pod["securityContext"] == {
        "seccompProfile": {"type": "RuntimeDefault"},
        "fsGroup": NODE,
        "fsGroupChangePolicy": "OnRootMismatch",
    }


def test_only_what_reads_roots_files_is_root_and_it_has_no_capability_either(tsm: Tsm) -> None:
    for container in (*tsm.pod["initContainers"], *tsm.role_pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": False,
            "runAsUser": 0,
            "runAsGroup": 0,
        }
    assert tsm.role_pod["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}


def test_each_pod_has_an_account_of_its_own_without_a_token(tsm: Tsm) -> None:
    for component, pod in {"node": tsm.pod, "role": tsm.role_pod}.items():
        assert pod["serviceAccountName"] == f"tsm-0-{component}"
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert tsm.of("ServiceAccount")[f"tsm-0-{component}"]["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", SAMPLES)
def test_no_secret_stands_in_an_object(name: str) -> None:
    objects = rendered(sample(name)).objects
    assert "Secret" not in {item["kind"] for item in objects}
    assert not re.search(r"PRIVATE KEY|EncryptorMasterPassword|PGPASSWORD", str(objects))


# --- Services ---


def test_each_port_has_a_service_of_its_own(tsm: Tsm) -> None:
    services = tsm.of("Service")
    assert {name: [port["port"] for port in item["spec"]["ports"]] for name, item in services.items()} == {
        "tsm-0-sdk": [8080],
        "tsm-0-mpc": [9000],
        "tsm-0-management": [14401],
    }
    assert all(item["spec"]["selector"] == NODE_LABELS for item in services.values())


@pytest.mark.parametrize("name", SAMPLES)
def test_the_management_port_is_behind_no_balancer(name: str) -> None:
    spec = rendered(sample(name)).of("Service")["tsm-0-management"]["spec"]
    assert spec["clusterIP"] == "None"
    assert "type" not in spec


@pytest.mark.parametrize(
    ("name", "types"),
    [("aws", "ClusterIP"), ("azure", "LoadBalancer"), ("gcp", "LoadBalancer"), ("cluster", "ClusterIP")],
)
def test_a_balancer_is_made_as_the_cloud_has_said(name: str, types: str) -> None:
    services = rendered(sample(name)).of("Service")
    assert {services[f"tsm-0-{port}"]["spec"]["type"] for port in ("sdk", "mpc")} == {types}


# --- who comes in, and where pods go ---

OTHERS_NODE = {"app.kubernetes.io/name": "tsm-node", "app.kubernetes.io/component": "node"}
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_pod_of_the_release_is_closed_but_for_what_a_rule_names(name: str) -> None:
    tsm = rendered(sample(name))
    policies = tsm.of("NetworkPolicy")
    closed = policies["tsm-0-default-deny"]["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(closed)
    for labels in tsm.pod_labels:
        assert closed["podSelector"]["matchLabels"].items() <= labels.items()
    for policy in policies.values():
        for rule in policy["spec"].get("ingress", []):
            assert rule["from"], "without a `from` a rule lets in everybody"
            assert rule["ports"]
        for rule in policy["spec"].get("egress", []):
            assert rule.get("to") or {port["port"] for port in rule["ports"]} == {53}


@pytest.mark.parametrize(
    ("port", "address", "comes_in"),
    [
        (9000, "192.0.2.9", True),
        (9000, "198.51.100.7", True),
        (9000, "198.51.100.8", False),
        (9000, "10.0.1.5", True),  # the balancer's health checks
        (9000, "10.20.1.1", False),  # the SDK's caller
        (8080, "10.20.1.1", True),
        (8080, "10.0.9.5", True),
        (8080, "192.0.2.9", False),
        *((14401, address, False) for address in ("192.0.2.9", "10.20.1.1", "10.0.1.5", "10.0.9.5")),
    ],
)
def test_from_outside_each_port_is_reached_by_its_own_callers(
    tsm: Tsm, port: int, address: str, comes_in: bool
) -> None:
    assert tsm.admits(port, address) is comes_in


@pytest.mark.parametrize("name", ["azure", "gcp"])
def test_where_the_node_answers_health_checks_only_callers_come_in(name: str) -> None:
    tsm = rendered(sample(name))
    assert tsm.admits(9000, "192.0.2.9")
    assert not tsm.admits(9000, "10.0.1.5")


@pytest.mark.parametrize("port", ["mpc", "sdk"])
@pytest.mark.parametrize("name", ["aws", "azure"])
def test_a_closed_balancer_lets_nobody_in(name: str, port: str) -> None:
    tsm = rendered(changed(f"{port}.service.sourceRanges", [], name))
    number = {"mpc": 9000, "sdk": 8080}[port]
    assert not any(tsm.admits(number, address) for address in ("192.0.2.9", "10.20.1.1", "10.0.1.5", "10.0.9.5"))
    assert tsm.of("Service")[f"tsm-0-{port}"]["spec"]["type"] == "ClusterIP"


def test_inside_the_cluster_the_other_players_nodes_dial_and_the_callers_call() -> None:
    tsm = rendered(sample("cluster"))
    assert tsm.admits_pods(9000) == [("tsm-1", OTHERS_NODE), ("tsm-2", OTHERS_NODE), (None, NODE_LABELS)]
    assert tsm.admits_pods(8080) == [("wallets", {}), (None, NODE_LABELS)]
    assert tsm.admits_pods(14401) == [(None, NODE_LABELS)]


def test_prometheus_alone_reads_the_management_port(tsm: Tsm) -> None:
    assert tsm.admits_pods(14401) == [("monitoring", PROMETHEUS), (None, NODE_LABELS)]
    other = rendered(changed("monitoring.namespace", "observability"))
    assert other.admits_pods(14401) == [("observability", PROMETHEUS), (None, NODE_LABELS)]
    assert tsm.admits_pods(9000) == tsm.admits_pods(8080) == [(None, NODE_LABELS)]


@pytest.mark.parametrize(
    ("port", "address", "reached"),
    [
        (5432, "10.0.8.9", True),
        (5432, "10.0.20.9", False),
        (9000, "203.0.113.5", True),
        (9000, "10.50.0.5", True),  # a balancer in a peered network
        (443, "203.0.113.5", False),
        (9000, "169.254.169.254", False),
        (9000, "168.63.129.16", False),
        (80, "169.254.169.254", False),
    ],
)
def test_a_node_reaches_its_database_and_the_other_players_and_nothing_else(
    tsm: Tsm, port: int, address: str, reached: bool
) -> None:
    assert tsm.reaches("node", port, address) is reached


def test_a_player_whose_peers_are_in_its_cluster_reaches_no_address_outside() -> None:
    tsm = rendered(sample("cluster"))
    assert not tsm.reaches("node", 9000, "203.0.113.5")
    assert tsm.reaches_pods(9000) == [("tsm-1", OTHERS_NODE), ("tsm-2", OTHERS_NODE), (None, NODE_LABELS)]


def test_the_roles_job_reaches_the_database_and_nothing_else(tsm: Tsm) -> None:
    assert tsm.reaches("role", 5432, "10.0.8.9")
    assert not tsm.reaches("role", 9000, "203.0.113.5")
    assert not tsm.reaches("role", 5432, "203.0.113.5")
    assert "ingress" not in tsm.of("NetworkPolicy")["tsm-0-role"]["spec"]


# --- the role's Job ---


def test_the_job_runs_the_script_of_the_library_and_tells_it_all_that_it_asks_for(tsm: Tsm) -> None:
    [container] = tsm.role_pod["containers"]
    [script] = container["args"]
    assert container["command"] == ["sh", "-c"]
    assert script.strip() == (COMMON_FILES / "postgres-role.sh").read_text().strip()
    told = {env["name"]: env["value"] for env in container["env"]}
    asked = set(re.findall(r"\$\{(\w+):\?\}", script))
    assert "ROLE_PASSWORD_FILE" in asked
    assert asked <= set(told)
    assert told == {
        "PGHOST": "tsm-0.example.invalid",
        "PGPORT": "5432",
        "PGUSER": "nodeyard_admin",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/database-ca/ca.pem",
        "ADMIN_PASSWORD_FILE": "/run/secrets/role/databaseAdmin",
        "ROLE_PASSWORD_FILE": "/run/secrets/role/databaseRole",
        "DATABASE": "tsm",
        "SCHEMA": "tsm0",
        "ROLE": "tsm0",
    }
    assert tsm.mounts(container) == {"secrets": "/run/secrets/role", "database-ca": "/database-ca"}
    volumes = {volume["name"]: volume for volume in tsm.role_pod["volumes"]}
    assert volumes["secrets"]["csi"]["volumeAttributes"] == {"secretProviderClass": "tsm-0-role"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("database.host", "other.example.invalid"),
        ("database.schema", "tsm1"),
        ("database.secretProviderClass", "tsm-0-role-2"),
        ("config.version", "2"),
        ("images.databaseClient", "images.invalid/postgres@sha256:" + "1" * 64),
    ],
)
def test_another_input_is_another_job_since_a_jobs_template_never_changes(path: str, value: str) -> None:
    before, after = rendered(), rendered(changed(path, value))
    assert before.job["spec"]["template"] != after.job["spec"]["template"]
    assert before.job["metadata"]["name"] != after.job["metadata"]["name"]


@pytest.mark.parametrize(("path", "value"), [("replicas", 0), ("sdk.callers", ["wallets"]), ("images.node", "a/b:1")])
def test_what_does_not_concern_the_role_leaves_its_job_alone(path: str, value: Any) -> None:
    assert rendered(changed(path, value)).job == rendered().job


def test_the_job_tries_for_hours_and_stays_for_its_log(tsm: Tsm) -> None:
    assert re.fullmatch(r"tsm-0-role-[0-9a-f]{8}", tsm.job["metadata"]["name"])
    assert tsm.role_pod["restartPolicy"] == "OnFailure"
    assert tsm.job["spec"]["backoffLimit"] == 40
    assert not {"ttlSecondsAfterFinished", "activeDeadlineSeconds"} & set(tsm.job["spec"])


def test_without_its_secrets_there_is_no_job() -> None:
    tsm = rendered(sample("cluster"))
    assert not tsm.of("Job")
    assert set(tsm.of("ServiceAccount")) == {"tsm-0-node"}
    assert set(tsm.of("NetworkPolicy")) == {"tsm-0-default-deny", "tsm-0-node"}
