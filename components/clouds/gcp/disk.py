"""Disks on Google Cloud: SSD Persistent Disks, under static PersistentVolumes where pods mount them."""

from collections.abc import Iterator

import pulumi_gcp as gcp
from pulumi import Output, ResourceOptions

from ...errors import InputError, Problem
from ...live import disk_facts
from ..adoption import adopted, id_of
from ..contract import disk as contract
from ..contract.disk import DiskSpec
from ..contract.platform import PlatformContract
from ..naming import GCP_RESOURCE
from .limits import DISK_GIB, DISK_IOPS, DISK_MIBPS, DISK_TYPES


class Disk(contract.Disk):
    """A zonal SSD Persistent Disk encrypted with the platform's key (with Google's own where it has none), made or
    adopted, and, in a namespace, the claim that a pod mounts.

    Makes: `gcp:compute:Disk` (protected), in a namespace `kubernetes:core/v1:PersistentVolume` and
    `PersistentVolumeClaim` (both named `name`; reclaim policy Retain), and, with `snapshots`,
    `gcp:compute:DiskResourcePolicyAttachment`. `spec.existing` is as
    in `projects/<project>/zones/<zone>/disks/<name>`.
    Sizes in GiB, throughput in MiB/s. Neither IOPS nor throughput can be bought: they follow from the size, and
    the machine may allow less. A disk grows in place and never shrinks; of a pod's the driver grows the file system
    when the pod next starts.

    Raises `InputError` for a size that does not give the IOPS or the throughput that is asked for.
    """

    def __init__(self, name: str, spec: DiskSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:gcp:Disk", name, None, opts)
        if problems := list(disk_problems(spec, platform)):
            raise InputError(f"Disk {name!r} cannot be made on Google Cloud.", problems)
        disk = self._disk(name, spec, platform)
        if spec.snapshots:
            child = ResourceOptions(parent=self)
            gcp.compute.DiskResourcePolicyAttachment(
                name, name=spec.snapshots, disk=disk.name, zone=spec.zone, opts=child
            )
        self.disk_id, self.unique_id = id_of(disk, spec.existing), disk.disk_id
        self.claim_name = self._claim(name, spec) if spec.namespace else Output.from_input("")
        self.register_outputs({"disk_id": self.disk_id, "claim_name": self.claim_name, **disk_facts(spec, platform)})

    def _claim(self, name: str, spec: DiskSpec) -> Output[str]:
        from ..in_cluster.static_volume import static_volume  # Kubernetes' SDK takes a second, and machines need none

        return static_volume(name, spec, driver="pd.csi.storage.gke.io", handle=self.disk_id, parent=self)

    def _disk(self, name: str, spec: DiskSpec, platform: PlatformContract) -> gcp.compute.Disk:
        if spec.existing:
            return gcp.compute.Disk.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        return gcp.compute.Disk(
            name,
            name=GCP_RESOURCE.fit(name),
            zone=spec.zone,
            type=DISK_TYPES.allowed[0],
            size=spec.size_gib,
            disk_encryption_key={"kms_key_self_link": platform["kms_key"]} if platform["kms_key"] else None,
            snapshot=spec.seed_from,
            # The seed is looked at once: naming another one later must not replace a disk that has synced for days.
            opts=ResourceOptions(parent=self, protect=True, retain_on_delete=True, ignore_changes=["snapshot"]),
        )


def disk_problems(spec: DiskSpec, _platform: PlatformContract | None) -> Iterator[Problem]:
    """What Compute Engine would refuse of a disk, by the spec's keys. An adopted one has what it has."""
    if spec.existing:
        return
    if spec.type and (problem := DISK_TYPES.problem(spec.type)):
        yield "type", problem
    if problem := DISK_GIB.problem(spec.size_gib):
        yield "size_gib", problem
    if problem := DISK_IOPS.problem(spec.iops, spec.size_gib):
        yield "iops", problem
    if problem := DISK_MIBPS.problem(spec.throughput_mibps or 0, spec.size_gib):
        yield "throughput_mibps", problem
