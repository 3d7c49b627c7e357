"""Functions that programs call: what Google Cloud answers when it is asked instead of told."""

from typing import Any

from ...resource import CloudError, Instance
from .compute import ADDRESS, DISK, SNAPSHOT
from .container import CLUSTER, RELEASES
from .databases import DATABASE
from .references import API, NUMBER, plain_id, service_of
from .services import SECRET, VERSION
from .storage import BUCKET, service_account


def get_project(instance: Instance) -> dict[str, Any]:
    project = instance.get("projectId", instance.account)
    return {
        **instance.inputs,
        "id": f"projects/{project}",
        "projectId": project,
        "name": project,
        "number": NUMBER,
        "labels": {},
        "effectiveLabels": {},
        "pulumiLabels": {},
        "tags": {},
        "orgId": "",
        "folderId": "",
        "billingAccount": "",
        "autoCreateNetwork": False,
        "deletionPolicy": "PREVENT",
    }


def get_secret_version(instance: Instance) -> dict[str, Any]:
    asked = plain_id(instance.inputs["secret"])
    id_ = asked if "/" in asked else f"projects/{instance.account}/secrets/{asked}"
    secrets = [item for item in instance.world.identified(id_) if item.type == SECRET]
    versions = instance.world.find(VERSION, scope=secrets[0].id) if secrets else []
    wanted = instance.get("version")
    versions = [item for item in versions if wanted in (None, "latest", item.properties["version"])]
    if not versions:
        raise CloudError("notFound", f"Secret [{id_}] not found or has no versions.")
    latest = versions[-1].properties
    fetch = instance.get("fetchSecretData", True)
    if fetch and not latest["enabled"]:
        raise CloudError("failedPrecondition", f"Secret Version [{latest['name']}] is in DISABLED state.")
    return {
        **instance.inputs,
        "id": latest["name"],
        "name": latest["name"],
        "project": instance.account,
        "version": latest["version"],
        "enabled": latest["enabled"],
        "secretData": latest["secretData"] if fetch else "",
        "createTime": "2026-01-01T00:00:00Z",
        "destroyTime": "",
    }


def get_image(instance: Instance) -> dict[str, Any]:
    """Public images are Google's to know: every family has one, and its name tells that it is made up."""
    project = instance.get("project", instance.account)
    name = instance.get("name") or f"{instance.inputs['family']}-v20260101"
    id_ = f"projects/{project}/global/images/{name}"
    return {**instance.inputs, "id": id_, "name": name, "project": project, "selfLink": API + id_, "status": "READY"}


def get_snapshot(instance: Instance) -> dict[str, Any]:
    """By a filter. (By a name that nothing has, the provider answers, with every field empty.)"""
    name = instance.inputs["filter"].removeprefix("name = ")
    known = instance.world.find(SNAPSHOT, scope=instance.account, name=name)
    if not known:
        text = "your filter has returned 0 snapshot(s). Please refine your filter or set most_recent to return exactly"
        raise CloudError("", f"{text} one snapshot")
    return {**instance.inputs, **known[0].properties}


def require(instance: Instance, service: str) -> None:
    wanted = service_of(instance, service)
    if not instance.world.identified(wanted.identifier):
        raise CloudError(wanted.code, wanted.message)


def get_disk(instance: Instance) -> dict[str, Any]:
    require(instance, "compute")
    name, zone = instance.inputs["name"], instance.inputs["zone"]
    known = instance.world.find(DISK, scope=f"{instance.account}/{zone}", name=name)
    if not known:
        raise CloudError("", f"projects/{instance.account}/zones/{zone}/disks/{name} not found")
    return {**known[0].properties}


def get_addresses(instance: Instance) -> dict[str, Any]:
    require(instance, "compute")
    region = instance.get("region")
    found = filtered(instance, ADDRESS, f"projects/{instance.account}/regions/{region}/")
    return {**instance.inputs, "id": f"{instance.account}/{region}", "addresses": found}


def get_secrets(instance: Instance) -> dict[str, Any]:
    require(instance, "secretmanager")
    found = filtered(instance, SECRET, f"projects/{instance.account}/", key="secretId")
    return {**instance.inputs, "id": f"projects/{instance.account}", "secrets": found}


def get_database_instances(instance: Instance) -> dict[str, Any]:
    require(instance, "sqladmin")
    there = [scalars(item.properties) for item in instance.world.find(DATABASE, scope=instance.account)]
    return {**instance.inputs, "id": f"projects/{instance.account}", "instances": there}


def get_buckets(instance: Instance) -> dict[str, Any]:
    require(instance, "storage")
    mine = [item.properties for item in instance.world.find(BUCKET) if item.properties["project"] == instance.account]
    there = [
        {"labels": {}, "storageClass": "STANDARD", **scalars(dict(bucket))}
        for bucket in mine
        if bucket["name"].startswith(instance.get("prefix", ""))
    ]
    return {**instance.inputs, "id": f"projects/{instance.account}", "project": instance.account, "buckets": there}


def get_project_service_account(instance: Instance) -> dict[str, Any]:
    require(instance, "storage")
    return {**instance.inputs, **service_account(instance)}


def scalars(properties: dict[str, Any]) -> dict[str, Any]:
    """Without objects, each of which the look-up has as a list of one."""
    return {key: value for key, value in properties.items() if not isinstance(value, dict | list)}


def filtered(instance: Instance, token: str, place: str, key: str = "name") -> list[dict[str, Any]]:
    """By a part of the name, which is the only filter that is known here."""
    part = instance.get("filter", "").removeprefix("name:")
    there = [item.properties for item in instance.world.find(token) if item.id.startswith(place)]
    return [dict(properties) for properties in there if part in properties[key]]


def get_cluster(instance: Instance) -> dict[str, Any]:
    id_ = f"projects/{instance.account}/locations/{instance.inputs['location']}/clusters/{instance.inputs['name']}"
    known = instance.world.find(CLUSTER, id_=id_)
    if not known:
        raise CloudError("", f"{id_} not found")
    return {**known[0].properties}


def get_engine_versions(instance: Instance) -> dict[str, Any]:
    had = [release for release in reversed(RELEASES) if release.startswith(instance.get("versionPrefix", ""))]
    return {**instance.inputs, "id": "versions", "validMasterVersions": had, "validNodeVersions": had}


FUNCTIONS = {
    "gcp:compute/getAddresses:getAddresses": get_addresses,
    "gcp:compute/getDisk:getDisk": get_disk,
    "gcp:compute/getImage:getImage": get_image,
    "gcp:compute/getSnapshot:getSnapshot": get_snapshot,
    "gcp:container/getCluster:getCluster": get_cluster,
    "gcp:container/getEngineVersions:getEngineVersions": get_engine_versions,
    "gcp:organizations/getProject:getProject": get_project,
    "gcp:secretmanager/getSecrets:getSecrets": get_secrets,
    "gcp:secretmanager/getSecretVersion:getSecretVersion": get_secret_version,
    "gcp:sql/getDatabaseInstances:getDatabaseInstances": get_database_instances,
    "gcp:storage/getBuckets:getBuckets": get_buckets,
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": get_project_service_account,
}
