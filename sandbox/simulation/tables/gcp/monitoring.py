"""Dashboards and alerting policies."""

import json
from typing import Any

from ...resource import CloudError, Instance, Resource
from .references import NUMBER


def refuse_dashboard(instance: Instance) -> None:
    try:
        given = json.loads(instance.inputs["dashboardJson"])
    except ValueError as error:
        raise CloudError("", f'"dashboard_json" contains an invalid JSON: {error}') from None
    layout = given.get("mosaicLayout", {})
    columns = layout.get("columns", 0)
    if not given.get("displayName"):
        raise CloudError("INVALID_ARGUMENT", "Field displayName must be set.")
    if [tile for tile in layout.get("tiles", ()) if tile.get("xPos", 0) + tile["width"] > columns]:
        raise CloudError("INVALID_ARGUMENT", f"Field mosaicLayout.tiles: a tile is beyond the {columns} columns.")


def refuse_policy(instance: Instance) -> None:
    for condition in instance.inputs["conditions"]:
        asked = condition.get("conditionPrometheusQueryLanguage")
        if asked and int(asked.get("evaluationInterval", "30s").removesuffix("s")) % 30:
            raise CloudError("INVALID_ARGUMENT", "evaluation_interval must be a positive multiple of 30 seconds.")


def policy(instance: Instance) -> dict[str, Any]:
    return {"name": instance.id, "creationRecords": []}


RESOURCES = {
    "gcp:monitoring/dashboard:Dashboard": Resource(
        f"projects/{NUMBER}/dashboards/{{uuid}}",
        scope="{account}",
        replaces=("project",),
        refuses=refuse_dashboard,
    ),
    "gcp:monitoring/alertPolicy:AlertPolicy": Resource(
        "projects/{account}/alertPolicies/{hex}",
        scope="{account}",
        replaces=("project",),
        allowed={"combiner": ("AND", "OR", "AND_WITH_MATCHING_RESOURCE")},
        external=("notificationChannels",),  # they may be anybody's, and some need a person to say yes
        refuses=refuse_policy,
        outputs=policy,
    ),
}
