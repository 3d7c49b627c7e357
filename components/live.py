"""What the last `up` of a stack left in its state, and what of that no later `up` may change.

Nobody tells a program its old state. The program asks: the engine answers about any stack, the program's own among
them. So a change that a cloud would refuse, or that would put one identity's data under another, is refused with the
rules of the input, before anything is registered.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_monitor

from .clouds.contract.database import DatabaseSpec
from .clouds.contract.disk import DiskSpec
from .clouds.contract.left_over import Kind
from .clouds.contract.node_pool import NodePoolSpec
from .clouds.contract.platform import PlatformContract
from .clouds.version_skew import minor
from .errors import Problem

IDENTITY = "identity"
"""The output of a component in which it keeps what identifies it."""

OTHER_STACK = (
    "it never changes in place. Bring up a stack of its own for what is new, and remove this one as its page says"
)

LASTING = "lasting"
"""The output of a platform in which it keeps what a cloud may never change of it."""

_DATABASE = re.compile(r"nodeyard:\w+:Database")
_DISK = re.compile(r"nodeyard:\w+:Disk")
_NODE_POOL = re.compile(r"nodeyard:\w+:NodePool")
_MAKERS: Mapping[Kind, re.Pattern[str]] = {
    "address": re.compile(r"nodeyard:\w+:(Address|LoadBalancer)"),
    "bucket": re.compile(r"nodeyard:\w+:Bucket"),
    "database": _DATABASE,
    "disk": _DISK,
    "secret": re.compile(r"nodeyard:\w+:Secret"),
}
"""The components that make a thing of each kind. Whatever else such a component makes in a cloud has another name."""


class Live:
    """The resources of a stack, as its state has them."""

    def __init__(self, resources: Mapping[str, Mapping[str, Any]]) -> None:
        """`resources` by their URNs."""
        self._by_name: dict[str, list[_Resource]] = {}
        for urn, resource in resources.items():
            _, _, types, name = urn.split("::", maxsplit=3)
            found = _Resource(types.split("$"), resource["outputs"] or {})
            self._by_name.setdefault(name, []).append(found)

    def component(self, type_: str, name: str) -> Mapping[str, Any]:
        """The outputs of a component; empty where the stack has none of the name, or none whose `up` came to an end."""
        found = (resource.outputs for resource in self._by_name.get(name, []) if resource.types[-1] == type_)
        return next(found, {})

    def has(self, kind: Kind, name: str) -> bool:
        """Whether a component of ours made the thing of that name. What it adopted is not its own."""
        return any(resource.was_made_by(kind) for resource in self._by_name.get(name, []))

    def node_pool(self, name: str) -> Mapping[str, Any]:
        """The outputs of the `NodePool` of that name; empty where there is none."""
        found = (
            resource.outputs for resource in self._by_name.get(name, []) if _NODE_POOL.fullmatch(resource.types[-1])
        )
        return next(found, {})

    def disk(self, name: str) -> Mapping[str, Any]:
        """The outputs of the `Disk` of that name whose own disk is in the state; empty where there is none. An adopted
        disk is none of its own."""
        return self._own("disk", name)

    def database(self, name: str) -> Mapping[str, Any]:
        """The same of the `Database` of that name."""
        return self._own("database", name)

    def _own(self, kind: Kind, name: str) -> Mapping[str, Any]:
        named = self._by_name.get(name, [])
        outputs = (resource.outputs for resource in named if _MAKERS[kind].fullmatch(resource.types[-1]))
        return next(outputs, {}) if self.has(kind, name) else {}


@dataclass(frozen=True)
class _Resource:
    types: Sequence[str]
    """Its own, which is the last, and those of what it stands under."""
    outputs: Mapping[str, Any]

    def was_made_by(self, kind: Kind) -> bool:
        """Whether it is what a component of ours for such a thing made in its cloud."""
        under = self.types[-2] if len(self.types) > 1 else ""
        return bool(_MAKERS[kind].fullmatch(under)) and not self.types[-1].startswith("kubernetes:")


def live() -> Live:
    """The state of the running program's own stack. Empty before its first `up`, and where no program runs."""
    monitor = get_monitor()
    if monitor is None:
        return Live({})
    return _read(monitor, f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}")


@lru_cache(maxsize=1)
def _read(monitor: Any, stack: str) -> Live:
    """Asked once of each engine: every rule looks at it.

    Not by the SDK's `invoke`: that would look up each resource that an output refers to, and in a state they are not
    those of this run.
    """
    question = resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:readStackResourceOutputs", acceptResources=False)
    question.args.update({"stackName": stack})
    answer = rpc.deserialize_properties(getattr(monitor.Invoke(question), "return"), keep_unknowns=True)
    # All of it is secret where anything in it is. Nothing of what is compared here ever is.
    return Live(rpc.unwrap_rpc_secret(answer.get("outputs") or {}))


def identity_problems(before: Mapping[str, Any], now: Mapping[str, str], keys: Mapping[str, str]) -> Iterator[Problem]:
    """Keys that identify a thing and say something else than what is up. `now` is by what an identity consists of,
    `keys` the key of the input that says it, where that has another name. What was not known before is no change."""
    for part, value in now.items():
        old = before.get(part)
        if old and old != value:
            new = repr(value) if value else "nothing in its place"
            yield keys.get(part, part), f"{old!r} is up, and {new} would be another identity: {OTHER_STACK}"


def disk_problems(before: Mapping[str, Any], spec: DiskSpec, key: str) -> Iterator[Problem]:
    """What no cloud does to a disk that is there, by the spec's keys, and by `kms_key` for the key `key` of its
    platform.

    Size: EBS user guide, "Requirements for EBS volume modifications"; Azure's "Expand virtual hard disks"; Compute
    Engine's "Increase the size of a persistent disk". Zone: a disk is the zone's on each of them (EC2 API reference,
    CreateVolume; Azure's "Deploy a Premium SSD v2"; Compute Engine's "About Persistent Disk", zonal). Key: EBS user
    guide, "Amazon EBS encryption" ("You can't change the KMS key that is associated with an existing snapshot or
    encrypted volume"); Compute Engine's "Help protect resources by using Cloud KMS keys" (a snapshot, and a disk made
    of it); Azure changes one only while the disk is on no machine that runs ("Server-side encryption of Azure Disk
    Storage", restrictions).
    """
    if not before or spec.existing:
        return
    size, zone = int(before.get("size_gib") or 0), before.get("zone")
    if spec.size_gib < size:
        yield "size_gib", f"the disk has {size} GiB, and no cloud makes a disk smaller: give {size} or more"
    if zone and zone != spec.zone:
        yield (
            "zone",
            f"the disk stands in {zone}, and no cloud moves a disk: make one there from a snapshot of the disk, as the "
            "page of the component says",
        )
    if "kms_key" in before and before["kms_key"] != key:
        old = before["kms_key"] or "the cloud's own key"
        yield (
            "kms_key",
            f"the disk is encrypted with {old}, and no cloud encrypts a disk anew with {key or 'its own key'}: make "
            "one from a snapshot of the disk, as the page of the component says",
        )


def database_problems(before: Mapping[str, Any], spec: DatabaseSpec, key: str) -> Iterator[Problem]:
    """What no server that is there goes through, by the spec's keys, and by `kms_key` for the key `key` of its
    platform.

    Size: RDS API reference, ModifyDBInstance, AllocatedStorage; Azure's "Limits in Azure Database for PostgreSQL"
    (storage can't be scaled down); Cloud SQL's "Edit instances" (storage can't be decreased). Version: the major
    version goes up only (RDS user guide, "Upgrades of the RDS for PostgreSQL DB engine"; Azure's "Major version
    upgrades"; Cloud SQL's "Upgrade the database major version in-place"). Key: RDS user guide, "Encrypting Amazon RDS
    resources"; Azure's "Data encryption" (the mode is chosen when the server is made); Cloud SQL's "About
    customer-managed encryption keys". Zones: RDS takes a zone when a server is made, and so does Azure ("High
    availability").
    """
    if not before or spec.existing:
        return
    size, zones, version = int(before.get("disk_gib") or 0), before.get("zones"), str(before.get("version") or "")
    if spec.disk_gib < size:
        yield "disk_gib", f"the disk has {size} GiB, and no cloud makes a server's disk smaller: give {size} or more"
    elif size < spec.disk_gib < (least := size + int(before.get("disk_step") or 0)):
        yield "disk_gib", f"the disk has {size} GiB, and the cloud makes it larger by no less: give {least} or more"
    if zones and not _stays(zones, spec.zones):
        yield (
            "zones",
            f"the server was made in {' and '.join(zones)}, and stays there: a second zone comes or goes, and nothing "
            "else changes",
        )
    if version and _numbers(spec.version) < _numbers(version):
        yield "version", f"the server has {version}, and no cloud takes a server back to an older version"
    if "kms_key" in before and before["kms_key"] != key:
        old = before["kms_key"] or "the cloud's own key"
        yield (
            "kms_key",
            f"the server is encrypted with {old}, and no cloud encrypts a server anew with {key or 'its own key'}: "
            "make another one as this one was at some time, as the page of the component says",
        )


def _stays(before: Sequence[str], now: Sequence[str]) -> bool:
    """Whether a server that was made in the zones `before` is one of the zones `now`, as far as both say."""
    return all(one == other for one, other in zip(before, now, strict=False))


def release_problem(before: Mapping[str, Any], spec: NodePoolSpec) -> str:
    """Why nodes that are there do not go back to an older release, on a cloud that takes no such update. A pool of
    another type or zone is made anew, with whatever release."""
    if not before or (before.get("instance_type"), before.get("zone")) != (spec.instance_type, spec.zone):
        return ""
    return older_release(str(before.get("release_version") or ""), spec.release_version)


def older_release(before: str, now: str) -> str:
    """What is said of a release that is older than the one that is up; empty when it is not."""
    if not before or _numbers(now) >= _numbers(before):
        return ""
    return f"the nodes have {before}, and the cloud takes no node back to an older version"


def _numbers(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]


def version_problem(before: str, now: str) -> str:
    """Why a control plane of the minor version `before` does not become one of `now`; empty when it does.

    EKS user guide, "Update existing cluster to new Kubernetes version" ("You can update only one minor version at a
    time", and no way back); azure-docs, articles/aks/upgrade-cluster.md ("Kubernetes minor versions can't be skipped",
    but from a version that is not supported any more, which is without guarantee), and manage-node-pools.md ("You can't
    downgrade the control plane"); Google's own skill gke-upgrades ("Control plane upgrades are sequential (N, N+1,
    N+2)"; only the first of two steps of an upgrade, which nothing here asks for, can be taken back).
    """
    if not before or not now:
        return ""
    (_, old), (_, new) = minor(before), minor(now)
    if new < old:
        return f"the cluster has {before}, and no cloud takes a cluster back to an older version"
    if new > old + 1:
        return f"the cluster has {before}, which goes to 1.{old + 1} first: no cloud skips a minor version"
    return ""


def cluster_of(platform: PlatformContract) -> str:
    """Which cluster, or without one which place, of all that there are."""
    parts: Sequence[str] = [platform["cloud"], platform["account"], platform["region"], platform["cluster_name"]]
    return "/".join(part for part in parts if part)


def disk_facts(spec: DiskSpec, platform: PlatformContract) -> dict[str, Any]:
    """What a `Disk` keeps in the state for `disk_problems` to compare with."""
    return {"size_gib": spec.size_gib, "zone": spec.zone, "kms_key": platform["kms_key"]}


def database_facts(spec: DatabaseSpec, platform: PlatformContract) -> dict[str, Any]:
    """What a `Database` keeps in the state for `database_problems` to compare with. A cloud whose disks grow by steps
    adds `disk_step`, in GiB."""
    return {
        "disk_gib": spec.disk_gib,
        "zones": list(spec.zones),
        "version": spec.version,
        "kms_key": platform["kms_key"],
    }


def node_pool_facts(spec: NodePoolSpec) -> dict[str, Any]:
    """What a `NodePool` keeps in the state for `release_problem` to compare with."""
    return {"release_version": spec.release_version, "instance_type": spec.instance_type, "zone": spec.zone}
