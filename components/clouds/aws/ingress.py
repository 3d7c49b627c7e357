"""Ingress on AWS: application load balancers of the AWS Load Balancer Controller, which every platform has."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from ...errors import Problem
from ..contract.ingress import IngressSpec, IngressValues
from ..contract.platform import PlatformContract, Subnet
from ..own_ingress import annotation_problems, certificate_problems, own_problems, own_values
from .limits import INGRESS_CERTIFICATE

CLASS: Final = "alb"
_ANNOTATION: Final = "alb.ingress.kubernetes.io/"
"""What begins the names of the annotations that the controller reads (kubernetes-sigs/aws-load-balancer-controller,
docs/guide/ingress/annotations.md)."""
TLS_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
"""TLS 1.2 and 1.3. AWS recommends it; what a listener has otherwise takes TLS 1.0 too (Application Load Balancers' user
guide, Security policies)."""
_IDLE_SECONDS: Final = 350
"""As long as a network load balancer waits, which stands before the port otherwise. An application load balancer's own
minute would end a call that takes longer (both user guides, idle timeout)."""
_CERTIFICATE: Final = re.compile(r"arn:aws[a-z-]*:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[A-Za-z0-9-]+")


def ingress_values(spec: IngressSpec, platform: PlatformContract) -> IngressValues:
    """The Ingress of an application load balancer in all of the platform's public or private subnets, which sends to
    the pods themselves. Its security group, which the controller makes, lets `spec.source_ranges` in and nobody else.

    Source: kubernetes-sigs/aws-load-balancer-controller, docs/guide/ingress/annotations.md.
    """
    if spec.class_name:
        return own_values(spec)
    subnets = _subnets(spec, platform)
    told = {
        "scheme": "internet-facing" if spec.public else "internal",
        "subnets": ",".join(subnet["id"] for subnet in subnets),
        "target-type": "ip",
        "listen-ports": json.dumps([{"HTTPS": 443}]),
        "certificate-arn": spec.certificate,
        "ssl-policy": TLS_POLICY,
        "inbound-cidrs": ",".join(spec.source_ranges),
        "healthcheck-path": spec.health_path,
        "load-balancer-attributes": f"idle_timeout.timeout_seconds={_IDLE_SECONDS}",
    }
    return IngressValues(
        className=CLASS,
        annotations={**spec.annotations, **{f"{_ANNOTATION}{key}": value for key, value in told.items()}},
        host=spec.host,
        callers={"cidrs": [subnet["cidr"] for subnet in subnets]},
    )


def ingress_problems(spec: IngressSpec, platform: PlatformContract) -> Iterator[Problem]:
    """What keeps an Ingress from being made, by the spec's keys."""
    if spec.class_name:
        yield from own_problems(spec, [CLASS])
        return
    if spec.tls_secret_name:
        yield "tls_secret_name", f"cannot be: {INGRESS_CERTIFICATE.what} has {INGRESS_CERTIFICATE.rule}"
    else:
        yield from certificate_problems(spec)
    if spec.certificate and (problem := _certificate_problem(spec.certificate, platform["region"])):
        yield "certificate", problem
    if not spec.source_ranges:
        yield "source_ranges", "must be given: to the controller an empty list means everybody"
    for key in ("controller_namespace", "controller_cidrs"):
        if getattr(spec, key):
            yield key, "is for a controller of your own, with a `class_name`"
    yield from annotation_problems(spec, [_ANNOTATION])


def _certificate_problem(arn: str, region: str) -> str:
    """Why an ARN cannot be that of the certificate; empty when it can."""
    read = _CERTIFICATE.fullmatch(arn)
    if read is None:
        return f"{arn} is no ARN of a certificate of ACM, like arn:aws:acm:{region}:111122223333:certificate/..."
    if read["region"] != region:
        return f"{arn} cannot be: {INGRESS_CERTIFICATE.what} has {INGRESS_CERTIFICATE.rule}, here {region}"
    return ""


def _subnets(spec: IngressSpec, platform: PlatformContract) -> Sequence[Subnet]:
    return platform["public_subnets" if spec.public else "private_subnets"]
