"""What a provider of AWS' writes otherwise than AWS' own interfaces do, in more than names."""

from typing import Any


def in_data(inputs: dict[str, Any]) -> dict[str, Any]:
    """A launch template's content stands apart from its name and its own tags."""
    tags = [{"resourceType": "launch-template", "tags": inputs.pop("tags")}] if "tags" in inputs else None
    return {"launchTemplateName": inputs.pop("name"), "tagSpecifications": tags, "launchTemplateData": inputs}


def metrics(inputs: dict[str, Any]) -> dict[str, Any]:
    """How a metric is read stands beside the metric."""
    for query in inputs.get("metricQueries", []):
        if metric := query.pop("metric", None):
            asked = {key: metric.pop(key) for key in ("period", "stat", "unit") if key in metric}
            query["metricStat"] = asked | {"metric": metric}
    return inputs


def of_vpc(inputs: dict[str, Any]) -> dict[str, Any]:
    """What a flow log is of is named by its type and id."""
    network = inputs.pop("vpcId")
    return inputs | {"resourceId": network, "resourceType": "VPC"}


ATTRIBUTES = {
    "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
    "preserveClientIp": "preserve_client_ip.enabled",
    "enabled": "stickiness.enabled",
    "type": "stickiness.type",
}
"""Of load balancers and target groups, as Elastic Load Balancing calls them."""


def attributes(inputs: dict[str, Any]) -> list[dict[str, str]]:
    """Those among the inputs, which are taken out of them."""
    given = inputs.pop("stickiness", {}) | {key: inputs.pop(key) for key in ATTRIBUTES if key in inputs}
    return [{"key": ATTRIBUTES[key], "value": str(value).lower()} for key, value in given.items()]


def scheme(inputs: dict[str, Any]) -> dict[str, Any]:
    """Whether a load balancer is internal is one of two words."""
    return inputs | {"scheme": "internal" if inputs.pop("internal") else "internet-facing"}


def health_check(inputs: dict[str, Any]) -> dict[str, Any]:
    """What a target group asks stands beside the rest."""
    asked = inputs.pop("healthCheck")
    return inputs | {f"healthCheck{key}": value for key, value in asked.items()}


def restore(inputs: dict[str, Any]) -> dict[str, Any]:
    """What a server is made from stands beside the rest, for one that is made from another."""
    return inputs | inputs.pop("restoreToPointInTime", {})


def blocked_types(inputs: dict[str, Any]) -> dict[str, Any]:
    """A list of what a bucket takes no objects under stands in a structure."""
    for rule in inputs.get("rules", []):
        if types := rule.pop("blockedEncryptionTypes", None):
            rule["blockedEncryptionTypes"] = {"encryptionType": types}
    return inputs


def pairs(value: Any, names: Any) -> list[Any]:
    """A list where a provider writes a mapping, of tags or dimensions, or one item of its own."""
    if isinstance(value, list):
        return value
    key = next((name for name in names if name.lower().endswith(("key", "name"))), None)
    inner = next((name for name in names if name.lower().endswith("value")), None)
    if isinstance(value, dict) and key and inner and len(names) == 2:
        return [{key: name, inner: item} for name, item in value.items()]
    return [value]
