"""What a cloud makes of each spec: a component with what others need of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
from pulumi import Output

from .platform import PlatformContract, Subnet


class TaintEffect(StrEnum):
    """Kubernetes' own spelling; each cloud's renderer has its own."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


@dataclass(frozen=True)
class Taint:
    key: str
    value: str
    effect: TaintEffect = TaintEffect.NO_SCHEDULE


class Network(pulumi.ComponentResource):
    network_id: Output[str]
    public_subnets: Output[list[Subnet]]
    private_subnets: Output[list[Subnet]]
    egress_addresses: Output[list[str]]
    cidr: str


class Cluster(pulumi.ComponentResource):
    platform: Output[PlatformContract]
    """What the platform's stack exports."""


class Firewall(pulumi.ComponentResource):
    firewall_id: Output[str]


class NodePool(pulumi.ComponentResource):
    node_pool_name: Output[str]
    taints: Sequence[Taint]
    """What a pod has to tolerate there: the spec's taints, and those that the cloud adds itself."""


class Address(pulumi.ComponentResource):
    ingress_address: Output[str]
    """Where peers reach the pod: stable, and reserved before a node exists."""
    egress_address: Output[str]
    """Where peers see the pod come from: the same on AWS and Google Cloud; the zone's NAT gateway on Azure."""
    address_id: Output[str]
    """What claims it by: allocation id (AWS), name of the address (Google Cloud), name of the public IP (Azure)."""


class Disk(pulumi.ComponentResource):
    disk_id: Output[str]
    """As it is adopted and attached by. On Azure and Google Cloud that is a name, which a later disk may have again."""
    unique_id: Output[str]
    """What no other disk ever has, a later one of the same name or from its snapshot included."""
    claim_name: Output[str]
    """The PersistentVolumeClaim that a pod mounts."""


class Secret(pulumi.ComponentResource):
    secret_id: Output[str]
    secret_name: str
    has_value: Output[bool]
    """Whether there is a value to mount, ours or the operator's; asked without reading it."""


class SecretMount(pulumi.ComponentResource):
    provider_class_name: Output[str]
    synced_secret_name: Output[str]
    """The Kubernetes Secret that the driver makes while a pod holds the mount; empty when no file asks for it."""


class Identity(pulumi.ComponentResource):
    """Ready when its rights are: a pod that starts before may have none."""

    client_id: Output[str]
    """What a pod of it names to log in with (Azure; elsewhere empty: there the cloud knows the service account)."""


class Site(pulumi.ComponentResource):
    """Whoever stands on it depends on it: it is known before it is made."""

    platform: PlatformContract
    """A platform without a cluster: what belongs to one is empty."""


class LogGroup(pulumi.ComponentResource):
    log_group: Output[str]
    """As the machine names it (`BootSpec.log_group`)."""


class Machine(pulumi.ComponentResource):
    machine_id: Output[str]
    """Of the machine (Azure) or of the group of one that keeps it (AWS, Google Cloud)."""
    session: Output[str]
    """The command that opens a shell on it."""


class Telemetry(pulumi.ComponentResource):
    dashboard: Output[str]
    """Where to look at it."""
    alarms: Output[list[str]]
