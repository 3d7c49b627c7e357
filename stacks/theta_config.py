"""The models of a Theta stack's file."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .model import Cidr, DiskGib, KubernetesName, Model, NodeRelease, PlatformStack

Digest = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$",
        description="Container image of the edge launcher, by digest: from your own registry, or upstream's "
        "thetalabsorg/edgelauncher_mainnet.",
    ),
]


class Site(Model):
    """Where machines stand without a platform: AWS's default VPC, elsewhere a small network that is made."""

    cloud: Literal["aws", "azure", "gcp"]
    account: Annotated[
        str | None,
        Field(description="AWS account id, Azure subscription id or Google Cloud project id (required there)."),
    ] = None
    region: str

    @model_validator(mode="after")
    def _project(self) -> "Site":
        if self.cloud == "gcp" and not self.account:
            raise ValueError("account is required on Google Cloud: the project's id")
        return self


class Password(Model):
    """Where a node's password comes from, when it is not generated or among nodeyard:secrets."""

    existing: Annotated[str | None, Field(description="The id of a secret to adopt.")] = None
    external: Annotated[bool, Field(description="Made empty; the node waits until you have put a value there.")] = False


class EdgeNode(Model):
    """One node."""

    zone: Annotated[str | None, Field(description="By the node's name unless given.")] = None
    instance_type: str | None = None
    image: Digest | None = None
    password: Password = Password()
    existing_disk: Annotated[str | None, Field(description="The id of a disk to adopt.")] = None
    seed_from: Annotated[
        str | None,
        Field(description="A snapshot to make the disk from, once. Refused while the disk that it was taken of lives."),
    ] = None
    old_disk_is_gone: Annotated[
        bool,
        Field(
            description="I have deleted the disk that the snapshot was taken of. Believed only where the cloud cannot "
            "tell: of a copy of a snapshot, or in another account."
        ),
    ] = False


def _numbered(value: Any) -> Any:
    """`3` is edge-1, edge-2 and edge-3."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {f"edge-{number}": {} for number in range(1, value + 1)}
    return value


Nodes = Annotated[
    dict[KubernetesName, EdgeNode],
    Field(min_length=1, description="By name; or how many, named edge-1, edge-2 and so on."),
    BeforeValidator(
        _numbered, json_schema_input_type=Annotated[int, Field(ge=1, le=1000)] | dict[KubernetesName, EdgeNode]
    ),
]


class ThetaConfig(Model):
    """Theta edge nodes."""

    kind: Literal["theta"]
    platform: PlatformStack | None = None
    site: Site | None = None
    zones: Annotated[
        list[str] | None,
        Field(description="Where the nodes are spread: zones that offer the instance type. Required with site."),
    ] = None
    network: Literal["mainnet", "testnet"]
    image: Digest
    nodes: Nodes
    placement: Literal["machine", "cluster"] = "machine"
    gpu: bool = True
    instance_type: Annotated[
        str | None, Field(description="In the cloud's own words; upstream's choice, or the like of it, unless given.")
    ] = None
    capacity: Annotated[
        Literal["on-demand", "spot"], Field(description="spot is taken away at any time; disk and identity stay.")
    ] = "on-demand"
    machine_image: Annotated[
        str | None,
        Field(description="A version of the machine's image; the cloud's documented look-up, kept, unless given."),
    ] = None
    root_disk_gib: Annotated[
        DiskGib | None,
        Field(description="Of what a node boots from; its image's size and room for containers unless given."),
    ] = None
    disk_gib: DiskGib = 256
    disk_iops: Annotated[int, Field(ge=3000)] = 3000
    disk_throughput_mibps: Annotated[int, Field(ge=125)] = 125
    snapshots: Annotated[bool, Field(description="A daily snapshot of each disk.")] = False
    expose: Literal["loopback", "vpc"] = "loopback"
    expose_cidrs: list[Cidr] = []
    user: Annotated[str | None, Field(description="uid:gid of the container. Not tried on the image.")] = None
    read_only_root: Annotated[
        bool, Field(description="The container's root filesystem is read-only. Not tried on the image.")
    ] = False
    resolvers: Annotated[list[str] | None, Field(description="The container's name servers.")] = None
    notify: Annotated[
        str | None,
        Field(
            description="Who hears of alarms: ARN of an SNS topic (AWS), id of an action group (Azure) or of a "
            "notification channel (Google Cloud)."
        ),
    ] = None
    log_days: Annotated[int, Field(ge=1)] = 90
    namespace: Annotated[KubernetesName | None, Field(description="With placement: cluster.")] = None
    release_version: Annotated[NodeRelease | None, Field(description="With placement: cluster.")] = None
    probe_image: Annotated[
        str | None, Field(description="With placement: cluster: an image with curl, which asks the node how it is.")
    ] = None

    @model_validator(mode="after")
    def _one_place(self) -> "ThetaConfig":
        if bool(self.platform) == bool(self.site):
            raise ValueError("give platform or site, one of the two")
        return self


class ThetaSecretValues(Model):
    """Passwords, given with `pulumi config set --secret --path 'nodeyard:secrets.passwords.edge-1'`."""

    passwords: dict[KubernetesName, Annotated[str, Field(min_length=1)]] | None = None
