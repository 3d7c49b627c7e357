"""Grafana's values: nobody looks without signing in, and nothing is kept that is not in a chart."""

from collections.abc import Mapping
from typing import Any

from ...contract.ingress import IngressValues
from ...contract.monitoring import GRAFANA, GRAFANA_ADMIN, PODS, MonitoringSpec, SignInSpec
from ...contract.node_room import Room
from .values import resources

SIGN_IN = "grafana-sign-in"
"""The Kubernetes Secret with the OAuth client's secret, as a variable of Grafana's."""
CLIENT_VARIABLE = "GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET"
"""That variable: it stands for `client_secret` of the section `auth.generic_oauth`."""
DASHBOARD_READER = "nodeyard-dashboard-reader"
"""The ClusterRole of Grafana's pods."""

_SIDECAR = Room(millicpu=10, mib=96)
"""Each of the two that bring dashboards and data sources."""


def values(spec: MonitoringSpec) -> dict[str, Any]:
    """What `kube-prometheus-stack` is told of Grafana, but for its ingress."""
    return {
        "fullnameOverride": GRAFANA,
        "admin": {"existingSecret": GRAFANA_ADMIN},
        # The chart's own role reads every Secret of the cluster.
        "rbac": {"useExistingClusterRole": DASHBOARD_READER},
        # A dashboard is a ConfigMap of a chart. What somebody saves by hand is gone with the pod: so nothing is to be
        # backed up, and the password is always the Secret's.
        "persistence": {"enabled": False},
        "resources": resources(PODS["grafana"] - _SIDECAR - _SIDECAR, 512),
        "testFramework": {"enabled": False},
        "sidecar": {
            "resources": resources(_SIDECAR),
            "dashboards": {
                "resource": "configmap",
                "searchNamespace": "ALL",
                "folderAnnotation": "grafana_folder",
                "provider": {"foldersFromFilesStructure": True},
            },
            "datasources": {"resource": "configmap", "name": "Prometheus", "uid": "prometheus"},
        },
        "additionalDataSources": [
            {"name": "Loki", "uid": "loki", "type": "loki", "access": "proxy", "url": "http://loki:3100"}
        ],
        "grafana.ini": _ini(spec),
        **({"envFromSecret": SIGN_IN} if spec.sign_in else {}),
    }


def _ini(spec: MonitoringSpec) -> dict[str, Any]:
    server = {"server": {"root_url": f"https://{spec.ingress.host}"}} if spec.ingress else {}
    return {
        "auth.anonymous": {"enabled": False},
        "users": {"allow_sign_up": False},
        "security": {"disable_gravatar": True, "cookie_secure": spec.ingress is not None},
        "analytics": {"reporting_enabled": False, "check_for_updates": False, "check_for_plugin_updates": False},
        **server,
        **({"auth.generic_oauth": _sign_in(spec.sign_in)} if spec.sign_in else {}),
    }


def _sign_in(spec: SignInSpec) -> dict[str, Any]:
    """Source: Grafana's documentation, "Configure generic OAuth authentication"."""
    return {
        "enabled": True,
        "name": spec.label,
        "client_id": spec.client_id,
        "auth_url": spec.auth_url,
        "token_url": spec.token_url,
        "api_url": spec.api_url,
        "scopes": spec.scopes,
        "allowed_domains": " ".join(spec.allowed_domains),
        "allow_sign_up": True,
        "use_pkce": True,
        **({"role_attribute_path": spec.role, "role_attribute_strict": True} if spec.role else {}),
    }


def ingress_values(told: IngressValues) -> dict[str, Any]:
    """What the chart is told of an ingress, as its own keys are called."""
    ingress: dict[str, Any] = {
        "enabled": True,
        "annotations": dict(told["annotations"]),
        "hosts": [told["host"]],
        "path": "/",
        "pathType": "Prefix",
    }
    if class_name := told.get("className"):
        ingress["ingressClassName"] = class_name
    if secret := told.get("tlsSecret"):
        ingress["tls"] = [{"secretName": secret, "hosts": [told["host"]]}]
    return {
        "ingress": ingress,
        "service": {"annotations": dict(told.get("serviceAnnotations", {}))},
        "extraObjects": [_object(settings) for settings in told.get("settings", [])],
    }


def _object(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": settings["apiVersion"],
        "kind": settings["kind"],
        "metadata": {"name": settings["name"]},
        "spec": settings["spec"],
    }
