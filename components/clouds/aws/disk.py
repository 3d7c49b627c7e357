"""Disks on AWS: EBS volumes of type gp3 or io2, in a cluster under static PersistentVolumes."""

from collections.abc import Iterator

import pulumi_aws as aws
from pulumi import Input, Output, ResourceOptions

from ...errors import InputError, Problem
from ...live import disk_facts
from ..adoption import adopted, id_of
from ..contract import disk as contract
from ..contract.disk import DiskSpec
from ..contract.platform import PlatformContract
from .limits import DISK_TYPES, GP3_GIB, GP3_IOPS, GP3_MIBPS, IO2_GIB, IO2_IOPS, IO2_MIBPS
from .snapshot_schedule import SNAPSHOT_TAG

DISK_TAG = "nodeyard.io/disk"
"""The driver of the cluster that this tag names may attach the volume, though it did not make it."""

GP3, IO2 = DISK_TYPES.allowed
"""A volume's types. The first is what a disk is unless something else is asked for."""


class Disk(contract.Disk):
    """A zonal volume, gp3 unless `spec.type` says io2, made or adopted, and the claim that a pod mounts. The volume is
    encrypted with the platform's key (without one, AWS's own).

    Makes: `aws:ebs:Volume` (protected), in a namespace `kubernetes:core/v1:PersistentVolume` and
    `PersistentVolumeClaim` (both named `name`; reclaim policy Retain), and, for an adopted volume, the `aws:ec2:Tag`s
    that let the platform's driver attach it and put it on the schedule.
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
        tags = self._tags_of_adopted(name, spec, platform) if spec.existing else []
        self.claim_name = self._claim(name, spec, tags) if spec.namespace else Output.from_input("")
        self.register_outputs({"disk_id": self.disk_id, "claim_name": self.claim_name, **disk_facts(spec, platform)})

    def _tags_of_adopted(self, name: str, spec: DiskSpec, platform: PlatformContract) -> list[aws.ec2.Tag]:
        child = ResourceOptions(parent=self)
        names = {SNAPSHOT_TAG: name, DISK_TAG: f"{name}-driver"}
        return [
            aws.ec2.Tag(names[key], resource_id=self.disk_id, key=key, value=value, opts=child)
            for key, value in _tags(spec, platform).items()
        ]

    def _claim(self, name: str, spec: DiskSpec, tags: list[aws.ec2.Tag]) -> Output[str]:
        from ..in_cluster.static_volume import static_volume  # Kubernetes' SDK takes a second, and machines need none

        driver = "ebs.csi.aws.com"
        return static_volume(name, spec, driver=driver, handle=self.disk_id, after=tags, parent=self)

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
            tags={"Name": name, **_tags(spec, platform)},
            # The seed is looked at once: naming another one later must not replace a disk that has synced for days.
            opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True, ignore_changes=["snapshotId"]),
        )


def _tags(spec: DiskSpec, platform: PlatformContract) -> dict[str, Input[str]]:
    """By which a volume is attached, and snapshot, whoever made it."""
    return {
        **({DISK_TAG: platform["cluster_name"]} if spec.namespace else {}),
        **({SNAPSHOT_TAG: spec.snapshots} if spec.snapshots else {}),
    }


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
