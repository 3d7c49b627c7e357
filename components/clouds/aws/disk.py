"""Disks on AWS: EBS gp3 volumes, in a cluster under static PersistentVolumes."""

from collections.abc import Iterator

import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ...live import disk_facts
from ..adoption import adopted, id_of
from ..contract import disk as contract
from ..contract.disk import DiskSpec
from ..contract.platform import PlatformContract
from .snapshot_schedule import SNAPSHOT_TAG

DISK_TAG = "nodeyard.io/disk"
"""The cluster's driver may attach volumes with this tag, set to `true`, though it did not make them."""

# What a gp3 volume can have (EBS user guide, "General Purpose SSD volumes").
MOST_GIB = 65_536
IOPS, IOPS_PER_GIB, MOST_IOPS = 3000, 500, 80_000
MIBPS, IOPS_PER_MIBPS, MOST_MIBPS = 125, 4, 2000


class Disk(contract.Disk):
    """A zonal gp3 volume encrypted with the platform's key (without one, AWS's own), made or adopted, and the claim
    that a pod mounts.

    Makes: `aws:ebs:Volume` (protected), in a namespace `kubernetes:core/v1:PersistentVolume` and
    `PersistentVolumeClaim` (both named `name`; reclaim policy Retain), and, for an adopted volume with `snapshots`,
    the `aws:ec2:Tag` that puts it on the schedule.
    An adopted volume that a pod mounts must carry the tag `nodeyard.io/disk: "true"`, or the driver may not attach it.
    Sizes in GiB, throughput in MiB/s. A volume grows in place and never shrinks; the driver grows the file system
    when the pod next starts.
    Raises `InputError` for a performance that gp3 does not have at this size.
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
        self.register_outputs({"disk_id": self.disk_id, "claim_name": self.claim_name, **disk_facts(spec)})

    def _claim(self, name: str, spec: DiskSpec) -> Output[str]:
        from ..in_cluster.static_volume import static_volume  # Kubernetes' SDK takes a second, and machines need none

        return static_volume(name, spec, driver="ebs.csi.aws.com", handle=self.disk_id, parent=self)

    def _volume(self, name: str, spec: DiskSpec, platform: PlatformContract) -> aws.ebs.Volume:
        if spec.existing:
            return aws.ebs.Volume.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        return aws.ebs.Volume(
            name,
            availability_zone=spec.zone,
            type="gp3",
            size=spec.size_gib,
            iops=spec.iops,
            throughput=spec.throughput_mibps,
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
    if spec.size_gib > MOST_GIB:
        yield "size_gib", f"{spec.size_gib} is too large: a volume has {MOST_GIB} GiB at most"
    most_iops = min(max(IOPS, IOPS_PER_GIB * spec.size_gib), MOST_IOPS)
    if not IOPS <= spec.iops <= most_iops:
        reason = f"{spec.size_gib} GiB have {IOPS} to {most_iops} ({IOPS_PER_GIB} for each GiB, up to {MOST_IOPS})"
        yield "iops", reason
    most_mibps = min(max(MIBPS, spec.iops // IOPS_PER_MIBPS), MOST_MIBPS)
    if not MIBPS <= spec.throughput_mibps <= most_mibps:
        reason = f"{spec.iops} IOPS carry {MIBPS} to {most_mibps} MiB/s (a quarter of them, up to {MOST_MIBPS})"
        yield "throughput_mibps", reason
