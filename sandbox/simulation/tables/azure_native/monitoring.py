"""What is collected of machines, and what is made of it: tables, rules, alarms, workbooks."""

import re

from ...resource import CloudError, Instance, Resource
from .arm import within_group
from .network import IN_GROUP
from .services import refuse_days

WORKSPACES = "Microsoft.OperationalInsights/workspaces/"
TABLE = "azure-native:operationalinsights:Table"
OWN = re.compile(r"Custom-(?P<table>\w+_CL)")
WINDOWS = (1, 5, 10, 15, 30, 45, 60, 120, 180, 240, 300, 360, 1440, 2880)


def refuse_table(instance: Instance) -> None:
    refuse_days(instance)
    if not re.fullmatch(r"[A-Za-z]\w{0,58}_CL", instance.name):
        raise CloudError("InvalidParameter", f"'{instance.name}' is not a valid name of a custom table.")


def refuse_collection(instance: Instance) -> None:
    """What a rule sends has to be declared, and to arrive in a table that is there."""
    places = (instance.get("destinations") or {}).get("logAnalytics") or []
    workspaces = {place["name"]: place["workspaceResourceId"] for place in places}
    for flow in instance.get("dataFlows", []):
        for stream in flow.get("streams", []):
            if stream.startswith("Custom-") and stream not in instance.get("streamDeclarations", {}):
                raise CloudError("InvalidPayload", f"Stream '{stream}' is not declared.")
        for place in flow.get("destinations", []):
            if place not in workspaces:
                raise CloudError("InvalidPayload", f"Destination '{place}' is not declared.")
            named = OWN.fullmatch(flow.get("outputStream", ""))
            if named and not instance.world.find(TABLE, scope=workspaces[place], name=named["table"]):
                raise CloudError("InvalidOutputTable", f"Table for output stream '{named[0]}' is not available.")


def refuse_alarm(instance: Instance) -> None:
    minutes = re.fullmatch(r"PT(\d+)M", instance.get("windowSize", ""))
    if minutes and int(minutes[1]) not in WINDOWS:
        raise CloudError("BadRequest", f"The window size {instance.get('windowSize')} is not supported.")
    for criterion in (instance.get("criteria") or {}).get("allOf") or []:
        for table in re.findall(r"\b\w+_CL\b", criterion.get("query", "")):
            if not any(instance.world.find(TABLE, scope=scope, name=table) for scope in instance.get("scopes", [])):
                text = f"'where' operator: Failed to resolve table or column expression named '{table}'"
                raise CloudError("BadRequest", text)


def refuse_workbook(instance: Instance) -> None:
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", instance.name):
        raise CloudError("InvalidRequestContent", f"The name of a workbook must be a GUID: {instance.name}")


RESOURCES = {
    TABLE: Resource(
        within_group(WORKSPACES + "{workspaceName}/tables/{name}"),
        name="tableName",
        name_limit=63,
        scope=within_group(WORKSPACES + "{workspaceName}"),
        taken="cannot create already existing resource",
        replaces=("resourceGroupName", "workspaceName", "tableName"),
        refuses=refuse_table,
    ),
    "azure-native:monitor:DataCollectionEndpoint": Resource(
        within_group("Microsoft.Insights/dataCollectionEndpoints/{name}"),
        name="dataCollectionEndpointName",
        name_limit=44,
        replaces=("resourceGroupName", "dataCollectionEndpointName", "location"),
        **IN_GROUP,
    ),
    "azure-native:monitor:DataCollectionRule": Resource(
        within_group("Microsoft.Insights/dataCollectionRules/{name}"),
        name="dataCollectionRuleName",
        name_limit=64,
        in_use="DataCollectionRuleHasAssociations",
        replaces=("resourceGroupName", "dataCollectionRuleName", "location"),
        refuses=refuse_collection,
        **IN_GROUP,
    ),
    "azure-native:monitor:DataCollectionRuleAssociation": Resource(
        "{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{name}",
        name="associationName",
        scope="{resourceUri}",
        taken="cannot create already existing resource",
        replaces=("resourceUri", "associationName"),
    ),
    "azure-native:monitor:ScheduledQueryRule": Resource(
        within_group("Microsoft.Insights/scheduledQueryRules/{name}"),
        name="ruleName",
        name_limit=260,
        replaces=("resourceGroupName", "ruleName", "location"),
        external=("actions.actionGroups",),  # whoever is told is made elsewhere
        refuses=refuse_alarm,
        **IN_GROUP,
    ),
    "azure-native:applicationinsights:Workbook": Resource(
        within_group("Microsoft.Insights/workbooks/{name}"),
        name="resourceName",
        replaces=("resourceGroupName", "resourceName", "location"),
        refuses=refuse_workbook,
        **IN_GROUP,
    ),
}
