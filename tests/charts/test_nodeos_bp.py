"""What the chart nodeos-bp renders, object by object."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from nodeyard.clouds.in_cluster.teams import LEASES
from tests.charts.nodeos import CHART, SAMPLES, USER, Nodeos, changed, rendered, sample, template

ORDINALS = ["nodeos-bp-0", "nodeos-bp-1", "nodeos-bp-2"]
PRODUCERS = ORDINALS[:2]
SPARE = ORDINALS[2]
API_NODES = ["nodeos-api-0", "nodeos-api-1"]


@pytest.fixture(scope="module")
def mainnet() -> Nodeos:
    """Two ordinals that may produce, and a spare."""
    return rendered()


@pytest.fixture(scope="module")
def jungle() -> Nodeos:
    """Two ordinals and two API nodes."""
    return rendered(sample("jungle4"))


# --- values ---


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("misspelt", True),
        ("production.misspelt", True),
        ("ordinals.nodeos-bp-0.misspelt", True),
        ("ordinals.nodeos-bp-0.replicas", 2),
        ("ordinals.nodeos-bp-0.secretFiles.misspelt", "x"),
        ("ordinals.bp-0", {"claim": "x", "secretProviderClass": "x", "secretFiles": {"token": "token"}}),
        ("images.manager", "images.invalid/nodeos-bp:latest"),
        ("images.manager", "images.invalid/nodeos-bp"),
        ("images.manager", ""),
        ("chain.id", "aca376f2"),
        ("chain.flavour", "leap"),
        ("config.ini", "signature-provider = EOS6MRyA=KEY:5KQwrPb"),
        ("peers", ["peer.example.invalid"]),
        ("production.producers", []),
        ("production.producers", ["Not A Name"]),
        ("production.failover", "sometimes"),
        ("store.url", "https://bucket.example.invalid"),
        ("store.autoRestore", "always"),
        ("store.snapshots", {"keep": 0}),
        ("ports.p2p", 9877),  # the manager's config.ini has 9876
        ("grace", 299),
        ("p2p.peers", ["anyone"]),
        ("callers", ["Not A Namespace"]),
        ("signerUrl", "signer:6666"),
        ("monitoring.databaseAlert", 90),
        ("apiNodes", {"nodeos-bp-9": {"claim": "x", "secretProviderClass": "x", "secretFiles": {"token": "token"}}}),
    ],
)
def test_a_wrong_value_is_refused(path: str, value: Any) -> None:
    assert template(changed(path, value)).returncode != 0


@pytest.mark.parametrize(
    "path",
    [
        *("images", "images.manager", "production", "production.producers", "ordinals"),
        *(f"ordinals.nodeos-bp-0.{key}" for key in ("claim", "secretProviderClass", "secretFiles")),
        "ordinals.nodeos-bp-0.secretFiles.token",
    ],
)
def test_what_must_be_given_is_missed(path: str) -> None:
    result = template(changed(path, None))
    assert result.returncode != 0
    assert path.rsplit(".", 1)[-1] in result.stderr


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("production.active", "nodeos-bp-7", "production.active: nodeos-bp-7 is no ordinal that may produce"),
        ("production.active", SPARE, f"production.active: {SPARE} is no ordinal that may produce"),
        ("ordinals.nodeos-bp-1.mayProduce", False, "production.active: nodeos-bp-1 is no ordinal that may produce"),
        ("ordinals.nodeos-bp-0.mayProduce", False, "ordinals.nodeos-bp-0: it may not produce, and has a key"),
        (
            "ordinals.nodeos-bp-2.secretFiles.finalizerKey",
            "x",
            "ordinals.nodeos-bp-2: it may not produce, and has a key",
        ),
        ("chain.flavour", "eos", "ordinals.nodeos-bp-0.secretFiles.finalizerKey: EOSIO 2 knows no finalizers"),
        ("ordinals.nodeos-bp-2.mayProduce", True, "takes its signing key from exactly one place"),
        ("signerUrl", "http://signer:6666", "takes its signing key from exactly one place"),
    ],
)
def test_values_that_make_no_cluster_are_refused_with_a_sentence(path: str, value: Any, told: str) -> None:
    result = template(changed(path, value))
    assert result.returncode != 0
    assert told in result.stderr


def test_a_release_whose_accounts_names_have_no_room_is_refused() -> None:
    assert template(sample(), "a" * 49).returncode == 0
    assert "longer than 49 characters" in template(sample(), "a" * 50).stderr


# --- what may exist once ---


@pytest.mark.parametrize("name", SAMPLES)
def test_every_node_may_exist_once_and_is_replaced_when_an_operator_says_so(name: str) -> None:
    release = rendered(sample(name))
    assert {item["kind"] for item in release.objects}.isdisjoint({"Deployment", "PodDisruptionBudget", "Pod"})
    assert release.nodes == sorted([*sample(name)["ordinals"], *sample(name).get("apiNodes", {})])
    for node in release.nodes:
        spec = release.of("StatefulSet")[node]["spec"]
        assert spec["replicas"] == 1
        assert "volumeClaimTemplates" not in spec
        assert spec["updateStrategy"] == {"type": "OnDelete"}
    templates = "".join(file.read_text() for file in (CHART / "templates").iterdir())
    assert re.findall(r"replicas:.*", templates) == ["replicas: 1"]
    assert "replica" not in (CHART / "values.schema.json").read_text()


def test_each_node_mounts_its_own_claim_and_goes_where_it_was_placed(mainnet: Nodeos) -> None:
    for node in ORDINALS:
        pod, ordinal = mainnet.pod(node), sample()["ordinals"][node]
        [claim] = [volume["persistentVolumeClaim"] for volume in pod["volumes"] if volume["name"] == "data"]
        assert claim == {"claimName": node}
        assert pod["nodeSelector"] == ordinal["placement"]["nodeSelector"]
        assert pod["tolerations"] == ordinal["placement"]["tolerations"]


def test_a_node_starts_on_no_other_chains_disk(mainnet: Nodeos) -> None:
    first = mainnet.pod(ORDINALS[0])["initContainers"][0]
    assert first["name"] == "own-disk"
    assert {"name": "OWNER", "value": f"nodeos {sample()['chain']['id']}"} in first["env"]
    unknown = rendered(sample("private"))
    assert [container["name"] for container in unknown.pod("nodeos-bp-0")["initContainers"]] == ["copy-secrets"]


def test_what_else_is_on_the_disk_is_not_nodeos(mainnet: Nodeos) -> None:
    [data] = [mount for mount in mainnet.container(ORDINALS[0])["volumeMounts"] if mount["name"] == "data"]
    assert data == {"name": "data", "mountPath": "/nodeos-data", "subPath": "nodeos"}


# --- names ---


def test_each_node_is_known_by_its_own_name_and_its_pod_by_the_label(mainnet: Nodeos, jungle: Nodeos) -> None:
    for node in ORDINALS:
        assert mainnet.labels(node)["nodeyard.io/ordinal"] == node
        assert mainnet.container(node)["name"] == "nodeos-bp"
        assert mainnet.environment(node)["POD_NAME"] == node
        assert mainnet.of("StatefulSet")[node]["spec"]["serviceName"] == node
    for node in API_NODES:
        assert "nodeyard.io/ordinal" not in jungle.labels(node)
        assert jungle.container(node)["name"] == "nodeos-api"


def test_each_node_has_an_account_of_its_own(mainnet: Nodeos) -> None:
    assert set(mainnet.of("ServiceAccount")) == {f"eos-{node}" for node in ORDINALS}
    for node in ORDINALS:
        assert mainnet.pod(node)["serviceAccountName"] == f"eos-{node}"
        assert mainnet.pod(node)["enableServiceLinks"] is False


def test_the_clouds_identity_finds_what_it_wants_of_pod_and_account() -> None:
    private = rendered(sample("private"))
    assert private.labels("nodeos-bp-0")["azure.workload.identity/use"] == "true"
    [account] = private.of("ServiceAccount").values()
    assert account["metadata"]["annotations"] == sample("private")["ordinals"]["nodeos-bp-0"]["accountAnnotations"]


def test_a_selector_stays_as_it_is_whatever_labels_change() -> None:
    before, after = rendered(), rendered(changed("ordinals.nodeos-bp-0.podLabels", {"another": "label"}))
    selectors = [release.of("StatefulSet")["nodeos-bp-0"]["spec"]["selector"] for release in (before, after)]
    assert selectors[0] == selectors[1]
    assert after.labels("nodeos-bp-0")["another"] == "label"


# --- who speaks to the API server ---


def test_only_who_may_produce_reads_and_writes_the_lease(mainnet: Nodeos) -> None:
    [role] = mainnet.of("Role").values()
    assert role["rules"] == [
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "resourceNames": ["nodeos-bp", "nodeos-bp-finalizers"],
            "verbs": ["get", "update"],
        },
    ]
    [binding] = mainnet.of("RoleBinding").values()
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert [(subject["name"], subject["namespace"]) for subject in binding["subjects"]] == [
        (f"eos-{node}", "bp") for node in PRODUCERS
    ]


def test_the_role_names_the_lease_that_the_managers_are_told_of(jungle: Nodeos) -> None:
    [role] = jungle.of("Role").values()
    assert {jungle.options(node).lease for node in PRODUCERS} == {"jungle"}
    assert role["rules"][1]["resourceNames"] == ["jungle", "jungle-finalizers"]


def test_where_the_platform_gives_the_right_the_chart_makes_no_role() -> None:
    release = rendered(changed("rbac", {"create": False}))
    assert {"Role", "RoleBinding"} & {item["kind"] for item in release.objects} == set()
    assert len(release.objects) == len(rendered().objects) - 2


def test_the_platforms_role_lets_managers_do_what_the_charts_own_would(mainnet: Nodeos) -> None:
    [role] = mainnet.of("Role").values()
    [resources] = {(*rule["apiGroups"], *rule["resources"]) for rule in role["rules"]}
    assert resources == (*LEASES["apiGroups"], *LEASES["resources"])
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == set(LEASES["verbs"])


def test_only_who_may_produce_has_a_token_for_the_api_server(mainnet: Nodeos, jungle: Nodeos) -> None:
    assert {node: mainnet.pod(node)["automountServiceAccountToken"] for node in ORDINALS} == {
        **dict.fromkeys(PRODUCERS, True),
        SPARE: False,
    }
    assert not any(jungle.pod(node)["automountServiceAccountToken"] for node in API_NODES)


# --- secrets ---


def test_no_secret_stands_in_an_object() -> None:
    for name in SAMPLES:
        objects = rendered(sample(name)).objects
        assert "Secret" not in {item["kind"] for item in objects}
        assert not re.search(r"KEY:|PVT_|5[HJK][1-9A-Za-z]{49}", str(objects))


def test_keys_are_only_where_they_may_be(mainnet: Nodeos, jungle: Nodeos) -> None:
    def files(release: Nodeos, node: str) -> set[str]:
        copying = release.containers(node)["copy-secrets"]
        [names] = [each["value"] for each in copying["env"] if each["name"] == "FILES"]
        return set(names.split())

    for node in PRODUCERS:
        assert files(mainnet, node) == {"token", "signatureProviders", "finalizerKey"}
    assert files(mainnet, SPARE) == {"token"}
    assert all(files(jungle, node) == {"token"} for node in API_NODES)


def test_each_node_mounts_its_own_secrets_and_the_manager_sees_copies_in_memory(mainnet: Nodeos) -> None:
    for node in ORDINALS:
        volumes = {volume["name"]: volume for volume in mainnet.pod(node)["volumes"]}
        assert volumes["secrets"]["csi"]["volumeAttributes"] == {"secretProviderClass": f"eos-mainnet-{node}"}
        mounting = {
            name: {mount["name"] for mount in container["volumeMounts"]}
            for name, container in mainnet.containers(node).items()
        }
        assert [name for name, mounts in mounting.items() if "secrets" in mounts] == ["copy-secrets"]
        assert "secret-copies" in mounting["nodeos-bp"]
        assert volumes["secret-copies"]["emptyDir"]["medium"] == "Memory"
        # config.ini as nodeos reads it has the signing keys.
        assert volumes["run"]["emptyDir"]["medium"] == "Memory"


def test_the_manager_finds_each_secret_where_it_was_copied_to(mainnet: Nodeos, tmp_path: Path) -> None:
    copying = mainnet.containers(ORDINALS[0])["copy-secrets"]
    told = {each["name"]: each["value"] for each in copying["env"]}
    source, copies = tmp_path / "mounted", tmp_path / "copies"
    source.mkdir()
    copies.mkdir()
    for name in told["FILES"].split():
        (source / name).write_text(f"{name}, made up\n")
        (source / name).chmod(0o400)
    environment = {"PATH": "/usr/bin:/bin", **told, "SOURCE": str(source), "COPIES": str(copies)}
    ran = subprocess.run([*copying["command"], *copying["args"]], env=environment, check=False)
    assert ran.returncode == 0
    options = mainnet.options(ORDINALS[0])
    for read in (options.token_file, *options.signature_provider_file, options.finalizer_key_file):
        assert str(read.parent) == told["COPIES"]
        copy = copies / read.name
        assert copy.read_text() == f"{read.name}, made up\n"
        assert copy.stat().st_mode & 0o7777 == 0o440


# --- security ---


def test_the_manager_can_do_nothing_that_it_need_not(mainnet: Nodeos) -> None:
    for node in ORDINALS:
        assert mainnet.container(node)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
        }
        assert mainnet.pod(node)["securityContext"] == {
            "seccompProfile": {"type": "RuntimeDefault"},
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
        }
        assert not {"hostNetwork", "hostPID", "shareProcessNamespace"} & set(mainnet.pod(node))


def test_what_the_manager_writes_to_is_mounted(mainnet: Nodeos) -> None:
    mounts = mainnet.container(ORDINALS[0])["volumeMounts"]
    writable = {mount["mountPath"] for mount in mounts if not mount.get("readOnly")}
    options = mainnet.options(ORDINALS[0])
    assert writable == {str(options.data_dir), str(options.run_dir), "/tmp"}
    assert mainnet.environment(ORDINALS[0])["HOME"] == "/tmp"


def test_the_image_says_what_runs_and_the_chart_gives_options_only(mainnet: Nodeos) -> None:
    for node in ORDINALS:
        assert "command" not in mainnet.container(node)
        assert all(option.startswith("--") for option in mainnet.container(node)["args"])


# --- starting, living, stopping ---


@pytest.mark.parametrize("grace", [300, 600, 1800])
def test_nodeos_has_minutes_to_stop_and_the_pod_outlasts_it(grace: int) -> None:
    release = rendered(changed("grace", grace))
    for node in ORDINALS:
        options = release.options(node)
        assert release.pod(node)["terminationGracePeriodSeconds"] == grace
        assert 270 <= options.stop_pause + options.stop_wait < grace


def test_a_producers_manager_that_hangs_is_killed_within_five_seconds(mainnet: Nodeos) -> None:
    for node in PRODUCERS:
        probe = mainnet.container(node)["livenessProbe"]
        assert probe["httpGet"] == {"path": "/livez", "port": "manager"}
        tries = probe["failureThreshold"] * probe["periodSeconds"]
        assert tries + probe["timeoutSeconds"] + probe["terminationGracePeriodSeconds"] <= 5


def test_that_watch_begins_a_second_after_the_manager_answers(mainnet: Nodeos) -> None:
    for node in PRODUCERS:
        probe = mainnet.container(node)["startupProbe"]
        assert (probe["httpGet"]["path"], probe["periodSeconds"]) == ("/ping", 1)
        assert probe["failureThreshold"] >= 600


def test_an_api_node_that_hangs_keeps_the_pods_grace(jungle: Nodeos) -> None:
    for node in API_NODES:
        probe = jungle.container(node)["livenessProbe"]
        assert "terminationGracePeriodSeconds" not in probe
        assert probe["failureThreshold"] * probe["periodSeconds"] >= 60


def test_a_node_is_ready_while_its_head_is_young(mainnet: Nodeos) -> None:
    for node in ORDINALS:
        assert mainnet.container(node)["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": "manager"}


def test_every_node_asks_for_what_it_is_given_and_has_no_limit_that_throttles_it(mainnet: Nodeos) -> None:
    default = yaml.safe_load((CHART / "values.yaml").read_text())["resources"]
    assert mainnet.container(ORDINALS[0])["resources"] == sample()["ordinals"][ORDINALS[0]]["resources"]
    assert mainnet.container(ORDINALS[1])["resources"] == default
    assert default["limits"] == {}
    assert set(default["requests"]) == {"cpu", "memory"}


# --- configuration ---


def test_the_users_files_reach_the_manager_as_they_are() -> None:
    private = rendered(sample("private"))
    [data] = [item["data"] for item in private.of("ConfigMap").values()]
    assert data["config.ini"].strip() == sample("private")["config"]["ini"]
    assert data["genesis.json"].strip() == sample("private")["config"]["genesis"].strip()
    volumes = {volume["name"]: volume for volume in private.pod("nodeos-bp-0")["volumes"]}
    assert volumes["config"]["configMap"]["name"] in private.of("ConfigMap")
    [mount] = [each for each in private.container("nodeos-bp-0")["volumeMounts"] if each["name"] == "config"]
    # Files that are mounted one by one (subPath) never change in a pod that runs.
    assert mount == {"name": "config", "mountPath": str(private.options("nodeos-bp-0").config_dir), "readOnly": True}


def test_without_a_genesis_there_is_no_such_file(mainnet: Nodeos) -> None:
    assert set(mainnet.of("ConfigMap")["eos-config"]["data"]) == {"config.ini"}


@pytest.mark.parametrize(
    ("path", "value"),
    [("config.ini", "max-clients = 7"), ("monitoring", {"enabled": False}), ("callers", []), ("p2p.public", True)],
)
def test_what_does_not_concern_a_running_node_leaves_its_pod_alone(path: str, value: Any) -> None:
    before, after = rendered(), rendered(changed(path, value))
    for node in ORDINALS:
        assert before.of("StatefulSet")[node] == after.of("StatefulSet")[node]


# --- Services ---


def test_each_nodes_service_reaches_its_pod_ready_or_not(mainnet: Nodeos, jungle: Nodeos) -> None:
    for release in (mainnet, jungle):
        for node in release.nodes:
            spec = release.of("Service")[node]["spec"]
            assert spec["publishNotReadyAddresses"] is True
            assert "clusterIP" not in spec
            assert [port["name"] for port in spec["ports"]] == ["manager", "proxy", "p2p", "metrics"]
            selected = [other for other in release.nodes if spec["selector"].items() <= release.labels(other).items()]
            assert selected == [node]


def test_callers_of_the_chain_api_reach_ready_nodes_only(mainnet: Nodeos, jungle: Nodeos) -> None:
    def selected(release: Nodeos, service: str) -> list[str]:
        spec = release.of("Service")[service]["spec"]
        assert [port["name"] for port in spec["ports"]] == ["proxy"]
        assert not spec.get("publishNotReadyAddresses")
        return [node for node in release.nodes if spec["selector"].items() <= release.labels(node).items()]

    assert selected(mainnet, "nodeos-bp") == ORDINALS
    assert selected(jungle, "nodeos-bp") == PRODUCERS
    assert selected(jungle, "nodeos-api") == API_NODES
    assert "nodeos-api" not in mainnet.of("Service")


def test_every_port_of_a_service_is_one_that_the_manager_listens_on() -> None:
    release = rendered(changed("ports", {"manager": 18080, "proxy": 19999, "metrics": 19102, "http": 18888}))
    for node in ORDINALS:
        options = release.options(node)
        listens = {port["name"]: port["containerPort"] for port in release.container(node)["ports"]}
        assert listens == {
            "manager": options.manager_api_port,
            "proxy": options.proxy_port,
            "metrics": options.metrics_port,
            "p2p": 9876,
        }
        assert options.api_addr == "http://127.0.0.1:18888"
        service = release.of("Service")[node]["spec"]["ports"]
        assert {port["targetPort"]: port["port"] for port in service} == listens
