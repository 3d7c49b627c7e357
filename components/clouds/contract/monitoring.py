"""A platform's monitoring: what its cluster measures, keeps and tells, and what that asks of the nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pulumi import Input

from ...words import Word
from .ingress import IngressSpec
from .node_room import Room
from .platform import MONITORING_NAMESPACE

NAMESPACE: Final = MONITORING_NAMESPACE

LABELS: Final[Mapping[str, str]] = {"monitoring": "nodeyard"}
"""By which Prometheus selects monitors and rules, in every namespace."""

GRAFANA: Final = "grafana"
"""Grafana's Service. Its port is 80."""
GRAFANA_PORT: Final = 3000
"""The port of Grafana's pods."""
GRAFANA_ADMIN: Final = "grafana-admin"
"""The Kubernetes Secret with the password of Grafana's admin, under the key `admin-password`."""

AGENTS: Final[Mapping[str, Room]] = {
    "prometheus-node-exporter": Room(millicpu=10, mib=32),
    "fluent-bit": Room(millicpu=50, mib=64),
}
"""What its pods on every node ask for. Every node keeps this room, also on a platform without monitoring: so monitoring
can come later, and no pod of a team loses its place."""

PODS: Final[Mapping[str, Room]] = {
    "prometheus": Room(millicpu=300, mib=2048),
    "loki": Room(millicpu=100, mib=512),
    "grafana": Room(millicpu=120, mib=448),
    "alertmanager": Room(millicpu=10, mib=64),
    "prometheus-operator": Room(millicpu=50, mib=128),
    "kube-state-metrics": Room(millicpu=20, mib=96),
}
"""What its other pods ask for, on the system nodes. They are our choice, for about twenty nodes; Grafana's includes its
two sidecars."""


ALERTS_GIB: Final = 10
"""The volume of silences and of what was told already, which take megabytes. Google Cloud makes none that is
smaller."""


class Severity(Word):
    """How bad an alert is, as its label `severity` says."""

    CRITICAL = "critical"
    """Somebody gets up at night."""
    HIGH = "high"
    """Somebody looks today. Only alerts of ours have it."""
    WARNING = "warning"
    """Somebody looks in working hours."""
    INFO = "info"
    """Nobody has to do anything."""


class ReceiverKind(Word):
    """Who takes an alert."""

    WEBHOOK = "webhook"
    """An HTTP endpoint of yours."""
    SLACK = "slack"
    """An incoming webhook of Slack."""
    PAGERDUTY = "pagerduty"
    """A service of PagerDuty (Events API v2)."""
    EMAIL = "email"
    """A mailbox, by SMTP with TLS."""


@dataclass(frozen=True, kw_only=True)
class ReceiverSpec:
    """Somebody who is told of alerts."""

    kind: ReceiverKind
    severities: Sequence[Severity]
    """Of which alerts."""
    secret: Input[str]
    """The URL (webhook, Slack), the integration key (PagerDuty) or the password (email)."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The rest, under the names that Alertmanager has for it."""


@dataclass(frozen=True, kw_only=True)
class SignInSpec:
    """An OAuth 2.0 provider whose users may look at Grafana."""

    label: str
    """What the button says."""
    client_id: str
    client_secret: Input[str]
    auth_url: str
    token_url: str
    api_url: str
    """Where the provider says who somebody is."""
    scopes: str
    allowed_domains: Sequence[str]
    """The domains of the users' e-mail addresses. Nobody else gets in."""
    role: str
    """The role in Grafana, as a JMESPath expression on what the provider says; empty: everybody looks only."""


@dataclass(frozen=True, kw_only=True)
class MonitoringSpec:
    """Metrics, logs, dashboards and alerts of a cluster."""

    retention_days: int
    """How long metrics are kept."""
    logs_retention_days: int
    """How long logs are kept."""
    metrics_gib: int
    """The volume of the metrics."""
    logs_gib: int
    """The volume of the logs."""
    receivers: Mapping[str, ReceiverSpec]
    """Who is told of alerts, by a name of the operator's choice."""
    watchdog: Input[str] | None = None
    """The URL that is called for as long as alerts could be told; None where nobody listens."""
    ingress: IngressSpec | None = None
    """The HTTPS host in front of Grafana, if there is one."""
    sign_in: SignInSpec | None = None
    """Who signs in besides Grafana's own admin."""

    @property
    def is_heard(self) -> bool:
        """Whether somebody is told of critical alerts."""
        return any(Severity.CRITICAL in receiver.severities for receiver in self.receivers.values())

    @property
    def volumes(self) -> Mapping[str, int]:
        """The sizes of the volumes, by the key of the input that says each."""
        return {"metrics_gib": self.metrics_gib, "logs_gib": self.logs_gib}
