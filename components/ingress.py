"""An HTTPS host in front of a component's port: what the input says of it, and what a cloud is asked for."""

from collections.abc import Mapping, Sequence
from typing import Annotated, NotRequired

from typing_extensions import TypedDict

from .clouds.contract.ingress import IngressSpec
from .inputs import AsWritten, Cidr, Default, Distinct, KubernetesName, LabelName, Matching, ObjectName, Text, declared

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
    """The ingress of `service`, whose pods answer on `port`."""
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
