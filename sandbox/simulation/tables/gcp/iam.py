"""Who may do what: roles, members and service accounts."""

from ...resource import CloudError, Instance, Resource
from .services import short

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
    *("secretmanager.admin", "secretmanager.secretAccessor", "secretmanager.viewer", "storage.objectViewer"),
}


def refuse_binding(instance: Instance) -> None:
    role, member = instance.inputs["role"], instance.inputs["member"]
    if role.startswith("roles/") and role.removeprefix("roles/") not in PREDEFINED:
        raise CloudError("badRequest", f"Role {role} is not supported for this resource.")
    if member.split(":")[0] not in MEMBER_KINDS:
        raise CloudError("badRequest", f"Invalid member: {member} has no type prefix")


def binding(id_: str, *fixed: str) -> Resource:
    """One member of one role. Giving it twice is no error, and taking one of the two takes both."""
    return Resource(
        id_ + "/{role}/{member}",
        scope="{hex}",
        replaces=(*fixed, "role", "member", "condition"),
        refuses=refuse_binding,
        outputs=lambda instance: {"etag": "BwZ="},
    )


def email(instance: Instance) -> str:
    return f"{instance.inputs['accountId']}@{instance.account}.iam.gserviceaccount.com"


RESOURCES = {
    "gcp:projects/iAMMember:IAMMember": binding("{project}", "project"),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": binding("{cryptoKeyId}", "cryptoKeyId"),
    "gcp:secretmanager/secretIamMember:SecretIamMember": binding("{secretId}", "project", "secretId"),
    "gcp:compute/subnetworkIAMMember:SubnetworkIAMMember": binding("{subnetwork}", "project", "region", "subnetwork"),
    "gcp:projects/iAMCustomRole:IAMCustomRole": Resource(
        "projects/{account}/roles/{roleId}",
        scope="{account}",
        taken="alreadyExists",
        replaces=("roleId", "project"),
        defaults={"stage": "GA"},
        outputs=lambda instance: {"name": instance.id, "deleted": False},
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
