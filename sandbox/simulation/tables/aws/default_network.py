"""The VPC that every account has in every region, and how networks are looked up.

`SANDBOX_NO_DEFAULT_VPC=1` is an account that has deleted it.
"""

import contextlib
import dataclasses
import ipaddress
import os
import sqlite3
from typing import Any

from ...resource import CloudError, Instance
from ...world import Object

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
RANGE = "172.31.0.0/16"
FILTERS = {"is-default": "default", "vpc-id": "vpcId", "default-for-az": "defaultForAz"}


def get_vpcs(instance: Instance) -> dict[str, Any]:
    return {"id": instance.region, "region": instance.region, "ids": [vpc.id for vpc in found(instance, VPC)]}


def get_vpc(instance: Instance) -> dict[str, Any]:
    vpcs = found(instance, VPC)
    if len(vpcs) != 1:
        raise CloudError("", f"{'no' if not vpcs else 'multiple'} matching EC2 VPC found")
    cidr = vpcs[0].properties["cidrBlock"]
    associations = [{"associationId": f"vpc-cidr-assoc-{vpcs[0].id[4:]}", "cidrBlock": cidr, "state": "associated"}]
    return {**vpcs[0].properties, "cidrBlockAssociations": associations}


def get_subnets(instance: Instance) -> dict[str, Any]:
    return {"id": instance.region, "region": instance.region, "ids": [subnet.id for subnet in found(instance, SUBNET)]}


def get_subnet(instance: Instance) -> dict[str, Any]:
    subnets = found(instance, SUBNET)
    if len(subnets) != 1:
        raise CloudError("", f"{'no' if not subnets else 'multiple'} matching EC2 Subnet found")
    return {"defaultForAz": False, **subnets[0].properties}


def found(instance: Instance, token: str) -> list[Object]:
    """What fits the arguments: `id`, `default` and the filters above."""
    if os.environ.get("SANDBOX_NO_DEFAULT_VPC") != "1":
        make_default_network(instance)
    wanted = {name: [instance.inputs[name]] for name in ("id", "default") if instance.inputs.get(name)}
    for filter_ in instance.get("filters", []):
        if filter_["name"] not in FILTERS:
            raise CloudError("InvalidParameterValue", f"The filter '{filter_['name']}' is invalid (or unknown here)")
        wanted[FILTERS[filter_["name"]]] = [
            {"true": True, "false": False}.get(value, value) for value in filter_["values"]
        ]
    every = instance.world.find(token, scope=instance.region)
    return [item for item in every if all(item.properties.get(name, False) in wanted[name] for name in wanted)]


def make_default_network(instance: Instance) -> None:
    asked = dataclasses.replace(instance, id=f"default {instance.region}")
    vpc = f"vpc-{asked.hex('vpc')}"
    if instance.world.identified(vpc):
        return
    common = {"region": instance.region, "ownerId": instance.account}
    put(instance, Object(VPC, instance.region, vpc, inputs={"cidrBlock": RANGE}), {**common, "default": True})
    ranges = ipaddress.ip_network(RANGE).subnets(new_prefix=20)
    for letter, cidr in zip("abc", ranges, strict=False):
        inputs = {"vpcId": vpc, "cidrBlock": str(cidr), "availabilityZone": instance.region + letter}
        subnet = Object(SUBNET, instance.region, f"subnet-{asked.hex(letter)}", inputs=inputs)
        put(instance, subnet, {**common, "defaultForAz": True, "mapPublicIpOnLaunch": True})


def put(instance: Instance, item: Object, properties: dict[str, Any]) -> None:
    item.properties = {**item.inputs, **properties, "id": item.id}
    with contextlib.suppress(sqlite3.IntegrityError):  # another program asked at the same time
        instance.world.put(item, [item.id], [])
