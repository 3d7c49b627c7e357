"""Who may do what: roles, members and service accounts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nodeyard.clouds.gcp.limits import POLICY_MEMBERS

from ...resource import CloudError, Instance, Resource
from ...world import Object
from .services import short

CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
BURIED = f"{CUSTOM_ROLE} (deleted)"
#: After a deletion ("Delete and restore custom roles").
RECOVERABLE, TAKEN = timedelta(days=7), timedelta(days=37)

MEMBER_KINDS = ("user", "group", "serviceAccount", "domain", "principal", "principalSet", "allUsers")

#: What Google itself provides: enough of it to catch a misspelt name.
PREDEFINED = {
    *("owner", "editor", "viewer", "browser"),
    *("artifactregistry.reader", "artifactregistry.writer", "cloudkms.cryptoKeyEncrypterDecrypter"),
    *("compute.admin", "compute.networkUser", "compute.viewer"),
    *("container.admin", "container.clusterAdmin", "container.clusterViewer", "container.developer"),
    *("container.defaultNodeServiceAccount", "container.viewer"),
    *("iam.serviceAccountTokenCreator", "iam.serviceAccountUser", "iam.workloadIdentityUser"),
    *("logging.logWriter", "monitoring.metricWriter", "monitoring.viewer", "stackdriver.resourceMetadata.writer"),
    *(
        "secretmanager.admin",
        "secretmanager.secretAccessor",
        "secretmanager.viewer",
        "storage.objectUser",
        "storage.objectViewer",
    ),
}


def refuse_binding(instance: Instance) -> None:
    role, member = instance.inputs["role"], instance.inputs["member"]
    if role.startswith("roles/") and role.removeprefix("roles/") not in PREDEFINED:
        raise CloudError("badRequest", f"Role {role} is not supported for this resource.")
    if member.split(":")[0] not in MEMBER_KINDS:
        raise CloudError("badRequest", f"Invalid member: {member} has no type prefix")


PROJECT_MEMBER = "gcp:projects/iAMMember:IAMMember"


def refuse_member(instance: Instance) -> None:
    """One principal more than a project's policy has room for. Each role that a principal has counts."""
    refuse_binding(instance)
    project = instance.inputs["project"]
    others = [other for other in instance.world.find(PROJECT_MEMBER) if other.inputs["project"] == project]
    if not instance.before and POLICY_MEMBERS.most is not None and len(others) >= POLICY_MEMBERS.most:
        text = f"The number of members in the policy ({len(others) + 1}) is larger than the maximum allowed size"
        raise CloudError("badRequest", f"{text} {POLICY_MEMBERS.most}.")


def binding(id_: str, *fixed: str) -> Resource:
    """One member of one role. Giving it twice is no error, and taking one of the two takes both. An import names the
    condition, too, by its title."""

    def imported(instance: Instance) -> str:
        of = instance.inputs
        titled = (of.get("condition") or {}).get("title")
        return " ".join((id_.format_map(of), of["role"], of["member"], *([titled] if titled else [])))

    return Resource(
        id_ + "/{role}/{member}",
        imported=imported,
        scope="{hex}",
        replaces=(*fixed, "role", "member", "condition"),
        refuses=refuse_binding,
        outputs=lambda instance: {"etag": "BwZ="},
    )


def bury(instance: Instance) -> None:
    """A deleted role keeps its id: for a week it can be had back, and for another month it is being purged."""
    when = {"deletedAt": datetime.now(UTC).isoformat()}
    instance.world.put(Object(BURIED, instance.account, instance.id, properties=when), [], [])


def refuse_purged(instance: Instance) -> None:
    for buried in instance.world.find(BURIED, scope=instance.account, id_=instance.id) if not instance.before else ():
        age = datetime.now(UTC) - datetime.fromisoformat(buried.properties["deletedAt"])
        if RECOVERABLE < age < TAKEN:
            text = f"You can't create a role_id ({short(instance.id)}) which has been marked for deletion."
            raise CloudError("failedPrecondition", text)


def undelete(instance: Instance) -> None:
    """The provider takes back a role that was deleted within the week, and gives it its new permissions."""
    for buried in instance.world.find(BURIED, scope=instance.account, id_=instance.id):
        instance.world.delete(buried)


def email(instance: Instance) -> str:
    return f"{instance.inputs['accountId']}@{instance.account}.iam.gserviceaccount.com"


RESOURCES = {
    PROJECT_MEMBER: replace(binding("{project}", "project"), refuses=refuse_member),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": binding("{cryptoKeyId}", "cryptoKeyId"),
    "gcp:secretmanager/secretIamMember:SecretIamMember": binding("{secretId}", "project", "secretId"),
    "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember": binding("{subnetwork}", "project", "region", "subnetwork"),
    CUSTOM_ROLE: Resource(
        "projects/{account}/roles/{roleId}",
        scope="{account}",
        taken="alreadyExists",
        replaces=("roleId", "project"),
        defaults={"stage": "GA"},
        outputs=lambda instance: {"name": instance.id, "deleted": False},
        refuses=refuse_purged,
        made=undelete,
        deleted=bury,
    ),
    "gcp:serviceaccount/account:Account": Resource(
        lambda instance: f"projects/{instance.account}/serviceAccounts/{email(instance)}",
        scope="{account}",
        taken="alreadyExists",
        replaces=("accountId", "project"),
        outputs=lambda instance: {
            "email": short(instance.id),
            "member": f"serviceAccount:{short(instance.id)}",
            "name": instance.id,
            "uniqueId": str(int(instance.hex("unique"), 16)),
        },
    ),
}
