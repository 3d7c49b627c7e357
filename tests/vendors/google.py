"""Google's discovery documents, by which its clients are made: what each method takes in its path and its body.

They lie in google-api-python-client. A resource's inputs become a request by a table of names. Held against the
document: unknown fields, types, enumerations, patterns, durations, what is required, and what only Google sets. Some
of that stands in descriptions alone and is read from there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from tests.vendors.finished import Adapt, Made, Unmapped, without

Schema = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A method, as `document:collection.method`.

    `renames` has what the method calls otherwise than the provider, at whatever depth. A name may
    be a path of names. `own` is what the provider keeps to itself.
    """

    method: str
    renames: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    adapt: Adapt = dict


# --- where more than names differ ---


def _template(inputs: dict[str, Any]) -> dict[str, Any]:
    if "metadata" in inputs:
        inputs["metadata"] = {"items": [{"key": key, "value": value} for key, value in inputs["metadata"].items()]}
    if "tags" in inputs:
        inputs["tags"] = {"items": inputs["tags"]}
    return {"name": inputs.pop("name"), "properties": inputs}


def _preserved(inputs: dict[str, Any]) -> dict[str, Any]:
    state = inputs["preservedState"]
    state["disks"] = {disk.pop("deviceName"): disk for disk in state.get("disks", [])}
    return {
        "instanceGroupManager": inputs["instanceGroupManager"],
        "zone": inputs["zone"],
        "instances": [{"name": inputs["name"], "preservedState": state}],
    }


def _nat(inputs: dict[str, Any]) -> dict[str, Any]:
    place = {key: inputs.pop(key) for key in ("router", "region")}
    return place | {"nats": [inputs]}


def _binding(inputs: dict[str, Any]) -> dict[str, Any]:
    named = {key: inputs.pop(key) for key in ("role", "condition") if key in inputs}
    return inputs | {"policy": {"bindings": [named | {"members": [inputs.pop("member")]}]}}


def _maintenance(inputs: dict[str, Any]) -> dict[str, Any]:
    policy = inputs["maintenancePolicy"]
    window = policy.get("recurringWindow", {})
    recurrence = window.pop("recurrence", None)
    exclusions = {each.pop("exclusionName"): each for each in policy.get("maintenanceExclusions", [])}
    told = {"recurringWindow": {"window": window, "recurrence": recurrence}, "maintenanceExclusions": exclusions}
    return {"cluster": inputs | {"maintenancePolicy": {"window": told}, "nodePools": []}}


def _pool(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"nodePool": without(inputs, ("cluster", "location"))}


def _role(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"roleId": inputs.pop("roleId"), "role": inputs}


def _bucket(inputs: dict[str, Any]) -> dict[str, Any]:
    inputs["lifecycle"] = {"rule": inputs.pop("lifecycleRules", [])}
    return inputs


def _bucket_binding(inputs: dict[str, Any]) -> dict[str, Any]:
    """The policy is the body itself."""
    return {"bucket": inputs.pop("bucket"), **_binding(inputs)["policy"]}


def _account(inputs: dict[str, Any]) -> dict[str, Any]:
    return {"accountId": inputs.pop("accountId"), "serviceAccount": inputs}


def _database(inputs: dict[str, Any]) -> dict[str, Any]:
    """A clone is asked for by a method of its own; the provider then writes the same settings."""
    settings = inputs["settings"]
    [private] = settings["ipConfiguration"].pop("pscConfigs")
    settings["ipConfiguration"]["pscConfig"] = private
    return without(inputs, ("clone",))


ACCELERATOR = {"type": "acceleratorType", "count": "acceleratorCount"}
CONFIG = {"guestAccelerators": "accelerators", **ACCELERATOR}
BUCKET, PROJECT = "logging:projects.locations.buckets.create", "cloudresourcemanager:projects.setIamPolicy"
REQUESTS = {
    "gcp:compute/address:Address": Request("compute:addresses.insert"),
    "gcp:compute/disk:Disk": Request(
        "compute:disks.insert", {"size": "sizeGb", "kmsKeySelfLink": "kmsKeyName", "snapshot": "sourceSnapshot"}
    ),
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": Request(
        "compute:disks.addResourcePolicies", {"name": "resourcePolicies"}
    ),
    "gcp:compute/firewall:Firewall": Request(
        "compute:firewalls.insert", {"allows": "allowed", "denies": "denied", "protocol": "IPProtocol"}
    ),
    "gcp:compute/forwardingRule:ForwardingRule": Request(
        "compute:forwardingRules.insert",
        {"ipAddress": "IPAddress", "ipProtocol": "IPProtocol"},
        adapt=lambda inputs: {key: value for key, value in inputs.items() if value != ""},  # nor does its provider
    ),
    "gcp:compute/instanceGroupManager:InstanceGroupManager": Request(
        "compute:instanceGroupManagers.insert",
        {"maxSurgeFixed": "maxSurge.fixed", "maxUnavailableFixed": "maxUnavailable.fixed"},
        ("waitForInstances",),
        lambda inputs: {"targetSize": 0, **inputs},  # as its provider sends what is not given
    ),
    "gcp:compute/instanceTemplate:InstanceTemplate": Request(
        "compute:instanceTemplates.insert",
        {
            **{key: f"initializeParams.{key}" for key in ("diskSizeGb", "diskType", "labels", "sourceImage")},
            "serviceAccount": "serviceAccounts",
            "count": "acceleratorCount",
            "type": "acceleratorType",
        },
        adapt=_template,
    ),
    "gcp:compute/network:Network": Request("compute:networks.insert", {"routingMode": "routingConfig.routingMode"}),
    "gcp:compute/perInstanceConfig:PerInstanceConfig": Request(
        "compute:instanceGroupManagers.createInstances", {"deleteRule": "autoDelete"}, adapt=_preserved
    ),
    "gcp:compute/resourcePolicy:ResourcePolicy": Request("compute:resourcePolicies.insert"),
    "gcp:compute/router:Router": Request("compute:routers.insert"),
    "gcp:compute/routerNat:RouterNat": Request(
        "compute:routers.patch", {"sourceIpRangesToNats": "sourceIpRangesToNat"}, adapt=_nat
    ),
    "gcp:compute/subnetwork:Subnetwork": Request("compute:subnetworks.insert"),
    "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember": Request(
        "compute:subnetworks.setIamPolicy", own=("project", "subnetwork"), adapt=_binding
    ),
    "gcp:container/cluster:Cluster": Request(
        "container:projects.locations.clusters.create",
        {
            "datapathProvider": "networkConfig.datapathProvider",
            "defaultMaxPodsPerNode": "defaultMaxPodsConstraint.maxPodsPerNode",
            "enableComponents": "componentConfig.enableComponents",
            "enableLegacyAbac": "legacyAbac.enabled",
            "enableShieldedNodes": "shieldedNodes.enabled",
            "exclusionOptions": "maintenanceExclusionOptions",
            "managedPrometheus": "managedPrometheusConfig",
            "minMasterVersion": "initialClusterVersion",
            "nodeLocations": "locations",
        },
        ("deletionProtection", "location", "networkingMode", "removeDefaultNodePool"),
        _maintenance,
    ),
    "gcp:container/nodePool:NodePool": Request(
        "container:projects.locations.clusters.nodePools.create",
        {"nodeConfig": "config", "nodeCount": "initialNodeCount", "nodeLocations": "locations", **CONFIG},
        adapt=_pool,
    ),
    "gcp:dns/managedZone:ManagedZone": Request("dns:managedZones.create"),
    "gcp:dns/recordSet:RecordSet": Request("dns:resourceRecordSets.create"),
    "gcp:kms/cryptoKey:CryptoKey": Request(
        "cloudkms:projects.locations.keyRings.cryptoKeys.create", {"name": "cryptoKeyId"}, ("keyRing",)
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": Request(
        "cloudkms:projects.locations.keyRings.cryptoKeys.setIamPolicy", {"cryptoKeyId": "resource"}, adapt=_binding
    ),
    "gcp:kms/keyRing:KeyRing": Request(
        "cloudkms:projects.locations.keyRings.create", {"name": "keyRingId"}, ("location",)
    ),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": Request(BUCKET, own=("location", "project")),
    "gcp:logging/projectExclusion:ProjectExclusion": Request("logging:projects.exclusions.create"),
    "gcp:logging/projectSink:ProjectSink": Request("logging:projects.sinks.create"),
    "gcp:monitoring/alertPolicy:AlertPolicy": Request("monitoring3:projects.alertPolicies.create", own=("project",)),
    "gcp:monitoring/dashboard:Dashboard": Request(
        "monitoring:projects.dashboards.create", adapt=lambda inputs: dict(json.loads(inputs["dashboardJson"]))
    ),
    "gcp:projects/iAMCustomRole:IAMCustomRole": Request(
        "iam:projects.roles.create", {"permissions": "includedPermissions"}, ("project",), _role
    ),
    "gcp:projects/iAMMember:IAMMember": Request(PROJECT, own=("project",), adapt=_binding),
    "gcp:projects/service:Service": Request(
        "serviceusage:services.enable",
        own=("disableDependentServices", "disableOnDestroy", "project"),
        adapt=lambda inputs: {"name": f"projects/1/services/{inputs['service']}"},
    ),
    "gcp:secretmanager/secret:Secret": Request(
        "secretmanager:projects.secrets.create", {"auto": "automatic"}, ("deletionProtection",)
    ),
    "gcp:secretmanager/secretIamMember:SecretIamMember": Request(
        "secretmanager:projects.secrets.setIamPolicy", {"secretId": "resource"}, adapt=_binding
    ),
    "gcp:secretmanager/secretVersion:SecretVersion": Request(
        "secretmanager:projects.secrets.addVersion", {"secret": "parent", "secretData": "payload.data"}
    ),
    "gcp:serviceaccount/account:Account": Request("iam:projects.serviceAccounts.create", {}, ("project",), _account),
    "gcp:sql/databaseInstance:DatabaseInstance": Request(
        "sqladmin:instances.insert",
        {
            "diskAutoresize": "storageAutoResize",
            "diskSize": "dataDiskSizeGb",
            "diskType": "dataDiskType",
            "encryptionKeyName": "diskEncryptionConfiguration.kmsKeyName",
        },
        ("deletionProtection",),
        _database,
    ),
    "gcp:sql/user:User": Request("sqladmin:users.insert"),
    "gcp:storage/bucket:Bucket": Request(
        "storage:buckets.insert",
        {
            "publicAccessPrevention": "iamConfiguration.publicAccessPrevention",
            "uniformBucketLevelAccess": "iamConfiguration.uniformBucketLevelAccess.enabled",
        },
        ("forceDestroy",),
        _bucket,
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": Request("storage:buckets.setIamPolicy", adapt=_bucket_binding),
}
NONE = {
    "gcp:projects/serviceIdentity:ServiceIdentity": "a method of serviceusage's beta, of which there is no document",
}
"""Types that no document has."""
VERSIONS = {"cloudresourcemanager": "v3", "logging": "v2", "monitoring3": "v3"}
"""Of documents that are not in their first."""
DURATION = r"\d+(\.\d{1,9})?s"
WRITTEN = re.compile(r"regular\s+expression:? `([^`]+)`")
LENGTH = re.compile(r"(\d+)-(\d+) characters long")


def problems(made: Made) -> Iterator[str]:
    """What Google's documents say against a resource."""
    if made.type in NONE:
        return
    if made.type not in REQUESTS:
        raise Unmapped(made, "google.REQUESTS")
    asked = REQUESTS[made.type]
    document, method = found(asked.method)
    said = request(document, method, asked, asked.adapt(without(made.inputs, asked.own)))
    yield from (f"{asked.method}: {problem}" for problem in said)


def request(document: Schema, method: Schema, asked: Request, inputs: Mapping[str, Any]) -> Iterator[str]:
    parameters, body = method.get("parameters", {}), {}
    for key, value in inputs.items():
        name = asked.renames.get(key, key)
        if name in parameters:
            yield from scalar(parameters[name], value, name)
        else:
            body[key] = value
    checker = Checker(document, method["id"], asked.renames)
    yield from checker.value({"$ref": method["request"]["$ref"]} if "request" in method else {}, body, "")


class Checker:
    """Holds a body against the document of its method."""

    def __init__(self, document: Schema, method: str, renames: Mapping[str, str]) -> None:
        self.schemas, self.method, self.renames = document["schemas"], method, renames

    def value(self, told: Schema, value: Any, path: str) -> Iterator[str]:
        schema = self.schemas[told["$ref"]] if "$ref" in told else told
        if schema.get("type") == "array":
            for item in value if isinstance(value, list) else [value]:  # one item of its own, as a provider writes it
                yield from self.value(schema["items"], item, path)
        elif "properties" in schema or schema.get("type") == "object":
            if isinstance(value, dict):
                yield from self.members(schema, value, path)
            else:
                yield f"{path}: {value!r} is no object"
        else:
            yield from scalar(schema, value, path)

    def members(self, schema: Schema, value: Mapping[str, Any], path: str) -> Iterator[str]:
        fields = schema.get("properties", {})
        if not fields and "additionalProperties" in schema:
            for key, item in value.items():
                yield from self.value(schema["additionalProperties"], item, f"{path}.{key}")
            return
        sent = spelled(value, self.renames, fields)
        for name, item in sent.items():
            if name not in fields:
                yield f"{path}.{name} is no field"
            elif output_only(fields[name]):
                yield f"{path}.{name} is only told, never taken"
            elif item is not None:
                yield from self.value(fields[name], item, f"{path}.{name}")
        for name, told in fields.items():
            if self.method in told.get("annotations", {}).get("required", ()) and name not in sent:
                yield f"{path}.{name} is required"


def spelled(value: Mapping[str, Any], renames: Mapping[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same under the document's names, where a name that it has itself stays."""
    sent: dict[str, Any] = {}
    for key, item in value.items():
        name, *inner = (renames[key] if key in renames and renames[key].split(".")[0] in fields else key).split(".")
        nested = {".".join(inner): item} if inner else item
        sent[name] = {**sent.get(name, {}), **nested} if isinstance(nested, dict) else nested
    return sent


def scalar(told: Schema, value: Any, path: str) -> Iterator[str]:
    text = str(value)
    kind, about = told.get("type"), told.get("description", "")
    if kind == "boolean" and text.lower() not in ("true", "false"):
        yield f"{path}: {value!r} is no boolean"
    if kind in ("integer", "number") or told.get("format") in ("int64", "uint64"):
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            yield f"{path}: {value!r} is no number"
    elif kind == "string" and not isinstance(value, str):
        yield f"{path}: {value!r} is no text"
    if "enum" in told and text not in told["enum"]:
        yield f"{path}: {value!r} is none of {', '.join(told['enum'])}"
    duration = [DURATION] if told.get("format") == "google-duration" else []
    for pattern in (*duration, *WRITTEN.findall(about), *([told["pattern"]] if "pattern" in told else [])):
        if not re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text):
            yield f"{path}: {value!r} does not match {pattern}"
    for least, most in LENGTH.findall(about):
        if not int(least) <= len(text) <= int(most):
            yield f"{path}: {value!r} is not {least} to {most} characters long"


def output_only(told: Schema) -> bool:
    return told.get("readOnly", False) or bool(re.match(r"\[?output only", told.get("description", ""), re.IGNORECASE))


@cache
def found(name: str) -> tuple[Schema, Schema]:
    """The document and the method of that name."""
    service, _, method = name.partition(":")
    at: Schema = document(service)
    *collections, last = method.split(".")
    for collection in collections:
        at = at["resources"][collection]
    return document(service), at["methods"][last]


@cache
def document(service: str) -> Schema:
    name = f"{service.rstrip('3')}.{VERSIONS.get(service, 'v1')}.json"
    told: Schema = json.loads((files("googleapiclient") / "discovery_cache/documents" / name).read_text())
    return told
