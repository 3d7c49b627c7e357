"""An Ingress of a controller that the operator runs, which is the same on every cloud; and what every Ingress needs."""

from collections.abc import Iterable, Iterator
from typing import Final

from ..errors import Problem
from .contract.ingress import IngressCallers, IngressSpec, IngressValues

CLASS_KEY: Final = "kubernetes.io/ingress.class"
"""The annotation that older controllers have their Ingresses by, GKE's among them."""


def own_values(spec: IngressSpec) -> IngressValues:
    """The Ingress of the class `spec.class_name`."""
    callers = IngressCallers()
    if spec.controller_cidrs:
        callers["cidrs"] = list(spec.controller_cidrs)
    if spec.controller_namespace:
        callers["namespaces"] = [spec.controller_namespace]
    return IngressValues(
        className=spec.class_name,
        annotations=dict(spec.annotations),
        host=spec.host,
        tlsSecret=spec.tls_secret_name,
        callers=callers,
    )


def own_problems(spec: IngressSpec, offered: Iterable[str] = ()) -> Iterator[Problem]:
    """What is wrong with an Ingress of the operator's own controller, by the spec's keys. `offered` are the classes of
    the cloud's controllers."""
    if spec.class_name in offered:
        yield "class_name", f"{spec.class_name} is the cloud's own controller, which is taken without a `class_name`"
    if spec.certificate:
        yield "certificate", "is for the cloud's own controller: one with a `class_name` takes a Kubernetes Secret"
    elif not spec.tls_secret_name:
        yield "tls_secret_name", "must be given with a `class_name`: nobody calls without TLS"
    if not spec.controller_namespace and not spec.controller_cidrs:
        yield "controller_namespace", "must be given with a `class_name`: the pods let nobody in that is not named"
    if spec.public:
        yield "public", "is for the cloud's own controller: one with a `class_name` has its addresses already"
    yield from annotation_problems(spec, [])


def certificate_problems(spec: IngressSpec) -> Iterator[Problem]:
    """TLS is required, with one certificate."""
    if bool(spec.certificate) == bool(spec.tls_secret_name):
        said = "both are" if spec.certificate else "none is"
        yield (
            "certificate",
            f"give one of `certificate` and `tls_secret_name`: {said} given, and nobody calls without TLS",
        )


def annotation_problems(spec: IngressSpec, taken: Iterable[str]) -> Iterator[Problem]:
    """The annotations that nobody else may set: the class, and those that begin with one of `taken`."""
    beginnings = (CLASS_KEY, *taken)
    for key in spec.annotations:
        if key.startswith(beginnings):
            yield ("annotations", key), "is not yours to set: what it says follows from the other keys"
