"""What a platform's monitoring consists of on each cloud, and what is refused of it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from nodeyard.clouds.contract.monitoring import AGENTS, LABELS, PODS
from nodeyard.clouds.contract.node_room import total
from nodeyard.errors import InputError
from nodeyard.live import Live
from nodeyard.pins.charts import PROMETHEUS, PROMETHEUS_CRDS
from nodeyard.platform import Platform, monitoring_rules
from sandbox.simulation.values import plain as unwrapped
from tests.unit import examples, gcp_world, test_platform
from tests.unit.azure import world as azure_world
from tests.unit.recording import Recording, record
from tests.unit.worlds import empty

ARGUMENTS: Mapping[str, Callable[..., Any]] = {
    "aws": test_platform.arguments,
    "azure": azure_world.arguments,
    "gcp": gcp_world.arguments,
}
RELEASE, SECRET, POLICY = (
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:core/v1:Secret",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
)
WATCHER = "https://watcher.invalid/2c7d"
URL, KEY, PASSWORD, CLIENT = "https://hooks.invalid/7f3a", "pd-key-9c1e", "smtp-password-5b2d", "oauth-secret-4e8f"
MAIL = {
    "to": "ops@example.com",
    "sender": "alerts@example.com",
    "smarthost": "smtp.example.com:587",
    "username": "alerts",
}
RECEIVERS: Mapping[str, dict[str, Any]] = {
    "hook": {"kind": "webhook", "url": URL},
    "chat": {"kind": "slack", "url": URL, "channel": "#ops", "severities": ["warning"]},
    "pager": {"kind": "pagerduty", "routing_key": KEY, "severities": ["critical", "high"]},
    "mail": {"kind": "email", "password": PASSWORD, **MAIL},
}
OWN_INGRESS = {
    "host": "grafana.example.com",
    "class_name": "nginx",
    "controller_namespace": "ingress-nginx",
    "tls_secret_name": "grafana-tls",
}
SIGN_IN = {
    "client_id": "nodeyard",
    "client_secret": CLIENT,
    "auth_url": "https://login.example.com/authorize",
    "token_url": "https://login.example.com/token",
    "api_url": "https://login.example.com/userinfo",
    "allowed_domains": ["example.com"],
}


def arguments(cloud: str, monitoring: Mapping[str, Any] | None, **changes: Any) -> Any:
    args = ARGUMENTS[cloud](**changes)
    args["system_nodes"] = {**args["system_nodes"], "node_count": 3, **changes.get("system_nodes", {})}
    return args if monitoring is None else {**args, "monitoring": monitoring}


def deploy(cloud: str, monitoring: Mapping[str, Any] | None, **changes: Any) -> Recording:
    made: dict[str, Any] = {}

    def program() -> None:
        platform = Platform("platform", arguments(cloud, monitoring, **changes))
        platform.platform.apply(lambda contract: made.update(contract=contract))
        platform.grafana.apply(lambda grafana: made.update(grafana=grafana))

    recording = record(program, empty(region=ARGUMENTS[cloud]()["region"]))
    recording.check(URL, KEY, PASSWORD, CLIENT, WATCHER)
    recording.exports.update(made)
    return recording


@pytest.fixture(scope="module", params=ARGUMENTS)
def everything(request: pytest.FixtureRequest) -> Recording:
    """Monitoring with every kind of receiver, a watchdog, an ingress and a sign-in."""
    grafana = {"ingress": OWN_INGRESS, "sign_in": SIGN_IN}
    told = {"receivers": RECEIVERS, "watchdog": {"url": WATCHER}, "grafana": grafana, "retention_days": 30}
    return deploy(request.param, told)


@pytest.fixture(scope="module")
def plain() -> Recording:
    """Monitoring with no key at all."""
    return deploy("aws", {})


def values(recording: Recording, chart: str) -> dict[str, Any]:
    found: dict[str, Any] = recording.one(RELEASE, chart).inputs["values"]
    return found


def problems(cloud: str, monitoring: Mapping[str, Any], **changes: Any) -> dict[str, str]:
    with pytest.raises(InputError) as raised:
        deploy(cloud, monitoring, **changes)
    return dict(raised.value.problems)


def test_a_platform_without_monitoring_has_none_of_it() -> None:
    recording = deploy("aws", None)
    assert "monitoring" not in recording.exports["contract"]
    assert recording.exports["grafana"] == {}
    assert not {"loki", "fluent-bit", "kube-prometheus-stack"} & {one.name for one in recording.of(RELEASE)}
    assert "monitoring" not in {one.name for one in recording.of("kubernetes:core/v1:Namespace")}


def test_the_contract_says_where_prometheus_runs_and_what_it_selects_by(
    everything: Recording, plain: Recording
) -> None:
    told = {"namespace": "monitoring", "labels": {"monitoring": "nodeyard"}}
    assert everything.exports["contract"]["monitoring"] == {**told, "receiver": True}
    assert plain.exports["contract"]["monitoring"] == {**told, "receiver": False}


def test_every_release_is_in_the_namespace_of_the_monitoring_and_pinned(everything: Recording) -> None:
    releases = {one.name: one.inputs for one in everything.of(RELEASE)}
    for chart in ("kube-prometheus-stack", "loki", "fluent-bit"):
        assert releases[chart]["namespace"] == "monitoring"
        assert releases[chart]["version"]
    assert everything.one("kubernetes:core/v1:Namespace", "monitoring").protect is False


def test_the_definitions_have_one_owner(plain: Recording) -> None:
    assert values(plain, PROMETHEUS.name)["crds"] == {"enabled": False}
    assert plain.one(RELEASE, PROMETHEUS_CRDS.name).inputs["namespace"] == "kube-system"


def test_prometheus_selects_by_the_platforms_labels_in_every_namespace(everything: Recording) -> None:
    spec = values(everything, PROMETHEUS.name)["prometheus"]["prometheusSpec"]
    for kind in ("serviceMonitor", "podMonitor", "rule", "probe", "scrapeConfig"):
        assert spec[f"{kind}Selector"] == {"matchLabels": {"monitoring": "nodeyard"}}
        assert spec[f"{kind}NamespaceSelector"] == {}
    assert spec["retention"] == "30d"


def test_what_the_charts_bring_themselves_is_selected_too(everything: Recording) -> None:
    stack = values(everything, PROMETHEUS.name)
    assert stack["commonLabels"] == LABELS
    for part in ("prometheus-node-exporter", "kube-state-metrics"):
        assert stack[part]["prometheus"]["monitor"]["additionalLabels"] == LABELS
    assert stack["grafana"]["serviceMonitor"]["labels"] == LABELS
    assert values(everything, "loki")["monitoring"]["serviceMonitor"] == {"enabled": True, "labels": LABELS}
    assert values(everything, "fluent-bit")["serviceMonitor"] == {"enabled": True, "selector": LABELS}


def test_an_agent_is_on_every_node_whatever_its_taints_and_asks_for_what_is_kept_free(everything: Recording) -> None:
    exporter = values(everything, PROMETHEUS.name)["prometheus-node-exporter"]
    agents = {"prometheus-node-exporter": exporter, "fluent-bit": values(everything, "fluent-bit")}
    assert agents.keys() == AGENTS.keys()
    for name, agent in agents.items():
        room = AGENTS[name]
        assert agent["tolerations"] == [{"operator": "Exists"}]
        assert agent["resources"]["requests"] == {"cpu": f"{room.millicpu}m", "memory": f"{room.mib}Mi"}


def test_what_a_cloud_runs_out_of_reach_is_not_asked(everything: Recording) -> None:
    stack = values(everything, PROMETHEUS.name)
    for part in ("kubeEtcd", "kubeScheduler", "kubeControllerManager", "kubeProxy"):
        assert stack[part] == {"enabled": False}
    assert not any(stack["defaultRules"]["rules"].values())


def test_the_volumes_are_of_a_class_that_the_platform_makes(everything: Recording) -> None:
    classes = {one.name for one in everything.of("kubernetes:storage.k8s.io/v1:StorageClass")}
    stack = values(everything, PROMETHEUS.name)
    claims = [
        stack["prometheus"]["prometheusSpec"]["storageSpec"],
        stack["alertmanager"]["alertmanagerSpec"]["storage"],
    ]
    assert {claim["volumeClaimTemplate"]["spec"]["storageClassName"] for claim in claims} <= classes
    assert values(everything, "loki")["singleBinary"]["persistence"]["storageClass"] in classes


def test_metrics_go_before_their_volume_is_full(plain: Recording) -> None:
    spec = values(plain, PROMETHEUS.name)["prometheus"]["prometheusSpec"]
    claim = spec["storageSpec"]["volumeClaimTemplate"]["spec"]
    assert claim["resources"]["requests"]["storage"] == "50Gi"
    assert spec["retentionSize"] == "42GiB"


def test_loki_deletes_what_is_older_than_its_retention() -> None:
    loki = values(deploy("gcp", {"logs_retention_days": 7}), "loki")["loki"]
    assert loki["limits_config"]["retention_period"] == "168h"
    assert loki["compactor"]["retention_enabled"] is True


def test_lokis_account_reads_nothing_of_the_cluster(plain: Recording) -> None:
    loki = values(plain, "loki")
    # With either of these the chart's role reads every Secret of the cluster, or of the namespace.
    assert loki["sidecar"]["rules"]["enabled"] is False
    assert loki["rbac"]["namespaced"] is True
    assert loki["singleBinary"]["automountServiceAccountToken"] is False


def test_a_line_of_a_log_is_found_by_namespace_pod_container_release_and_task(plain: Recording) -> None:
    output = values(plain, "fluent-bit")["config"]["outputs"]
    [labels] = [line.split("Labels ")[1] for line in output.splitlines() if "Labels " in line]
    given = dict(one.split("=", 1) for one in labels.split(", "))
    assert given.keys() == {"job", "namespace", "pod", "container", "node", "instance", "component"}
    assert given["component"] == "$kubernetes['labels']['app.kubernetes.io/component']"
    assert "Host loki.monitoring.svc" in output


# --- receivers


INTEGRATIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "hook": ("webhook_configs", {"url_file": "hook"}),
    "chat": (
        "slack_configs",
        # Without a text of its own Slack shows an alert's labels, and not what has happened.
        {
            "api_url_file": "chat",
            "channel": "#ops",
            "text": "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}",
        },
    ),
    "pager": ("pagerduty_configs", {"routing_key_file": "pager"}),
    "mail": (
        "email_configs",
        {
            "auth_password_file": "mail",
            "to": MAIL["to"],
            "from": MAIL["sender"],
            "smarthost": MAIL["smarthost"],
            "auth_username": MAIL["username"],
        },
    ),
}


def alertmanager(recording: Recording) -> dict[str, Any]:
    found: dict[str, Any] = values(recording, PROMETHEUS.name)["alertmanager"]
    return found


@pytest.mark.parametrize("name", RECEIVERS)
def test_each_kind_of_receiver_reads_its_secret_from_a_file(everything: Recording, name: str) -> None:
    kind, wanted = INTEGRATIONS[name]
    [receiver] = [one for one in alertmanager(everything)["config"]["receivers"] if one["name"] == name]
    [integration] = receiver[kind]
    folder = "/etc/alertmanager/secrets/alertmanager-receivers/"
    assert integration.pop("send_resolved") is True
    assert {key: str(value).removeprefix(folder) for key, value in integration.items()} == wanted
    assert any(str(value).startswith(folder) for value in integration.values())


def test_the_files_are_those_of_a_secret_that_alertmanager_mounts(everything: Recording) -> None:
    secret = unwrapped(everything.one(SECRET, "alertmanager-receivers").inputs)
    assert alertmanager(everything)["alertmanagerSpec"]["secrets"] == [secret["metadata"]["name"]]
    assert secret["stringData"] == {"hook": URL, "chat": URL, "pager": KEY, "mail": PASSWORD, "Watchdog": WATCHER}


def test_a_receiver_is_told_of_its_severities_and_takes_no_alert_from_another(everything: Recording) -> None:
    routes = {route["receiver"]: route for route in alertmanager(everything)["config"]["route"]["routes"]}
    assert routes["chat"]["matchers"] == ['severity=~"warning"']
    assert routes["pager"]["matchers"] == ['severity=~"critical|high"']
    assert routes["hook"]["matchers"] == ['severity=~"critical|high|warning"']
    assert all(routes[name]["continue"] for name in RECEIVERS)


def test_the_watchdog_is_called_every_minute_of_the_alert_that_always_fires_and_of_nothing_else(
    everything: Recording,
) -> None:
    config = alertmanager(everything)["config"]
    [route] = [one for one in config["route"]["routes"] if one["receiver"] == "Watchdog"]
    assert route["matchers"] == ['alertname="Watchdog"']
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("0s", "1m", "50s")
    [receiver] = [one for one in config["receivers"] if one["name"] == "Watchdog"]
    file = "/etc/alertmanager/secrets/alertmanager-receivers/Watchdog"
    assert receiver["webhook_configs"] == [{"url_file": file, "send_resolved": False}]
    # The chart's own alert, which its group of general rules has.
    assert values(everything, PROMETHEUS.name)["defaultRules"]["rules"].get("general", True)


def test_a_watchdog_without_a_url_is_refused() -> None:
    assert problems("aws", {"watchdog": {}}) == {"monitoring.watchdog.url": "is required"}


def test_without_receivers_the_configuration_tells_nobody(plain: Recording) -> None:
    config = alertmanager(plain)["config"]
    assert config["receivers"] == [{"name": config["route"]["receiver"]}]
    assert config["route"]["routes"] == []


def test_without_receivers_the_secret_that_alertmanager_mounts_is_there_and_names_no_values(plain: Recording) -> None:
    """A second `up` changes nothing of it (tests/cluster/test_stacks_on_three_clouds.py): an empty map would."""
    secret = unwrapped(plain.one(SECRET, "alertmanager-receivers").inputs)
    assert alertmanager(plain)["alertmanagerSpec"]["secrets"] == [secret["metadata"]["name"]]
    assert "stringData" not in secret


@pytest.mark.parametrize(
    ("receiver", "key", "said"),
    [
        ({"kind": "webhook"}, "url", "is required with `kind: webhook`"),
        ({"kind": "pagerduty", "routing_key": KEY, "url": URL}, "url", "does not go with `kind: pagerduty`"),
        ({"kind": "email", "password": PASSWORD, "to": "a@example.com"}, "smarthost", "is required with `kind: email`"),
        ({"kind": "slack", "url": URL, "severities": []}, "severities", "must have 1 or more entries"),
        ({"kind": "pager", "url": URL}, "kind", "must be one of webhook, slack, pagerduty, email"),
    ],
)
def test_a_receiver_with_keys_of_another_kind_is_refused(receiver: Any, key: str, said: str) -> None:
    found = problems("aws", {"receivers": {"oncall": receiver}})
    assert found[f"monitoring.receivers.oncall.{key}"].startswith(said)


# --- Grafana


def grafana(recording: Recording) -> dict[str, Any]:
    found: dict[str, Any] = values(recording, PROMETHEUS.name)["grafana"]
    return found


def test_nobody_looks_without_signing_in(everything: Recording, plain: Recording) -> None:
    for recording in (everything, plain):
        ini = grafana(recording)["grafana.ini"]
        assert ini["auth.anonymous"] == {"enabled": False}
        assert ini["users"] == {"allow_sign_up": False}
    assert "auth.generic_oauth" not in grafana(plain)["grafana.ini"]


def test_the_admins_password_is_made_and_only_the_name_of_its_secret_is_told(plain: Recording) -> None:
    assert grafana(plain)["admin"] == {"existingSecret": "grafana-admin"}
    assert plain.exports["grafana"] == {"namespace": "monitoring", "service": "grafana", "secret": "grafana-admin"}
    password = plain.one("random:index/randomPassword:RandomPassword", "platform-grafana-admin")
    assert unwrapped(plain.one(SECRET, "grafana-admin").inputs)["stringData"] == {
        "admin-user": "admin",
        "admin-password": password.outputs["result"],
    }
    assert password.protect is False  # else monitoring could not be switched off


def test_a_providers_users_sign_in_by_domain_and_its_secret_is_a_variable(everything: Recording) -> None:
    ini = grafana(everything)["grafana.ini"]
    assert ini["auth.generic_oauth"]["allowed_domains"] == "example.com"
    assert "client_secret" not in ini["auth.generic_oauth"]
    assert ini["server"] == {"root_url": "https://grafana.example.com"}
    secret = unwrapped(everything.one(SECRET, "grafana-sign-in").inputs)
    assert grafana(everything)["envFromSecret"] == secret["metadata"]["name"]
    assert secret["stringData"] == {"GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET": CLIENT}


def test_grafana_reads_dashboards_everywhere_and_no_secret(plain: Recording) -> None:
    role = plain.one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "nodeyard-dashboard-reader").inputs
    assert role["rules"] == [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}]
    assert grafana(plain)["rbac"] == {"useExistingClusterRole": role["metadata"]["name"]}
    sidecar = grafana(plain)["sidecar"]
    assert sidecar["dashboards"]["searchNamespace"] == "ALL"
    assert {sidecar[part]["resource"] for part in ("dashboards", "datasources")} == {"configmap"}
    assert values(plain, PROMETHEUS.name)["kube-state-metrics"]["collectorsExclude"] == ["secrets"]


def test_the_data_sources_are_called_as_dashboards_call_them(plain: Recording) -> None:
    loki, *others = grafana(plain)["additionalDataSources"]
    assert (loki["name"], loki["uid"], others) == ("Loki", "loki", [])
    source = grafana(plain)["sidecar"]["datasources"]
    assert (source["name"], source["uid"]) == ("Prometheus", "prometheus")


def test_only_the_ingress_controller_reaches_grafana_from_outside(everything: Recording) -> None:
    assert grafana(everything)["ingress"] == {
        "enabled": True,
        "annotations": {},
        "hosts": ["grafana.example.com"],
        "path": "/",
        "pathType": "Prefix",
        "ingressClassName": "nginx",
        "tls": [{"secretName": "grafana-tls", "hosts": ["grafana.example.com"]}],
    }
    policies = {one.inputs["metadata"]["name"]: one.inputs["spec"] for one in everything.of(POLICY)}
    controller = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}
    assert policies["grafana"]["ingress"] == [{"from": [controller], "ports": [{"port": 3000, "protocol": "TCP"}]}]
    assert policies["inside"] == {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}]}],
    }


def test_without_an_ingress_nobody_reaches_grafana_from_outside(plain: Recording) -> None:
    assert "ingress" not in grafana(plain)
    assert [one.inputs["metadata"]["name"] for one in plain.of(POLICY)] == ["inside"]


def test_the_clouds_own_controller_serves_grafana_on_aws_and_google_cloud() -> None:
    arn = f"arn:aws:acm:{examples.REGION}:123456789012:certificate/1a2b"
    on_aws = grafana(deploy("aws", {"grafana": {"ingress": {"host": "g.example.com", "certificate": arn}}}))
    assert on_aws["ingress"]["ingressClassName"] == "alb"
    assert on_aws["ingress"]["annotations"]["alb.ingress.kubernetes.io/inbound-cidrs"] == "10.40.0.0/16,10.99.0.0/16"
    certificate = f"projects/{gcp_world.PROJECT}/regions/{gcp_world.REGION}/sslCertificates/grafana"
    ingress = {"host": "g.example.com", "certificate": certificate, "controller_cidrs": ["10.77.0.0/24"]}
    on_gcp = grafana(deploy("gcp", {"grafana": {"ingress": ingress}}))
    [backend] = on_gcp["extraObjects"]
    assert (backend["kind"], backend["metadata"]["name"]) == ("BackendConfig", "grafana")
    assert json.loads(on_gcp["service"]["annotations"]["cloud.google.com/backend-config"]) == {"default": "grafana"}


@pytest.mark.parametrize(
    ("cloud", "told_grafana", "key", "said"),
    [
        ("aws", {"sign_in": SIGN_IN}, "sign_in", "needs `ingress`"),
        ("aws", {"callers": ["10.0.0.0/8"]}, "callers", "are of an `ingress`"),
        ("aws", {"ingress": {"host": "g.example.com"}}, "ingress.certificate", "give one of"),
        ("azure", {"ingress": {"host": "g.example.com"}}, "ingress.class_name", "must be given"),
        (
            "aws",
            {"ingress": {"host": "g.example.com", "public": True, "certificate": "arn:aws:acm:x"}},
            "callers",
            "are needed with an ingress that is `public`",
        ),
        (
            "gcp",
            {"ingress": {**OWN_INGRESS}, "sign_in": {**SIGN_IN, "allowed_domains": []}},
            "sign_in.allowed_domains",
            "must have 1 or more entries",
        ),
    ],
)
def test_a_grafana_that_could_not_work_is_refused(cloud: str, told_grafana: Any, key: str, said: str) -> None:
    assert problems(cloud, {"grafana": told_grafana})[f"monitoring.grafana.{key}"].startswith(said)


def test_a_client_without_its_secret_is_refused() -> None:
    sign_in = {key: value for key, value in SIGN_IN.items() if key != "client_secret"}
    found = problems("aws", {"grafana": {"ingress": OWN_INGRESS, "sign_in": sign_in}})
    assert found == {"monitoring.grafana.sign_in.client_secret": "is required"}


# --- what the platform must have for it


def test_fewer_system_nodes_than_zones_are_refused() -> None:
    nodes = {**test_platform.arguments()["system_nodes"], "node_count": 2}
    assert "must be 3 or more" in problems("aws", {}, system_nodes=nodes)["system_nodes.node_count"]


def test_system_nodes_that_have_no_room_for_it_are_refused() -> None:
    nodes = {**test_platform.arguments()["system_nodes"], "instance_type": "c6i.large", "node_count": 3}
    assert deploy("aws", {}, system_nodes=nodes)
    small = gcp_world.arguments()["system_nodes"] | {"instance_type": "n2-highcpu-2", "node_count": 3}
    found = problems("gcp", {}, system_nodes=small)["system_nodes.instance_type"]
    assert f"{total(PODS.values()).mib + 1536}Mi" in found


def test_a_team_in_the_namespace_of_the_monitoring_is_refused() -> None:
    access = {"audit": {"principal": test_platform.READER, "role": "reader", "namespaces": ["audit", "monitoring"]}}
    found = problems("aws", {}, access=access)
    assert found["access.audit.namespaces[1]"] == "monitoring is where `monitoring` runs: no team may be there"
    assert deploy("aws", None, access=access)


def test_a_volume_that_is_up_keeps_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    up = {"lasting": {"volumes": {"metrics_gib": 50, "logs_gib": 100}}}
    urn = "urn:pulumi:s::nodeyard::nodeyard:index:Platform::platform"
    monkeypatch.setattr(monitoring_rules, "live", lambda: Live({urn: {"outputs": up}}))
    found = problems("aws", {"metrics_gib": 60, "logs_gib": 100})
    assert list(found) == ["monitoring.metrics_gib"]
    assert "has 50 GiB" in found["monitoring.metrics_gib"]


UNHEARD = "No critical alert on platform reaches anybody: the platform's `monitoring` has no receiver of such."


@pytest.mark.parametrize(
    ("monitoring", "heard"),
    [
        (None, ["No alert on platform reaches anybody: the platform has no `monitoring`."]),
        ({}, [UNHEARD]),
        ({"receivers": {"hook": {**RECEIVERS["hook"], "severities": ["warning"]}}}, [UNHEARD]),
        ({"receivers": {"hook": {**RECEIVERS["hook"], "severities": ["critical"]}}}, []),
    ],
)
def test_up_warns_while_nobody_is_told_of_alerts(
    monkeypatch: pytest.MonkeyPatch, monitoring: Any, heard: list[str]
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda text, *_, **__: said.append(text))
    deploy("azure", monitoring)
    assert [text for text in said if "reaches anybody" in text] == heard
