"""Keys, secrets, logs, and the services that a project has switched on."""

import contextlib
import os
import sqlite3
from typing import Any

from nodeyard.clouds.gcp.limits import LOG_DAYS, LOG_EXCLUSIONS

from ...resource import CloudError, Instance, Resource
from ...world import Object
from .references import NUMBER, SQL_AGENT, plain_id, switched_on

CANARY = "sandbox canary for "
SECRET = "gcp:secretmanager/secret:Secret"
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
ON = "gcp: a service that is switched on"


def switch_on(instance: Instance) -> None:
    """It stays on, whatever becomes of the resource."""
    service = switched_on(instance.account, instance.inputs["service"])
    with contextlib.suppress(sqlite3.IntegrityError):  # somebody else switched it on
        instance.world.put(Object(ON, instance.account, service), [service], [])


def service_identity(instance: Instance) -> dict[str, Any]:
    agents = {"container": "container-engine-robot", "secretmanager": "gcp-sa-secretmanager", "sqladmin": SQL_AGENT}
    service = instance.inputs["service"].split(".")[0]
    email = f"service-{NUMBER}@{agents.get(service, f'gcp-sa-{service}')}.iam.gserviceaccount.com"
    return {"email": email, "member": f"serviceAccount:{email}"}


def bury(instance: Instance) -> None:
    """Rings and keys are never deleted: only their versions are destroyed, and their names stay taken."""
    instance.world.put(Object(f"{instance.type} (destroyed)", "", instance.id), [], [])


def refuse_buried(instance: Instance) -> None:
    if instance.world.find(f"{instance.type} (destroyed)", id_=instance.id):
        raise CloudError("alreadyExists", f"{instance.id} already exists: Cloud KMS never gives a name again")


def put_canary(instance: Instance) -> None:
    """The sandbox plays the operator: the secret gets a labelled value, in the world and nowhere else."""
    if os.environ.get("SANDBOX_EMPTY_SECRETS") != "1":
        value = version_of(instance.id, "1") | {"secret": instance.id, "secretData": CANARY + short(instance.id)}
        item = Object(VERSION, instance.id, value["name"], inputs=value, properties=value | {"enabled": True})
        instance.world.put(item, [], [instance.id])


def drop_canary(instance: Instance) -> None:
    for item in instance.world.find(VERSION, scope=plain_id(instance.inputs["secret"])):
        if item.properties["secretData"].startswith(CANARY):
            instance.world.delete(item)


def drop_versions(instance: Instance) -> None:
    for item in instance.world.find(VERSION, scope=instance.id):
        instance.world.delete(item)


def next_version(instance: Instance) -> str:
    secret = plain_id(instance.inputs["secret"])
    taken = [int(item.properties["version"]) for item in instance.world.find(VERSION, scope=secret)]
    return str(version_of(secret, str(max(taken, default=0) + 1))["name"])


def version_of(secret: str, number: str) -> dict[str, Any]:
    return {"name": f"projects/{NUMBER}/secrets/{short(secret)}/versions/{number}", "version": number}


def short(id_: str) -> str:
    return id_.rpartition("/")[2]


EXCLUSION = "gcp:logging/projectExclusion:ProjectExclusion"


def refuse_days(instance: Instance) -> None:
    if (days := instance.get("retentionDays", 30)) and LOG_DAYS.problem(days):
        raise CloudError("INVALID_ARGUMENT", f"Retention days must be {LOG_DAYS.rule}: {days}")


def refuse_exclusion(instance: Instance) -> None:
    """One more than a sink has room for, which no project is given."""
    others = instance.world.find(EXCLUSION, scope=instance.account)
    if not instance.before and LOG_EXCLUSIONS.most is not None and len(others) >= LOG_EXCLUSIONS.most:
        raise CloudError("RESOURCE_EXHAUSTED", f"The sink already has {LOG_EXCLUSIONS.rule.partition(',')[0]}.")


RESOURCES = {
    "gcp:projects/service:Service": Resource(
        "{account}/{service}",
        scope="{hex}",  # it may be switched on twice
        replaces=("service", "project"),
        made=switch_on,
    ),
    "gcp:projects/serviceIdentity:ServiceIdentity": Resource(
        "projects/{account}/services/{service}",
        scope="{hex}",
        replaces=("service", "project"),
        outputs=service_identity,
    ),
    "gcp:kms/keyRing:KeyRing": Resource(
        "projects/{account}/locations/{location}/keyRings/{name}",
        name="name",
        scope="{account}/{location}",
        taken="alreadyExists",
        replaces=("name", "location", "project"),
        refuses=refuse_buried,
        deleted=bury,
    ),
    "gcp:kms/cryptoKey:CryptoKey": Resource(
        "{keyRing}/cryptoKeys/{name}",
        name="name",
        scope="{keyRing}",
        taken="alreadyExists",
        replaces=("name", "keyRing", "purpose", "destroyScheduledDuration", "importOnly"),
        allowed={"purpose": ("ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN", "ASYMMETRIC_DECRYPT", "MAC")},
        defaults={"purpose": "ENCRYPT_DECRYPT"},
        refuses=refuse_buried,
        deleted=bury,
    ),
    SECRET: Resource(
        "projects/{account}/secrets/{secretId}",
        unique="{secretId}",
        scope="{account}",
        taken="alreadyExists",
        replaces=("secretId", "replication", "project"),
        outputs=lambda instance: {
            "name": f"projects/{NUMBER}/secrets/{instance.inputs['secretId']}",
            "createTime": "2026-01-01T00:00:00Z",
        },
        made=put_canary,
        deleted=drop_versions,
    ),
    VERSION: Resource(
        next_version,
        scope=lambda instance: plain_id(instance.inputs["secret"]),
        replaces=("secret", "secretData", "isSecretDataBase64"),
        secrets=("secretData", "secretDataWo"),
        defaults={"enabled": True},
        outputs=lambda instance: {
            "name": instance.id,
            "version": short(instance.id),
            "createTime": "2026-01-01T00:00:00Z",
        },
        made=drop_canary,
    ),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": Resource(
        "projects/{account}/locations/{location}/buckets/{bucketId}",
        scope="{hex}",  # the provider takes over one that is there
        replaces=("bucketId", "location", "project"),
        refuses=refuse_days,
        outputs=lambda instance: {"name": instance.id, "lifecycleState": "ACTIVE"},
    ),
    "gcp:logging/projectSink:ProjectSink": Resource(
        "projects/{account}/sinks/{name}",
        name="name",
        scope="{account}",
        taken="alreadyExists",
        replaces=("name", "project"),
        outputs=lambda instance: {"writerIdentity": ""},  # to a bucket of the same project it needs none
    ),
    EXCLUSION: Resource(
        "projects/{account}/exclusions/{name}",
        refuses=refuse_exclusion,
        name="name",
        scope="{account}",
        taken="alreadyExists",
        replaces=("name", "project"),
    ),
}
