"""The HTTPS host of a component's input, in front of a port that speaks HTTP."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from .clouds.contract.cloud import Cloud
from .clouds.contract.ingress import IngressSpec
from .clouds.contract.platform import PlatformContract
from .errors import Problem, segments
from .inputs import (
    AsWritten,
    Cidr,
    Default,
    Distinct,
    KubernetesName,
    LabelName,
    Matching,
    ObjectName,
    Text,
    declared,
)

HostName = Annotated[
    str,
    Matching(
        r"(?=.{4,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
        "a whole name in small letters like name.example.com",
    ),
]


@declared
class IngressArgs(TypedDict):
    """An HTTPS host in front of a port. TLS ends there: give one of `certificate` and `tls_secret_name`."""

    host: HostName
    """The name that callers dial. Its DNS record is yours to make."""
    certificate: NotRequired[Text]
    """The id of a certificate that the cloud keeps. AWS: the ARN of one of ACM. Google Cloud: a Compute SSL
    certificate, `projects/<project>/global/sslCertificates/<name>`, with `regions/<region>` when not `public`."""
    tls_secret_name: NotRequired[ObjectName]
    """A Kubernetes Secret in the namespace with the certificate, which cert-manager or you fill. AWS' own controller
    takes none."""
    class_name: NotRequired[ObjectName]
    """The IngressClass of a controller of yours. The cloud's own one unless given; Azure needs one."""
    controller_namespace: NotRequired[KubernetesName]
    """Where the pods of that controller run."""
    controller_cidrs: NotRequired[Annotated[Sequence[Cidr], Distinct, Default([])]]
    """The ranges that the controller calls from, where it is no pod of the cluster. On Google Cloud, when not `public`
    and without `class_name`: the range of the network's proxy-only subnet, which you make."""
    public: NotRequired[Annotated[bool, Default(False)]]
    """Whether the cloud's controller takes a public address (default false)."""
    annotations: NotRequired[Annotated[Mapping[LabelName, Annotated[str, AsWritten]], Default({})]]
    """More annotations of the Ingress, for a controller of yours above all."""


def ingress_spec(
    told: IngressArgs, *, service: str, port: int, source_ranges: Sequence[str], health_path: str
) -> IngressSpec:
    """What a cloud's controller is asked for, before `port` of the Service `service`."""
    return IngressSpec(
        service=service,
        port=port,
        host=told["host"],
        certificate=told.get("certificate", ""),
        tls_secret_name=told.get("tls_secret_name", ""),
        class_name=told.get("class_name", ""),
        controller_namespace=told.get("controller_namespace", ""),
        controller_cidrs=told["controller_cidrs"],
        annotations=told["annotations"],
        public=told["public"],
        source_ranges=source_ranges,
        health_path=health_path,
    )


def ingress_problems(
    spec: IngressSpec,
    callers: Sequence[str] | None,
    cloud: Cloud,
    platform: PlatformContract,
    *,
    callers_of_more: bool = False,
) -> Iterator[Problem]:
    """What the cloud's controller could not do, or one of the operator's own: by `callers`, which are as the input
    gives them and may be of something else too, and by the keys of `ingress`."""
    if spec.public and not spec.class_name and not callers:
        yield "callers", "are needed with an ingress that is `public`: nobody else may call"
        spec = replace(spec, source_ranges=["0.0.0.0/0"])  # said once
    if spec.class_name and callers and not callers_of_more:
        yield "callers", "are kept by your own controller: tell it by `ingress.annotations`"
    for path, reason in cloud.ingress_problems(spec, platform):
        first, *rest = segments(path)
        yield (("callers",) if first == "source_ranges" else ("ingress", first, *rest)), reason
