"""A platform's monitoring as it will be made, of what the platform was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..clouds.contract.ingress import IngressSpec
from ..clouds.contract.monitoring import (
    GRAFANA,
    GRAFANA_ADMIN,
    GRAFANA_PORT,
    NAMESPACE,
    MonitoringSpec,
    ReceiverKind,
    ReceiverSpec,
    SignInSpec,
)
from ..ingress import ingress_spec
from .args import PlatformArgs
from .monitoring_args import ReceiverArgs, SignInArgs

_HEALTH_PATH = "/api/health"


@dataclass(frozen=True, kw_only=True)
class KindKeys:
    """The keys of a kind of receiver."""

    holds: str
    """The one that holds the secret, which is required."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The others, each with Alertmanager's name for it."""
    required: Sequence[str] = ()
    """Those of the others that must be given."""


_MAIL = {"to": "to", "sender": "from", "smarthost": "smarthost", "username": "auth_username"}

KIND_KEYS: Mapping[ReceiverKind, KindKeys] = {
    ReceiverKind.WEBHOOK: KindKeys(holds="url"),
    ReceiverKind.SLACK: KindKeys(holds="url", settings={"channel": "channel"}),
    ReceiverKind.PAGERDUTY: KindKeys(holds="routing_key"),
    ReceiverKind.EMAIL: KindKeys(holds="password", settings=_MAIL, required=list(_MAIL)),
}


def monitoring_spec(args: PlatformArgs) -> MonitoringSpec | None:
    """What the cluster is asked for; None without `monitoring`."""
    told = args.get("monitoring")
    if told is None:
        return None
    sign_in, watchdog = told["grafana"].get("sign_in"), told.get("watchdog")
    return MonitoringSpec(
        retention_days=told["retention_days"],
        logs_retention_days=told["logs_retention_days"],
        metrics_gib=told["metrics_gib"],
        logs_gib=told["logs_gib"],
        receivers={name: _receiver(receiver) for name, receiver in told["receivers"].items()},
        watchdog=watchdog.get("url", "") if watchdog is not None else None,
        ingress=_ingress(args),
        sign_in=_sign_in(sign_in) if sign_in else None,
    )


def _receiver(told: ReceiverArgs) -> ReceiverSpec:
    given: Mapping[str, Any] = told
    keys = KIND_KEYS[told["kind"]]
    return ReceiverSpec(
        kind=told["kind"],
        severities=told["severities"],
        secret=given.get(keys.holds, ""),
        settings={theirs: str(given[ours]) for ours, theirs in keys.settings.items() if ours in given},
    )


def _sign_in(told: SignInArgs) -> SignInSpec:
    return SignInSpec(
        label=told["label"],
        client_id=told["client_id"],
        client_secret=told.get("client_secret", ""),
        auth_url=told["auth_url"],
        token_url=told["token_url"],
        api_url=told["api_url"],
        scopes=told["scopes"],
        allowed_domains=told["allowed_domains"],
        role=told.get("role_attribute_path", ""),
    )


def _ingress(args: PlatformArgs) -> IngressSpec | None:
    grafana = args["monitoring"]["grafana"]
    if "ingress" not in grafana:
        return None
    return ingress_spec(
        grafana["ingress"],
        service=GRAFANA,
        port=GRAFANA_PORT,
        source_ranges=grafana.get("callers", [args["cidr"], *args["peered_cidrs"]]),
        health_path=_HEALTH_PATH,
    )


def grafana_access(spec: MonitoringSpec | None) -> dict[str, str]:
    """How Grafana is reached; empty where there is none."""
    if spec is None:
        return {}
    url = {"url": f"https://{spec.ingress.host}"} if spec.ingress else {}
    return {"namespace": NAMESPACE, "service": GRAFANA, "secret": GRAFANA_ADMIN, **url}
