"""Alertmanager's configuration: who is told of which alerts. It holds no secret, but the files that secrets are in."""

from collections.abc import Mapping
from typing import Any

from ...contract.monitoring import ReceiverKind, ReceiverSpec

RECEIVER_FILES = "alertmanager-receivers"
"""The Kubernetes Secret with a key for each receiver. The operator mounts it."""
_FILES = f"/etc/alertmanager/secrets/{RECEIVER_FILES}"

NOBODY = "null"
"""The receiver of what nobody is told of, `InfoInhibitor` among it."""
WATCHDOG = "Watchdog"
"""kube-prometheus-stack's alert that always fires, and the receiver that hears of it alone. Receivers of the operator's
have no capital letter in their names."""

_SECRET_FILES: Mapping[ReceiverKind, str] = {
    ReceiverKind.WEBHOOK: "url_file",
    ReceiverKind.SLACK: "api_url_file",
    ReceiverKind.PAGERDUTY: "routing_key_file",
    ReceiverKind.EMAIL: "auth_password_file",
}
"""The field that names the file of the secret, by the kind (Prometheus, "Alerting configuration")."""

_TEXTS: Mapping[ReceiverKind, Mapping[str, str]] = {
    ReceiverKind.SLACK: {"text": "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}"},
}
"""What a kind would not say by itself. Slack's default template has the labels alone, the others the annotations too
(prometheus/alertmanager, template/default.tmpl)."""


def config(receivers: Mapping[str, ReceiverSpec], *, watched: bool = False) -> dict[str, Any]:
    """The configuration file. A receiver is told of its severities alone, and nobody takes an alert from another. Of
    two alerts of one name in one namespace only the worse one is told. Where it is `watched`, a sign of life goes out
    every minute.

    Source: prometheus/alertmanager, docs/configuration.md.
    """
    return {
        "route": {
            "receiver": NOBODY,
            "group_by": ["namespace", "alertname"],
            "group_wait": "30s",
            "group_interval": "5m",
            "repeat_interval": "4h",
            "routes": [
                *([_SIGN_OF_LIFE] if watched else []),
                *(_route(name, receiver) for name, receiver in sorted(receivers.items())),
            ],
        },
        "receivers": [
            {"name": NOBODY},
            *([_WATCHER] if watched else []),
            *(_receiver(name, one) for name, one in sorted(receivers.items())),
        ],
        "inhibit_rules": [
            _worse("critical", "high|warning|info"),
            _worse("high", "warning|info"),
            _worse("warning", "info"),
            # kube-prometheus-stack's own two: `InfoInhibitor` fires where nothing but `info` does.
            {
                "source_matchers": ['alertname="InfoInhibitor"'],
                "target_matchers": ['severity="info"'],
                "equal": ["namespace"],
            },
            {"target_matchers": ['alertname="InfoInhibitor"']},
        ],
        "templates": [],
    }


_SIGN_OF_LIFE: Mapping[str, Any] = {
    "receiver": WATCHDOG,
    "matchers": [f'alertname="{WATCHDOG}"'],
    "group_wait": "0s",
    "group_interval": "1m",
    # Less than the interval: at each one it is due.
    "repeat_interval": "50s",
}
_WATCHER: Mapping[str, Any] = {
    "name": WATCHDOG,
    # That it is resolved would be one call more, and no sign of life.
    "webhook_configs": [{"url_file": f"{_FILES}/{WATCHDOG}", "send_resolved": False}],
}


def _worse(severity: str, others: str) -> dict[str, Any]:
    return {
        "source_matchers": [f'severity="{severity}"'],
        "target_matchers": [f'severity=~"{others}"'],
        "equal": ["namespace", "alertname"],
    }


def _route(name: str, receiver: ReceiverSpec) -> dict[str, Any]:
    return {"receiver": name, "matchers": [f'severity=~"{"|".join(receiver.severities)}"'], "continue": True}


def _receiver(name: str, receiver: ReceiverSpec) -> dict[str, Any]:
    integration = {
        **receiver.settings,
        **_TEXTS.get(receiver.kind, {}),
        _SECRET_FILES[receiver.kind]: f"{_FILES}/{name}",
        "send_resolved": True,
    }
    return {"name": name, f"{receiver.kind}_configs": [integration]}
