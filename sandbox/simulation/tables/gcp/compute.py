"""Networks, addresses and disks."""

import ipaddress
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from nodeyard.clouds.gcp.limits import BALANCER_ADDRESS, DISK_GIB, SUBNET

from ...resource import CloudError, Instance, Reference, Resource
from .references import API, by_name, plain_id

PROJECT = "projects/{account}/"
REGIONAL = PROJECT + "regions/{region}/"
IN_USE = "resourceInUseByAnotherResource"
EVERY_ZONE = "abcdef"
ADDRESS = "gcp:compute/address:Address"
DISK, SNAPSHOT = "gcp:compute/disk:Disk", "gcp:compute/snapshot:Snapshot"


def global_resource(kind: str, **more: Any) -> Resource:
    return named(PROJECT + f"global/{kind}/{{name}}", "{account}", **more)


def regional_resource(kind: str, **more: Any) -> Resource:
    more["replaces"] = (*more.get("replaces", ()), "region")
    return named(REGIONAL + f"{kind}/{{name}}", "{account}/{region}", **more)


def named(id_: str, scope: str, **more: Any) -> Resource:
    more["replaces"] = (*more.get("replaces", ()), "name", "project")
    return Resource(id_, name="name", scope=scope, taken="alreadyExists", **more)


def refuse_subnetwork(instance: Instance) -> None:
    """Primary and secondary ranges of one network do not overlap."""
    mine = ranges(instance.inputs)
    for range_ in mine:
        if SUBNET.problem(str(range_)):
            raise CloudError("invalid", f"Invalid IP CIDR range: {range_} conflicts with reserved ranges.")
    network = plain_id(instance.inputs["network"])
    for other in instance.world.find("gcp:compute/subnetwork:Subnetwork"):
        if other.id != instance.id and plain_id(other.inputs["network"]) == network:
            mine += ranges(other.inputs)
    for index, first in enumerate(mine):
        if taken := [second for second in mine[:index] if first.overlaps(second)]:
            raise CloudError("badRequest", f"IP range {first} conflicts with existing subnetwork's {taken[0]}")


def ranges(inputs: Any) -> list[ipaddress.IPv4Network]:
    secondary = [given["ipCidrRange"] for given in inputs.get("secondaryIpRanges") or []]
    return [ipaddress.IPv4Network(cidr) for cidr in (inputs["ipCidrRange"], *secondary)]


def address(instance: Instance) -> dict[str, Any]:
    internal = instance.get("addressType", "EXTERNAL") == "INTERNAL"
    ip = inside(instance) if internal else instance.address("ip", f"34.{64 + int(instance.hex('net', 2), 16) % 64}")
    return {"address": instance.get("address", ip), "creationTimestamp": "2026-01-01T00:00:00.000-08:00"}


def inside(instance: Instance) -> str:
    """An address of its subnet that nobody has, but for the first two and the last two."""
    range_ = range_of(instance)
    if range_ is None:
        return instance.address("ip")
    taken = {other.properties.get("address") for other in instance.world.find(ADDRESS)}
    first = int(instance.hex("ip"), 16)
    free = (str(range_[2 + (first + step) % (range_.num_addresses - 4)]) for step in range(range_.num_addresses))
    return str(instance.before.get("address") or next(ip for ip in free if ip not in taken))


def range_of(instance: Instance) -> ipaddress.IPv4Network | None:
    """The range of the subnet that an address is asked for in."""
    known = instance.world.identified(plain_id(instance.get("subnetwork", "")))
    cidr = known[0].inputs.get("ipCidrRange") if known else None
    return ipaddress.IPv4Network(cidr) if cidr else None


def refuse_address(instance: Instance) -> None:
    """A private address that is not the subnet's to give, or that another one has."""
    asked, range_ = instance.get("address"), range_of(instance)
    if not asked or range_ is None:
        return
    place = int(ipaddress.IPv4Address(asked)) - int(range_.network_address)
    if not 2 <= place < range_.num_addresses - 2:
        text = f"Invalid value for field 'resource.address': '{asked}'. It must be of {range_}"
        raise CloudError("invalid", f"{text}: {BALANCER_ADDRESS.rule}.")
    others = [item for item in instance.world.find(ADDRESS) if item.id != instance.id]
    if asked in {other.properties.get("address") for other in others}:
        raise CloudError("IP_IN_USE_BY_ANOTHER_RESOURCE", f"IP '{asked}' is already being used by another resource.")


def router_of(instance: Instance) -> Iterator[Reference]:
    router = plain_id(instance.inputs["router"]).rpartition("/")[2]
    yield by_name(f"projects/{instance.account}/regions/{instance.region}/routers/{router}")


def refuse_disk(instance: Instance) -> None:
    zone = instance.get("zone", "")
    if zone[-1:] not in EVERY_ZONE or not zone.startswith(instance.region):
        raise CloudError("invalid", f"Invalid value for field 'zone': '{zone}'. Unknown zone.")
    if instance.get("size", 0) and instance.get("size", 0) < instance.before.get("size", 0):
        raise CloudError("invalid", f"New disk size must be larger than {instance.before['size']} GB")
    if (size := instance.get("size", 0)) and instance.get("type") == "pd-ssd" and DISK_GIB.problem(size):
        raise CloudError("invalid", f"Invalid value for field 'resource.sizeGb': '{size}'. Must be {DISK_GIB.rule}.")


def of_disk(instance: Instance) -> Iterator[Reference]:
    zone = instance.inputs["zone"]
    region = zone.rpartition("-")[0]
    disk, policy = (plain_id(instance.inputs[key]).rpartition("/")[2] for key in ("disk", "name"))
    yield by_name(f"projects/{instance.account}/zones/{zone}/disks/{disk}")
    yield by_name(f"projects/{instance.account}/regions/{region}/resourcePolicies/{policy}")


def refuse_snapshot(instance: Instance) -> None:
    disk = plain_id(instance.inputs["sourceDisk"])
    if not instance.before and not instance.world.identified(disk):
        raise CloudError("notFound", f"The resource '{disk}' was not found")


def made_at(instance: Instance) -> str:
    """Real time: which of two was there before is read from it."""
    return instance.before.get("creationTimestamp") or datetime.now(UTC).isoformat(timespec="milliseconds")


RESOURCES = {
    "gcp:compute/network:Network": global_resource(
        "networks",
        in_use=IN_USE,
        replaces=("autoCreateSubnetworks", "description"),
        allowed={"routingMode": ("REGIONAL", "GLOBAL")},
        defaults={"autoCreateSubnetworks": True, "routingMode": "REGIONAL"},
        outputs=lambda instance: {"gatewayIpv4": "", "numericId": str(int(instance.hex("number", 15), 16))},
    ),
    "gcp:compute/subnetwork:Subnetwork": regional_resource(
        "subnetworks",
        in_use=IN_USE,
        replaces=("network", "description", "purpose"),
        defaults={"privateIpGoogleAccess": False, "stackType": "IPV4_ONLY", "purpose": "PRIVATE"},
        refuses=refuse_subnetwork,
        outputs=lambda instance: {
            "gatewayAddress": str(next(ipaddress.IPv4Network(instance.inputs["ipCidrRange"]).hosts())),
            "creationTimestamp": "2026-01-01T00:00:00.000-08:00",
        },
    ),
    "gcp:compute/router:Router": regional_resource("routers", in_use=IN_USE, replaces=("network",)),
    "gcp:compute/routerNat:RouterNat": Resource(
        "{account}/{region}/{router}/{name}",
        name="name",
        scope="{account}/{region}/{router}",
        taken="alreadyExists",
        replaces=("name", "router", "region", "project", "type"),
        allowed={
            "natIpAllocateOption": ("MANUAL_ONLY", "AUTO_ONLY"),
            "sourceSubnetworkIpRangesToNat": (
                *("ALL_SUBNETWORKS_ALL_IP_RANGES", "ALL_SUBNETWORKS_ALL_PRIMARY_IP_RANGES", "LIST_OF_SUBNETWORKS"),
            ),
        },
        uses=router_of,
    ),
    ADDRESS: regional_resource(
        "addresses",
        in_use=IN_USE,
        replaces=("address", "addressType", "networkTier", "purpose", "subnetwork", "description", "ipVersion"),
        allowed={"addressType": ("EXTERNAL", "INTERNAL"), "networkTier": ("PREMIUM", "STANDARD")},
        defaults={"addressType": "EXTERNAL", "networkTier": "PREMIUM"},
        refuses=refuse_address,
        outputs=address,
    ),
    "gcp:compute/firewall:Firewall": global_resource(
        "firewalls",
        replaces=("network", "direction"),
        allowed={"direction": ("INGRESS", "EGRESS")},
        defaults={"direction": "INGRESS", "priority": 1000},
        outputs=lambda instance: {"creationTimestamp": "2026-01-01T00:00:00.000-08:00"},
    ),
    DISK: named(
        PROJECT + "zones/{zone}/disks/{name}",
        "{account}/{zone}",
        in_use=IN_USE,
        replaces=("zone", "type", "snapshot", "image", "diskEncryptionKey", "physicalBlockSizeBytes", "description"),
        external=("snapshot",),  # a shared snapshot belongs to another project
        defaults={"type": "pd-standard"},
        refuses=refuse_disk,
        outputs=lambda instance: {
            "users": [],
            "creationTimestamp": made_at(instance),
            "diskId": instance.before.get("diskId") or str(uuid.uuid4().int % 10**19),
        },
    ),
    SNAPSHOT: global_resource(
        "snapshots",
        replaces=("sourceDisk", "zone", "description"),
        external=("sourceDisk",),  # it outlives what it was taken of
        refuses=refuse_snapshot,
        outputs=lambda instance: {
            "creationTimestamp": made_at(instance),
            "sourceDisk": API + plain_id(instance.inputs["sourceDisk"]),
        },
    ),
    "gcp:compute/resourcePolicy:ResourcePolicy": regional_resource(
        "resourcePolicies",
        in_use=IN_USE,
        replaces=("description", "groupPlacementPolicy", "instanceSchedulePolicy"),
        allowed={
            "snapshotSchedulePolicy.retentionPolicy.onSourceDiskDelete": (
                "KEEP_AUTO_SNAPSHOTS",
                "APPLY_RETENTION_POLICY",
            )
        },
    ),
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": Resource(
        lambda instance: "/".join((instance.account, *(instance.inputs[key] for key in ("zone", "disk", "name")))),
        unique=lambda instance: f"{instance.inputs['disk']} {instance.inputs['name']}",
        scope="{account}/{zone}",
        taken="alreadyExists",
        replaces=("disk", "name", "zone", "project"),
        uses=of_disk,
    ),
}
