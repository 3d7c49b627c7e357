"""Ingress on Azure: of a controller of the operator's own. Support of the one that AKS offers ends."""

from collections.abc import Iterator

from ...errors import Problem
from ..contract.ingress import IngressSpec, IngressValues
from ..contract.platform import PlatformContract
from ..own_ingress import own_problems, own_values
from .limits import INGRESS


def ingress_values(spec: IngressSpec, platform: PlatformContract) -> IngressValues:  # noqa: ARG001 the same everywhere
    """The Ingress of the class `spec.class_name`."""
    return own_values(spec)


def ingress_problems(spec: IngressSpec, platform: PlatformContract) -> Iterator[Problem]:  # noqa: ARG001
    """What keeps an Ingress from being made, by the spec's keys."""
    if not spec.class_name:
        yield "class_name", f"must be given, of a controller of your own: {INGRESS.what} has {INGRESS.rule}"
        return
    yield from own_problems(spec)
