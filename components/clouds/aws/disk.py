"""Disks on AWS: EBS volumes of type gp3 or io2, in a cluster under static PersistentVolumes."""

from collections.abc import Iterator

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ...live import disk_facts
from ..adoption import adopted, id_of
from ..contract import disk as contract
from ..contract.disk import DiskSpec
from ..contract.platform import PlatformContract
from .limits import DISK_TYPES, GP3_GIB, GP3_IOPS, GP3_MIBPS, IO2_GIB, IO2_IOPS, IO2_MIBPS
from .snapshot_schedule import SNAPSHOT_TAG

DISK_TAG = "nodeyard.io/disk"
"""The cluster's driver may attach volumes with this tag, set to `true`, though it did not make them."""

GP3, IO2 = DISK_TYPES.allowed
"""A volume's types. The first is what a disk is unless something else is asked for."""


class Disk(contract.Disk):
    """A zonal volume, gp3 unless `spec.type` says io2, made or adopted, and the claim that a pod mounts. The volume is
    encrypted with the platform's key (without one, AWS's own).

    Makes: `aws:ebs:Volume` (protected), in a namespace `kubernetes:core/v1:PersistentVolume` and
    `PersistentVolumeClaim` (both named `name`; reclaim policy Retain), and, for an adopted volume with `snapshots`,
    the `aws:ec2:Tag` that puts it on the schedule.
    An adopted volume that a pod mounts must carry the tag `nodeyard.io/disk: "true"`, or the driver may not attach it.
    Sizes in GiB, throughput in MiB/s. A volume grows in place and never shrinks; the driver grows the file system
    when the pod next starts.
    Raises `InputError` for a performance that the type does not have at this size.
    """

    def __init__(self, name: str, spec: DiskSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:aws:Disk", name, None, opts)
        if problems := list(disk_problems(spec, platform)):
            raise InputError(f"Disk {name!r} cannot be made on AWS.", problems)
        volume = self._volume(name, spec, platform)
        self.disk_id = self.unique_id = id_of(volume, spec.existing)
        if spec.snapshots and spec.existing:
            child = ResourceOptions(parent=self)
            aws.ec2.Tag(name, resource_id=self.disk_id, key=SNAPSHOT_TAG, value=spec.snapshots, opts=child)
        self.claim_name = self._claim(name, spec) if spec.namespace else Output.from_input("")
        self.register_outputs({"disk_id": self.disk_id, "claim_name": self.claim_name, **disk_facts(spec, platform)})

    def _claim(self, name: str, spec: DiskSpec) -> Output[str]:
        from ..in_cluster.static_volume import static_volume  # Kubernetes' SDK takes a second, and machines need none

        return static_volume(name, spec, driver="ebs.csi.aws.com", handle=self.disk_id, parent=self)

    def _volume(self, name: str, spec: DiskSpec, platform: PlatformContract) -> aws.ebs.Volume:
        if spec.existing:
            return aws.ebs.Volume.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        return aws.ebs.Volume(
            name,
            availability_zone=spec.zone,
            type=spec.type or GP3,
            size=spec.size_gib,
            iops=spec.iops,
            throughput=_throughput(spec),
            encrypted=True,
            kms_key_id=platform["kms_key"] or None,
            snapshot_id=spec.seed_from,
            tags={
                "Name": name,
                **({DISK_TAG: "true"} if spec.namespace else {}),
                **({SNAPSHOT_TAG: spec.snapshots} if spec.snapshots else {}),
            },
            # The seed is looked at once: naming another one later must not replace a disk that has synced for days.
            opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True, ignore_changes=["snapshotId"]),
        )


def disk_problems(spec: DiskSpec, _platform: PlatformContract | None) -> Iterator[Problem]:
    """What EBS would refuse of a volume, by the spec's keys. An adopted one has what it has."""
    if spec.existing:
        return
    if problem := DISK_TYPES.problem(spec.type or GP3):
        yield "type", problem
        return
    fast = spec.type == IO2
    if problem := (IO2_GIB if fast else GP3_GIB).problem(spec.size_gib):
        yield "size_gib", problem
    if problem := (IO2_IOPS if fast else GP3_IOPS).problem(spec.iops, spec.size_gib):
        yield "iops", problem
    if fast and spec.throughput_mibps is not None:
        yield "throughput_mibps", f"does nothing: {IO2_MIBPS.what} has {IO2_MIBPS.rule}"
    if not fast and (problem := GP3_MIBPS.problem(_throughput(spec) or 0, spec.iops)):
        yield "throughput_mibps", problem


def _throughput(spec: DiskSpec) -> int | None:
    """In MiB/s; what is free unless something else is asked for. None for io2, whose throughput nobody chooses."""
    return None if spec.type == IO2 else spec.throughput_mibps or GP3_MIBPS.least
