"""What the chart mantis makes of a network: its nodes, who has which key, and what a change leaves alone."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from ops.mantis import backup
from tests.charts.harness import Values, parsed
from tests.charts.mantis import MANTIS, NETWORK, SAMPLES, USER, Mantis, changed, rendered, sample, template

MINERS, PASSIVE = ["miner-0", "miner-1", "miner-2"], ["passive-0", "passive-1"]


@pytest.fixture(scope="module")
def testnet() -> Mantis:
    return rendered()


def every_task(name: str) -> list[tuple[Mantis, str]]:
    network = rendered(sample(name))
    return [(network, task) for task in network.templates]


# --- the nodes ---


def test_each_node_exists_once_and_runs_on_while_its_template_changes(testnet: Mantis) -> None:
    assert set(testnet.of("StatefulSet")) == {*MINERS, *PASSIVE}
    for item in testnet.of("StatefulSet").values():
        assert item["spec"]["replicas"] == 1
        assert item["spec"]["updateStrategy"] == {"type": "OnDelete"}


def test_each_node_is_found_by_its_task_and_by_a_service_of_its_name(testnet: Mantis) -> None:
    for task in [*MINERS, *PASSIVE]:
        labels = testnet.templates[task]["metadata"]["labels"]
        assert labels["app.kubernetes.io/component"] == task
        assert labels["app.kubernetes.io/instance"] == NETWORK
        service = testnet.of("Service")[task]["spec"]
        assert service["selector"].items() <= labels.items()
        assert service["publishNotReadyAddresses"] is True
        assert "clusterIP" not in service
        assert testnet.of("StatefulSet")[task]["spec"]["serviceName"] == task


@pytest.mark.parametrize("name", SAMPLES)
def test_a_service_leads_to_ports_that_the_pods_have(name: str) -> None:
    network = rendered(sample(name))
    pods = {task: network.labelled(task).labels for task in network.templates}
    for service in network.of("Service").values():
        selected = [task for task, labels in pods.items() if service["spec"]["selector"].items() <= labels.items()]
        assert selected, service
        for task in selected:
            has = {
                (port["name"], port.get("protocol", "TCP"))
                for container in network.pod(task)["containers"]
                for port in container["ports"]
            }
            assert {(port["targetPort"], port.get("protocol", "TCP")) for port in service["spec"]["ports"]} <= has


def test_the_rpc_api_is_that_of_the_passive_nodes_that_are_ready(testnet: Mantis) -> None:
    rpc = testnet.of("Service")["rpc"]["spec"]
    assert "publishNotReadyAddresses" not in rpc
    selected = [task for task in testnet.templates if rpc["selector"].items() <= testnet.labelled(task).labels.items()]
    assert sorted(selected) == PASSIVE
    for miner in MINERS:
        assert "rpc" not in {port["name"] for port in testnet.of("Service")[miner]["spec"]["ports"]}


def test_no_two_nodes_share_a_machine(testnet: Mantis) -> None:
    for task in [*MINERS, *PASSIVE]:
        [term] = testnet.pod(task)["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        [roles] = term["labelSelector"]["matchExpressions"]
        assert {"miner", "passive"} == set(roles["values"])


def test_a_machine_is_drained_of_one_miner_at_a_time(testnet: Mantis) -> None:
    [budget] = testnet.of("PodDisruptionBudget").values()
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"]["matchExpressions"] == [
        {"key": "nodeyard.io/role", "operator": "In", "values": ["miner"]}
    ]


def test_a_disk_stays_for_the_node_that_comes_again(testnet: Mantis) -> None:
    for task in ("miner-0", "passive-0"):
        spec = testnet.of("StatefulSet")[task]["spec"]
        assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenScaled": "Retain", "whenDeleted": "Retain"}
        [claim] = spec["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "data"
        assert claim["spec"]["storageClassName"] == "gp3"
        assert claim["spec"]["resources"]["requests"]["storage"] == "100Gi"


def test_without_a_storage_class_the_clusters_default_is_taken() -> None:
    [claim] = rendered(changed("storage.className", "")).of("StatefulSet")["miner-0"]["spec"]["volumeClaimTemplates"]
    assert "storageClassName" not in claim["spec"]


# --- how the client runs ---


def test_the_start_script_finds_what_it_is_told_of(testnet: Mantis) -> None:
    for task, container in [("miner-0", "node"), ("passive-0", "node"), ("backup", "node")]:
        told, pod = testnet.environment(task, container), testnet.pod(task)
        mounts = {mount["mountPath"]: mount for mount in testnet.containers(task)[container]["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert {told["DATA_DIR"], told["CONFIG_DIR"], told["RUN_DIR"], told["HOME"]} <= set(mounts)
        assert volumes[mounts[told["RUN_DIR"]]["name"]]["emptyDir"]["medium"] == "Memory"
        assert told["GENESIS_HASH"] == sample()["chain"]["genesisHash"]
        [shell, script] = testnet.containers(task)[container]["command"]
        assert shell == "/bin/sh"
        scripts = testnet.of("ConfigMap")[volumes[mounts["/scripts"]["name"]]["configMap"]["name"]]["data"]
        assert script.removeprefix("/scripts/") in scripts
        assert scripts["core-geth.sh"] == (MANTIS.directory / "files/core-geth.sh").read_text()
        assert scripts["node.sh"] == (MANTIS.directory / "files/node.sh").read_text()


def test_the_client_finds_its_own_files_beside_the_networks_genesis(testnet: Mantis) -> None:
    volumes = {volume["name"]: volume for volume in testnet.pod("miner-0")["volumes"]}
    names = [source["configMap"]["name"] for source in volumes["config"]["projected"]["sources"]]
    files: dict[str, str] = {}
    for name in names:
        files |= testnet.of("ConfigMap")[name]["data"]
    assert json.loads(files["genesis.json"])["config"]["chainId"] == 1337
    assert files["arguments"].splitlines() == sample()["nodes"]["miner-0"]["config"]["arguments"]
    assert files["config.toml"] == sample()["nodes"]["miner-0"]["config"]["files"]["config.toml"]


def test_a_client_without_arguments_is_told_none() -> None:
    assert rendered(sample("mantis")).of("ConfigMap")[f"{NETWORK}-miner-0"]["data"]["arguments"] == ""


def test_only_a_node_with_an_address_is_told_to_advertise_one() -> None:
    public = rendered(sample("public"))
    assert public.environment("miner-0", "node")["ADVERTISED"] == "192.0.2.10"
    assert "ADVERTISED" not in public.environment("miner-1", "node")
    assert "POD_IP" in public.environment("miner-1", "node")


def test_a_node_is_alive_while_it_takes_peers_and_has_a_quarter_of_an_hour_to_begin() -> None:
    for name in SAMPLES:
        for network, task in every_task(name):
            if task.startswith(("miner", "passive")):
                node = network.containers(task)["node"]
                assert node["livenessProbe"]["tcpSocket"] == node["startupProbe"]["tcpSocket"] == {"port": "p2p"}
                assert node["startupProbe"]["periodSeconds"] * node["startupProbe"]["failureThreshold"] == 900


def test_readiness_goes_by_what_the_client_answers() -> None:
    def ready(name: str, task: str) -> dict[str, Any]:
        probe: dict[str, Any] = rendered(sample(name)).containers(task)["node"]["readinessProbe"]
        return {key: probe[key] for key in ("httpGet", "tcpSocket") if key in probe}

    assert ready("testnet", "passive-0") == {"httpGet": {"path": "/", "port": "rpc"}}
    # It answers no RPC over the network.
    assert ready("testnet", "miner-0") == {"tcpSocket": {"port": "p2p"}}
    assert ready("mantis", "miner-0") == {"httpGet": {"path": "/healthcheck", "port": "rpc"}}


def test_a_clean_start_is_asked_for_by_a_file_on_the_nodes_disk(testnet: Mantis) -> None:
    for task in [*MINERS, *PASSIVE]:
        path = testnet.templates[task]["metadata"]["annotations"]["nodeyard.io/clean-start"]
        assert path == f"{testnet.environment(task, 'node')['DATA_DIR']}/clean-start"
    assert "/clean-start" in (MANTIS.directory / "files/node.sh").read_text()
    for task in ("backup", "explorer", "faucet"):
        assert "nodeyard.io/clean-start" not in testnet.templates[task]["metadata"].get("annotations", {})


def test_the_backups_own_node_is_asked_for_a_clean_start_in_the_container_that_waits_for_it(testnet: Mantis) -> None:
    for container in ("node", backup.CONTAINER):
        assert f"{testnet.environment(backup.TASK, container)['DATA_DIR']}/clean-start" == backup.CLEAN_START


# --- keys ---


@pytest.mark.parametrize("name", SAMPLES)
def test_each_pod_with_a_key_has_an_account_and_a_mount_of_its_own(name: str) -> None:
    with_key = {task: network for network, task in every_task(name) if network.secret_class(task)}
    assert {task.rstrip("0123456789").rstrip("-") for task in with_key} <= {"miner", "obft", "faucet"}
    classes = [network.secret_class(task) for task, network in with_key.items()]
    assert len(classes) == len(set(classes)), "two pods share a key"
    for network, task in every_task(name):
        account = network.pod(task)["serviceAccountName"]
        assert account in network.of("ServiceAccount")
        sharing = [other for _, other in every_task(name) if network.pod(other)["serviceAccountName"] == account]
        assert sharing == [task] or all(one.startswith("passive-") for one in sharing)


def test_a_key_is_read_by_its_process_from_memory_alone(testnet: Mantis) -> None:
    for task, container in [("miner-0", "node"), ("faucet", "faucet")]:
        containers = testnet.containers(task)
        file = testnet.environment(task, container)["KEY_FILE"]
        directory, _, key = file.rpartition("/")
        [mount] = [one for one in containers[container]["volumeMounts"] if one["mountPath"] == directory]
        volumes = {volume["name"]: volume for volume in testnet.pod(task)["volumes"]}
        assert volumes[mount["name"]]["emptyDir"]["medium"] == "Memory"
        assert mount["readOnly"] is True
        assert testnet.environment(task, "copy-secrets")["FILES"] == key
        readers = [
            name for name, one in containers.items() if "secrets" in {mount["name"] for mount in one["volumeMounts"]}
        ]
        assert readers == ["copy-secrets"]


def test_a_node_without_a_key_is_told_of_none(testnet: Mantis) -> None:
    for task in [*PASSIVE, "backup", "explorer"]:
        assert testnet.secret_class(task) == ""
        assert "KEY_FILE" not in json.dumps(testnet.pod(task))


# --- security ---


@pytest.mark.parametrize("name", SAMPLES)
def test_only_what_copies_keys_is_root(name: str) -> None:
    for network, task in every_task(name):
        assert network.pod(task)["automountServiceAccountToken"] is False
        if not task.endswith("-address"):  # which has no disk
            assert network.pod(task)["securityContext"]["fsGroup"] == USER
        for container in network.containers(task).values():
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            if container["name"] != "copy-secrets":
                assert context["runAsNonRoot"] is True
            if container["name"] in ("node", "restore", "backup"):
                assert context["runAsUser"] == USER, "what one writes the others must read"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_container_says_what_it_asks_for(name: str) -> None:
    for network, task in every_task(name):
        for container in network.containers(task).values():
            assert {"cpu", "memory"} == set(container["resources"]["requests"])


# --- what a change leaves alone ---


def with_nodes(**nodes: dict[str, Any]) -> Values:
    values = sample()
    values["nodes"] = {**values["nodes"], **nodes}
    return values


def by_name(network: Mantis) -> dict[tuple[str, str], str]:
    return {(item["kind"], item["metadata"]["name"]): json.dumps(item, sort_keys=True) for item in network.objects}


@pytest.mark.parametrize(
    ("added", "objects"),
    [
        (
            "miner-3",
            {
                ("ConfigMap", f"{NETWORK}-miner-3"),
                ("Service", "miner-3"),
                ("ServiceAccount", f"{NETWORK}-miner-3"),
                ("StatefulSet", "miner-3"),
            },
        ),
        (
            "passive-10",
            {("ConfigMap", f"{NETWORK}-passive-10"), ("Service", "passive-10"), ("StatefulSet", "passive-10")},
        ),
    ],
)
def test_one_more_node_changes_no_other_object(added: str, objects: set[tuple[str, str]], testnet: Mantis) -> None:
    role, _, number = added.partition("-")
    node = {**sample()["nodes"][f"{role}-1"]}
    if role == "miner":
        node |= {"secretProviderClass": f"{NETWORK}-{added}", "secretFiles": {"key": f"miner{number}Key"}}
    before = by_name(testnet)
    values = with_nodes(**{added: node})
    if role == "passive":
        values = {**values, "nodes": {**values["nodes"], "passive-2": node}}
        before = by_name(rendered(with_nodes(**{"passive-2": node})))
    after = by_name(rendered(values))
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == objects


def test_a_second_rendering_is_the_same(testnet: Mantis) -> None:
    again = MANTIS.template(sample())
    assert by_name(Mantis(tuple(testnet.objects))) == by_name(Mantis(parsed(again.stdout)))


def test_a_nodes_pod_is_told_apart_from_one_of_other_files(testnet: Mantis) -> None:
    def mark(network: Mantis, task: str) -> str:
        found: str = network.templates[task]["metadata"]["annotations"]["checksum/config"]
        return found

    node = sample()["nodes"]["miner-1"]
    config = {**node["config"], "arguments": ["--verbosity", "4"]}
    other = rendered(with_nodes(**{"miner-1": {**node, "config": config}}))
    assert mark(other, "miner-1") != mark(testnet, "miner-1")
    assert mark(other, "miner-0") == mark(testnet, "miner-0")


def test_the_largest_network_is_stored_as_one_release() -> None:
    values = sample()
    for role, number in (("miner", 30), ("passive", 60)):
        node = values["nodes"][f"{role}-0"]
        values["nodes"] |= {
            f"{role}-{one}": {**node, **({"secretProviderClass": f"{role}-{one}"} if role == "miner" else {})}
            for one in range(number)
        }
    network = rendered(values)
    assert len(network.of("StatefulSet")) == 90
    # Helm keeps values and manifests in a Secret, which may have a MiB: compressed, and in base64.
    kept = json.dumps([values, network.objects]).encode()
    assert len(gzip.compress(kept)) * 4 / 3 < 2**20


# --- refused values ---


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("misspelt", True, "misspelt"),
        ("images.client", "images.invalid/core-geth:latest", "client"),
        ("images.tools", None, "images.tools: it is missing"),
        ("images.explorer", None, "images.explorer: it is missing"),
        ("images.faucet", None, "images.faucet: it is missing"),
        ("client", "geth", "client"),
        ("chain.id", 0, "id"),
        ("chain.genesisHash", "aa", "genesisHash"),
        ("nodes", {}, "nodes"),
        ("nodes.miner-0.config", None, "nodes.miner-0.config: it is missing"),
        ("nodes.miner-0.secretFiles", None, "nodes.miner-0.secretFiles: miners and checkpoint nodes have a key"),
        ("nodes.miner-0.secretProviderClass", None, "nodes.miner-0: secretProviderClass and secretFiles go together"),
        ("nodes.passive-0.secretFiles", {"key": "miner0Key"}, "nodes.passive-0.secretFiles: miners and checkpoint"),
        ("nodes.miner-0.misspelt", 1, "misspelt"),
        ("nodes.archive-0", {"config": {}}, "archive-0"),
        ("nodes.miner-0.config.files", {"arguments": "--dev"}, "arguments"),
        ("nodes.miner-0.config.files", {"genesis.json": "{}"}, "genesis.json"),
        ("nodes.miner-0.config.arguments", ["--dev\n--http"], "arguments"),
        ("nodes.miner-0.address", {"publicAddress": "192.0.2.1", "addressId": "a"}, "public: it is true where miners"),
        ("public", True, "public: it is true where miners"),
        ("store.url", "", "store.url: backups are made and restored, and there is no bucket"),
        ("store.url", "file:///backups", "url"),
        ("backup.config", None, "backup.config: it is missing"),
        ("backup.schedule", "hourly", "schedule"),
        ("backup.keep", 0, "keep"),
        ("explorer.environment", {"RPC_URL": "http://miner-0:8546"}, "RPC_URL"),
        ("explorer.ingress.callers", {}, "callers"),
        ("faucet.amount", None, "faucet.amount: it is missing"),
        ("faucet.amount", "1e18", "amount"),
        ("faucet.perAddress", None, "faucet.perAddress: it is missing"),
        ("faucet.secretFiles", None, "faucet.secretFiles: it is missing"),
        ("storage.sizes", {"miner": "100"}, "miner"),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_by_its_key(path: str, value: Any, told: str) -> None:
    result = template(changed(path, value))
    assert result.returncode != 0
    assert told in result.stderr


@pytest.mark.parametrize("asks", ["backup", "explorer", "faucet"])
def test_who_asks_passive_nodes_is_refused_where_there_is_none(asks: str) -> None:
    values = sample()
    values["nodes"] = {name: node for name, node in values["nodes"].items() if name.startswith("miner")}
    for other in {"backup", "explorer", "faucet"} - {asks}:
        values[other]["enabled"] = False
    values["callers"] = []
    result = template(values)
    assert f"{asks}.enabled: it asks passive nodes, and there is none" in result.stderr


def test_a_passive_node_has_no_address() -> None:
    values = sample("public")
    values["nodes"]["passive-0"]["address"] = values["nodes"]["miner-0"].pop("address")
    assert "nodes.passive-0.address: only a miner is dialled from outside" in template(values).stderr


def test_a_name_that_its_accounts_have_no_room_for_is_refused() -> None:
    assert "longer than 45 characters" in template(sample(), release="m" * 46).stderr
    assert template(sample(), release="m" * 45).returncode == 0
