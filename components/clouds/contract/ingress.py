"""An HTTPS host in front of a Service's port: a Kubernetes Ingress, of the cloud's controller or of an operator's own.

The cloud makes nothing for it. A chart makes the Ingress, and is told how (`Cloud.ingress_values`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired

from typing_extensions import TypedDict


@dataclass(frozen=True, kw_only=True)
class IngressSpec:
    """One host, and the port behind it. TLS ends at the controller: the pods are called by HTTP."""

    service: str
    """The name of the Service, which a chart makes."""
    port: int
    """The pods' port behind it."""
    host: str
    """The name that callers dial, by HTTPS on port 443."""
    certificate: str = ""
    """The id of a certificate that the cloud keeps; empty with `tls_secret_name`."""
    tls_secret_name: str = ""
    """The name of a Kubernetes Secret of the type kubernetes.io/tls, which cert-manager or its owner fills; empty with
    `certificate`."""
    class_name: str = ""
    """The IngressClass of a controller of the operator's own; empty for the one that the cloud offers."""
    controller_namespace: str = ""
    """Where the pods of a controller of the operator's own run."""
    controller_cidrs: Sequence[str] = ()
    """The ranges that a controller's calls come from, where no pods of the cluster make them."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """The operator's own ones, beside those that the cloud's controller needs."""
    public: bool
    """Whether the cloud's controller takes a public address. A controller of the operator's own has one already."""
    source_ranges: Sequence[str]
    """Who may call, where the cloud's controller keeps others out."""
    health_path: str
    """An HTTP path of the port that tells whether a pod is well."""


class IngressCallers(TypedDict):
    """Where a controller's calls come from. The pods' NetworkPolicy lets nobody else in for the Ingress."""

    cidrs: NotRequired[list[str]]
    """Ranges outside the cluster."""
    namespaces: NotRequired[list[str]]
    """Namespaces of the cluster."""


class IngressSettings(TypedDict):
    """An object that the controller reads, beside the Ingress and in its namespace."""

    apiVersion: str
    """The group and version, as in `example.com/v1`."""
    kind: str
    """What it is."""
    name: str
    """What it is called."""
    spec: dict[str, Any]
    """What it says."""


class IngressValues(TypedDict):
    """What a chart is told of the Ingress."""

    className: NotRequired[str]
    """The IngressClass (`ingressClassName`). None where the annotations name the controller."""
    annotations: dict[str, str]
    """Of the Ingress."""
    serviceAnnotations: NotRequired[dict[str, str]]
    """Of the Service behind it."""
    settings: NotRequired[list[IngressSettings]]
    """What the controller reads besides."""
    host: str
    """The name that callers dial."""
    tlsSecret: NotRequired[str]
    """The Secret with the certificate. None where the annotations name the certificate."""
    callers: IngressCallers
    """Where the controller's calls come from."""
