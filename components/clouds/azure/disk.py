"""Disks on Azure: Premium SSD v2, in a cluster under static PersistentVolumes."""

from collections.abc import Iterator

from pulumi import Output, ResourceOptions
from pulumi_azure_native import compute

from ...errors import InputError, Problem
from ...live import disk_facts
from ..adoption import adopted, id_of
from ..contract import disk as contract
from ..contract.disk import DiskSpec
from ..contract.platform import PlatformContract
from ..naming import AZURE_DISK
from . import backup, zones
from .disk_performance import megabytes
from .limits import DISK_GIB, DISK_IOPS, DISK_MEGABYTES, DISK_TYPES
from .platform_section import azure_of
from .roles import Role, grant


class Disk(contract.Disk):
    """A zonal Premium SSD v2 disk encrypted with the platform's key (without one, Azure's own), made or adopted, and
    the claim that a pod mounts.

    Makes: `azure-native:compute:Disk` (protected and retained); in a namespace the cluster's right to attach this one
    disk (`azure-native:authorization:RoleAssignment`, Disk Pool Operator, which cannot delete it),
    `kubernetes:core/v1:PersistentVolume` and `PersistentVolumeClaim` (both named `name`; reclaim policy Retain); and,
    with `snapshots`, `azure-native:dataprotection:BackupInstance` (protected) on the platform's or site's nightly
    schedule.
    A machine's disk, without a namespace, is attached by whoever makes the machine, and nobody else has a right to it.
    Sizes in GiB, throughput in MiB/s. A disk grows in place and never shrinks; the driver grows the file system when
    the pod next starts. Its performance can be changed four times a day.

    Raises `InputError` for a performance that Premium SSD v2 does not have at this size, and for `snapshots` where no
    backup vault schedules them.
    """

    def __init__(self, name: str, spec: DiskSpec, platform: PlatformContract, opts: ResourceOptions) -> None:
        super().__init__("nodeyard:azure:Disk", name, None, opts)
        azure = azure_of(platform)
        if problems := list(disk_problems(spec, platform)):
            raise InputError(f"Disk {name!r} cannot be made on Azure.", problems)
        disk = self._disk(name, spec, platform)
        self.disk_id, self.unique_id = id_of(disk, spec.existing), disk.unique_id
        if spec.snapshots:
            backup.back_up(name, self.disk_id, spec.snapshots, platform, azure, self)
        self.claim_name = (
            self._claim(name, spec, self.disk_id, azure["cluster_principal"])
            if spec.namespace
            else Output.from_input("")
        )
        self.register_outputs({"disk_id": self.disk_id, "claim_name": self.claim_name, **disk_facts(spec, platform)})

    def _claim(self, name: str, spec: DiskSpec, disk: Output[str], cluster_principal: str) -> Output[str]:
        """Known when the cluster may attach the disk. The right goes after the volume: to detach takes it too."""
        from ..in_cluster.static_volume import static_volume  # Kubernetes' SDK takes a second, and machines need none

        right = grant(f"{name}-disk", Role.DISK_POOL_OPERATOR, disk, cluster_principal, ResourceOptions(parent=self))
        return static_volume(
            name,
            spec,
            driver="disk.csi.azure.com",
            handle=disk,
            # The driver's default is ReadOnly, which Premium SSD v2 does not have.
            attributes={"cachingMode": "None"},
            after=[right],
            parent=self,
        )

    def _disk(self, name: str, spec: DiskSpec, platform: PlatformContract) -> compute.Disk:
        if spec.existing:
            return compute.Disk.get(adopted(name), spec.existing, opts=ResourceOptions(parent=self))
        return compute.Disk(
            name,
            disk_name=AZURE_DISK.fit(name),
            resource_group_name=azure_of(platform)["resource_group"],
            sku={"name": compute.DiskStorageAccountTypes.PREMIUM_V2_LRS},
            zones=[zones.number(spec.zone)],
            disk_size_gb=spec.size_gib,
            disk_iops_read_write=spec.iops,
            disk_m_bps_read_write=megabytes(spec.throughput_mibps),
            creation_data=_creation(spec),
            encryption=_encryption(platform["kms_key"]),
            # Its bytes cannot be downloaded, with whatever rights: the way to them is a pod or machine that mounts it.
            network_access_policy=compute.NetworkAccessPolicy.DENY_ALL,
            public_network_access=compute.PublicNetworkAccess.DISABLED,
            opts=ResourceOptions(
                parent=self,
                protect=True,
                retain_on_delete=True,
                # The seed is looked at once: naming another one later must not replace a disk that synced for days.
                ignore_changes=["creationData"],
                # Azure moves no disk. The provider does not know it, and would find out in the middle of an update;
                # this way the plan stops at the protection.
                replace_on_changes=["zones"],
            ),
        )


def disk_problems(spec: DiskSpec, platform: PlatformContract | None) -> Iterator[Problem]:
    """What Azure would refuse of a disk, by the spec's keys. An adopted one has what it has."""
    if not spec.existing:
        yield from _performance_problems(spec)
    if spec.snapshots and platform and (problem := backup.problem(spec, azure_of(platform))):
        yield "snapshots", problem


def _performance_problems(spec: DiskSpec) -> Iterator[Problem]:
    if spec.type and (problem := DISK_TYPES.problem(spec.type)):
        yield "type", problem
    if problem := DISK_GIB.problem(spec.size_gib):
        yield "size_gib", problem
    if problem := DISK_IOPS.problem(spec.iops, spec.size_gib):
        yield "iops", problem
    if problem := DISK_MEGABYTES.problem(megabytes(spec.throughput_mibps), spec.iops):
        yield "throughput_mibps", problem


def _creation(spec: DiskSpec) -> compute.CreationDataArgsDict:
    if spec.seed_from:
        return {"create_option": compute.DiskCreateOption.COPY, "source_resource_id": spec.seed_from}
    return {"create_option": compute.DiskCreateOption.EMPTY}


def _encryption(encryption_set: str) -> compute.EncryptionArgsDict:
    if not encryption_set:
        return {"type": compute.EncryptionType.ENCRYPTION_AT_REST_WITH_PLATFORM_KEY}
    return {
        "type": compute.EncryptionType.ENCRYPTION_AT_REST_WITH_CUSTOMER_KEY,
        "disk_encryption_set_id": encryption_set,
    }
