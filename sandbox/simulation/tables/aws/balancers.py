"""Network load balancers, what they send to, and what they listen on."""

from typing import Any

from ...resource import CloudError, Instance, Resource

ELB = "arn:aws:elasticloadbalancing:{region}:{account}:"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"


def balancer(instance: Instance) -> dict[str, Any]:
    suffix = instance.id.rpartition("/")[2]
    first = instance.find(mappings(instance)[0]["subnetId"])
    return {
        "dnsName": f"{instance.name}-{suffix}.elb.{instance.region}.amazonaws.com",
        "zoneId": "ZLMOA37VPKANP",
        "arnSuffix": instance.id.partition(":loadbalancer/")[2],
        "vpcId": first.get("vpcId", ""),
    }


def mappings(instance: Instance) -> list[dict[str, Any]]:
    return list(instance.get("subnetMappings", []))


def refuse_balancer(instance: Instance) -> None:
    if instance.name.startswith("internal-") or not instance.name.replace("-", "").isalnum():
        raise CloudError("ValidationError", f"Load balancer name '{instance.name}' cannot be")
    if not mappings(instance):
        raise CloudError("ValidationError", "At least one subnet must be specified")
    zones = [instance.find(mapping["subnetId"]).get("availabilityZone") for mapping in mappings(instance)]
    if len(set(zones)) < len(zones):
        raise CloudError("InvalidConfigurationRequest", "A load balancer cannot be attached to two subnets of one zone")
    for mapping in mappings(instance):
        refuse_address(instance, mapping)


def refuse_address(instance: Instance, mapping: dict[str, Any]) -> None:
    allocation = mapping.get("allocationId")
    if allocation and instance.get("internal"):
        raise CloudError("InvalidConfigurationRequest", "An internal load balancer takes no elastic IP")
    if mapping.get("privateIpv4Address") and not instance.get("internal"):
        raise CloudError("InvalidConfigurationRequest", "Only an internal load balancer takes a private address")
    for other in instance.world.find(BALANCER, scope=instance.region):
        taken = {one.get("allocationId") for one in other.inputs.get("subnetMappings", [])}
        if allocation and other.id != instance.id and allocation in taken:
            raise CloudError("ResourceInUse", f"The allocation IDs are already in use: {allocation}")


def refuse_targets(instance: Instance) -> None:
    check = instance.get("healthCheck", {})
    if check.get("path") and check.get("protocol") not in ("HTTP", "HTTPS"):
        raise CloudError("ValidationError", "Health check path is not supported for this health check protocol")
    if instance.get("protocol") == "TCP" and instance.get("stickiness", {}).get("type", "source_ip") != "source_ip":
        raise CloudError("InvalidConfigurationRequest", "Stickiness type is not supported for target groups of TCP")


def listener_arn(instance: Instance) -> str:
    balancer: str = instance.inputs["loadBalancerArn"]
    return f"{balancer.replace(':loadbalancer/', ':listener/')}/{instance.get('port'):016x}"


RESOURCES = {
    BALANCER: Resource(
        ELB + "loadbalancer/net/{name}/{hex}",
        "{id}",
        name="name",
        name_limit=32,
        taken="DuplicateLoadBalancerName",
        replaces=("name", "namePrefix", "internal", "loadBalancerType", "customerOwnedIpv4Pool"),
        allowed={"loadBalancerType": ("network",), "ipAddressType": ("ipv4", "dualstack")},
        defaults={"enableDeletionProtection": False, "ipAddressType": "ipv4"},
        guard=("enableDeletionProtection", "OperationNotPermitted"),
        refuses=refuse_balancer,
        outputs=balancer,
    ),
    "aws:lb/targetGroup:TargetGroup": Resource(
        ELB + "targetgroup/{name}/{hex}",
        "{id}",
        name="name",
        name_limit=32,
        taken="DuplicateTargetGroupName",
        in_use="ResourceInUse",
        held_by=(LISTENER,),
        replaces=("name", "namePrefix", "port", "protocol", "targetType", "vpcId", "ipAddressType"),
        allowed={
            "protocol": ("TCP", "UDP", "TLS", "TCP_UDP"),
            "targetType": ("instance", "ip", "alb"),
            "healthCheck.protocol": ("TCP", "HTTP", "HTTPS"),
            "preserveClientIp": ("true", "false"),
        },
        defaults={"targetType": "instance", "deregistrationDelay": 300},
        refuses=refuse_targets,
        outputs=lambda instance: {"arnSuffix": instance.id.rpartition(":")[2]},
    ),
    LISTENER: Resource(
        listener_arn,
        "{id}",
        unique="{loadBalancerArn} {port}",
        taken="DuplicateListener",
        replaces=("loadBalancerArn",),
        allowed={"protocol": ("TCP", "UDP", "TLS", "TCP_UDP"), "defaultActions.type": ("forward",)},
    ),
}
