"""Auto-scaling groups, and what watches what they run."""

import base64
import json
from typing import Any

from nodeyard.clouds.aws.limits import USER_DATA

from ...resource import CloudError, Instance, Resource
from .ec2 import architecture
from .functions import IMAGE

DAY = 24 * 60 * 60


def refuse_group(instance: Instance) -> None:
    sizes = [instance.get(name, instance.get("minSize")) for name in ("minSize", "desiredCapacity", "maxSize")]
    if sizes != sorted(sizes):
        raise CloudError("ValidationError", f"Desired capacity must lie between min and max size, got {sizes}")
    refuse_template(instance, instance.get("launchTemplate", {}))
    refresh = instance.get("instanceRefresh", {}).get("preferences", {})
    for policy in (refresh, instance.get("instanceMaintenancePolicy", {})):
        low, high = policy.get("minHealthyPercentage", 90), policy.get("maxHealthyPercentage", 100)
        if not 0 <= low <= 100 <= high <= 200 or high - low > 100:
            raise CloudError("ValidationError", f"Healthy percentages {low} to {high} are not 0..100 to 100..200")


def refuse_template(instance: Instance, named: dict[str, Any]) -> None:
    template = instance.find(named["id"]) if named.get("id") else {}
    version = named.get("version", "$Default")
    if template and not str(version).startswith("$") and int(version) > template["latestVersion"]:
        message = f"The specified launch template version {version} does not exist"
        raise CloudError("InvalidLaunchTemplateId.VersionNotFound", message)
    missing = [name for name in ("imageId", "instanceType") if not template.get(name)]
    if missing:
        raise CloudError("ValidationError", f"the launch template has no {' and no '.join(missing)}")
    if problem := USER_DATA.problem(len(base64.b64decode(template.get("userData") or ""))):
        raise CloudError("ValidationError", f"You must use a valid fully-formed launch template. {problem}.")
    refuse_architecture(instance, template["imageId"], architecture(template["instanceType"]))


def refuse_architecture(instance: Instance, image: str, own: str) -> None:
    """An image of another architecture than the instance type's, where the image is known."""
    for known in instance.world.find(IMAGE, scope=instance.region, id_=image):
        if (wanted := known.properties["architecture"]) != own:
            text = f"The architecture '{own}' of the specified instance type does not match the architecture '{wanted}'"
            text = f"{text} of the specified AMI."
            raise CloudError("ValidationError", f"You must use a valid fully-formed launch template. {text}")


def refuse_alarm(instance: Instance) -> None:
    refuse_actions(instance)
    queries = instance.get("metricQueries", [])
    if bool(queries) == bool(instance.get("metricName")):
        raise CloudError("ValidationError", "an alarm has either MetricName or Metrics")
    if queries and sum(query.get("returnData", len(queries) == 1) for query in queries) != 1:
        raise CloudError("ValidationError", "exactly one element of the metrics list should return data")
    periods = [query["metric"]["period"] for query in queries if query.get("metric")] or [instance.get("period", 0)]
    for period in periods:
        if period not in (10, 20, 30) and (period % 60 or not period):
            raise CloudError("ValidationError", f"a period of {period} s is not 10, 20, 30 or a multiple of 60")
        if period * instance.inputs["evaluationPeriods"] > (DAY if period < 3600 else 7 * DAY):
            raise CloudError("ValidationError", "Metrics cannot be checked across more than a day")


def refuse_actions(instance: Instance) -> None:
    """Topics elsewhere."""
    for action in (*instance.get("alarmActions", []), *instance.get("okActions", [])):
        partition, region = (action.split(":") + [""] * 4)[1:4:2]
        if action.startswith("arn:") and (partition, region) != ("aws", instance.region):
            text = f"Invalid region {region} specified. Only {instance.region} is supported."
            raise CloudError("ValidationError", text)


def refuse_dashboard(instance: Instance) -> None:
    try:
        widgets = json.loads(instance.inputs["dashboardBody"])["widgets"]
        for widget in widgets:
            places = [widget[name] for name in ("x", "y", "width", "height")]
            if widget["x"] + widget["width"] > 24 or not all(isinstance(place, int) for place in places):
                raise CloudError("InvalidParameterInput", f"a widget does not fit into 24 columns: {places}")
            widget["type"], widget["properties"]
    except (ValueError, KeyError, TypeError) as wrong:
        raise CloudError("InvalidParameterInput", f"The dashboard body is invalid: {wrong!r}") from None


RESOURCES = {
    "aws:autoscaling/group:Group": Resource(
        arn="arn:aws:autoscaling:{region}:{account}:autoScalingGroup:{uuid}:autoScalingGroupName/{name}",
        name="name",
        name_limit=255,
        replaces=("name", "namePrefix"),
        allowed={"healthCheckType": ("EC2", "ELB", "EBS", "VPC_LATTICE"), "instanceRefresh.strategy": ("Rolling",)},
        defaults={"healthCheckType": "EC2", "healthCheckGracePeriod": 300, "defaultCooldown": 300},
        refuses=refuse_group,
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Resource(
        arn="arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        name="name",
        name_limit=255,
        puts=True,
        replaces=("name",),
        external=("alarmActions", "okActions", "insufficientDataActions"),  # a topic is often another team's
        allowed={
            "comparisonOperator": (
                *("GreaterThanOrEqualToThreshold", "GreaterThanThreshold"),
                *("LessThanThreshold", "LessThanOrEqualToThreshold"),
            ),
            "treatMissingData": ("missing", "ignore", "breaching", "notBreaching"),
        },
        defaults={"treatMissingData": "missing", "actionsEnabled": True},
        refuses=refuse_alarm,
    ),
    "aws:cloudwatch/dashboard:Dashboard": Resource(
        name="dashboardName",
        puts=True,
        name_limit=255,
        replaces=("dashboardName",),
        outputs=lambda instance: {"dashboardArn": f"arn:aws:cloudwatch::{instance.account}:dashboard/{instance.name}"},
        refuses=refuse_dashboard,
    ),
}
