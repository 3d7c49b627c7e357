"""Monitoring: metrics, logs, dashboards and alerts inside a cluster."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi import Input, Output, ResourceOptions

from ....kept_values import password
from ....pins.charts import LOG_COLLECTOR, LOKI, PROMETHEUS
from ...contract.cluster import ClusterSpec
from ...contract.ingress import IngressSpec, IngressValues
from ...contract.monitoring import GRAFANA, GRAFANA_ADMIN, GRAFANA_PORT, NAMESPACE, MonitoringSpec
from ...contract.platform import PlatformContract
from ..add_on import release
from ..teams import POD_SECURITY
from . import grafana, prometheus
from .alertmanager import RECEIVER_FILES, WATCHDOG
from .logs import collector_values, loki_values

IngressOf = Callable[[IngressSpec, PlatformContract], IngressValues]
"""How a cloud says an Ingress."""


def add_monitoring(
    name: str,
    cluster: ClusterSpec,
    storage_class: str,
    ingress_of: IngressOf,
    platform: Output[PlatformContract],
    opts: ResourceOptions,
) -> None:
    """Makes: `Monitoring`, where the cluster is to have it."""
    if cluster.monitoring:
        front = _front(cluster.monitoring, ingress_of, platform)
        Monitoring(name, cluster.monitoring, storage_class, front, cluster.chart_mirror, opts)


def _front(
    spec: MonitoringSpec, ingress_of: IngressOf, platform: Output[PlatformContract]
) -> Output[IngressValues] | None:
    asked = spec.ingress
    return platform.apply(lambda known: ingress_of(asked, known)) if asked else None


class Monitoring(pulumi.ComponentResource):
    """Prometheus with Alertmanager and Grafana, Loki, and on every node an exporter of the node's metrics and an agent
    that sends the logs.

    Makes: `Namespace` `monitoring`; its `NetworkPolicy`s, by which nobody from outside reaches anything but Grafana,
    and Grafana only by its ingress; `Secret`s with the receivers' URLs, with Grafana's admin's password
    (`random:index:RandomPassword`) and with the OAuth client's secret; the `ClusterRole` by which Grafana reads
    dashboards; `kubernetes:helm.sh/v3:Release` of kube-prometheus-stack, loki and fluent-bit, each waited for.

    Secrets are Kubernetes' own: both programs read them as files or variables, and the cloud's store would take an
    identity for each of two pods that an operator and a chart make. They stand in the stack's state encrypted, and in
    no value of a release.
    Nothing is protected: monitoring may be switched off. The volumes stay then, as those of every storage class of ours
    do.
    Sources: prometheus-community/helm-charts, grafana-community/helm-charts, fluent/helm-charts.
    """

    def __init__(
        self,
        name: str,
        spec: MonitoringSpec,
        storage_class: str,
        front: Output[IngressValues] | None,
        chart_mirror: str | None,
        opts: ResourceOptions,
    ) -> None:
        super().__init__("nodeyard:index:Monitoring", f"{name}-monitoring", None, opts)
        namespace = kubernetes.core.v1.Namespace(
            NAMESPACE, metadata={"name": NAMESPACE, "labels": POD_SECURITY}, opts=ResourceOptions(parent=self)
        )
        self._inside = ResourceOptions(parent=self, depends_on=[namespace])
        self._keep_others_out(front)
        ready = [*self._secrets(name, spec), self._dashboard_reader()]
        values = prometheus.values(name, spec, storage_class)
        if front is not None:
            told = front.apply(grafana.ingress_values)
            values["grafana"] |= {key: told[key] for key in ("ingress", "service", "extraObjects")}
        for chart, its_values in (
            (PROMETHEUS, values),
            (LOKI, loki_values(spec, storage_class)),
            (LOG_COLLECTOR, collector_values()),
        ):
            release(chart, its_values, chart_mirror, namespace=NAMESPACE, parent=self, depends_on=[namespace, *ready])
        self.register_outputs({})

    def _secrets(self, name: str, spec: MonitoringSpec) -> list[pulumi.Resource]:
        receivers = {receiver: one.secret for receiver, one in spec.receivers.items()}
        if spec.watchdog is not None:
            receivers[WATCHDOG] = spec.watchdog
        generated = password(f"{name}-grafana-admin", self._inside)
        admin: dict[str, Input[str]] = {"admin-user": "admin", "admin-password": generated}
        made = [self._secret(RECEIVER_FILES, receivers), self._secret(GRAFANA_ADMIN, admin)]
        if spec.sign_in:
            client: dict[str, Input[str]] = {grafana.CLIENT_VARIABLE: spec.sign_in.client_secret}
            made.append(self._secret(grafana.SIGN_IN, client))
        return made

    def _secret(self, name: str, values: dict[str, Input[str]]) -> pulumi.Resource:
        return kubernetes.core.v1.Secret(
            name,
            metadata={"name": name, "namespace": NAMESPACE},
            # The provider forgets an empty map, and would plan another Secret at each `up`.
            string_data={key: Output.secret(value) for key, value in values.items()} or None,
            opts=self._inside,
        )

    def _dashboard_reader(self) -> pulumi.Resource:
        return kubernetes.rbac.v1.ClusterRole(
            grafana.DASHBOARD_READER,
            metadata={"name": grafana.DASHBOARD_READER},
            rules=[{"api_groups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}],
            opts=self._inside,
        )

    def _keep_others_out(self, front: Output[IngressValues] | None) -> None:
        """Neither Prometheus nor Loki nor Alertmanager asks who calls."""
        self._policy("inside", {}, {"from": [{"podSelector": {}}]})
        if front is not None:
            rule = {"from": front.apply(_callers), "ports": [{"port": GRAFANA_PORT, "protocol": "TCP"}]}
            self._policy(GRAFANA, {"matchLabels": {"app.kubernetes.io/name": GRAFANA}}, rule)

    def _policy(self, name: str, pods: dict[str, Any], lets_in: dict[str, Any]) -> None:
        spec: Any = {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": [lets_in]}
        kubernetes.networking.v1.NetworkPolicy(
            f"{NAMESPACE}-{name}", metadata={"name": name, "namespace": NAMESPACE}, spec=spec, opts=self._inside
        )


def _callers(told: IngressValues) -> list[dict[str, Any]]:
    cidrs = [{"ipBlock": {"cidr": cidr}} for cidr in told["callers"].get("cidrs", [])]
    names = told["callers"].get("namespaces", [])
    return [*cidrs, *({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}} for name in names)]
