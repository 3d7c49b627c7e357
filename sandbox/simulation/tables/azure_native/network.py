"""Resource groups, networks and addresses."""

import ipaddress
from typing import Any

from ...resource import CloudError, Instance, Resource
from ...world import Object
from .arm import within_group

GROUP = "azure-native:resources:ResourceGroup"
WATCHER = "azure-native:network:NetworkWatcher"
SUBNET = "azure-native:network:Subnet"
NETWORKS = "Microsoft.Network/virtualNetworks/"
IN_GROUP: dict[str, Any] = {
    "scope": "{account}/{resourceGroupName}",
    "taken": "cannot create already existing resource",
}


def watch(instance: Instance) -> None:
    """With the first virtual network of a region Azure makes a network watcher for it, in a group of its own."""
    group_id = f"/subscriptions/{instance.account}/resourceGroups/NetworkWatcherRG"
    name = f"NetworkWatcher_{instance.get('location', instance.region)}"
    id_ = f"{group_id}/providers/Microsoft.Network/networkWatchers/{name}"
    if not instance.world.identified(group_id):
        instance.world.put(Object(GROUP, instance.account, group_id, "NetworkWatcherRG"), [group_id], [])
    if not instance.world.identified(id_):
        scope = f"{instance.account}/NetworkWatcherRG"
        instance.world.put(Object(WATCHER, scope, id_, name, properties={"name": name}), [id_], [group_id])


def refuse_subnet(instance: Instance) -> None:
    virtual_network, _, name = instance.id.rpartition("/subnets/")
    mine = ranges(instance.inputs)
    allowed = instance.find(virtual_network)["addressSpace"]["addressPrefixes"]
    for network in mine:
        if not any(network.subnet_of(ipaddress.ip_network(whole)) for whole in allowed):
            reason = "because its IP address range is outside the IP address range of virtual network"
            raise CloudError("NetcfgInvalidSubnet", f"Subnet '{name}' is not valid {reason}.")
    for other in instance.world.find(SUBNET, scope=virtual_network):
        if other.id != instance.id and any(a.overlaps(b) for a in mine for b in ranges(other.inputs)):
            raise CloudError("NetcfgSubnetRangesOverlap", f"Subnet '{name}' overlaps with subnet '{other.name}'.")


def ranges(inputs: Any) -> list[Any]:
    given = [inputs["addressPrefix"]] if inputs.get("addressPrefix") else inputs.get("addressPrefixes") or []
    return [ipaddress.ip_network(cidr) for cidr in given]


def public_address(instance: Instance) -> dict[str, Any]:
    a, b, c = bytes.fromhex(instance.hex("ip", 6))
    return {"ipAddress": f"20.{a}.{b}.{1 + c % 254}"}


def refuse_nat_gateway(instance: Instance) -> None:
    for given in instance.get("publicIpAddresses", []):
        elsewhere = set(instance.get("zones", [])) - set(instance.find(given["id"]).get("zones") or [])
        if elsewhere:
            text = f"NAT gateway {instance.name} and its public IP address are not in the same zone."
            raise CloudError("NatGatewayAndPublicIpAddressZonesMismatch", text)


RESOURCES = {
    GROUP: Resource(
        "/subscriptions/{account}/resourceGroups/{name}",
        name="resourceGroupName",
        name_limit=90,
        scope="{account}",
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "location"),
    ),
    "azure-native:network:VirtualNetwork": Resource(
        within_group(NETWORKS + "{name}"),
        name="virtualNetworkName",
        name_limit=64,
        in_use="InUseSubnetCannotBeDeleted",
        replaces=("resourceGroupName", "virtualNetworkName", "location"),
        made=watch,
        **IN_GROUP,
    ),
    SUBNET: Resource(
        within_group(NETWORKS + "{virtualNetworkName}/subnets/{name}"),
        name="subnetName",
        name_limit=80,
        scope=within_group(NETWORKS + "{virtualNetworkName}"),
        taken="cannot create already existing resource",
        in_use="InUseSubnetCannotBeDeleted",
        replaces=("resourceGroupName", "virtualNetworkName", "subnetName"),
        refuses=refuse_subnet,
    ),
    "azure-native:network:NatGateway": Resource(
        within_group("Microsoft.Network/natGateways/{name}"),
        name="natGatewayName",
        name_limit=80,
        in_use="InUseNatGatewayCannotBeDeleted",
        replaces=("resourceGroupName", "natGatewayName", "location", "zones", "sku"),
        allowed={"sku.name": ("Standard", "StandardV2")},
        refuses=refuse_nat_gateway,
        **IN_GROUP,
    ),
    "azure-native:network:PublicIPAddress": Resource(
        within_group("Microsoft.Network/publicIPAddresses/{name}"),
        name="publicIpAddressName",
        name_limit=80,
        in_use="PublicIPAddressCannotBeDeleted",
        # The provider's own list (pulumi-azure-native, provider/pkg/gen/replacement.go), and the zones.
        replaces=(
            *("resourceGroupName", "publicIpAddressName", "location"),
            *("publicIPAddressVersion", "publicIPPrefix", "sku", "zones"),
        ),
        allowed={"publicIPAllocationMethod": ("Static", "Dynamic"), "sku.name": ("Standard", "StandardV2", "Basic")},
        defaults={"publicIPAddressVersion": "IPv4", "idleTimeoutInMinutes": 4},
        outputs=public_address,
        **IN_GROUP,
    ),
    "azure-native:network:FlowLog": Resource(
        within_group("Microsoft.Network/networkWatchers/{networkWatcherName}/flowLogs/{name}"),
        name="flowLogName",
        name_limit=80,
        scope=within_group("Microsoft.Network/networkWatchers/{networkWatcherName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "networkWatcherName", "flowLogName", "targetResourceId"),
    ),
}
