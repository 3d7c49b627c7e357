"""What every model of a stack file is made of."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from nodeyard.errors import Problem


def _camel(name: str) -> str:
    """Not pydantic's own: it makes `l2Geth` of `l2geth`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _cidr(value: str) -> str:
    ip_network(value)
    return value


Cidr = Annotated[str, AfterValidator(_cidr), Field(examples=["203.0.113.0/24"])]
KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=40)]
DiskGib = Annotated[int, Field(ge=1, le=16384)]
NodeRelease = Annotated[
    str,
    Field(
        pattern=r"^\d+\.\d+\.\d+",
        description="The nodes' release, pinned: Bottlerocket's on AWS (`<version>-<8 digits of its commit>`), "
        "Kubernetes' own on Azure (`x.y.z`), GKE's on Google Cloud (`x.y.z-gke.n`).",
    ),
]
PlatformStack = Annotated[
    str,
    Field(
        pattern=r"^[\w.-]+(/[\w.-]+/[\w.-]+)?$",
        description="The platform's stack: its name in this project, or organization/project/stack.",
    ),
]


class Model(BaseModel):
    """camelCase in the file, as in every Pulumi stack file; a key that is not known is an error."""

    model_config = ConfigDict(alias_generator=_camel, extra="forbid", frozen=True)

    def problems(self) -> Iterator[Problem]:
        """What is wrong across keys, as paths below this model."""
        return iter(())
