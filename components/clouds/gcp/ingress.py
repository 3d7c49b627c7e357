"""Ingress on Google Cloud: application load balancers of GKE's own controller, which every cluster has."""

import json
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from ...errors import Problem
from ..contract.ingress import IngressSettings, IngressSpec, IngressValues
from ..contract.platform import PlatformContract
from ..own_ingress import CLASS_KEY, annotation_problems, certificate_problems, own_problems, own_values
from .limits import INGRESS_CALLERS, INTERNAL_INGRESS

PUBLIC, INTERNAL = "gce", "gce-internal"
"""The classes. GKE's controller takes them from the annotation only (kubernetes/ingress-gce, pkg/utils/utils.go)."""
_CERTIFICATE_KEY: Final = "ingress.gcp.kubernetes.io/pre-shared-cert"
_HTTP_KEY: Final = "kubernetes.io/ingress.allow-http"
_ANSWER_SECONDS: Final = 350
"""How long a call may take, as on AWS. Google's own half minute would end a long one (Cloud Load Balancing, Backend
service timeout)."""
GOOGLES: Final = ("130.211.0.0/22", "35.191.0.0/16")
"""Where health checks come from, and the calls of a public load balancer (Cloud Load Balancing, Firewall rules)."""
EVERYBODY: Final = "0.0.0.0/0"


def ingress_values(spec: IngressSpec, platform: PlatformContract) -> IngressValues:  # noqa: ARG001 the same everywhere
    """The Ingress of a global external load balancer, or of a regional internal one, which sends to the pods
    themselves. GKE makes the firewall rules.

    Sources: kubernetes/ingress-gce, pkg/annotations and pkg/firewalls; GKE's "Ingress configuration on Google Cloud".
    """
    if spec.class_name:
        return own_values(spec)
    certificate = {_CERTIFICATE_KEY: spec.certificate.rpartition("/")[2]} if spec.certificate else {}
    values = IngressValues(
        annotations={
            **spec.annotations,
            CLASS_KEY: PUBLIC if spec.public else INTERNAL,
            _HTTP_KEY: "false",
            **certificate,
        },
        serviceAnnotations={
            # By a network endpoint group, which an internal Ingress needs.
            "cloud.google.com/neg": json.dumps({"ingress": True}),
            "cloud.google.com/backend-config": json.dumps({"default": spec.service}),
        },
        settings=[_backend(spec)],
        host=spec.host,
        callers={"cidrs": [*GOOGLES, *spec.controller_cidrs]},
    )
    if spec.tls_secret_name:
        values["tlsSecret"] = spec.tls_secret_name
    return values


def _backend(spec: IngressSpec) -> IngressSettings:
    """What GKE reads of the Service. Without a health check here GKE would take the one of the pods that there are when
    it sees the Ingress first, and a player waits without pods (kubernetes/ingress-gce, pkg/healthchecks)."""
    return {
        "apiVersion": "cloud.google.com/v1",
        "kind": "BackendConfig",
        "name": spec.service,
        "spec": {
            "timeoutSec": _ANSWER_SECONDS,
            "healthCheck": {"type": "HTTP", "port": spec.port, "requestPath": spec.health_path},
        },
    }


def ingress_problems(spec: IngressSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What keeps an Ingress from being made, by the spec's keys."""
    if spec.class_name:
        yield from own_problems(spec, [PUBLIC, INTERNAL])
        return
    yield from certificate_problems(spec)
    if spec.certificate and (problem := _certificate_problem(spec, platform)):
        yield "certificate", problem
    yield from _proxy_problems(spec)
    yield from _caller_problems(spec, platform)
    yield from annotation_problems(spec, [_CERTIFICATE_KEY, _HTTP_KEY])


def _certificate_problem(spec: IngressSpec, platform: PlatformContract) -> str:
    """Why an id cannot be that of the certificate; empty when it can."""
    place = "global" if spec.public else f"regions/{platform['region']}"
    beginning = f"projects/{platform['account']}/{place}/sslCertificates/"
    name = spec.certificate.removeprefix(beginning)
    if name != spec.certificate and name and "/" not in name and "," not in name:
        return ""
    kind = "a public" if spec.public else "an internal"
    return f"{spec.certificate} is no id of a certificate of {kind} load balancer here: {beginning}<name>"


def _proxy_problems(spec: IngressSpec) -> Iterator[Problem]:
    """An internal load balancer calls from a subnet that no platform makes."""
    if spec.controller_namespace:
        yield "controller_namespace", "is for a controller of your own, with a `class_name`"
    if spec.public and spec.controller_cidrs:
        yield "controller_cidrs", "are of an internal load balancer, or of a controller with a `class_name`"
    if not spec.public and not spec.controller_cidrs:
        yield (
            "controller_cidrs",
            f"must be given: {INTERNAL_INGRESS.what} has {INTERNAL_INGRESS.rule}. The platform makes none: make one, "
            "and name its range here",
        )


def _caller_problems(spec: IngressSpec, platform: PlatformContract) -> Iterator[Problem]:
    """Who may call must be all who can, because GKE keeps nobody out."""
    callers = [IPv4Network(range_) for range_ in spec.source_ranges]
    who = [EVERYBODY] if spec.public else [*platform["private_cidrs"], *platform["peered_cidrs"]]
    if all(any(IPv4Network(one).subnet_of(range_) for range_ in callers) for one in who):
        return
    reason = f"cannot be: {INGRESS_CALLERS.what} has {INGRESS_CALLERS.rule}"
    yield "source_ranges", f"{reason}. Name all who can reach it, {', '.join(who)}, or take a controller of your own"
