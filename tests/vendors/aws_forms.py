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


def pairs(value: Any, names: Any) -> list[Any]:
    """A list where a provider writes a mapping, of tags or dimensions, or one item of its own."""
    if isinstance(value, list):
        return value
    key = next((name for name in names if name.lower().endswith(("key", "name"))), None)
    inner = next((name for name in names if name.lower().endswith("value")), None)
    if isinstance(value, dict) and key and inner and len(names) == 2:
        return [{key: name, inner: item} for name, item in value.items()]
    return [value]
