"""PostgreSQL servers, the endpoints by which networks reach them, and their names there."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from nodeyard.clouds.gcp import limits
from nodeyard.clouds.gcp.database_type import database_type_problem

from ...resource import CloudError, Instance, Reference, Resource
from .compute import ADDRESS, regional_resource
from .references import NUMBER, SQL_AGENT, plain_id

DATABASE, USER = "gcp:sql/databaseInstance:DatabaseInstance", "gcp:sql/user:User"
ZONE, RECORD = "gcp:dns/managedZone:ManagedZone", "gcp:dns/recordSet:RecordSet"
KEY_MEMBER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
AGENT = f"serviceAccount:service-{NUMBER}@{SQL_AGENT}.iam.gserviceaccount.com"


# --- servers


def refuse_database(instance: Instance) -> None:
    settings = instance.get("settings") or {}
    refuse_settings(settings)
    version = instance.inputs["databaseVersion"].removeprefix("POSTGRES_")
    if limits.DATABASE_VERSIONS.problem(version):
        raise CloudError("invalid", f"Invalid request: Invalid value for databaseVersion: POSTGRES_{version}.")
    if instance.before:
        refuse_change(instance, settings, int(version))
    else:
        refuse_key(instance)
        refuse_clone(instance)


def refuse_settings(settings: Any) -> None:
    tier, edition = settings.get("tier", ""), settings.get("edition", "ENTERPRISE_PLUS")
    if edition == "ENTERPRISE_PLUS" or database_type_problem(tier):
        raise CloudError("invalid", f"Invalid request: Invalid Tier ({tier}) for ({edition}) Edition.")
    if problem := limits.DATABASE_GIB.problem(settings.get("diskSize", 10)):
        raise CloudError("invalid", f"Invalid request: Invalid value for diskSizeGb: {problem}.")
    for flag in settings.get("databaseFlags") or []:
        if flag["name"] == "max_connections" and (problem := limits.DATABASE_CONNECTIONS.problem(int(flag["value"]))):
            raise CloudError("invalidFlagValue", f"Invalid flag value for max_connections: {problem}.")
    backups = settings.get("backupConfiguration") or {}
    if settings.get("availabilityType") == "REGIONAL" and not backups.get("pointInTimeRecoveryEnabled"):
        raise CloudError("invalid", "Invalid request: a REGIONAL instance must have point-in-time recovery enabled.")
    days = backups.get("transactionLogRetentionDays", 7)
    kept = (backups.get("backupRetentionSettings") or {}).get("retainedBackups", 7)
    if problem := limits.DATABASE_LOG_DAYS.problem(days) or limits.DATABASE_BACKUPS.problem(kept):
        raise CloudError("invalid", f"Invalid request: {problem}.")
    if days > kept:
        raise CloudError("invalid", "Invalid request: transaction logs are kept no longer than the backups.")


def refuse_change(instance: Instance, settings: Any, version: int) -> None:
    before = instance.before["settings"]
    if settings.get("diskSize", 0) < before.get("diskSize", 0):
        raise CloudError("invalid", "Invalid request: Disk size can't be decreased.")
    if version < int(instance.before["databaseVersion"].removeprefix("POSTGRES_")):
        raise CloudError("invalid", "Invalid request: the database version can't be downgraded.")
    if ca_mode(settings) != ca_mode(before):
        raise CloudError("invalid", "Invalid request: the server CA mode can't be changed.")


def ca_mode(settings: Any) -> str:
    return str((settings.get("ipConfiguration") or {}).get("serverCaMode", "GOOGLE_MANAGED_INTERNAL_CA"))


def refuse_key(instance: Instance) -> None:
    """Cloud SQL encrypts with a key once its own account may use it."""
    key = instance.get("encryptionKeyName")
    if key and not may_use(instance, key, AGENT):
        text = "The service account does not have permission on the Cloud KMS key"
        raise CloudError("kmsKeyPermissionDenied", f"{text}: {AGENT} needs roles/cloudkms.cryptoKeyEncrypterDecrypter.")


def may_use(instance: Instance, key: str, member: str) -> bool:
    grants = (grant.inputs for grant in instance.world.find(KEY_MEMBER))
    return any(grant["cryptoKeyId"] == key and grant["member"] == member for grant in grants)


def refuse_clone(instance: Instance) -> None:
    clone = instance.get("clone")
    if not clone:
        return
    source = source_of(instance)
    if source is None:
        raise CloudError(
            "instanceDoesNotExist", f"The Cloud SQL instance {clone['sourceInstanceName']} does not exist."
        )
    if not (moment := clone.get("pointInTime")):
        return
    days = source["settings"]["backupConfiguration"]["transactionLogRetentionDays"]
    now, asked = datetime.now(UTC), datetime.fromisoformat(moment)
    oldest = max(datetime.fromisoformat(source["serverCaCerts"][0]["createTime"]), now - timedelta(days=days))
    if not oldest <= asked <= now:
        raise CloudError("invalid", f"Invalid request: no log of {moment}: it begins at {oldest.isoformat()}.")


def source_of(instance: Instance) -> Any:
    name = (instance.get("clone") or {}).get("sourceInstanceName")
    found = instance.world.find(DATABASE, scope=instance.account, name=name) if name else []
    return found[0].properties if found else None


def database(instance: Instance) -> dict[str, Any]:
    """A clone has the key of what it was made from."""
    host = f"{instance.hex('uid', 12)}.{instance.hex('project', 13)}.{instance.region}.sql.goog."
    attachment = f"a-{instance.hex('uid', 12)}-psc-service-attachment-{instance.hex('attachment', 16)}"
    source = source_of(instance)
    inherited = {"encryptionKeyName": source.get("encryptionKeyName", "")} if source and not instance.before else {}
    return {
        **inherited,
        "connectionName": f"{instance.account}:{instance.region}:{instance.name}",
        "dnsName": host,
        "dnsNames": [{"name": host, "connectionType": "PRIVATE_SERVICE_CONNECT", "dnsScope": "INSTANCE"}],
        "pscServiceAttachmentLink": f"projects/{instance.hex('tenant', 16)}-tp/regions/{instance.region}"
        f"/serviceAttachments/{attachment}",
        "selfLink": f"https://sqladmin.googleapis.com/sql/v1beta4/projects/{instance.account}/instances/{instance.name}",
        "serverCaCerts": instance.before.get("serverCaCerts") or [authority(instance)],
        "serviceAccountEmailAddress": f"p{NUMBER}-{instance.hex('account', 6)}@{SQL_AGENT}.iam.gserviceaccount.com",
    }


def authority(instance: Instance) -> dict[str, str]:
    """A certificate that signs itself, as old as the server. Its key is nobody's: nothing here has a server to sign
    for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"sandbox authority of {instance.region}")])
    since = datetime.now(UTC)
    until = since + timedelta(days=3650)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, since, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return {
        "cert": made.public_bytes(serialization.Encoding.PEM).decode(),
        "commonName": f"sandbox authority of {instance.region}",
        "createTime": since.isoformat(),
        "expirationTime": until.isoformat(),
        "sha1Fingerprint": made.fingerprint(hashes.SHA1()).hex(),
    }


def keep_guarded(instance: Instance) -> None:
    """Cloud SQL's own guard, beside the provider's."""
    if instance.before["settings"].get("deletionProtectionEnabled"):
        raise CloudError("invalid", "The instance is protected. Please disable the deletion protection and try again.")


def drop_users(instance: Instance) -> None:
    for user in instance.world.find(USER):
        if user.inputs["instance"] == instance.name:
            instance.world.delete(user)


def of_database(instance: Instance) -> list[Reference]:
    server = f"{DATABASE}/{instance.account}/{instance.inputs['instance']}"
    return [Reference(server, "instanceDoesNotExist", "The Cloud SQL instance does not exist.")]


# --- the way there


def refuse_rule(instance: Instance) -> None:
    """A rule to a service attachment has no scheme of a load balancer, and begins at a private address."""
    if "/serviceAttachments/" not in instance.get("target", ""):
        return
    if scheme := instance.get("loadBalancingScheme", "EXTERNAL"):
        text = f"Invalid value for field 'resource.loadBalancingScheme': '{scheme}'."
        raise CloudError("invalid", f"{text} It must be empty for a service attachment.")
    address = plain_id(instance.get("ipAddress", ""))
    kinds = {item.properties["addressType"] for item in instance.world.identified(address) if item.type == ADDRESS}
    if kinds != {"INTERNAL"}:
        raise CloudError(
            "invalid", f"Invalid value for field 'resource.IPAddress': '{address}' is no internal address."
        )


def networks(inputs: Any) -> set[str]:
    config = inputs.get("privateVisibilityConfig") or {}
    return {plain_id(network["networkUrl"]) for network in config.get("networks") or []}


def refuse_zone(instance: Instance) -> None:
    """Two zones of one name would both answer in a network."""
    name, mine = instance.inputs["dnsName"], networks(instance.inputs)
    if not name.endswith("."):
        raise CloudError("invalid", f"Invalid value for 'entity.managedZone.dnsName': '{name}'")
    for other in instance.world.find(ZONE):
        if other.id != instance.id and other.inputs["dnsName"] == name and networks(other.inputs) & mine:
            raise CloudError("invalid", f"A network is bound to a zone of the name {name} already: {other.name}")


def zone_of(instance: Instance) -> list[Reference]:
    zone = f"projects/{instance.account}/managedZones/{instance.inputs['managedZone']}"
    text = f"The 'parameters.managedZone' resource named '{instance.inputs['managedZone']}' does not exist."
    return [Reference(zone, "notFound", text)]


def refuse_record(instance: Instance) -> None:
    zone = f"projects/{instance.account}/managedZones/{instance.inputs['managedZone']}"
    name, domain = instance.inputs["name"], instance.find(zone)["dnsName"]
    if name != domain and not name.endswith(f".{domain}"):
        raise CloudError("invalid", f"Invalid value for 'entity.rrset.name': '{name}' is not in {domain}")
    if instance.inputs["type"] == "A":
        for address in instance.get("rrdatas", []):
            try:
                ipaddress.IPv4Address(address)
            except ValueError:
                text = f"Invalid value for 'entity.rrset.rrdata[0]': '{address}'"
                raise CloudError("invalid", text) from None


RESOURCES = {
    DATABASE: Resource(
        "{name}",
        imported="projects/{account}/instances/{name}",
        name="name",
        name_limit=98,
        scope="{account}",
        taken="instanceAlreadyExists",
        guard=("deletionProtection", "failedPrecondition"),
        replaces=("name", "region", "project", "encryptionKeyName", "settings.collation"),
        secrets=("rootPassword", "serverCaCerts"),
        allowed={
            "settings.edition": ("ENTERPRISE", "ENTERPRISE_PLUS"),
            "settings.availabilityType": ("ZONAL", "REGIONAL"),
            "settings.ipConfiguration.sslMode": (
                *("ALLOW_UNENCRYPTED_AND_ENCRYPTED", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
            ),
            "settings.ipConfiguration.serverCaMode": (
                *("GOOGLE_MANAGED_INTERNAL_CA", "GOOGLE_MANAGED_CAS_CA", "CUSTOMER_MANAGED_CAS_CA"),
            ),
        },
        defaults={"deletionProtection": True},
        refuses=refuse_database,
        outputs=database,
        keeps=keep_guarded,
        deleted=drop_users,
    ),
    USER: Resource(
        "{name}//{instance}",
        imported="{account}/{instance}/{name}",
        name="name",
        # Cloud SQL gives a user that is there already, as in a clone, the new password.
        scope="{account}/{instance}/{hex}",
        replaces=("name", "instance", "host", "project"),
        secrets=("password",),
        uses=of_database,
    ),
    "gcp:compute/forwardingRule:ForwardingRule": regional_resource(
        "forwardingRules",
        replaces=("ipAddress", "ipProtocol", "loadBalancingScheme", "network", "subnetwork", "portRange", "ports"),
        allowed={"loadBalancingScheme": ("EXTERNAL", "EXTERNAL_MANAGED", "INTERNAL", "INTERNAL_MANAGED", "")},
        defaults={"loadBalancingScheme": "EXTERNAL"},
        refuses=refuse_rule,
        outputs=lambda instance: {
            "creationTimestamp": "2026-01-01T00:00:00.000-08:00",
            "pscConnectionId": str(int(instance.hex("connection", 15), 16)),
            "pscConnectionStatus": "ACCEPTED",
        },
    ),
    ZONE: Resource(
        "projects/{account}/managedZones/{name}",
        name="name",
        scope="{account}",
        taken="alreadyExists",
        in_use="containerNotEmpty",
        held_by=(RECORD,),
        replaces=("name", "dnsName", "visibility", "project"),
        allowed={"visibility": ("public", "private")},
        defaults={"visibility": "public"},
        refuses=refuse_zone,
        outputs=lambda instance: {
            "creationTime": "2026-01-01T00:00:00.000Z",
            "managedZoneId": str(int(instance.hex("zone", 15), 16)),
            "nameServers": ["ns-gcp-private.googledomains.com."],
        },
    ),
    RECORD: Resource(
        "projects/{account}/managedZones/{managedZone}/rrsets/{name}/{type}",
        name="name",
        unique="{name} {type}",
        scope="{account}/{managedZone}",
        taken="alreadyExists",
        replaces=("managedZone", "name", "type", "project"),
        uses=zone_of,
        refuses=refuse_record,
    ),
}
